import assert from 'node:assert/strict';
import { test } from 'node:test';
import { line } from './debug.ts';

test('a git command is shown with its time and its end, and keeps no secret', () => {
  const ran = { dir: '/', milliseconds: 12.4, status: 0 };
  assert.equal(
    line({ ...ran, args: ['fetch', 'https://oauth2:glpat-1@gitlab.example/a.git', '+refs/heads/*:refs/*'] }),
    '     12 ms  exit 0  git fetch https://gitlab.example/a.git +refs/heads/*:refs/*',
  );
  assert.equal(line({ ...ran, status: null, args: ['log', 'a\u001b[31m\nb'] }), '     12 ms  exit -  git log a [31m b');
  assert.match(line({ ...ran, args: ['cat-file', 'x'.repeat(500)] }), /^.{20,200}…$/);
});
