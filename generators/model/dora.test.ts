import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Choice, measured } from './delivery.fixture.ts';
import { buckets, type Dora, spread } from './dora.ts';
import { idOf, tell } from './history.fixture.ts';
import type { Step } from './story.fixture.ts';

const minute = 60_000;
/** At 0 two apps are written, at 60 published; at 120 they stand in production. From then on a step is an hour. */
const begun: readonly Step[] = [{ main: 'c0', set: { a: '0', b: '0' } }, { publish: true }, { promote: 'production' }];
/** The next commit, 180 to 300: written at 180, published at 240, in production at 300. */
const next = (name: string, set: Readonly<Record<string, string | null>>): Step[] => [
  { main: name, set },
  { publish: true },
  { promote: 'production' },
];
/** Written at 180, published at 240. */
const one: Step[] = next('c1', { a: '1' });

const told = (figures: Dora['all']): string => {
  const { deployments, failed, by, recovery, overtaken, open, rework, lead } = figures;
  const minutes = (time: number | undefined) => (time === undefined ? '-' : time / minute);
  const failures = Object.entries(by)
    .filter(([, count]) => count > 0)
    .map(([is, count]) => `${count} ${is}`);
  return [
    `${deployments} deployments`,
    `${lead.count} commits in ${minutes(lead.p50)}..${minutes(lead.p95)}`,
    ...(failed > 0 ? [`failed: ${failures.join(' ')} in ${minutes(recovery.p50)}..${minutes(recovery.p95)}`] : []),
    ...(overtaken.count > 0 ? [`overtaken in ${minutes(overtaken.p50)}..${minutes(overtaken.p95)}`] : []),
    ...(open > 0 ? [`${open} open`] : []),
    ...(rework > 0 ? [`${rework} rework`] : []),
  ].join(', ');
};

