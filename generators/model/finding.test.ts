import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatFindings, notRead } from './finding.ts';
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
