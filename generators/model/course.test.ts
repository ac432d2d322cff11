import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Course } from './course.ts';

test('times follow the branch, whatever the clock of a commit said', () => {
  const course = (times: readonly number[], now = 99_000) => {
    const standings = times.map((time, at) => ({ commit: `${at}`, name: `${at}`, part: 'part', time })).reverse();
    return new Course([], standings)
      .inOrder(now)
      .standings.map(({ time }) => time)
      .reverse();
  };
  // Of what one run pushed at a moment, every commit has the same.
  assert.deepEqual(course([5000, 5000, 9000]), [5000, 5000, 9000]);
  assert.deepEqual(course([5000, 2000, 2000, 1000, 9000]), [5000, 6000, 6000, 7000, 9000]);
  // One from the future is of now, and what came after it is not hidden behind it.
  assert.deepEqual(course([5000, 99_000, 7000], 8000), [5000, 8000, 8000]);
});