const tables: readonly (readonly [story: string, steps: readonly Step[], expected: string, choice?: Choice])[] = [
  // 120: both apps come in one merge. What is behind a first arrival is told of nobody.
  ['a first arrival counts, and has no lead time', [], '1 deployments, 0 commits in -..-'],
  // 300 - 180 = 120.
  ['a commit waits from its author to its arrival', one, '2 deployments, 1 commits in 120..120'],
  // At 360: 360 - 240 = 120 and 360 - 180 = 180. Nearest rank: p50 of two is the lower one.
  [
    'what a promotion brings together counts each by itself',
    [{ main: 'c1', set: { a: '1' } }, ...next('c2', { a: '2' })],
    '2 deployments, 2 commits in 120..180',
  ],
  // a at 300 (120 after its commit), b at 360 (180).
  [
    'a commit that arrives in two deployments is counted in both',
    [
      { main: 'c1', set: { a: '1', b: '1' } },
      { publish: true },
      { promote: 'production', apps: ['a'] },
      { promote: 'production' },
    ],
    '3 deployments, 2 commits in 120..180',
  ],
  // A commit of the branch for each app, both at 300.
  [
    'a chain of commits that came at one moment is one deployment, and their common commit one',
    [{ main: 'c1', set: { a: '1', b: '1' } }, { publish: true }, { promote: 'production', how: 'ff' }],
    '2 deployments, 1 commits in 120..120',
  ],
  [
    'a squash is a deployment like a merge',
    [...one.slice(0, 2), { promote: 'production', how: 'squash' }],
    '2 deployments, 1 commits in 120..120',
  ],
  // The merge is at 180; its commits were written at 120 and 60: 300 - 120 = 180 and 300 - 60 = 240.
  [
    'of a merge its commits count, and not itself',
    [{ main: 'c1', set: { a: '1' }, brings: ['x', 'y'] }, { publish: true }, { promote: 'production' }],
    '2 deployments, 2 commits in 180..240',
  ],
  // At 360: the commit at 240 is of a. The one at 180 says nothing else of any app.
  [
    'a commit that touches no app that came is not counted',
    [{ main: 'c1' }, ...next('c2', { a: '2' })],
    '2 deployments, 1 commits in 120..120',
  ],
  [
    'what only production sees is a deployment there',
    next('c1', { 'production/a': '1' }),
    '2 deployments, 1 commits in 120..120',
  ],
  ['what only dev sees is none', next('c1', { 'dev/a': '1' }), '1 deployments, 0 commits in -..-'],
  // 300 → 360.
  [
    'a step back within the window is a failure, and its end',
    [...one, { revert: 'production' }],
    '2 deployments, 1 commits in 120..120, failed: 1 back in 60..60',
  ],
  // 300 → 420: to the minute.
  [
    'at the end of the window it still is',
    [...one, { revert: 'production', after: 120 }],
    '2 deployments, 1 commits in 120..120, failed: 1 back in 120..120',
  ],
  ['a minute later it is not', [...one, { revert: 'production', after: 121 }], '2 deployments, 1 commits in 120..120'],
  // Both apps at 300, both back at 360.
  [
    'a deployment of two apps fails once',
    [...next('c1', { a: '1', b: '1' }), { revert: 'production' }],
    '2 deployments, 1 commits in 120..120, failed: 1 back in 60..60',
  ],
  // a at 360, b at 420: it is over at 420, 120 after 300.
  [
    'and is over when the last of them is',
    [
      ...next('c1', { a: '1', b: '1' }),
      { revert: 'production', app: 'a' },
      { release: 'production', app: 'b', at: 'c0' },
    ],
    '2 deployments, 1 commits in 120..120, failed: 1 back in 120..120',
  ],
  // b is back at 360; a is edited at 420 and stays so.
  [
    'and is not over while one of them is not',
    [...next('c1', { a: '1', b: '1' }), { revert: 'production', app: 'b' }, { edit: 'production', app: 'a' }],
    '2 deployments, 1 commits in 120..120, failed: 1 back 1 edited in -..-, 1 open',
  ],
  // c1 was there at 300; at 420 it comes again.
  [
    'the revert of a revert is no deployment, and leaves the failure',
    [...one, { revert: 'production' }, { revert: 'production' }],
    '2 deployments, 1 commits in 120..120, failed: 1 back in 60..60',
  ],
  // c2 at 420, in production at 540. c1, which was there, is not counted again: 120 (of c1) and 120 (of c2).
  [
    'a fix of what was taken back is rework, and brings its own commits alone',
    [
      ...one,
      { revert: 'production' },
      { main: 'c2', set: { a: '2' } },
      { publish: true },
      { release: 'production', app: 'a' },
    ],
    '3 deployments, 2 commits in 120..120, failed: 1 back in 60..60, 1 rework',
  ],
  // dev goes back at 330 and is held: c2, written at 340 and published at 350, comes to production at 360 alone.
  [
    'a part past its source is a hotfix: the one that ran has failed, and it is rework',
    [
      ...one,
      { revert: 'dev', after: 30 },
      { main: 'c2', set: { a: '2' }, after: 10 },
      { publish: true, after: 10 },
      { release: 'production', app: 'a', after: 10 },
    ],
    // 300 - 180 = 120, 360 - 340 = 20; 360 - 300 = 60.
    '3 deployments, 2 commits in 20..120, failed: 1 hotfix in -..-, overtaken in 60..60, 1 rework',
  ],
  // a is back at 360, 60 after 300; b is overtaken at 400.
  [
    'a hotfix hides no step back, and ends none',
    [
      ...next('c1', { a: '1', b: '1' }),
      { revert: 'production', app: 'a' },
      { revert: 'dev', app: 'b', after: 10 },
      { main: 'c2', set: { b: '2' }, after: 10 },
      { publish: true, after: 10 },
      { release: 'production', app: 'b', after: 10 },
    ],
    '3 deployments, 2 commits in 20..120, failed: 1 back 1 hotfix in 60..60, 1 rework',
  ],
  // c1 at 300 is overtaken at 360 and taken back at 390 with the hotfix: 90 and 30.
  [
    'a step back after a hotfix takes back both',
    [
      ...one,
      { revert: 'dev', after: 30 },
      { main: 'c2', set: { a: '2' }, after: 10 },
      { publish: true, after: 10 },
      { release: 'production', app: 'a', after: 10 },
      { release: 'production', app: 'a', at: 'c0', after: 30 },
    ],
    '3 deployments, 2 commits in 20..120, failed: 2 back 1 hotfix in 30..90, 1 rework',
  ],
  // The same by an ordinary promotion: nobody can tell.
  [
    'a fix that was promoted is not seen to be one',
    [
      ...one,
      { main: 'c2', set: { a: '2' }, after: 20 },
      { publish: true, after: 20 },
      { promote: 'production', after: 20 },
    ],
    '3 deployments, 2 commits in 40..120',
  ],
  [
    'an edit is a failure that is not over',
    [...one, { edit: 'production', app: 'a' }],
    '2 deployments, 1 commits in 120..120, failed: 1 edited in -..-, 1 open',
  ],
  // Edited at 360; at 420 it is ours again.
  [
    'until a part of ours stands there again, which is no deployment',
    [...one, { edit: 'production', app: 'a' }, { release: 'production', app: 'a' }],
    '2 deployments, 1 commits in 120..120, failed: 1 edited in 120..120',
  ],
  // Edited at 360 (within 120), and again at 600; repaired at 660: 360 after 300.
  [
    'however late that is',
    [
      ...one,
      { edit: 'production', app: 'a' },
      { edit: 'production', app: 'a', after: 240 },
      { release: 'production', app: 'a' },
    ],
    '2 deployments, 1 commits in 120..120, failed: 1 edited in 360..360',
  ],
  // c1 comes at 300 and goes at 360. What stood at 120 runs again, and is edited at 420.
  [
    'an edit of what stands again after a step back is nobody’s failure',
    [...one, { revert: 'production' }, { edit: 'production', app: 'a' }],
    '2 deployments, 1 commits in 120..120, failed: 1 back in 60..60',
    { window: 400 },
  ],
  ['an app that is taken out of main is no deployment', next('c1', { a: null }), '1 deployments, 0 commits in -..-'],
  // 120 → 180.
  [
    'a folder that goes is a step back',
    [{ remove: 'production', app: 'a' }],
    '1 deployments, 0 commits in -..-, failed: 1 back in 60..60',
  ],
  // c1 at 300, c2 at 320, both before 350: 50 and 30. The lead of c2, written at 310 and published at 315, is 10.
  [
    'a step back to before two deployments takes back both',
    [
      ...one,
      { main: 'c2', set: { a: '2' }, after: 10 },
      { publish: true, after: 5 },
      { promote: 'production', after: 5 },
      { release: 'production', app: 'a', at: 'c0', after: 30 },
    ],
    '3 deployments, 2 commits in 10..120, failed: 2 back in 30..50',
  ],
  // It goes from c2 to c1: c1's deployment stands.
  [
    'a step back to the one before takes back one',
    [
      ...one,
      { main: 'c2', set: { a: '2' }, after: 10 },
      { publish: true, after: 5 },
      { promote: 'production', after: 5 },
      { revert: 'production', after: 30 },
    ],
    '3 deployments, 2 commits in 10..120, failed: 1 back in 30..30',
  ],
  [
    'what was in a request and never stood is neither deployed nor failed',
    [{ main: 'c1', set: { a: '1' } }, { publish: true }, { promote: 'production', without: ['a'] }],
    '1 deployments, 0 commits in -..-',
  ],
  [
    'what was declined is neither',
    [{ main: 'c1', set: { a: '1' } }, { publish: true }, { decline: 'production' }],
    '1 deployments, 0 commits in -..-',
  ],
  // 300 and its failure; the first of 120 is older.
  [
    'a period counts what came in it',
    [...one, { revert: 'production' }],
    '1 deployments, 1 commits in 120..120, failed: 1 back in 60..60',
    { since: 200 },
  ],
  [
    'a failure belongs to the time of its deployment',
    [...one, { revert: 'production' }],
    '0 deployments, 0 commits in -..-',
    { since: 310 },
  ],
  [
    'an app alone has what it was in',
    [...next('c1', { a: '1', b: '1' }), { revert: 'production', app: 'a' }],
    '2 deployments, 1 commits in 120..120',
    { app: 'b' },
  ],
  // dev takes a publish at once, of each app a commit at one moment: 60 and 240. 240 - 180 = 60.
  ['a first environment is measured like any other', one, '2 deployments, 1 commits in 60..60', { environment: 'dev' }],
];

