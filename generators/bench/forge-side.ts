import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createForge } from '../../clusters/local/forge/forge.ts';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { Git } from '../git/git.ts';

// The local forge over a repository, in a process of its own, for whoever is measured beside it: it prints a line of
// JSON with what leads a command there, and ends when its input does.

const [repository = '', file = ''] = process.argv.slice(2);
const server = createServer();
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const token = 'a-token';
server.on(
  'request',
  await createForge({ token, repository: new Git(repository), file, url: () => url, now: () => new Date() }),
);
console.log(JSON.stringify({ CI_SERVER_URL: url, CI_PROJECT_ID: project.path, SLIPWAY_TOKEN: token }));
process.stdin.on('end', () => process.exit()).resume();
