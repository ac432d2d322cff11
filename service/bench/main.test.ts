import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../eventually.fixture.ts';
import { redisMissing } from '../redis.fixture.ts';
import { wrkMissing } from './wrk.ts';

const main = join(import.meta.dirname, 'main.ts');
const programsMissing = redisMissing || (wrkMissing() && 'The load is made by wrk, which is not installed here.');

test('without wrk it says how to install it, and a wrong option is refused', () => {
  const bench = (args: readonly string[], PATH: string) =>
    spawnSync(process.execPath, [main, ...args], { env: { PATH }, encoding: 'utf8' });
  const without = bench([], '/nowhere');
  assert.deepEqual([without.status, without.stdout], [2, '']);
  assert.match(without.stderr, /^bench: .*apt-get install wrk\.\n$/);
  const wrong = bench(['--quik'], '/nowhere');
  assert.equal(wrong.status, 2);
  assert.match(wrong.stderr, /^bench: .*'--quik'.* See npm run bench -- --help\.\n$/);
});

/** Every process whose command line or environment names the folder. */
function workingIn(dir: string): string[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return ['cmdline', 'environ'].some((file) => readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(dir));
    } catch {
      return false;
    }
  });
}

test('interrupted, it leaves no process and no file behind', { skip: programsMissing }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'counter-bench-test-'));
  t.after(() => rm(dir, { recursive: true }));
  const child = spawn(process.execPath, [main, '--quick'], {
    env: { ...process.env, TMPDIR: dir },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  // By then Redis and the collector run, and the first program is being started.
  await eventually(() => assert.match(said, /starting everything/), 20_000);
  assert.equal((await readdir(dir)).length, 1);
  assert.ok(workingIn(dir).length >= 2 || !existsSync('/proc/self/environ'));
  child.kill('SIGINT');
  const [status] = await once(child, 'close');
  assert.equal(status, 130);
  assert.deepEqual(await readdir(dir), []);
  await eventually(() => assert.deepEqual(workingIn(dir), []));
});
