import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Course } from './course.ts';
import { eventsOf } from './event.ts';
import { Timeline } from './timeline.ts';

test('what happened in an environment is read from parts and their order', () => {
  const timeline = new Timeline();
  for (const [at, part] of ['one', 'two', 'three'].entries()) timeline.add(at, part);
  const standing = (commit: string, part: string | undefined, name = 'counter') => ({ commit, name, part, time: 1 });
  // Newest first.
  const standings = [
    standing('g', undefined),
    standing('f', 'two'),
    standing('e', 'by hand'),
    standing('d', 'one'),
    standing('c', 'three'),
    standing('b', 'one'),
    standing('b', 'one', 'redis'),
  ];
  const course = new Course(['g', 'f', 'e', 'd', 'c', 'b', 'a'], standings);
  const told = eventsOf('dev', course, () => timeline, 9).map(({ commit, changes }) =>
    [commit, ...changes.map(({ name, from, to, turn }) => `${name} ${from} → ${to}: ${turn}`)].join(', '),
  );
  assert.deepEqual(told, [
    'g, counter two → undefined: gone',
    'f, counter by hand → two: on',
    'e, counter one → by hand: edited',
    'd, counter three → one: back',
    'c, counter one → three: on',
    'b, counter undefined → one: new, redis undefined → one: new',
  ]);
  assert.equal(eventsOf('dev', course, () => timeline, 2).length, 2);
});
