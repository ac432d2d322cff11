import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measuredOf, rangeAt, type SeriesOf, since } from './signals.ts';

const now = Date.parse('2026-11-22T03:00:07Z');

test('what is shown is the same for all moments between two steps, and ends at the last', () => {
  const range = rangeAt(now);
  assert.deepEqual(range, rangeAt(now + 7999));
  assert.notDeepEqual(range, rangeAt(now + 8000));
  assert.equal(new Date(range.until).toISOString(), '2026-11-22T03:00:00.000Z');
  assert.equal(range.until - range.from, 15 * 60_000);
});

test('each app has a point for each step, where something was measured', () => {
  const range = { from: 0, until: 60_000, step: 15_000 };
  const of = (app: string, ...values: [number, string][]) => ({ metric: { namespace: 'dev', app }, values });
  const answers: SeriesOf = {
    requests: [of('a', [0, '1'], [30, '2'], [60, '3'], [75, '4']), of('b', [15, '0'])],
    errors: [of('a', [0, 'NaN'], [60, '0.05'])],
    slow: [of('a', [60, '+Inf'])],
    busy: [of('c', [0, '1'])],
    budget: [of('a', [0, '0.5'], [45, '0.25'])],
  };
  const found = measuredOf(answers, range);
  assert.deepEqual([...found.keys()], ['dev/a', 'dev/b'], 'whoever answers no requests has no pictures');
  assert.deepEqual(found.get('dev/a'), {
    requests: [1, undefined, 2, undefined, 3],
    errors: [undefined, undefined, undefined, undefined, 0.05],
    slow: Array.from({ length: 5 }),
    busy: Array.from({ length: 5 }),
    budget: 0.25,
  });
  assert.equal(found.get('dev/b')?.budget, undefined);
});

test('a young world is shown from its first point on, but never less than five minutes', () => {
  const range = rangeAt(now);
  const from = (...firsts: number[]) => {
    const requests = firsts.map((minutes) => ({
      metric: {},
      values: [[(range.until - minutes * 60_000) / 1000, '1'] as const],
    }));
    const found = since({ requests, errors: [], slow: [], busy: [], budget: [] }, range);
    assert.equal(found.until, range.until);
    return (range.until - found.from) / 60_000;
  };
  assert.deepEqual([from(15), from(8, 10), from(7.1), from(2), from()], [15, 10, 7.25, 5, 5]);
});
