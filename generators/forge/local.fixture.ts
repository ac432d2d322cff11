import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { createForge, type ForgeSettings } from '../../clusters/local/forge/forge.ts';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import type { Git } from '../git/git.ts';
import { writeCommits } from '../git/write.ts';
import { head } from '../model/names.ts';
import { gitlab } from './gitlab.ts';
import { type Patience, patient } from './patience.ts';

/** As patient as always, and much faster. */
export const quick: Patience = { ...patient, first: 5 };

/** Makes a branch with one commit on `from`. @returns the commit */
export async function newBranch(repository: Git, name: string, from: string | undefined): Promise<string> {
  const writes = [{ path: name, bytes: String(Math.random()) }];
  const [commit = ''] = await writeCommits(repository, from, [{ message: `${name}\n`, writes }], Date.now());
  await repository.bytes(['update-ref', head(name), commit]);
  return commit;
}

/** Makes `a` and `b`, for a request that only has to exist. */
export async function twoBranches(repository: Git): Promise<void> {
  const writes = [{ path: 'a', bytes: '' }];
  const [one = ''] = await writeCommits(repository, undefined, [{ message: 'x\n', writes }], Date.now());
  for (const name of ['a', 'b']) await repository.bytes(['update-ref', head(name), one]);
}

/** The local forge over a repository of its own, and its door. */
export async function local(t: TestContext, given: Partial<ForgeSettings> = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-forge-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const repository = given.repository ?? (await createRepository(join(dir, 'r.git'), ['main']));
  const file = given.file ?? join(dir, 'requests.json');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on(
    'request',
    await createForge({
      now: () => new Date(),
      ...given,
      repository,
      file,
      token: 'a-token',
      reporter: 'a-reporter',
      url: () => url,
    }),
  );
  return { repository, file, url, dir, server, forge: gitlab({ host: url, project: project.path, token: 'a-token' }) };
}
