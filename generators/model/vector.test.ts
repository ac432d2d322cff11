import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tell } from './history.fixture.ts';
import { pipelineFile } from './names.ts';
import { stories } from './stories.fixture.ts';
import { vectorOf, vectorThen } from './vector.ts';

test('what stood at each commit of random branches is what somebody has who walks along with them', () => {
  fc.assert(
    fc.property(stories({ maxLength: 50 }), (steps) => {
      const { environments, rendered } = tell(steps);
      for (const [environment, { course, entries }] of environments) {
        const stands = new Map<string, string>();
        const commits = Map.groupBy(course.standings.toReversed(), ({ commit }) => commit);
        for (const [commit, own] of commits) {
          for (const { name, part } of own) {
            if (part === undefined) stands.delete(name);
            else if (name !== pipelineFile) stands.set(name, part);
          }
          const place = course.place(commit) as number;
          const then = vectorThen(rendered, environment, course, (one) => (course.place(one.commit) ?? -1) >= place);
          assert.deepEqual(new Map([...then].sort()), new Map([...stands].sort()));
        }
        const now = [...entries].flatMap(([name, { id }]) => (name === pipelineFile ? [] : [[name, id] as const]));
        assert.deepEqual(
          new Map([...vectorThen(rendered, environment, course, () => true)].sort()),
          new Map(now.sort()),
        );
        assert.equal(vectorThen(rendered, environment, course, () => false).size, 0);
      }
    }),
    { numRuns: 100, seed: 12 },
  );
});

test('a commit of rendered holds what was published until then', () => {
  const { rendered, part } = tell([
    { main: 'one', set: { a: '1' } },
    { publish: true },
    { main: 'two', set: { b: '1', 'production/a': '2' } },
    { publish: true },
  ]);
  assert.deepEqual([...vectorOf(rendered, 'production', 0).keys()], ['a']);
  assert.deepEqual(
    vectorOf(rendered, 'production', 1),
    new Map([
      ['a', part('production', 'a', 'two')],
      ['b', part('production', 'b', 'two')],
    ]),
  );
  assert.equal(vectorOf(rendered, 'dev', 1).get('a'), part('dev', 'a', 'one'));
});
