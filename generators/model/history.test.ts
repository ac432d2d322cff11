import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { eventsOf } from './event.ts';
import { tell } from './history.fixture.ts';
import { pipelineFile } from './names.ts';
import { plan } from './promotion.ts';
import { stories } from './stories.fixture.ts';
import type { Step, Told } from './story.fixture.ts';
import { versionOf } from './words.ts';

/** What each commit of an environment did, oldest first: `a 1.0.1 on`. */
function turns({ environments, rendered, metadata }: Told, environment: string): string[] {
  const history = environments.get(environment);
  if (!history) return [];
  const timelineOf = (name: string) => rendered.timelines.get(`${environment}/${name}`);
  return eventsOf(environment, history.course, timelineOf, Number.POSITIVE_INFINITY)
    .toReversed()
    .map(({ changes }) =>
      changes
        .filter(({ name }) => name !== pipelineFile)
        .map(({ name, to, turn }) => `${name} ${versionOf(metadata.get(to ?? ''))} ${turn}`)
        .join(', '),
    )
    .filter((line) => line !== '');
}

const begun: readonly Step[] = [
  { main: 'one', set: { a: '1', b: '1' } },
  { publish: true },
  { promote: 'staging' },
  { main: 'two', set: { a: '2', b: '2' } },
  { publish: true },
];

const tables: readonly (readonly [
  story: string,
  steps: readonly Step[],
  environment: string,
  turns: readonly string[],
])[] = [
  [
    'the first environment takes an app per commit',
    [],
    'dev',
    ['a 1.0.0 new', 'b 1.0.0 new', 'a 1.0.1 on', 'b 1.0.1 on'],
  ],
  [
    'a merge brings all at once',
    [{ promote: 'staging' }],
    'staging',
    ['a 1.0.0 new, b 1.0.0 new', 'a 1.0.1 on, b 1.0.1 on'],
  ],
  [
    'a fast-forward brings one by one',
    [{ promote: 'staging', how: 'ff' }],
    'staging',
    ['a 1.0.0 new, b 1.0.0 new', 'a 1.0.1 on', 'b 1.0.1 on'],
  ],
  ['part of a promotion', [{ promote: 'staging', apps: ['b'] }], 'staging', ['a 1.0.0 new, b 1.0.0 new', 'b 1.0.1 on']],
  [
    'a revert, and the revert of it',
    [{ promote: 'staging' }, { revert: 'staging' }, { revert: 'staging', app: 'a' }],
    'staging',
    ['a 1.0.0 new, b 1.0.0 new', 'a 1.0.1 on, b 1.0.1 on', 'a 1.0.0 back, b 1.0.0 back', 'a 1.0.1 on'],
  ],
  ['a hotfix past an environment', [{ release: 'production', app: 'a', at: 'two' }], 'production', ['a 1.0.1 new']],
  [
    'an edit, and a folder that goes',
    [
      { edit: 'staging', app: 'a' },
      { remove: 'staging', app: 'b' },
    ],
    'staging',
    ['a 1.0.0 new, b 1.0.0 new', 'a nothing edited', 'b nothing gone'],
  ],
  [
    'an app that is taken out of main',
    [{ main: 'three', set: { b: null } }, { publish: true }],
    'dev',
    ['a 1.0.0 new', 'b 1.0.0 new', 'a 1.0.1 on', 'b 1.0.1 on', 'b removed on'],
  ],
];

for (const [story, steps, environment, expected] of tables)
  test(`a story of steps reads like the branches: ${story}`, () => {
    assert.deepEqual(turns(tell([...begun, ...steps]), environment), expected);
  });

test('what was in a request and did not stand holds the app, as on a branch', () => {
  for (const step of [{ promote: 'staging', without: ['a'] }, { decline: 'staging' }] as const) {
    const { rendered, environments } = tell([...begun, step]);
    const target = environments.get('staging');
    const source = { environment: 'dev', history: environments.get('dev') };
    const steps = plan({ rendered, environment: 'staging', target, source });
    assert.equal(steps.find(({ name }) => name === 'a')?.state.is, 'held');
  }
});

test('random stories go every way, and what stands is what came last', () => {
  const found = new Map<string, number>();
  fc.assert(
    fc.property(stories(), (steps) => {
      const told = tell(steps);
      for (const [environment, { entries, seen, course }] of told.environments) {
        for (const line of turns(told, environment)) {
          const turn = line.split(' ').at(-1) as string;
          found.set(turn, (found.get(turn) ?? 0) + 1);
        }
        const last = course.latest().flatMap(({ name, part }) => (part === undefined ? [] : [[name, part] as const]));
        assert.deepEqual(new Map(last), new Map([...entries].map(([name, { id }]) => [name, id])));
        for (const { name, part } of course.standings) assert.ok(part === undefined || seen.get(name)?.has(part));
      }
    }),
    { numRuns: 100, seed: 12 },
  );
  for (const turn of ['new', 'on', 'back', 'edited', 'gone'])
    assert.ok((found.get(turn) ?? 0) > 5, `${turn}: ${found.get(turn)}`);
});
