import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { branches } from './branches.fixture.ts';
import { type Chronicle, chronicle, describe } from './history.ts';
import { program } from './hydrate-commit.ts';
import { answerOf } from './shapes.ts';

const app = (value: string) => ({
  'configmap-a.yaml': `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  value: '${value}'\n`,
});
const both = (value: string) => ({
  'dev/a': app(value),
  'production/a': app(value),
  'dev/b': app(value),
  'production/b': app(value),
});
const lines = ({ happenings }: Chronicle) =>
  happenings.map(({ changes, request }) => `${changes.map(({ name, how }) => `${name} ${how}`)} ${request ?? '-'}`);

test('what happened, who did it, how it came, and what undoes it', async (t) => {
  const merged = "Merge branch 'env/production-next' into 'env/production'\n\nNew year\n\nSee merge request g/p!7";
  const box = await branches(
    t,
    ['dev', 'production'],
    [
      { main: 'one', files: { 'apps/a/app.ts': '1' }, words: 'feat: begin', at: 0 },
      { main: 'two', files: { 'apps/a/app.ts': '2' }, words: 'feat: greet', by: 'Bo', at: 10 },
      { main: 'three', files: { 'README.md': '3' }, words: 'docs: nothing of an app', at: 20 },
      { publish: 'one', parts: both('1'), words: '', at: 30 },
      { onto: 'dev', of: 'one', apps: ['a', 'b'], words: 'a 1.0.0 added', by: 'Slipway', at: 40 },
      { onto: 'production', of: 'one', apps: ['a', 'b'], words: merged, merges: true, at: 50 },
      {
        publish: 'three',
        parts: { 'dev/a': app('2'), 'production/a': app('2'), 'dev/c': app('1'), 'production/c': app('1') },
        versions: { a: '1.0.1' },
        words: '',
        at: 60,
      },
      { onto: 'dev', of: 'three', apps: ['c'], words: 'c 1.0.0 added', by: 'Slipway', at: 63 },
      { onto: 'production', of: 'three', apps: ['c'], words: 'c 1.0.0 added', by: 'Slipway', at: 65 },
      { onto: 'production', of: 'three', apps: ['a'], words: 'now', by: 'Bo', merges: true, at: 70 },
      { onto: 'production', of: 'one', apps: ['a'], words: 'Back\n\nIt \u001b[31mloses #12 of @ann.', at: 80 },
      { onto: 'production', files: { b: { 'configmap-a.yaml': 'data: by hand\n' } }, words: 'only a test', at: 90 },
    ],
  );
  const told = await chronicle(box.context, { environment: 'production' });
  assert.deepEqual(lines(told), [
    'b edited -',
    'a back -',
    'a hotfix unnumbered',
    'c promoted -',
    'a promoted,b promoted 7',
  ]);
  const [edit, back, hotfix, forward, first] = told.happenings;
  assert.deepEqual(edit?.undo, ['npx slipway release --env production --app b']);
  assert.equal(back?.undo, undefined, 'only the newest is undone by one command');
  assert.deepEqual([forward?.by, forward?.composed], [undefined, true], 'a fast-forward leaves neither who nor when');
  assert.equal(first?.words, 'New year');
  assert.equal(back?.words, 'Back: It \u001b[31mloses #12 of @ann.', 'a program gets what they wrote');
  for (const one of [back, hotfix])
    assert.deepEqual(
      one?.changes[0]?.commits.map(({ subject, by }) => `${subject} by ${by}`),
      ['feat: greet by Bo'],
    );
  assert.deepEqual(lines(await chronicle(box.context, {})), [
    ...lines(told).slice(0, 4),
    'c published -',
    ...lines(told).slice(4),
    'a published,b published -',
  ]);

  const since = (revision: string) => chronicle(box.context, { environment: 'production', since: { revision } });
  assert.deepEqual(lines(await since(await box.at('env/production', 1))), ['b edited -']);
  assert.deepEqual(lines(await since(box.dry.get('three') ?? '')), lines(told));
  assert.deepEqual(lines(await chronicle(box.context, { since: { time: Date.UTC(2026, 0, 1, 1, 20) } })), [
    'b edited -',
    'a back -',
  ]);
  const one = await chronicle(box.context, { app: 'a', environment: 'production', limit: 1 });
  assert.deepEqual([lines(one), one.earlier], [['a back -'], 2]);
  await assert.rejects(since('nowhere'), /neither a time nor a commit/);
  await assert.rejects(chronicle(box.context, { environment: 'produktion' }), /did you mean production\?/);
  await assert.rejects(
    chronicle(box.context, { app: '.gitlab-ci.yml' }),
    /never stood in any environment; known are a, b, c/,
  );
  await assert.rejects(chronicle(box.context, { app: 'cc' }), /never stood in any environment; did you mean c\?/);

  const printed = describe(told, { environment: 'production' }, { width: 90 });
  assert.ok(printed[1]?.includes(`  ${(await box.at('env/production')).slice(0, 8)}  `));
  assert.deepEqual(
    printed.map((line) => line.replace(/ {2}[0-9a-f]{8} {2}/, '  COMMIT    ')),
    [
      'when (UTC)        commit    who      what                          how',
      '2026-01-01 01:30  COMMIT    Ann      b: configmap-a.yaml, hydrat…  edited by hand',
      '  “only a test”',
      '  undo: npx slipway release --env production --app b',
      '2026-01-01 01:20  COMMIT    Ann      a 1.0.1 → 1.0.0 (1 commit)    rolled back',
      '  “Back: It  [31mloses #12 of @ann.”',
      '2026-01-01 01:10  COMMIT    Bo       a 1.0.0 → 1.0.1 (1 commit)    hotfix by a request',
      '  “now”',
      '2026-01-01 01:05  COMMIT    unknown  c 1.0.0 added                 promoted, composed then',
      '2026-01-01 00:50  COMMIT    Ann      a 1.0.0 added                 promoted by !7',
      '                                     b 1.0.0 added                 promoted by !7',
      '  “New year”',
    ],
  );
  const slipway = (...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'generators/commands/slipway.mjs'), ...args], {
      cwd: box.checkout.dir,
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: undefined },
    });
  const { stdout, stderr } = slipway('history', '--env', 'production');
  assert.equal(stderr, '');
  assert.equal(
    stdout,
    describe(told, { environment: 'production' })
      .map((line) => `${line}\n`)
      .join(''),
  );
  const answer = answerOf<{ happenings: { at: string }[] }>('history', slipway('history', '--json').stdout);
  assert.deepEqual(answer.happenings.map(({ at }) => at)[0], '2026-01-01T01:30:00.000Z');
});
