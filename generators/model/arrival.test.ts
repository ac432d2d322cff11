import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Arrivals, howOf } from './arrival.ts';
import { eventsOf } from './event.ts';
import { tell } from './history.fixture.ts';
import { pipelineFile } from './names.ts';
import { stories } from './stories.fixture.ts';
import type { Step, Told } from './story.fixture.ts';

function arrivals({ path, rendered, environments }: Told, environment: string): Arrivals | undefined {
  const course = environments.get(environment)?.course;
  const timelineOf = (stage: string) => (name: string) => rendered.timelines.get(`${stage}/${name}`);
  const after = path[path.indexOf(environment) - 1];
  const source = after && {
    course: environments.get(after)?.course,
    timelineOf: timelineOf(after),
    length: rendered.commits.length,
  };
  return course && { course, timelineOf: timelineOf(environment), ...(source ? { source } : {}) };
}

/** What came to an environment, oldest first: `a promoted`. */
function told(story: Told, environment: string) {
  const arrived = arrivals(story, environment);
  if (!arrived) return [];
  return eventsOf(environment, arrived.course, arrived.timelineOf, Number.POSITIVE_INFINITY)
    .toReversed()
    .flatMap((event) => {
      const changes = event.changes.filter(({ name }) => name !== pipelineFile);
      return changes.map((change) => ({ ...change, time: event.time, how: howOf(arrived, event, change) }));
    });
}

const begun: readonly Step[] = [
  { main: 'one', set: { a: '1' } },
  { publish: true },
  { promote: 'staging' },
  { promote: 'production' },
  { main: 'two', set: { a: '2' } },
  { publish: true },
];

const tables: readonly (readonly [story: string, steps: readonly Step[], how: readonly string[]])[] = [
  ['the path', [{ promote: 'staging' }, { promote: 'production' }], ['promoted', 'promoted']],
  ['past its source', [{ release: 'production', app: 'a', at: 'two' }], ['promoted', 'hotfix']],
  [
    'promoted, by the clock of a branch that is four minutes behind that of its source',
    [
      { release: 'production', app: 'a', at: 'two' },
      { promote: 'staging', after: 4 },
    ],
    ['promoted', 'promoted'],
  ],
  [
    'past its source, which catches up later',
    [{ release: 'production', app: 'a', at: 'two' }, { promote: 'staging' }],
    ['promoted', 'hotfix'],
  ],
  [
    'what only this environment sees is no hotfix where its source has that commit',
    [
      { promote: 'staging' },
      { promote: 'production' },
      { main: 'three', set: { 'production/a': '3' } },
      { publish: true },
      { promote: 'production' },
    ],
    ['promoted', 'promoted', 'promoted'],
  ],
  [
    'a revert, and its revert',
    [{ promote: 'staging' }, { promote: 'production' }, { revert: 'production' }, { revert: 'production' }],
    ['promoted', 'promoted', 'back', 'again'],
  ],
  [
    'a revert, and a fix that went the whole path',
    [
      { promote: 'staging' },
      { promote: 'production' },
      { revert: 'production' },
      { main: 'three', set: { a: '3' } },
      { publish: true },
      { promote: 'staging' },
      { release: 'production', app: 'a' },
    ],
    ['promoted', 'promoted', 'back', 'fix'],
  ],
  [
    'an edit, and its revert',
    [{ edit: 'production', app: 'a' }, { revert: 'production' }],
    ['promoted', 'edited', 'repaired'],
  ],
  [
    'a folder that goes, and comes back',
    [{ remove: 'production', app: 'a' }, { revert: 'production' }],
    ['promoted', 'back', 'again'],
  ],
  [
    'an edit, and something earlier than what was edited',
    [
      { promote: 'staging' },
      { promote: 'production' },
      { edit: 'production', app: 'a' },
      { release: 'production', app: 'a', at: 'one' },
    ],
    ['promoted', 'promoted', 'edited', 'back'],
  ],
];

for (const [story, steps, how] of tables)
  test(`how it came to production is read from parts and their order: ${story}`, () => {
    assert.deepEqual(
      told(tell([...begun, ...steps]), 'production').map((one) => one.how),
      how,
    );
  });

test('the first environment takes what is published', () => {
  assert.deepEqual(
    told(tell(begun), 'dev').map(({ how }) => how),
    ['published', 'published'],
  );
});

test('random stories are told as somebody tells them who walks along with the branches', () => {
  const met = new Map<string, number>();
  fc.assert(
    fc.property(stories({ maxLength: 60 }), (steps) => {
      const story = tell(steps);
      // The other way around: from the oldest on, and with a list of what each environment has run until then.
      for (const [at, environment] of story.path.entries()) {
        const above = story.path[at - 1];
        const ran = above === undefined ? [] : told(story, above);
        const stood = new Map<string, number[]>();
        for (const { name, to, time, turn, how } of told(story, environment)) {
          const timeline = story.rendered.timelines.get(`${environment}/${name}`);
          const places = stood.get(name) ?? [-1];
          const place = to === undefined ? -1 : timeline?.place(to);
          const [now, most] = [places.at(-1) as number, Math.max(...places)];
          const source = ran.filter((one) => one.name === name && one.time <= time && one.to !== undefined);
          // It ran there when the source had a commit's part of which this is the environment's own.
          const isRun = source.some((one) => {
            const own = story.rendered.timelines.get(`${above}/${name}`);
            const until = story.rendered.commits.findLastIndex((_, index) => own?.at(index) === one.to);
            return place !== undefined && own?.place(one.to as string) !== undefined && until >= place;
          });
          const expected =
            place === undefined
              ? 'edited'
              : place < now
                ? 'back'
                : place === now
                  ? 'repaired'
                  : place <= most
                    ? 'again'
                    : now < most
                      ? 'fix'
                      : above === undefined
                        ? 'published'
                        : isRun
                          ? 'promoted'
                          : 'hotfix';
          assert.equal(how, expected, `${environment}/${name}`);
          assert.equal(how === 'back', turn === 'back' || turn === 'gone', 'the board says the same');
          met.set(how, (met.get(how) ?? 0) + 1);
          if (place !== undefined) stood.set(name, [...places, place]);
        }
      }
    }),
    { numRuns: 150, seed: 12 },
  );
  for (const how of ['published', 'promoted', 'hotfix', 'back', 'again', 'fix', 'edited', 'repaired'])
    assert.ok((met.get(how) ?? 0) > 3, `${how}: ${met.get(how)}`);
});
