import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answering, artifact, has, speaking, started, stateful, web } from '../world.fixture.ts';
import { Pod } from './pod.ts';
import { visit } from './visit.ts';

test('what a branch says is run: a program from its artifact, behind its host', async (t) => {
  const { world, commit, until } = await started(t);
  await commit({ ...web('hello', await artifact(world, answering('one'))) });
  await until('hello', ({ health }) => health === 'Healthy');
  for (const host of ['hello.dev.localhost', 'hello.dev.example.com'])
    assert.deepEqual(await visit(world, host), { status: 200, body: 'one' });
  assert.equal((await visit(world, 'other.dev.localhost')).status, 404);
  // A commit for another app is no news for this one: it has been healthy since then.
  const before = await until('hello', () => true);
  const revision = await commit({ 'other/application.yaml': 'kind: Application\n' });
  const after = await until('hello', (live) => live.revision === revision);
  assert.deepEqual([after.health, after.since], ['Healthy', before.since]);
});

test('a new version is rolled over without a failed request, and what is live names the commit it runs', async (t) => {
  const { world, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, answering('one')), { replicas: 2 }));
  await until('hello', ({ health }) => health === 'Healthy');
  const second = await artifact(world, answering('two'));
  let asking = true;
  const answers: { status: number; body: string }[] = [];
  const visitors = Array.from({ length: 4 }, async () => {
    while (asking) answers.push(await visit(world, 'hello.dev.localhost'));
  });
  const revision = await commit(web('hello', second, { replicas: 2 }));
  await until('hello', (live) => live.health === 'Healthy' && live.revision === revision);
  await delay(100);
  asking = false;
  await Promise.all(visitors);
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  );
  assert.equal(answers.at(-1)?.body, 'two');
  assert.ok(answers.some(({ body }) => body === 'one'));
});

test('a version that never becomes ready leaves the old one serving, and its last words are told', async (t) => {
  const { world, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, answering('one'))));
  await until('hello', ({ health }) => health === 'Healthy');
  await commit(web('hello', await artifact(world, "console.log('no such table'); process.exit(3);")));
  const live = await until('hello', ({ message }) => message?.includes('no such table') ?? false);
  assert.match(live.message ?? '', /hello-2: it ended with status 3: no such table/);
  assert.notEqual(live.health, 'Healthy');
  assert.deepEqual(await visit(world, 'hello.dev.localhost'), { status: 200, body: 'one' });
});

test('an image that this machine cannot run is not faked', async (t) => {
  const { commit, until } = await started(t);
  await commit(web('hello', `sha256:${'a'.repeat(64)}`));
  const live = await until('hello', ({ message }) => message?.includes('not run here') ?? false);
  assert.equal(live.health, 'Unknown');
});

test('a folder that cannot be read is told, and the other apps go on', async (t) => {
  const { world, commit, until } = await started(t);
  const good = web('hello', await artifact(world, answering('one')));
  await commit({ ...good, 'bad/application.yaml': 'kind: Application', 'bad/deployment-bad.yaml': '{ not: [yaml' });
  await until('hello', ({ health }) => health === 'Healthy');
  const bad = await until('bad', () => true);
  assert.equal(bad.sync, 'Unknown');
});

test('Redis is the real one, with the arguments of its manifest, and its volume outlives its pod', async (t) => {
  if (!has('redis-server')) return t.skip('redis-server is not installed: npm test installs it where it may');
  const { world, commit, until } = await started(t);
  const redis = (label: string) =>
    stateful('redis', ['--port', '6379', '--dir', '/data', '--appendonly', 'yes', '--appendfsync', 'always'], label);
  // Asks Redis at the address that a manifest gives: the service's name.
  const asker = await artifact(world, speaking);
  await commit({ ...redis('1'), ...web('asker', asker, { env: { REDIS: 'redis:6379' } }) });
  await until('redis', ({ health }) => health === 'Healthy');
  await until('asker', ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':1');
  const revision = await commit({ ...redis('2'), ...web('asker', asker, { env: { REDIS: 'redis:6379' } }) });
  await until('redis', (live) => live.health === 'Healthy' && live.revision === revision);
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':2');
});

test('a Redis that is killed is started again, with its data; one that is not installed is told by its package', async (t) => {
  if (!has('redis-server')) return t.skip('redis-server is not installed: npm test installs it where it may');
  const { world, commit, until } = await started(t);
  const args = ['--port', '6379', '--dir', '/data', '--appendonly', 'yes', '--appendfsync', 'always'];
  const asker = await artifact(world, speaking);
  await commit({ ...stateful('redis', args, '1'), ...web('asker', asker, { env: { REDIS: 'redis:6379' } }) });
  await until('redis', ({ health }) => health === 'Healthy');
  await until('asker', ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':1');
  await visit(world, 'asker.dev.localhost', '/kill');
  await until('redis', ({ message }) => message?.includes('redis-0') ?? false);
  await until('redis', ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':2');

  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  t.after(() => {
    process.env.PATH = path;
  });
  const pod = new Pod({
    app: 'redis',
    id: 'redis-0',
    environment: 'elsewhere',
    template: 'x',
    spec: { containers: [{ name: 'redis', image: 'docker.io/library/redis:8' }] },
    world: world.dir,
    reach: (value) => value,
    configs: () => undefined,
    changed: () => {},
  });
  for (let tries = 0; tries < 100 && !pod.trouble; tries++) await delay(50);
  process.env.PATH = path;
  await pod.stop();
  assert.equal(pod.trouble, "redis-server was not found: install Debian's package redis-server");
});
