import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { redisMissing } from '../redis.fixture.ts';
import { runKills } from './kills.ts';
import { seeded } from './random.ts';
import { runRollouts } from './rollouts.ts';

const concurrency = 8;

/** Of every run another one; a failing test says which. */
const seed = Math.floor(Math.random() * 2 ** 32);

// Most of the time of each is that of processes which start or drain.
describe('under load', { skip: redisMissing, concurrency: true }, () => {
  test('kill -9 of service, Redis and both loses no acknowledged hit and counts none twice', async () => {
    const report = await runKills({ kills: 9, concurrency, random: seeded(seed) });
    assert.deepEqual(report.violations, [], `seed ${seed}`);
    assert.deepEqual(report.kills, { service: 3, redis: 3, both: 3 });
    assert(report.acknowledged > 9 * concurrency && report.replayed > 0 && report.refused > 0);
    assert(report.total >= report.acknowledged);
  });

  test('a Redis that keeps nothing on disk is found out at its first kill', async () => {
    const report = await runKills({ kills: 3, concurrency, random: seeded(seed), durable: false });
    const violated = new Set(report.violations.map(({ invariant }) => invariant));
    assert(
      violated.has('an acknowledged hit is never lost') || violated.has('a number is given out once'),
      `seed ${seed}`,
    );
    assert.equal(report.kills.redis + report.kills.both, 1);
  });

  test('a rollout fails no request, and every hit of it is counted once', async () => {
    const report = await runRollouts({ rollouts: 4, concurrency, random: seeded(seed) });
    assert.deepEqual(report.violations, [], `seed ${seed}`);
    assert.equal(report.rollouts, 4);
    assert.equal(report.total, report.acknowledged);
    assert(report.acknowledged > 8 * concurrency);
  });
});

describe('the program', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' });

  test('--help tells of every option', () => {
    const { status, stdout } = run('--help');
    assert.equal(status, 0);
    for (const option of ['kills', 'rollouts', 'concurrency', 'seed', 'json'])
      assert.match(stdout, RegExp(`--${option} `));
  });

  for (const [args, said] of [
    [['--kills', 'many'], '--kills is "many", which is not a whole number from 0 to 100000.'],
    [['--concurrency', '0'], '--concurrency is "0", which is not a whole number from 1 to 1000.'],
    [['--quick'], "Unknown option '--quick'"],
  ] as const) {
    test(`${args.join(' ')} is refused with a sentence and exit code 2`, () => {
      const { status, stdout, stderr } = run(...args);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert(stderr.startsWith(said), stderr);
    });
  }
});
