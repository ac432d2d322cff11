import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gitlab } from '../forge/gitlab.ts';
import { local, quick } from '../forge/local.fixture.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { mergesOf } from '../git/origin.ts';
import { describe, type Place } from '../model/where-table.ts';
import { type Branches, branches, type Written } from './branches.fixture.ts';
import type { Context } from './context.ts';
import { release } from './release.ts';
import { answerOf } from './shapes.ts';
import type { Branches as Read } from './trace.ts';
import { readBranches, where, whereIn } from './where.ts';

const app = (value: string) => ({
  'application.yaml': 'kind: Application\n',
  'configmap-a.yaml': `value: '${value}'\n`,
});
const everywhere = (name: string, value: string) =>
  Object.fromEntries(['dev', 'production'].map((environment) => [`${environment}/${name}`, app(value)]));
const source = (name: string, value: string) => ({ [`apps/${name}/app.ts`]: value });
const request = (iid: number, words: string) =>
  `Merge branch 'x' into 'y'\n\n${words}\n\nSee merge request group/project!${iid}`;

/** A change that a merge brings, is taken back on main, given back, squashed onto production and taken back there. */
const story: readonly Written[] = [
  { main: 'one', files: { ...source('a', '1'), ...source('b', '1') }, words: 'feat: begin', at: 0 },
  { publish: 'one', parts: { ...everywhere('a', '1'), ...everywhere('b', '1') }, words: '', at: 10 },
  { onto: 'dev', of: 'one', apps: ['a', 'b'], words: 'begin', by: 'Slipway', at: 11 },
  { onto: 'production', of: 'one', apps: ['a', 'b'], words: request(1, 'Begin'), merges: true, at: 20 },
  { beside: 'mine', files: source('a', '2'), words: 'feat: greet', by: 'Bo', at: 25 },
  { main: 'merge', merges: 'mine', files: source('a', '2'), words: request(2, 'Greet'), at: 30 },
  { publish: 'merge', parts: everywhere('a', '2'), versions: { a: '1.0.1' }, words: '', at: 40 },
  { onto: 'dev', of: 'merge', apps: ['a'], words: 'a', by: 'Slipway', at: 41 },
  { onto: 'production', of: 'merge', apps: ['a'], words: request(3, 'Promote a'), merges: true, at: 50 },
  { main: 'undo', reverts: 'merge', files: source('a', '1'), words: 'Revert "Greet"', by: 'Cy', at: 60 },
  { publish: 'undo', parts: everywhere('a', '1'), versions: { a: '1.0.2' }, words: '', at: 70 },
  { onto: 'dev', of: 'undo', apps: ['a'], words: 'a', by: 'Slipway', at: 71 },
  { beside: 'again', reverts: 'undo', files: source('a', '2'), words: 'Reapply "Greet"', at: 79 },
  { main: 'redo', merges: 'again', files: source('a', '2'), words: request(4, 'Greet again'), at: 80 },
  { publish: 'redo', parts: everywhere('a', '2'), versions: { a: '1.0.3' }, words: '', at: 90 },
  { onto: 'dev', of: 'redo', apps: ['a'], words: 'a', by: 'Slipway', at: 91 },
  { onto: 'production', of: 'redo', apps: ['a'], words: 'Promote a', by: 'Slipway', at: 100 },
  { onto: 'production', of: 'one', apps: ['a'], words: 'Go back\n\nIt \u001b[31mloses orders.', by: 'Bo', at: 110 },
  { main: 'words', files: { 'README.md': '3' }, words: 'docs: nothing of an app', at: 120 },
  { publish: 'words', parts: {}, words: '', at: 130 },
  // Another app: a merge within a merge, taken back among others; its folder put back without a word; the list of apps.
  { main: 'c', files: source('c', '1'), words: 'feat(c): begin', at: 131 },
  { publish: 'c', parts: everywhere('c', '1'), versions: { c: '2.0.0' }, words: '', at: 132 },
  { onto: 'dev', of: 'c', apps: ['c'], words: 'c', by: 'Slipway', at: 132 },
  { beside: 'deep', files: source('c', '2'), words: 'feat(c): deep', at: 133 },
  { beside: 'inner', merges: 'deep', files: source('c', '2'), words: 'Merge deep', at: 133 },
  { main: 'outer', merges: 'inner', files: source('c', '2'), words: request(5, 'Two'), at: 133 },
  { publish: 'outer', parts: everywhere('c', '2'), versions: { c: '2.0.1' }, words: '', at: 134 },
  { onto: 'dev', of: 'outer', apps: ['c'], words: 'c', by: 'Slipway', at: 134 },
  { main: 'both', reverts: ['words', 'inner'], files: source('c', '1'), words: 'Back', by: 'Cy', at: 135 },
  { publish: 'both', parts: everywhere('c', '1'), versions: { c: '2.0.2' }, words: '', at: 135 },
  { onto: 'dev', of: 'both', apps: ['c'], words: 'c', by: 'Slipway', at: 135 },
  { main: 'four', files: source('c', '4'), words: request(9, 'Four').replace('group', 'other'), at: 136 },
  { publish: 'four', parts: everywhere('c', '4'), versions: { c: '2.0.3' }, words: '', at: 136 },
  { onto: 'dev', of: 'four', apps: ['c'], words: 'c', by: 'Slipway', at: 136 },
  { main: 'silent', files: source('c', '1'), words: 'chore: calm', at: 137 },
  { publish: 'silent', parts: everywhere('c', '1'), versions: { c: '2.0.4' }, words: '', at: 137 },
  { onto: 'dev', of: 'silent', apps: ['c'], words: 'c', by: 'Slipway', at: 137 },
  { onto: 'production', of: 'silent', apps: ['c'], words: request(8, 'c'), merges: true, at: 137 },
  { beside: 'readme', files: { 'README.md': '4' }, words: 'docs: c', at: 138 },
  { main: 'list', files: { 'apps/index.ts': '1' }, words: 'feat: list', at: 138 },
  {
    main: 'five',
    merges: 'readme',
    files: { ...source('c', '5'), 'README.md': '4' },
    words: request(6, 'Five'),
    at: 138,
  },
  { publish: 'five', parts: everywhere('c', '5'), versions: { c: '2.0.5' }, words: '', at: 139 },
  { onto: 'dev', of: 'five', apps: ['c'], words: 'c', by: 'Slipway', at: 139 },
  { main: 'late', files: source('b', '2'), words: 'feat: late', at: 140 },
];

