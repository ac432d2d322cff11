import assert from 'node:assert/strict';
import { test } from 'node:test';
import { distanceOf, stepBack } from './distance.ts';
import { Timeline } from './timeline.ts';

const timeline = new Timeline();
for (const [place, part] of [
  [0, 'one'],
  [4, 'two'],
  [7, 'three'],
] as const)
  timeline.add(place, part);

test('an app is as far behind as later parts were published, offered or not, and since the first of them', () => {
  assert.deepEqual(distanceOf(timeline, 'one'), { parts: 2, place: 4 });
  assert.deepEqual(distanceOf(timeline, 'two'), { parts: 1, place: 7 });
  for (const part of ['three', 'edited', undefined]) assert.equal(distanceOf(timeline, part), undefined);
  assert.equal(distanceOf(undefined, 'one'), undefined);
});

test('a hold is as old as the first step back that nobody went on from', () => {
  const since = (...parts: readonly (string | undefined)[]) =>
    stepBack(parts.map((part, at) => ({ commit: String(at), name: 'a', part, time: at })).reverse(), timeline)?.time;
  assert.equal(since('one', 'two', 'three'), undefined);
  assert.equal(since('one', 'two', 'one'), 2);
  assert.equal(since('one', 'three', 'one', 'two'), 2, 'a step forward that stays below does not renew it');
  assert.equal(since('one', 'two', 'one', 'two', 'one'), 4, 'it ended in between');
  assert.equal(since('one', 'two', undefined), 2, 'a folder that was deleted');
  assert.equal(since('one', 'two', 'edited', 'one'), 3, 'an edit is no step');
  assert.equal(since('one', 'two', 'one', 'three'), undefined);
});
