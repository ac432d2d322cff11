import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answering, artifact, serving, started, web } from '../world.fixture.ts';
import { Tally } from './proxy.ts';
import { visit } from './visit.ts';

test('a pod that ends is told before, finishes what it was asked, and serves nobody new', async (t) => {
  const { world, commit, until } = await started(t);
  const slow = serving(
    `if (request.url !== '/slow') return say('one');
     setTimeout(() => say('slow'), 800);`,
    '',
  );
  const note = join(world.dir, 'note');
  const told = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(note)}, 'told');`;
  await writeFile(join(world.dir, 'told.mjs'), told);
  const exec = { command: [process.execPath, join(world.dir, 'told.mjs')] };
  const container = { lifecycle: { preStop: { exec } } };
  await commit(web('hello', await artifact(world, slow), { container }));
  await until('hello', ({ health }) => health === 'Healthy');
  const asked = visit(world, 'hello.dev.localhost', '/slow');
  await commit(web('hello', await artifact(world, answering('two'))));
  for (let tries = 0; tries < 200; tries++) {
    if ((await visit(world, 'hello.dev.localhost')).body === 'two') break;
    await delay(20);
  }
  assert.deepEqual(await asked, { status: 200, body: 'slow' });
  await until('hello', ({ health }) => health === 'Healthy');
  // It may be leaving still: that is nobody's health any more.
  const read = () => readFile(note, 'utf8').catch(() => undefined);
  for (let tries = 0; tries < 200 && !(await read()); tries++) await delay(20);
  assert.equal(await read(), 'told');
});

test('what upgrades a connection goes through the proxy in both directions', async (t) => {
  const { world, commit, until } = await started(t);
  const shouting = serving(
    "say('');",
    `
    process.nextTick(() => server.on('upgrade', (request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: upgrade\\r\\nupgrade: shout\\r\\n\\r\\n');
      socket.on('data', (data) => socket.write(data.toString().toUpperCase()));
      socket.on('end', () => socket.end());
    }));`,
  );
  await commit(web('hello', await artifact(world, shouting)));
  await until('hello', ({ health }) => health === 'Healthy');
  const socket = connect(Number(new URL(world.proxy).port), '127.0.0.1');
  let said = '';
  socket.on('data', (data) => {
    said += data;
  });
  socket.write('GET / HTTP/1.1\r\nhost: hello.dev.localhost\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\n');
  for (let tries = 0; tries < 100 && !said.includes('shout\r\n\r\n'); tries++) await delay(20);
  socket.write('good morning');
  for (let tries = 0; tries < 100 && !said.endsWith('MORNING'); tries++) await delay(20);
  socket.destroy();
  assert.match(said, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.match(said, /\r\n\r\nGOOD MORNING$/);
});

test('requests are counted from the first answer of their host on', () => {
  const tally = new Tally();
  for (const [host, fault] of [
    ['a', 'too early'],
    ['a', undefined],
    ['b', 'too early'],
    ['a', '503 of a pod'],
    ['b', undefined],
  ] as const)
    tally.add(host, fault);
  assert.deepEqual([tally.requests, tally.failed], [3, 1]);
  assert.match(tally.lastFailure ?? '', /^a at \d{4}-.*Z: 503 of a pod$/);
});
