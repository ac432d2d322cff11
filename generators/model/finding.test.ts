import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCall, formatFindings, formatSum, notRead, type Sorted, sumOf } from './finding.ts';
import { Refusal, Unreadable } from './refusal.ts';

test('what a token may not read is not checked; what fails is wrong', () => {
  assert.equal(notRead('x', new Unreadable('403')).verdict, 'unknown');
  assert.deepEqual(notRead('x', new Refusal('down')), { name: 'x', verdict: 'wrong', says: 'down' });
});

const sorted: readonly Sorted[] = [
  { section: 'machine', name: 'git', verdict: 'ok', says: 'Fine.' },
  { section: 'machine', name: 'node', verdict: 'ok', says: '24.' },
  { section: 'project', name: 'squash', verdict: 'unknown', says: 'Hidden.', run: 'npx slipway tools aws --install' },
  {
    section: 'project',
    name: 'protection of env/dev',
    verdict: 'wrong',
    says: '/a/rule \u001b[31m*\n allows it.',
    remedy: 'Mend it.',
  },
];

test('by section, what is wrong comes first, what is fine is named, and nobody else steers the terminal', () => {
  assert.deepEqual(formatFindings(sorted), [
    'This machine',
    '  ok       git, node',
    '',
    'The GitLab project',
    '  wrong    protection of env/dev',
    '           /a/rule  [31m*  allows it.',
    '           Mend it.',
    '  unknown  squash',
    '           Hidden.',
    '           $ npx slipway tools aws --install',
  ]);
  assert.deepEqual(formatFindings(sorted.slice(0, 1), { all: true, paint: (_, word) => word.toUpperCase() }), [
    'This machine',
    '  OK       git',
    '           Fine.',
  ]);
});

test('what is to do comes before what is not known, with a line for each place', () => {
  const places = ['apps/a/app.ts:1 example.com', 'apps/b/app.ts:12 #12, @ann'];
  const todo: Sorted = { section: 'project', name: 'x', verdict: 'todo', says: 'It is an example.', places };
  assert.deepEqual(formatFindings([sorted[2] as Sorted, todo], { width: 20 }).slice(0, 6), [
    'The GitLab project',
    '  to do    x',
    '           It is an',
    '           example.',
    ...places.map((place) => `           ${place}`),
  ]);
});

test('sentences are broken at the width of the terminal, commands never', () => {
  const one: Sorted = {
    ...{ section: 'machine', name: 'tools', verdict: 'unknown' },
    ...{ says: 'one two three four', run: 'a command that is longer than the line' },
  };
  assert.deepEqual(formatFindings([one], { width: 20 }).slice(2), [
    '           one two',
    '           three',
    '           four',
    '           $ a command that is longer than the line',
  ]);
});

test('the sum says how many there are of each', () => {
  assert.equal(formatSum(sumOf(sorted)), '1 wrong, 0 to do, 1 unknown, 2 ok');
  assert.equal(formatSum(sumOf([])), '0 wrong, 0 to do, 0 unknown, 0 ok');
});

test('a call that mends it is one command of a shell', () => {
  assert.equal(
    formatCall({ method: 'POST', path: '/protected_branches', body: { name: 'env/dev', push_access_level: 0 } }),
    'glab api --method POST projects/:id/protected_branches --raw-field name=env/dev --field push_access_level=0',
  );
  assert.equal(
    formatCall({ method: 'PUT', path: '/variables/A?filter[environment_scope]=*', body: { x: "it's" } }),
    "glab api --method PUT 'projects/:id/variables/A?filter[environment_scope]=*' --raw-field 'x=it'\\''s'",
  );
  const fix = { method: 'PUT', path: '', body: { allow_merge_on_skipped_pipeline: false } } as const;
  assert.equal(
    formatFindings([{ section: 'project', name: 'x', verdict: 'wrong', says: 'No.', fix }]).at(-1),
    '           $ glab api --method PUT projects/:id --field allow_merge_on_skipped_pipeline=false',
  );
});