for (const [story, steps, expected, choice] of tables)
  test(`delivery, counted by hand: ${story}`, () => {
    assert.equal(told(measured(tell([...begun, ...steps], ['dev', 'production']), choice).all), expected);
  });

test('of nothing there is no share and no middle', () => {
  const { all, bars, apps } = measured(tell(begun.slice(0, 2), ['dev', 'production']));
  assert.deepEqual(
    [all.deployments, all.failRate, all.reworkRate, all.between, all.lead.p50, all.recovery.p95],
    [0, undefined, undefined, undefined, undefined, undefined],
  );
  assert.deepEqual(apps, []);
  assert.ok(bars.every(({ deployments, failed }) => deployments + failed === 0));
});

test('a percentile is one of the durations, by nearest rank', () => {
  const upTo = (count: number) => Array.from({ length: count }, (_, at) => count - at);
  for (const [durations, p50, p75, p95] of [
    [[7], 7, 7, 7],
    [upTo(2), 1, 2, 2],
    [upTo(4), 2, 3, 4],
    [upTo(20), 10, 15, 19],
    [upTo(100), 50, 75, 95],
  ] as const)
    assert.deepEqual(spread(durations), { count: durations.length, p50, p75, p95 });
});

/** What a history without branches would be: one app, a commit each time, in production after so many minutes. */
const delivered = (waits: readonly number[]) =>
  measured(
    tell(
      [
        ...begun,
        ...waits.flatMap((after, index) =>
          next(`c${index + 1}`, { a: `${index + 1}` }).with(2, { promote: 'production', after }),
        ),
      ],
      ['dev', 'production'],
    ),
  );