const ends: (() => unknown)[] = [];
let box: Branches;
let mirror: Mirror;
let read: Read;
before(async () => {
  box = await branches({ after: (end) => void ends.push(end) }, ['dev', 'production'], story);
  mirror = await openMirror(box.checkout, 'origin');
  read = await readBranches(mirror);
});
after(async () => {
  await mirror.close();
  for (const end of ends) await end();
});

/** What a person reads; ids by the names of their steps. */
async function tell(word: string, more: { environment?: string; app?: string } = {}): Promise<string[]> {
  const { subject, places } = await whereIn(box.context, mirror, read, { word, ...more });
  answerOf('where', JSON.stringify({ version: 1, subject, places }));
  const known = [...box.dry].map(([name, sha]) => [sha.slice(0, 12), `<${name}>`] as const);
  return describe(subject, places).map((line) => known.reduce((text, [sha, name]) => text.replaceAll(sha, name), line));
}
const sha = (name: string) => box.dry.get(name) as string;

const heading = (what: number) => `where       app  ${'what'.padEnd(what)}  when (UTC)        who`;
const wentBack = [
  'production/a: held since 2026-01-01 01:50: “Go back: It  [31mloses orders.”',
  '  goes on with: npx slipway release --env production --app a',
];

test('a commit that a merge brought, taken back and given back on main, squashed onto production and rolled back', async () => {
  const places = [
    '  taken back on main by <undo>, Cy, 2026-01-01: Revert "Greet"',
    '  given back on main by <redo>, Ann, 2026-01-01: Greet again',
    heading(20),
    'dev         a    there again: 1.0.3    2026-01-01 01:31  publish',
    'production  a    rolled back to 1.0.0  2026-01-01 01:50  Bo',
    ...wentBack,
  ];
  const published = (await box.at('rendered', 9)).slice(0, 12);
  const first = `  first published 2026-01-01 00:40 by ${published} of rendered`;
  for (const word of [sha('mine'), sha('mine').slice(0, 9)])
    assert.deepEqual(await tell(word), [
      'commit <mine>, Bo, 2026-01-01: feat: greet',
      '  came onto main with the merge <merge>',
      first,
      ...places,
    ]);
  for (const word of [sha('merge'), '!2', '2'])
    assert.deepEqual(await tell(word), ['commit <merge>, Ann, 2026-01-01: Greet', first, ...places]);
});

test('a commit that everybody has is told once for each app, and for one app or environment alone', async () => {
  const all = await tell(sha('one'));
  assert.deepEqual(all.slice(2), [
    heading(21),
    'dev         a    in 1.0.3, since 1.0.0  2026-01-01 00:11  publish',
    'dev         b    there: 1.0.0           2026-01-01 00:11  publish',
    'production  a    there: 1.0.0           2026-01-01 00:20  !1 Ann',
    'production  b    there: 1.0.0           2026-01-01 00:20  !1 Ann',
  ]);
  const [, , , only, ...more] = await tell(sha('one'), { environment: 'production', app: 'b' });
  assert.deepEqual([only, more], ['production  b    there: 1.0.0  2026-01-01 00:20  !1 Ann', []]);
});

