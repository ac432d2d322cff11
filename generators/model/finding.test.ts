import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCall, formatFindings, notRead } from './finding.ts';
import { Refusal, Unreadable } from './refusal.ts';

test('what a token may not read is not checked; what fails is wrong', () => {
  assert.equal(notRead('x', new Unreadable('403')).verdict, 'unknown');
  assert.deepEqual(notRead('x', new Refusal('down')), { name: 'x', verdict: 'wrong', says: 'down' });
});

test('a check is one line, which nobody else can steer', () => {
  assert.deepEqual(
    formatFindings([
      { name: 'git', verdict: 'ok', says: 'Fine.' },
      {
        name: 'protection of env/dev',
        verdict: 'wrong',
        says: 'The rule \u001b[31m*\n allows it.',
        remedy: 'Mend it.',
      },
      { name: 'squash', verdict: 'unknown', says: 'Hidden.' },
    ]),
    [
      'ok       git                    Fine.',
      'wrong    protection of env/dev  The rule  [31m*  allows it. Mend it.',
      'unknown  squash                 Hidden.',
    ],
  );
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
  assert.deepEqual(formatFindings([{ name: 'x', verdict: 'wrong', says: 'No.', remedy: 'Mend it.', fix }]), [
    'wrong    x  No. Mend it. Or: glab api --method PUT projects/:id --field allow_merge_on_skipped_pipeline=false',
  ]);
});
