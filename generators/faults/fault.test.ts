import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultAt, kindsAt } from './fault.ts';
import { Random } from './random.ts';

const steps = [...Array(2000).keys()];

test('an order for one step says nothing of the others', () => {
  const order = { step: 7, kind: 'kill before', delay: 0 } as const;
  assert.deepEqual(
    steps.filter((step) => faultAt(order, step, 'spawn')),
    [7],
  );
});

test('a storm of 5 % disturbs about one step in twenty, in every way that the door has', () => {
  const faults = steps.map((step) => faultAt({ probability: 0.05, seed: 3 }, step, 'write')?.kind).filter(Boolean);
  assert.ok(faults.length > 70 && faults.length < 130, `${faults.length} of 2000`);
  assert.deepEqual([...new Set(faults)].sort(), [...kindsAt.write].sort());
});

test('the same seed gives the same chances, and another seed gives others', () => {
  const drawn = (seed: number) => steps.map((index) => new Random(seed).child(index).below(1000));
  assert.deepEqual(drawn(1), drawn(1));
  assert.notDeepEqual(drawn(1), drawn(2));
});

test('shuffling loses nothing', () => {
  const shuffled = new Random(1).shuffled(steps);
  assert.notDeepEqual(shuffled, steps);
  assert.deepEqual(
    shuffled.sort((a, b) => a - b),
    steps,
  );
});
