import assert from 'node:assert/strict';
import { test } from 'node:test';
import { median, quantile, ratiosOf, spreadOf } from './figures.ts';

test('the median is the middle figure, or the mean of the two in the middle', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
  assert.ok(Number.isNaN(median([])));
});

test('ratios are taken within a round, so that a machine that slows down changes nothing', () => {
  const base = [40_000, 20_000, 10_000];
  const side = [30_000, 15_000, 7_500];
  assert.deepEqual(spreadOf(ratiosOf(side, base)), { median: 0.75, min: 0.75, max: 0.75 });
  assert.deepEqual(spreadOf(ratiosOf([2, 9, 4], [1, 3, 4])), { median: 2, min: 1, max: 3 });
});

test('a quantile is the nearest rank, in whatever order the figures came', () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.equal(quantile(hundred, 0.99), 99);
  assert.equal(quantile(hundred, 0.5), 50);
  assert.equal(quantile(hundred, 1), 100);
  assert.equal(quantile(Float64Array.of(3, 1, 2), 0), 1);
});
