import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { freePort } from '../port.fixture.ts';
import { board } from './board-server.ts';
import { program } from './hydrate-commit.ts';
import { deliveredBox, publishedBox, type Sandbox } from './sandbox.fixture.ts';
import { VersionMetrics } from './version-metrics.ts';
import { Watch } from './watch.ts';

/** For all that only read it, or leave it as it was. */
let box: Sandbox;
const ends: (() => unknown)[] = [];
before(async () => {
  box = await publishedBox({ after: (end) => ends.unshift(end) });
});
after(async () => {
  for (const end of ends) await end();
});

const launcher = join(program, 'generators', 'commands', 'slipway.mjs');

/** What a box tells, by series without its value, and what it said of failures. */
function metricsOf(t: TestContext, box: Sandbox) {
  const watch = new Watch(box.context);
  t.after(() => watch.close());
  const said: string[] = [];
  const metrics = new VersionMetrics({
    look: () => watch.look(),
    now: box.context.now,
    say: (line) => void said.push(line),
  });
  const read = async () => {
    await metrics.read();
    return valuesOf(metrics.text());
  };
  return { watch, said, read };
}

const valuesOf = (text: string) =>
  new Map(
    text
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
  );

test('metrics tell which request brought what, how far an environment is behind, and who is held since when', async (t) => {
  const box = await deliveredBox(t, 'staging');
  const { read } = metricsOf(t, box);
  const at = (environment: string, app = 'a') => `{environment="${environment}",app="${app}"}`;
  const info = (values: ReadonlyMap<string, number>, environment: string) =>
    [...values.keys()].find((series) => series.startsWith(`slipway_app_info{environment="${environment}",app="a"`));
  const first = await read();
  assert.match(info(first, 'dev') ?? '', /,version="1\.0",commit="[0-9a-f]{40}",request=""\}$/);
  assert.match(info(first, 'staging') ?? '', /,request="1"\}$/);
  assert.equal(info(first, 'production'), undefined, 'nothing stands there yet');
  assert.ok(first.has(`slipway_environment_tip_info{environment="staging",commit="${await box.tip('env/staging')}"}`));

  const changedAt = Math.floor(Date.now() / 1000);
  await box.change({ a: '2' });
  await box.publish();
  const behind = await read();
  assert.equal(behind.get(`slipway_app_behind_commits${at('dev')}`), 0);
  assert.equal(behind.get(`slipway_app_behind_commits${at('staging')}`), 1);
  assert.equal(behind.get(`slipway_app_behind_commits${at('staging', 'b')}`), 0);
  assert.ok((behind.get(`slipway_app_behind_seconds${at('staging')}`) ?? -1) <= Date.now() / 1000 - changedAt + 1);
  assert.ok((behind.get(`slipway_app_since_timestamp_seconds${at('dev')}`) ?? 0) >= changedAt);

  const person = await box.person('dev');
  await person.git.bytes(['revert', '--no-edit', 'HEAD']);
  await person.push();
  const held = await read();
  const { heldBy, heldSince } = (await box.row('dev', 'a')) ?? {};
  assert.match(heldBy?.words ?? '', /^Revert /);
  assert.equal(held.get(`slipway_app_held${at('dev')}`), 1);
  assert.equal(held.get(`slipway_app_held_since_timestamp_seconds${at('dev')}`), Date.parse(heldSince ?? '') / 1000);
  assert.equal(held.get(`slipway_app_behind_commits${at('dev')}`), 1);
  assert.equal(held.get(`slipway_app_held${at('staging')}`), 0);
  assert.equal(held.has(`slipway_app_held_since_timestamp_seconds${at('staging')}`), false);

  await writeFile(join(person.dir, 'a', 'deployment-a.yaml'), 'by: hand\n');
  await person.git.bytes(['commit', '--quiet', '-am', 'by hand']);
  await person.push();
  assert.equal((await read()).get(`slipway_app_edited${at('dev')}`), 1);
});

