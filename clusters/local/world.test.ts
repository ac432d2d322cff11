import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Git } from '../../generators/git/git.ts';
import { argocd } from '../../generators/live/argocd.ts';
import { visit } from './runtime/visit.ts';
import { usageOf } from './usage.ts';
import { answering, artifact, commitAll, has, processesOf, speaking, started, stateful, web } from './world.fixture.ts';
import { findWorld, startWorld, stopWorld } from './world.ts';

test('whatever way the world ends, no process of it is left', async (t) => {
  if (process.platform !== 'linux') return t.skip('it looks for processes in /proc, which only Linux has');
  for (const end of ['stop', 'kill'] as const) {
    const { world, commit, until } = await started(t);
    await commit({ ...web('hello', await artifact(world, answering('one')), { replicas: 2 }) });
    await until('hello', ({ health }) => health === 'Healthy');
    assert.ok(processesOf(world).length >= 2);
    if (end === 'stop') await stopWorld(world);
    else process.kill(world.pid, 'SIGKILL');
    for (let tries = 0; tries < 100 && processesOf(world).length > 0; tries++) await delay(50);
    assert.deepEqual(processesOf(world), [], end);
    assert.equal(await findWorld(world.dir), undefined);
  }
});

test('two worlds run beside each other, and one folder has one world', async (t) => {
  const { world, checkout } = await started(t);
  const other = (await started(t)).world;
  assert.notEqual(world.proxy, other.proxy);
  const again = await startWorld(checkout, world.dir, ['dev'], { tied: false });
  assert.equal(again.instance, world.instance);
});

test('a world that is started twice at once is one, also after one that died while it started', async (t) => {
  const { checkout, dir } = await started(t);
  const folder = join(dir, 'another');
  await mkdir(folder);
  // No process has such a number: https://man7.org/linux/man-pages/man5/proc_sys_kernel.5.html (pid_max)
  await writeFile(join(folder, 'world.lock'), '4194305 lost');
  const both = await Promise.all([1, 2].map(() => startWorld(checkout, folder, ['dev'], { tied: true })));
  assert.equal(both[0]?.instance, both[1]?.instance);
  assert.equal(both.filter(({ daemon }) => daemon).length, 1);
  for (const world of both) if (world.daemon) await stopWorld(world);
});

test('a world that was killed is taken over at once, with its data', async (t) => {
  if (!has('redis-server')) return t.skip('redis-server is not installed: npm test installs it where it may');
  const { world, checkout, commit, until } = await started(t);
  const args = ['--port', '6379', '--dir', '/data', '--appendonly', 'yes', '--appendfsync', 'always'];
  const asker = await artifact(world, speaking);
  await commit({ ...stateful('redis', args, '1'), ...web('asker', asker, { env: { REDIS: 'redis:6379' } }) });
  for (const app of ['redis', 'asker']) await until(app, ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':1');
  process.kill(world.pid, 'SIGKILL');
  const again = await startWorld(checkout, world.dir, ['dev'], { tied: true });
  assert.notEqual(again.instance, world.instance);
  for (let tries = 0; tries < 200; tries++) {
    const live = await argocd({ server: again.control, token: again.token })('dev');
    if (live.length === 2 && live.every(({ health }) => health === 'Healthy')) break;
    await delay(50);
  }
  assert.equal((await visit(again, 'asker.dev.localhost')).body, ':2');
  await stopWorld(again);
});

test('what a world takes is told apart from what it runs', async (t) => {
  if (process.platform !== 'linux') return t.skip('only Linux tells');
  const { world, commit, until } = await started(t);
  assert.equal(usageOf(world.pid)?.workloads.processes, 0);
  await commit(web('hello', await artifact(world, answering('one')), { replicas: 2 }));
  await until('hello', ({ health }) => health === 'Healthy');
  const usage = usageOf(world.pid);
  // Two programs, each with the shell that holds it and the one that waits for the end.
  assert.equal(usage?.workloads.processes, 6);
  assert.equal(usage?.world.processes, 1);
  const most = 150 * 1024 ** 2;
  assert.ok((usage?.world.memory ?? most) < most, `${usage?.world.memory} bytes`);
});

test('a world that was stopped comes back with its repository', async (t) => {
  const { world, checkout, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, answering('one'))));
  await until('hello', ({ health }) => health === 'Healthy');
  await stopWorld(world);
  const again = await startWorld(checkout, world.dir, ['dev'], { tied: true });
  t.after(() => stopWorld(again));
  const live = argocd({ server: again.control, token: again.token });
  for (let tries = 0; tries < 200 && (await live('dev'))[0]?.health !== 'Healthy'; tries++) await delay(50);
  assert.deepEqual(await visit(again, 'hello.dev.localhost'), { status: 200, body: 'one' });
});

test('a world that is started from a shallow clone has the files of its HEAD and a whole history', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-shallow-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const full = new Git(join(dir, 'full'));
  await mkdir(full.dir);
  await full.bytes(['init', '--quiet']);
  for (const text of ['1', '2']) {
    await writeFile(join(full.dir, 'README.md'), text);
    await commitAll(full);
  }
  const shallow = new Git(join(dir, 'shallow'));
  await full.bytes(['clone', '--quiet', '--depth=1', `file://${full.dir}`, shallow.dir]);
  const world = await startWorld(shallow, join(dir, 'world'), ['dev'], { tied: true });
  t.after(() => stopWorld(world));
  const repository = new Git(world.repository);
  assert.equal(await repository.text(['rev-parse', '--is-shallow-repository']), 'false');
  assert.equal(await repository.text(['rev-parse', 'main^{tree}']), await full.text(['rev-parse', 'HEAD^{tree}']));
  await repository.bytes(['fsck', '--strict']);
});

test('only who has the token may ask, and only this machine can', async (t) => {
  const { world } = await started(t);
  await assert.rejects(argocd({ server: world.control, token: 'wrong' })('dev'), /answered 401.*ARGOCD_AUTH_TOKEN/);
  assert.equal(new URL(world.control).hostname, '127.0.0.1');
  assert.equal(new URL(world.proxy).hostname, '127.0.0.1');
});
