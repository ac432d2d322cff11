import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Kept } from './kept.ts';

/** Finds the first port that it is given taken, as Prometheus says it, and answers at any other until it is asked to end. */
const program = `
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const [port] = process.argv.slice(2);
if (!existsSync('began')) {
  writeFileSync('began', port);
  console.error('err="listen tcp 127.0.0.1:' + port + ': bind: address already in use"');
  process.exit(1);
}
createServer((request, response) => {
  if (request.method === 'POST') return response.writeHead(500).end('failed to reload config\\n');
  response.end(String(process.pid));
}).listen(Number(port), '127.0.0.1');
`;

test('a port that somebody else was faster on is another one, and one that is known stays', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-kept-'));
  await writeFile(join(dir, 'program.mjs'), program);
  const given: number[] = [];
  const args = (port: number) => {
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