test('a commit without a part is told for what it is: words, not published, on no branch of the remote', async () => {
  assert.equal((await tell(sha('words'))).at(-1), 'it changes nothing that runs: it touches README.md');
  assert.deepEqual(await tell('HEAD'), [
    'commit <late>, Ann, 2026-01-01: feat: late',
    '  on main, and not published yet: the last one that was is <five>',
    '  it touches apps/b',
  ]);
  const { checkout } = box;
  const tree = await checkout.text(['rev-parse', 'main^{tree}']);
  const person = {
    GIT_AUTHOR_NAME: 'Di',
    GIT_AUTHOR_EMAIL: 'di@example.com',
    GIT_COMMITTER_NAME: 'Di',
    GIT_COMMITTER_EMAIL: 'di@example.com',
  };
  const mine = await checkout.with(person).text(['commit-tree', '-p', 'main', '-m', 'mine \u001b[2Jalone', tree]);
  assert.deepEqual(await tell(mine), [
    `commit ${mine.slice(0, 12)}, Di, ${new Date().toISOString().slice(0, 10)}: mine  [2Jalone`,
    '  not on main: merge it and push, then it is published',
  ]);
});

test('a commit of another branch is told for what it did, and what became of that', async () => {
  const squashed = await box.at('env/production', 2);
  assert.deepEqual(await tell(squashed), [
    `commit ${squashed.slice(0, 12)} of env/production, Slipway, 2026-01-01: Promote a`,
    '  a 1.0.1 → 1.0.3',
    heading(20),
    'dev         a    there: 1.0.3          2026-01-01 01:31  publish',
    'production  a    rolled back to 1.0.0  2026-01-01 01:50  Bo',
    ...wentBack,
  ]);
  const { places } = await whereIn(box.context, mirror, read, { word: squashed });
  assert.equal(places.at(-1)?.stays[0]?.left?.words, 'Go back: It \u001b[31mloses orders.');
  const [first, second] = await tell(await box.at('rendered', 8));
  assert.equal(first, 'commit <undo>, Cy, 2026-01-01: Revert "Greet"');
  assert.match(second as string, /^ {2}published by [0-9a-f]{12} of rendered$/);
  const [event, did, , ...placed] = await tell('!3');
  assert.match(event as string, /^commit [0-9a-f]{12} of env\/production, Ann, 2026-01-01: Promote a$/);
  assert.deepEqual(
    [did, ...placed.slice(0, 2)],
    [
      '  a 1.0.0 → 1.0.1',
      'dev         a    replaced by 1.0.2         2026-01-01 01:11  publish',
      'production  a    not again: held at 1.0.0  2026-01-01 01:50  Bo',
    ],
  );
  // Who has another kind of patterns in his settings reads the same.
  const own = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'grep.patternType', GIT_CONFIG_VALUE_0: 'fixed' };
  assert.equal((await mergesOf(mirror.git.with(own), [await box.at('env/production')], 3)).length, 1);
});

test('what was taken back by a short id, within a merge or without a word is not told as there', async () => {
  const inDev = async (name: string) => (await tell(sha(name), { environment: 'dev' })).slice(1);
  const [merged, , turned, , place] = await inDev('deep');
  assert.deepEqual(
    [merged, turned, place?.slice(0, 48).trimEnd()],
    [
      '  came onto main with the merge <outer>',
      '  taken back on main by <both>, Cy, 2026-01-01: Back',
      'dev    c    2.0.2 has it not any more  2026-01-0',
    ],
  );
  const [what, note] = (await tell(sha('four'), { environment: 'production' })).slice(-2);
  assert.match(what as string, /^production +c +there by ancestry alone: 2\.0\.4 /);
  assert.equal(note, 'production/c: main has the commit, and the files here are those from before it');
  assert.match((await inDev('four')).at(-1) as string, /^dev +c +in 2\.0\.5, since 2\.0\.3 /);
});

test('a file beside the apps is of all of them, and of one that no app is made from nobody can tell', async () => {
  assert.match((await tell(sha('list'))).find((line) => line.startsWith('dev')) as string, /^dev +c +there: 2\.0\.5 /);
  assert.deepEqual((await tell(sha('readme'))).slice(-2), [
    'no app is known to be made from what it touches: README.md',
    '  the publish that first had it changed c as well: whether by this commit cannot be told',
  ]);
});

