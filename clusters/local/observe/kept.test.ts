import assert from 'node:assert/strict';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine, Kept } from './kept.ts';

/** Answers at its port until it is asked to end, and takes its time to begin. */
const program = `
import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
await delay(200);
createServer((request, response) => {
  if (request.method === 'POST') return response.writeHead(500).end('failed to reload config\\n');
  response.end(request.url === '${commandLine}' ? process.argv.join('\\0') : String(process.pid));
})
  .once('error', ({ message }) => {
    console.error(message);
    process.exit(1);
  })
  .listen(Number(process.argv[2]), '127.0.0.1');
`;

test('a port that somebody else was faster on is another one, whatever is answered there, and one that is known stays', async (t) => {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'slipway-kept-')));
  await writeFile(join(dir, 'program.mjs'), program);
  const given: number[] = [];
  const stranger = createServer((_, response) => response.end('yes'));
  t.after(() => stranger.close().closeAllConnections());
  let asked = 0;
  stranger.on('request', () => asked++);
  const args = (port: number) => {
    if (given.length === 0) stranger.listen(port, '127.0.0.1');
    given.push(port);
    return [join(dir, 'program.mjs'), String(port)];
  };
  const kept = await Kept.start({ name: 'it', command: process.execPath, args, dir, ready: '/' });
  t.after(async () => {
    await kept.stop();
    await rm(dir, { recursive: true, force: true });
  });
  assert.equal(kept.trouble, undefined);
  assert.equal(given.length, 2);
  assert.notEqual(given[0], given[1]);
  assert.equal(kept.url, `http://127.0.0.1:${given[1]}`);
  assert.ok(asked > 0);
  assert.equal(await kept.reload(), 'failed to reload config');

  const { url } = kept;
  const pid = async () => Number(await (await fetch(url)).text());
  const before = await pid();
  process.kill(before, 'SIGKILL');
  for (const end = Date.now() + 10_000; kept.trouble === undefined; await delay(5)) assert.ok(Date.now() < end);
  assert.match(kept.trouble ?? '', /^it (ended|starts)/);
  for (const end = Date.now() + 10_000; kept.trouble !== undefined; await delay(25)) assert.ok(Date.now() < end);
  assert.equal(kept.url, url);
  assert.notEqual(await pid(), before);
});

test('a program that does not start says why in its last words', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-kept-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const args = () => ['-c', 'echo a wrong option >&2; exit 2'];
  await assert.rejects(
    Kept.start({ name: 'it', command: 'sh', args, dir, ready: '/' }, 500),
    /^Refusal: sh did not start: it ended \(status 2\): a wrong option$/,
  );
});
