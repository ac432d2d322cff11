import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answer, verdictsOf } from './goals.ts';
import type { Found } from './measure.ts';
import type { Measured, Round } from './round.ts';
import { names } from './rungs.ts';
import { report } from './table.ts';

const load = (requestsPerSecond: number): Measured => ({
  requests: requestsPerSecond,
  requestsPerSecond,
  p99Ms: 3,
  refused: 0,
  broken: 0,
  cpuUs: 50,
  asked: 5_000,
});

const pace = (p99Ms: number) => ({ rate: 9_000, requests: 9_000, asked: 18_000, p50Ms: 1, p99Ms, maxMs: 20 });

/** A round on a machine that is so many times as fast as it was. */
const roundAt = (speed: number, loads: Round['loads']): Round => ({
  loads: Object.fromEntries(
    Object.entries(loads).map(([name, { requestsPerSecond }]) => [name, load(requestsPerSecond * speed)]),
  ),
  paces: { shipped: pace(8), incr: pace(5), constant: pace(2) },
  lost: { stolen: 0.25, others: 0.1 },
});

const loads: Round['loads'] = {
  [names.constant]: load(60_000),
  [names.incr]: load(40_000),
  [names.express]: load(30_000),
  [names.off]: load(32_000),
  [names.shipped]: load(24_000),
};

const found: Found = {
  rounds: [roundAt(1, loads), roundAt(0.4, loads), roundAt(0.7, loads)],
  starts: { node: [40, 50, 45], Express: [200, 150, 160], [names.shipped]: [900, 380, 390] },
  resident: { atStart: 90 * 2 ** 20, peak: 130 * 2 ** 20, now: 110 * 2 ** 20 },
  spansPerRequest: 0.0499,
  peer: 'it was not asked for: --peer',
};

test('each goal is met, missed or not measured, whatever the machine did between the rounds', () => {
  assert.deepEqual(
    verdictsOf(found).map((verdict) => [verdict.what, verdict.found?.median, answer(verdict)]),
    [
      [`as shipped ÷ ${names.peer}`, undefined, 'not measured'],
      [`as shipped ÷ ${names.incr}`, 0.6, 'met'],
      ['telemetry on ÷ off', 0.75, 'met'],
      ['p99 at half of the load', 8, 'met'],
      ['resident memory, at most', 130, 'missed'],
      ['start to ready', 390, 'met'],
    ],
  );
});

test('with the peer, its goal is judged like the others', () => {
  const withPeer = (speed: number): Found => ({
    ...found,
    rounds: [roundAt(1, { ...loads, [names.peer]: load(speed), [names.tuned]: load(2 * speed) })],
    peer: undefined,
  });
  const met = verdictsOf(withPeer(3_000))[0] ?? assert.fail();
  assert.equal(answer(met), 'met');
  assert.equal(met.note, 'with threads and kept connections, 4.00 ×');
  assert.equal(answer(verdictsOf(withPeer(3_001))[0] ?? assert.fail()), 'missed');
});

test('where there is no /proc, memory is not measured, and not met', () => {
  const memory = verdictsOf({ ...found, resident: undefined }).find(({ unit }) => unit === 'MB');
  assert.equal(memory && answer(memory), 'not measured');
});

test('the report has every rung that ran, every goal with its answer, and what was stolen', () => {
  const lines = report(found).split('\n');
  const rows = lines.map((line) => line.trim().replaceAll(/ {2,}/g, ' | '));
  for (const row of [
    'counter, as shipped | 9600 | 16800 | 24000 | 0.6 (0.6 … 0.6) | 3.0 ms | 50 µs',
    'counter, as shipped | 380 ms | 390 ms | 900 ms | 900 ms | 3',
    'The host stole 25 % of the time (25 to 25 % by round); other programs here took 10 % of the time (10 to 10 % by round).',
    'telemetry on ÷ off: 1.00 × by the CPU time of the servers; the collector got 5.0 spans for 100 requests',
    `as shipped ÷ ${names.peer} | ≥ 8 × | not measured`,
    'resident memory, at most | 130 MB | ≤ 120 MB | MISSED',
    `p99 at half of the load: at the same rate ${names.incr} has 5.0 ms, ${names.constant} 2.0 ms`,
    `as shipped ÷ ${names.peer}: it was not asked for: --peer`,
  ])
    assert.ok(rows.includes(row), `${row}\n\n${rows.join('\n')}`);
  assert.ok(!lines.some((line) => line.startsWith(`  ${names.peer}`)));
});
