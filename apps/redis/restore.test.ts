import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../generators/port.fixture.ts';
import { app as backup } from '../redis-backup/app.ts';
import { app } from './app.ts';
import { restoring, script } from './restore.ts';

const has = (command: string) => spawnSync(command, ['--version']).status === 0;
const missing = ['redis-server', 'redis-cli', 'redis-check-rdb'].filter(
  (command) => !has(command) && spawnSync('which', [command]).status !== 0,
);
const skip = missing.length > 0 ? `${missing.join(', ')} is not installed: npm test installs it where it may` : false;

/** Redis as its manifest starts it, on a folder and a free port of this machine. */
async function redis(t: TestContext, data: string) {
  assert.ok(app.kind === 'store');
  const port = await freePort();
  const args = (app.args ?? []).map((arg) => (arg === '6379' ? String(port) : arg === '/data' ? data : arg));
  const child = spawn('redis-server', [...args, '--bind', '127.0.0.1'], { stdio: 'ignore' });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  t.after(stop);
  const ask = (...words: string[]) =>
    execFileSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' }).trim();
  for (let waited = 0; ; waited += 50) {
    if (spawnSync('redis-cli', ['-p', String(port), 'ping'], { encoding: 'utf8' }).stdout === 'PONG\n') break;
    assert.ok(waited < 20_000, 'Redis did not start');
    await sleep(50);
  }
  return { port, ask, stop };
}

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-redis-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 10 }));
  return dir;
}

/** The commands of the backup, on this machine. */
function commands(dir: string, port: number): readonly (readonly string[])[] {
  assert.ok(backup.kind === 'job');
  const local = (arg: string) => arg.replace('/backup/', `${dir}/`).replace(/^redis$/, '127.0.0.1');
  return (backup.before ?? []).map(({ command = [] }) => {
    const [program = '', ...args] = command.map(local);
    return program === 'redis-cli' ? [program, '-p', String(port), ...args] : [program, ...args];
  });
}

async function backedUp(t: TestContext) {
  const [data, dumps] = [await folder(t), await folder(t)];
  const { port, ask, stop } = await redis(t, data);
  execFileSync('redis-cli', ['-p', String(port), '--pipe'], {
    input: Array.from({ length: 5000 }, (_, index) => `SET key:${index} "value ${index}"\n`).join(''),
  });
  ask('INCRBY', 'hits', '41');
  ask('HSET', 'a hash', 'field', 'line one\nline two');
  ask('EXPIRE', 'key:1', '100000');
  for (const [program = '', ...args] of commands(dumps, port)) execFileSync(program, args, { stdio: 'pipe' });
  ask('INCR', 'hits');
  return { data, dump: join(dumps, 'dump.rdb'), stop };
}

const restore = (data: string, dump: string, mark: string) =>
  spawnSync('sh', ['-c', script, 'restore.sh', data, dump, mark], { encoding: 'utf8', timeout: 60_000 });

test('what was backed up is there again, in an empty volume and over a full one, and what stood there is kept', {
  skip,
}, async (t) => {
  const { data, dump, stop } = await backedUp(t);
  await stop();
  const empty = await folder(t);
  for (const volume of [empty, data]) {
    const { status, stdout, stderr } = restore(volume, dump, '2026-11-21');
    assert.equal(status, 0, `${stdout}${stderr}`);
    const { ask, stop } = await redis(t, volume);
    assert.equal(ask('DBSIZE'), '5002');
    assert.equal(ask('GET', 'hits'), '41');
    assert.equal(ask('GET', 'key:4999'), 'value 4999');
    assert.equal(ask('HGET', 'a hash', 'field'), 'line one\nline two');
    assert.ok(Number(ask('TTL', 'key:1')) > 90_000);
    ask('INCR', 'hits');
    await stop();
    // The pod starts again, and nobody took the line out: nothing is lost.
    assert.match(restore(volume, dump, '2026-11-21').stdout, /before: nothing to do/);
    const again = await redis(t, volume);
    assert.equal(again.ask('GET', 'hits'), '42');
    await again.stop();
  }
  assert.ok((await readdir(data)).includes('appendonlydir-before-2026-11-21'));
});

test('a restore that was cut off is done again, and a dump that is none touches nothing', { skip }, async (t) => {
  const { data, dump, stop } = await backedUp(t);
  await stop();
  const before = await readdir(join(data, 'appendonlydir'));
  const broken = join(await folder(t), 'dump.rdb');
  await writeFile(broken, 'REDIS0011 and then nothing');
  assert.notEqual(restore(data, broken, 'x').status, 0);
  assert.deepEqual(await readdir(join(data, 'appendonlydir')), before);
  // As it is when the pod dies between the two renames.
  await mkdir(join(data, 'restoring'), { recursive: true });
  await copyFile(dump, join(data, 'restoring', 'half'));
  await rm(join(data, 'appendonlydir'), { recursive: true });
  assert.equal(restore(data, dump, 'y').status, 0);
  const { ask } = await redis(t, data);
  assert.equal(ask('GET', 'hits'), '41');
});

test('the upload goes where the restore looks', () => {
  assert.ok(backup.kind === 'job');
  const { before } = restoring('example-slipway-production', '2026-11-21');
  const uploaded = backup.in?.production?.args?.[2];
  assert.equal(before[0]?.args?.[1], uploaded);
  const { RCLONE_CONFIG: _, ...up } = backup.env ?? {};
  const { RCLONE_CONFIG: __, ...down } = before[0]?.env ?? ({} as Record<string, string>);
  assert.deepEqual(down, up);
});

test('rclone copies a dump as the manifests say, both ways', async (t) => {
  if (!has('rclone')) return t.skip('rclone is not installed: npm test installs it where it may');
  const dir = await folder(t);
  await writeFile(join(dir, 'dump.rdb'), 'a dump');
  assert.ok(backup.kind === 'job');
  const env = {
    ...process.env,
    RCLONE_CONFIG: join(dir, 'rclone.conf'),
    RCLONE_CONFIG_STORE_TYPE: 'alias',
    RCLONE_CONFIG_STORE_REMOTE: join(dir, 'store'),
  };
  const [, , to = ''] = backup.args ?? [];
  execFileSync('rclone', ['copyto', join(dir, 'dump.rdb'), to, ...(backup.args ?? []).slice(3)], { env });
  const { before } = restoring('example-slipway-dev', '2026-11-21');
  const [verb = '', from = ''] = before[0]?.args ?? [];
  execFileSync('rclone', [verb, from, join(dir, 'fetched.rdb')], { env });
  assert.equal(execFileSync('cat', [join(dir, 'fetched.rdb')], { encoding: 'utf8' }), 'a dump');
});