test('where no branch moved nothing is fetched or read, and one that moved is read alone', async (t) => {
  const box = await deliveredBox(t, 'staging');
  const trace = join(box.dir, 'trace.json');
  // git reads the variable whenever it starts; what a box has set up already started without it.
  process.env.GIT_TRACE2_EVENT = trace;
  t.after(() => delete process.env.GIT_TRACE2_EVENT);
  const watch = new Watch(box.context);
  t.after(() => watch.close());
  const commandsOf = async () => {
    const events = (await readFile(trace, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
    await rm(trace, { force: true });
    return events
      .map((line) => JSON.parse(line) as { event: string; sid: string; name?: string })
      .filter(({ event, sid }) => event === 'cmd_name' && !sid.includes('/'))
      .map(({ name }) => name);
  };
  const first = await watch.look();
  assert.ok((await commandsOf()).length > 5);
  assert.equal(await watch.look(), first);
  assert.deepEqual(await commandsOf(), ['ls-remote']);

  await movedBy(box);
  const second = await watch.look();
  assert.notEqual(second.environments.get('dev'), first.environments.get('dev'));
  assert.equal(second.environments.get('staging'), first.environments.get('staging'));
  assert.equal(second.rendered, first.rendered);
});

test('the board tells the same at /metrics, to its own address alone', async (t) => {
  const nearby = { environments: [], traffic: () => '', pods: () => [], address: () => undefined };
  const server = createHttpServer(board({ ...box.context, checkout: box.remote }, nearby));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  const { read } = metricsOf(t, box);
  assert.deepEqual([...valuesOf(await answer.text()).keys()], [...(await read()).keys()]);
  const other = request({ port, path: '/metrics', headers: { host: 'evil.example.com' } }).end();
  const [{ statusCode }] = (await once(other, 'response')) as [IncomingMessage];
  assert.equal(statusCode, 403);
});

test('while the remote cannot be read the last answer stays, and it comes back by itself', async (t) => {
  const { read, said } = metricsOf(t, box);
  const [failures, success] = ['slipway_metrics_failures_total', 'slipway_metrics_last_success_timestamp_seconds'];
  const away = join(box.dir, 'away.git');
  await rename(box.remote.dir, away);
  const never = await read();
  assert.deepEqual([never.get(failures), never.get(success), never.size], [1, 0, 2]);
  assert.match(said[0] ?? '', /remote\.git cannot be read/);

  await rename(away, box.remote.dir);
  const first = await read();
  assert.ok((first.get(success) ?? 0) > 0);
  await rename(box.remote.dir, away);
  const failed = await read();
  assert.deepEqual([failed.get(failures), failed.get(success), failed.size], [2, first.get(success), first.size]);

  await rename(away, box.remote.dir);
  const tip = await movedBy(box);
  const again = await read();
  assert.ok(again.has(`slipway_environment_tip_info{environment="dev",commit="${tip}"}`));
  assert.equal(again.size, first.size);
});

test('before the first publish there is nothing to tell but that it was read', async (t) => {
  const rendered = (await box.tip('rendered')) as string;
  await box.remote.bytes(['update-ref', '-d', 'refs/heads/rendered']);
  const values = await metricsOf(t, box).read();
  await box.remote.bytes(['update-ref', 'refs/heads/rendered', rendered]);
  assert.deepEqual([values.size, values.get('slipway_metrics_failures_total')], [2, 0]);
});

test('it runs by Node alone, goes on while it serves, and SIGTERM leaves nothing', async (t) => {
  await cp(join(program, 'clusters', 'local'), join(box.checkout.dir, 'clusters', 'local'), { recursive: true });
  const own = join(box.checkout.dir, 'generators', 'commands', 'slipway.mjs');
  const temporary = join(box.dir, 'tmp');
  await mkdir(temporary);
  const env = { ...process.env, NODE_PATH: '', TMPDIR: temporary };
  const once = spawnSync(process.execPath, [own, 'metrics', '--once'], {
    cwd: box.checkout.dir,
    env,
    encoding: 'utf8',
  });
  assert.equal(once.status, 0, once.stderr);
  assert.match(once.stdout, /^slipway_app_info\{environment="dev",app="a",version="1\.0",/m);

  const port = await freePort();
  const args = [own, 'metrics', '--listen', `127.0.0.1:${port}`, '--every', '1s'];
  const child = spawn(process.execPath, args, { cwd: box.checkout.dir, env, stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  const url = `http://127.0.0.1:${port}`;
  await until(async () => (await fetch(`${url}/readyz`)).ok);
  const asked = async (path: string, method = 'GET') => (await fetch(url + path, { method })).status;
  assert.deepEqual(
    await Promise.all([asked('/healthz'), asked('/metrics', 'HEAD'), asked('/metrics', 'POST'), asked('/other')]),
    [200, 200, 405, 404],
  );
  assert.equal(
    (await fetch(`${url}/metrics?x`)).headers.get('content-type'),
    'text/plain; version=0.0.4; charset=utf-8',
  );

  const tip = await movedBy(box);
  await until(async () => (await (await fetch(`${url}/metrics`)).text()).includes(`commit="${tip}"`));

  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  assert.deepEqual(await readdir(temporary), []);
});

test('a remote that never answers does not keep it from answering, nor from ending', async (t) => {
  const silent = createServer(() => {});
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const remote = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/x.git`;
  const port = await freePort();
  const args = [launcher, 'metrics', '--listen', `127.0.0.1:${port}`, '--remote', remote];
  const child = spawn(process.execPath, args, { cwd: box.checkout.dir, stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  await until(async () => (await fetch(`http://127.0.0.1:${port}/healthz`)).ok);
  assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 503);
  assert.match(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text(), /last_success_timestamp_seconds 0\n/);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
});

test('what is asked wrongly is told with exit code 2, and a port that somebody has with 1', async (t) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const used = `127.0.0.1:${(taken.address() as AddressInfo).port}`;
  const table: [string[], number, RegExp][] = [
    [[], 2, /wants one of --once and --listen ADDRESS:PORT/],
    [['--once', '--listen', '127.0.0.1:1'], 2, /wants one of/],
    [['--once', '--every', '1m'], 2, /--every goes with --listen/],
    [['--listen', '127.0.0.1:9', '--every', '0s'], 2, /--every 0s: write a time such as 1m/],
    ...['9464', ':9464', 'example.com:1', '127.0.0.1:0', '127.0.0.1:65536', '::1:9464', '[::1]'].map(
      (listen): [string[], number, RegExp] => [
        ['--listen', listen],
        2,
        /write an address and a port, as 127\.0\.0\.1:9464 or/,
      ],
    ),
    [['--listen', used], 1, /nobody can listen there \(EADDRINUSE\)/],
  ];
  const { run } = await import('./metrics.ts');
  const { main } = await import('./main.ts');
  assert.equal(typeof run, 'function');
  for (const [args, code, says] of table) {
    const said: string[] = [];
    t.mock.method(process.stderr, 'write', (text: string) => said.push(text) > 0);
    await main(['metrics', ...args]);
    t.mock.restoreAll();
    assert.match(said.join(''), says, args.join(' '));
    assert.equal(process.exitCode, code, args.join(' '));
    process.exitCode = undefined;
  }
});

/** A person moves env/dev, and nothing of it. @returns its tip */
async function movedBy(box: Sandbox): Promise<string | undefined> {
  const person = await box.person('dev');
  await person.git.bytes(['commit', '--quiet', '--allow-empty', '-m', 'nothing']);
  await person.push();
  return box.tip('env/dev');
}

async function until<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const found = await ask().catch(() => undefined);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('it took too long');
}
