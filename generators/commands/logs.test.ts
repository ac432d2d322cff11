import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { appendFile, copyFile, mkdir, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { logsDir } from '../../clusters/local/runtime/logs.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';

/** A world that is down, with what its pods wrote: by `environment/app/file`, the one written last at the end. */
async function world(t: TestContext, logs: Readonly<Record<string, string>>): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-logs-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  for (const [index, [path, text]] of Object.entries(logs).entries()) {
    const [environment = '', app = '', file = ''] = path.split('/');
    await mkdir(logsDir(dir, environment, app), { recursive: true });
    await writeFile(join(dir, 'logs', path), text);
    await utimes(join(logsDir(dir, environment, app), file), 1000 + index, 1000 + index);
  }
  return dir;
}

function logs(dir: string, ...args: string[]) {
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const child = spawn(process.execPath, [launcher, 'logs', ...args], {
    cwd: program,
    env: { ...process.env, SLIPWAY_WORLD: dir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    said.out += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    said.err += chunk;
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, said, ended: ended.then((code) => ({ code, ...said })) };
}

const several = {
  'dev/shop/shop-2.log': 'two\n',
  'staging/shop/shop-1.log': 'started\nit rains\n',
  'dev/shop/shop-1.log': 'one\nand a half',
  'dev/shopper/shopper-1.log': 'not asked\n',
};

test('what the pods of an app wrote is told, each by its name, the latest at the end', async (t) => {
  const dir = await world(t, several);
  assert.deepEqual(await logs(dir, 'shop').ended, {
    code: 0,
    out: 'dev/shop-2 | two\nstaging/shop-1 | started\nstaging/shop-1 | it rains\ndev/shop-1 | one\ndev/shop-1 | and a half\n',
    err: '',
  });
  assert.equal((await logs(dir, 'shop', '--env', 'staging').ended).out, 'started\nit rains\n');
  assert.equal((await logs(dir, 'shop', '--env', 'staging', '--lines', '1').ended).out, 'it rains\n');
  const json = await logs(dir, 'shop', '--env', 'staging', '--lines', '1', '--json').ended;
  assert.deepEqual(answerOf('logs', json.out), { version: 1, environment: 'staging', pod: 'shop-1', line: 'it rains' });
});

test('what was written before a log became too long is told first', async (t) => {
  const dir = await world(t, { 'dev/shop/shop-1.log.1': 'old\n', 'dev/shop/shop-1.log': 'new\n' });
  assert.equal((await logs(dir, 'shop').ended).out, 'old\nnew\n');
});

test('an app, an environment or a number that is wrong is answered with what would be right', async (t) => {
  const dir = await world(t, several);
  const table: [args: string[], message: RegExp][] = [
    [['shp'], /^slipway: shp never ran in this world; did you mean shop\? Known are shop, shopper\.\n$/],
    [['shopper', '--env', 'staging'], /^slipway: shopper never ran in staging; .*[kK]nown are shop\.\n$/],
    [['shop', '--env', 'test'], /^slipway: --env test: nothing ever ran there; known are dev, staging\.\n$/],
    [['shop', '--lines', '-1x'], /--lines/],
    [[], /slipway logs wants APP/],
  ];
  for (const [args, message] of table) {
    const { code, out, err } = await logs(dir, ...args).ended;
    assert.match(err, message);
    assert.deepEqual([code, out], [2, '']);
  }
  const { code, err } = await logs(join(dir, 'nowhere'), 'shop').ended;
  assert.equal(code, 1);
  assert.match(err, /start one with npx slipway local up/);
});

test('followed, it goes on with what is written, with pods that start and with logs that begin anew, until Ctrl-C', async (t) => {
  const dir = await world(t, { 'dev/shop/shop-1.log': 'one\n' });
  const { child, said, ended } = logs(dir, 'shop', '--follow');
  const file = join(logsDir(dir, 'dev', 'shop'), 'shop-1.log');
  let expected = 'dev/shop-1 | one\n';
  const then = async (more: string) => {
    expected += more;
    for (let tries = 0; tries < 200 && said.out.length < expected.length; tries++) await delay(50);
    assert.equal(said.out, expected);
  };
  await then('');
  await appendFile(file, 'two\nthr');
  await then('dev/shop-1 | two\n');
  await appendFile(file, 'ee\n');
  await then('dev/shop-1 | three\n');
  await writeFile(join(file, '..', 'shop-2.log'), 'I am new\n');
  await then('dev/shop-2 | I am new\n');
  await copyFile(file, `${file}.1`);
  await truncate(file);
  await appendFile(file, 'again\n');
  await then('dev/shop-1 | again\n');
  child.kill('SIGINT');
  assert.deepEqual(await ended, { code: 0, out: expected, err: '' });
});
