import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tell } from './history.fixture.ts';
import { pipelineFile } from './names.ts';
import { type Span, spansOf, spansOfParts, turningsOf, withoutRemovals } from './presence.ts';
import { plan } from './promotion.ts';
import { stories } from './stories.fixture.ts';
import type { Step, Told } from './story.fixture.ts';
import { Timeline } from './timeline.ts';
import { type Whereabouts, whereaboutsOf } from './whereabouts.ts';
import { versionOf } from './words.ts';

/** Where a commit of main first came into an app of an environment, by places of `rendered`. */
function spansOfCommit({ main, rendered, published, sha, metadata }: Told, name: string, path: string): Span[] {
  const chain = new Map(main.map((dry, at) => [dry.sha, at]));
  const merge = main.find(({ brought }) => brought.includes(sha(name)));
  const reverts = main.flatMap(({ sha, reverts }) => (reverts === undefined ? [] : [{ sha, reverts }]));
  const turnings = turningsOf([sha(name), ...(merge ? [merge.sha] : [])], chain, reverts);
  const places = rendered.commits.map((commit) => chain.get(published.get(commit) ?? ''));
  const timeline = rendered.timelines.get(path) ?? new Timeline();
  return withoutRemovals(spansOf(turnings, places), timeline, (part) => metadata.get(part)?.removed === true);
}

function lookFor(told: Told, environment: string, app: string, spans: readonly Span[]): Whereabouts {
  const { rendered, environments, path } = told;
  const history = environments.get(environment);
  const source = path[path.indexOf(environment) - 1];
  const steps = plan({
    rendered,
    environment,
    target: history,
    ...(source ? { source: { environment: source, history: environments.get(source) } } : {}),
  });
  const step = steps.find(({ name }) => name === app);
  const timeline = rendered.timelines.get(`${environment}/${app}`);
  assert.ok(step && timeline, `${environment} has no ${app}`);
  return whereaboutsOf({ environment, app, spans, timeline, history, step, proposed: [] });
}

/** `there: came with 1.0.1, back to 1.0.0; came with 1.0.1`. */
function told({ is, stays }: Whereabouts, { metadata }: Told): string {
  const version = (part: string | undefined) => versionOf(metadata.get(part ?? ''));
  const lines = stays.map(({ came, left }) => {
    const ways = { back: `back to ${version(left?.part)}`, past: `then ${version(left?.part)}` };
    return `came with ${version(came.part)}${left ? `, ${{ ...ways, gone: 'gone', edited: 'edited' }[left.how]}` : ''}`;
  });
  return [is, ...(lines.length > 0 ? [lines.join('; ')] : [])].join(': ');
}

const begun: readonly Step[] = [
  { main: 'one', set: { a: '1', b: '1' } },
  { publish: true },
  { promote: 'staging' },
  { promote: 'production' },
  { main: 'fix', set: { a: '2' } },
];
const everywhere: readonly Step[] = [{ publish: true }, { promote: 'staging' }, { promote: 'production' }];