test('a request of another project is written in full', async () => {
  await assert.rejects(tell('!9'), /another project's is other\/project!9: write it so/);
  assert.equal((await tell('other/project!9'))[0], 'commit <four>, Ann, 2026-01-01: Four');
  assert.equal((await tell('group/project!2'))[0], 'commit <merge>, Ann, 2026-01-01: Greet');
});

test('a version is where its parts are, and one of several apps is asked for by name', async () => {
  assert.deepEqual(await tell('1.0.1'), [
    'a 1.0.1',
    heading(24),
    'dev         a    replaced by 1.0.2         2026-01-01 01:11  publish',
    'production  a    not again: held at 1.0.0  2026-01-01 01:50  Bo',
    ...wentBack,
  ]);
  assert.deepEqual((await tell('a@1.0.0'))[0], 'a 1.0.0');
  await assert.rejects(tell('1.0.0'), /"1\.0\.0" may be a@1\.0\.0 or b@1\.0\.0: write which/);
  assert.deepEqual((await tell('1.0.0', { app: 'b' }))[0], 'b 1.0.0');
});

test('people read words and addresses as they were written, without what steers a terminal', () => {
  const url = 'https://git.example.com/a|b/-/merge_requests/12';
  const lines = (place: Partial<Place>) =>
    describe({ is: 'version', app: 'a', version: '2' }, [
      { environment: 'staging', app: 'a', is: 'proposed', after: 'dev', stays: [], ...place },
    ]).slice(2);
  const moment = { commit: 'f'.repeat(40), at: '2026-01-01T00:00:00Z', version: '1' };
  assert.deepEqual(lines({ proposal: { branch: 'env/staging-next', request: 12, url } }), [
    'staging  a    not yet, nothing stands there: !12 waits for a person',
    `staging/a: ${url}`,
  ]);
  const by = '@ann\u001b[2J';
  assert.deepEqual(lines({ is: 'held', held: { ...moment, by, words: 'see #12 in `a`' }, stands: moment }), [
    'staging  a    not yet: held at 1  2026-01-01 00:00  @ann [2J',
    'staging/a: held since 2026-01-01 00:00: “see #12 in `a`”',
    '  goes on with: npx slipway release --env staging --app a',
  ]);
  assert.deepEqual(lines({ is: 'gate', why: 'soak' }), [
    'staging  a    not yet, nothing stands there: a gate waits',
    'staging/a: soak',
  ]);
  assert.match(
    lines({ is: 'edited', stands: moment })[0] as string,
    /edited by hand: whether it is in there cannot be told/,
  );
});

test('what nobody knows is refused with the next step', async () => {
  await assert.rejects(tell('nothing-of-ours'), /no commit, merge request, version or digest.*git fetch/s);
  await assert.rejects(tell('!99'), /"!99" is no .*no forge is asked/s);
  await assert.rejects(tell('sha256:12'), /at least the first eight/);
  await assert.rejects(tell(sha('one'), { environment: 'prodution' }), /--env prodution.*did you mean production\?/);
  await assert.rejects(tell(sha('one'), { app: '.gitlab-ci.yml' }), /never published; known are a, b, c/);
  await assert.rejects(tell(sha('one'), { app: 'z' }), /--app z: it was never published/);
});

test('what only the forge knows: a request that waits, who merged a squash, and what a gate waits for', async (t) => {
  // Its requests are counted from one.
  const steps = story.slice(0, 8).map((step) => ('onto' in step ? { ...step, words: 'Begin' } : step));
  const other = await branches(t, ['dev', 'production'], steps);
  const { forge } = await local(t, { repository: other.checkout, method: 'ff', squash_option: 'always' });
  const said: string[] = [];
  const context: Context = { ...other.context, forge, say: (line) => void said.push(line) };
  const at = other.dry.get('mine') as string;
  const placeIn = async (given: Context) =>
    (await where(given, { word: at })).places.find(({ environment }) => environment === 'production');

  assert.equal((await placeIn(context))?.is, 'open');
  const live: Context['live'] = async () => [{ app: 'a', sync: 'Synced', health: 'Degraded', revision: undefined }];
  const gated = await placeIn({ ...context, live });
  assert.deepEqual([gated?.is, gated?.why], ['gate', 'dev does not run this part of a yet (Argo CD)']);

  await release(context, { environment: 'production', app: 'a', at: other.dry.get('merge') as string });
  const waits = await placeIn(context);
  assert.deepEqual([waits?.is, waits?.proposal?.request], ['proposed', 1]);
  assert.equal((await where(context, { word: '!1' })).places[1]?.is, 'proposed');

  await forge.merge(1, (await forge.request(1))?.sha ?? '');
  const came = await placeIn(context);
  assert.deepEqual([came?.is, came?.stays[0]?.came.request, came?.stays[0]?.came.by], ['there', 1, 'slipway']);
  assert.equal((await where(context, { word: '1' })).subject.is, 'event');
  // A forge that is down is no reason to stop: what it alone knows is not said.
  const down = gitlab({ host: 'http://127.0.0.1:1', project: 'g/p', token: 'x', patience: quick });
  assert.equal((await placeIn({ ...context, forge: down }))?.stays[0]?.came.request, undefined);
});