test('lead times are told in five buckets, and their limits belong to the next', () => {
  const hour = 60;
  // A commit is written an hour before it is published: that is added to each wait.
  const { all } = delivered([0, 22 * hour + 59, 23 * hour, 7 * 24 * hour - hour, 30 * 24 * hour - hour]);
  assert.deepEqual(
    buckets.map(({ name }, at) => `${name}: ${all.histogram[at]}`),
    ['< 1 h: 0', '< 1 d: 2', '< 1 week: 1', '< 30 d: 1', 'more: 1'],
  );
});

test('bars are as long as the period asks for, end with it, and hold every deployment once', () => {
  for (const [waits, length, count] of [
    // From the first part at 120 minutes: 2 h to publish each, and the wait.
    [[0], 15, 8],
    [[60 * 11], 60, 13],
    [[60 * 24 * 90], 60 * 24 * 7, 13],
  ] as const) {
    const { bars, all, from, until } = delivered(waits);
    assert.equal(bars.length, count);
    assert.deepEqual([bars[0]?.from, bars.at(-1)?.until], [from, until]);
    for (const bar of bars.slice(1)) assert.equal((bar.until - bar.from) / minute, length);
    assert.equal(
      bars.reduce((sum, bar) => sum + bar.deployments, 0),
      all.deployments,
    );
  }
});

test('a clock that is ahead counts as no time at all', () => {
  const story = tell([...begun, ...one], ['dev', 'production']);
  const late = {
    ...story,
    main: story.main.map((dry) => (dry.sha === idOf('main c1') ? { ...dry, time: Number.MAX_SAFE_INTEGER } : dry)),
  };
  assert.equal(told(measured(late).all), '2 deployments, 1 commits in 0..0');
});