/** Where the commit `fix` of the app `a` is: in dev, staging and production. */
const tables: readonly (readonly [
  story: string,
  steps: readonly Step[],
  where: readonly [dev: string, staging: string, production: string],
])[] = [
  ['published', [{ publish: true }], ['there: came with 1.0.1', 'open', 'source']],
  [
    'in staging',
    [{ publish: true }, { promote: 'staging' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'open'],
  ],
  ['in production', everywhere, ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1']],
  [
    'by a fast-forward and a squash',
    [{ publish: true }, { promote: 'staging', how: 'ff' }, { promote: 'production', how: 'squash' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1'],
  ],
  [
    'within a later publish',
    [{ main: 'more', set: { b: '2' } }, ...everywhere],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1'],
  ],
  [
    'a later part that has it went on, too',
    [...everywhere, { main: 'next', set: { a: '3' } }, ...everywhere],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1'],
  ],
  [
    'superseded in dev before it went on: staging has it with the next',
    [{ publish: true }, { main: 'next', set: { a: '3' } }, { publish: true }, { promote: 'staging' }],
    ['there: came with 1.0.1', 'there: came with 1.0.2', 'open'],
  ],
  [
    'rolled back in production',
    [...everywhere, { revert: 'production' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'held: came with 1.0.1, back to 1.0.0'],
  ],
  [
    'rolled back, and back again',
    [...everywhere, { revert: 'production' }, { revert: 'production' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1, back to 1.0.0; came with 1.0.1'],
  ],
  [
    'rolled back in dev: staging keeps it, and nothing more goes on',
    [{ publish: true }, { promote: 'staging' }, { revert: 'dev', app: 'a' }],
    ['held: came with 1.0.1, back to 1.0.0', 'there: came with 1.0.1', 'open'],
  ],
  [
    'rolled back in staging before it went on',
    [{ publish: true }, { promote: 'staging' }, { revert: 'staging' }],
    ['there: came with 1.0.1', 'held: came with 1.0.1, back to 1.0.0', 'source'],
  ],
  [
    'rolled back, and released',
    [...everywhere, { revert: 'production' }, { release: 'production', app: 'a' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1, back to 1.0.0; came with 1.0.1'],
  ],
  [
    'a step back to another part that has it',
    [...everywhere, { main: 'next', set: { a: '3' } }, ...everywhere, { revert: 'production' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1'],
  ],
  [
    'two steps back',
    [...everywhere, { main: 'next', set: { a: '3' } }, ...everywhere, { release: 'production', app: 'a', at: 'one' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'held: came with 1.0.1, back to 1.0.0'],
  ],
  [
    'a hotfix past staging',
    [{ publish: true }, { release: 'production', app: 'a', at: 'fix' }],
    ['there: came with 1.0.1', 'open', 'there: came with 1.0.1'],
  ],
  [
    'the other app alone was promoted',
    [{ main: 'more', set: { b: '2' } }, { publish: true }, { promote: 'staging', apps: ['b'] }],
    ['there: came with 1.0.1', 'open', 'source'],
  ],
  [
    'taken out of the request that was merged',
    [{ main: 'more', set: { b: '2' } }, { publish: true }, { promote: 'staging', without: ['a'] }],
    ['there: came with 1.0.1', 'held', 'source'],
  ],
  [
    'a request that was declined',
    [{ publish: true }, { decline: 'staging' }],
    ['there: came with 1.0.1', 'held', 'source'],
  ],
  [
    'edited where it stood',
    [...everywhere, { edit: 'production', app: 'a' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'edited: came with 1.0.1, edited'],
  ],
  [
    'edited where it should come',
    [{ publish: true }, { edit: 'staging', app: 'a' }],
    ['there: came with 1.0.1', 'edited', 'source'],
  ],
  [
    'an edit that was taken back',
    [...everywhere, { edit: 'production', app: 'a' }, { revert: 'production' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'there: came with 1.0.1, edited; came with 1.0.1'],
  ],
  [
    'a folder that somebody took away',
    [...everywhere, { remove: 'production', app: 'a' }],
    ['there: came with 1.0.1', 'there: came with 1.0.1', 'held: came with 1.0.1, gone'],
  ],
  [
    'an app that was taken out of main',
    [...everywhere, { main: 'out', set: { a: null } }, { publish: true }, { promote: 'staging' }],
    ['past: came with 1.0.1, then removed', 'past: came with 1.0.1, then removed', 'there: came with 1.0.1'],
  ],
  [
    'taken out, and in again: what comes is made from main, and has it',
    [
      ...everywhere,
      { main: 'out', set: { a: null } },
      { publish: true },
      { main: 'in', set: { a: '9' } },
      { publish: true },
    ],
    ['there: came with 1.0.1, then removed; came with 1.0.2', 'there: came with 1.0.1', 'there: came with 1.0.1'],
  ],
  [
    'taken back on main',
    [...everywhere, { main: 'undo', reverts: 'fix' }, { publish: true }, { promote: 'staging' }],
    ['past: came with 1.0.1, then 1.0.2', 'past: came with 1.0.1, then 1.0.2', 'there: came with 1.0.1'],
  ],
  [
    'taken back on main before it went on',
    [{ publish: true }, { main: 'undo', reverts: 'fix' }, { publish: true }],
    ['past: came with 1.0.1, then 1.0.2', 'superseded', 'source'],
  ],
  [
    'taken back on main, and that taken back',
    [
      { publish: true },
      { main: 'undo', reverts: 'fix' },
      { publish: true },
      { main: 'redo', reverts: 'undo' },
      ...everywhere,
    ],
    ['there: came with 1.0.1, then 1.0.2; came with 1.0.3', 'there: came with 1.0.3', 'there: came with 1.0.3'],
  ],
  [
    'taken back on main, that taken back, and that as well',
    [
      ...([{ publish: true }, { main: 'undo', reverts: 'fix' }, { main: 'redo', reverts: 'undo' }] as const),
      ...([{ publish: true }, { main: 'again', reverts: 'redo' }, { publish: true }] as const),
    ],
    ['past: came with 1.0.1, then 1.0.2', 'superseded', 'source'],
  ],
  [
    'taken back in production, then taken back on main: what comes has it not',
    [
      ...everywhere,
      { revert: 'production' },
      { main: 'undo', reverts: 'fix' },
      { publish: true },
      { promote: 'staging' },
    ],
    ['past: came with 1.0.1, then 1.0.2', 'past: came with 1.0.1, then 1.0.2', 'held: came with 1.0.1, back to 1.0.0'],
  ],
];

for (const [story, steps, where] of tables)
  test(`where a commit is: ${story}`, () => {
    const world = tell([...begun, ...steps]);
    const found = world.path.map((environment) =>
      told(lookFor(world, environment, 'a', spansOfCommit(world, 'fix', `${environment}/a`)), world),
    );
    assert.deepEqual(found, where);
  });

test('a commit that a merge brought is where the merge is', () => {
  const world = tell([
    ...begun,
    { main: 'merge', set: { a: '3' }, brings: ['mine'] },
    { publish: true },
    { main: 'undo', reverts: 'merge' },
  ]);
  assert.deepEqual(spansOfCommit(world, 'mine', 'dev/a'), [[1, Number.POSITIVE_INFINITY]]);
  const undone = tell([
    ...begun,
    { main: 'merge', set: { a: '3' }, brings: ['mine'] },
    { publish: true },
    { main: 'undo', reverts: 'merge' },
    { publish: true },
  ]);
  assert.deepEqual(spansOfCommit(undone, 'mine', 'dev/a'), [[1, 2]]);
  assert.deepEqual(spansOfCommit(undone, 'fix', 'dev/a'), [[1, Number.POSITIVE_INFINITY]]);
});

test('a version is where its parts are, and gone with the next', () => {
  const world = tell([
    ...begun,
    ...everywhere,
    { main: 'next', set: { a: '3' } },
    { publish: true },
    { promote: 'staging' },
  ]);
  const { metadata, rendered } = world;
  const where = (version: string) =>
    world.path.map((environment) => {
      const timeline = rendered.timelines.get(`${environment}/a`) as Timeline;
      const spans = spansOfParts(timeline, (part) => metadata.get(part)?.version === version);
      return told(lookFor(world, environment, 'a', spans), world);
    });
  assert.deepEqual(where('1.0.1'), [
    'past: came with 1.0.1, then 1.0.2',
    'past: came with 1.0.1, then 1.0.2',
    'there: came with 1.0.1',
  ]);
  assert.deepEqual(where('1.0.2'), ['there: came with 1.0.2', 'there: came with 1.0.2', 'open']);
});

test('a gate that does not agree says why, and a proposal is known by its part', () => {
  const world = tell([...begun, { publish: true }]);
  const timeline = world.rendered.timelines.get('staging/a') as Timeline;
  const part = world.part('staging', 'a', 'fix');
  const sought = {
    ...{ environment: 'staging', app: 'a', timeline, history: world.environments.get('staging') },
    ...{ spans: [[1, Number.POSITIVE_INFINITY]] as const, proposed: [] },
    step: { state: { is: 'older' }, offer: { part, commit: 'c', vouched: undefined } },
  } as const;
  const waits = [{ gate: 'soak', is: 'unknown', evidence: 'dev runs it since 10:00, and 3600 s are asked' }] as const;
  const none = { part: undefined, why: 'whatever' };
  const gated = whereaboutsOf({ ...sought, vouching: { part: undefined, answers: [], waits }, vouched: none });
  assert.deepEqual([gated.is, gated.why], ['gate', 'dev runs it since 10:00, and 3600 s are asked']);
  assert.equal(whereaboutsOf({ ...sought, proposed: [part] }).is, 'proposed');
  assert.equal(whereaboutsOf(sought).is, 'open');
});

/** Main once more, commit by commit: which names are in effect after each. It shares nothing with what it is held against. */
function namesAfter({ main }: Told): Map<string, ReadonlySet<string>> {
  const bySha = new Map(main.map((dry) => [dry.sha, dry]));
  const alive = new Set<string>();
  const killers = new Map<string, Set<string>>();
  const set = (name: string, is: boolean): void => {
    if (alive.has(name) === is) return;
    if (is) alive.add(name);
    else alive.delete(name);
    const undone = bySha.get(main.find((dry) => dry.name === name)?.reverts ?? '')?.name;
    if (undone === undefined) return;
    const others = killers.get(undone) ?? new Set();
    killers.set(undone, others);
    if (is) others.add(name);
    else others.delete(name);
    set(undone, others.size === 0);
  };
  return new Map(
    main.map(({ name, sha }) => {
      set(name, true);
      return [sha, new Set(alive)];
    }),
  );
}

test('where every commit of a random story is, a simple count says as well', () => {
  const found = new Map<string, number>();
  fc.assert(
    fc.property(stories({ minLength: 10, maxLength: 40 }), (steps) => {
      const world = tell(steps);
      const names = namesAfter(world);
      const order = new Map(world.main.map(({ sha }, at) => [sha, at]));
      for (const { name } of world.main) {
        for (const [environment, { course, seen }] of world.environments) {
          for (const [app, ids] of seen) {
            const spans = app === pipelineFile ? [] : spansOfCommit(world, name, `${environment}/${app}`);
            const [first] = spans;
            const timeline = world.rendered.timelines.get(`${environment}/${app}`) as Timeline;
            // Only what it changed says whether a part has it.
            if (!first || timeline.place(timeline.at(first[0]) ?? '') !== first[0]) continue;
            const where = lookFor(world, environment, app, spans);
            const drySha = (part: string | undefined) => world.metadata.get(part ?? '')?.drySha;
            const inIt = (part: string | undefined) =>
              names.get(drySha(part) ?? '')?.has(name) === true && world.metadata.get(part ?? '')?.removed !== true;
            const isRemoval = world.metadata.get(timeline.at(first[0]) ?? '')?.removed === true;
            if (isRemoval) continue;
            const own = course.of(app).toReversed();
            const came = own.filter(({ part }, at) => inIt(part) && !inIt(own[at - 1]?.part));
            const went = own.filter(({ part }, at) => !inIt(part) && inIt(own[at - 1]?.part));
            assert.deepEqual(
              where.stays.map((stay) => stay.came.commit),
              came.map(({ commit }) => commit),
              `${name} came to ${environment}/${app}`,
            );
            assert.deepEqual(
              where.stays.flatMap(({ left }) => left?.commit ?? []),
              went.map(({ commit }) => commit),
              `${name} left ${environment}/${app}`,
            );
            const here = own.at(-1)?.part;
            assert.equal(where.is === 'there', inIt(here));
            assert.equal(where.is === 'edited', here !== undefined && drySha(here) === undefined);
            const at = (part: string | undefined) => order.get(drySha(part) ?? '') ?? -1;
            const isHeld = [...ids].some((part) => at(part) > at(here));
            if (where.is === 'held') assert.ok(isHeld, 'held');
            if (['superseded', 'source', 'open'].includes(where.is)) assert.ok(!isHeld, where.is);
            found.set(where.is, (found.get(where.is) ?? 0) + 1);
          }
        }
      }
    }),
    { numRuns: 100, seed: 12 },
  );
  for (const word of ['there', 'edited', 'past', 'held', 'superseded', 'source', 'open'])
    assert.ok((found.get(word) ?? 0) > 0, `${word}: ${JSON.stringify([...found])}`);
});
