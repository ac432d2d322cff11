import assert from 'node:assert/strict';
import { test } from 'node:test';
import { move, quote } from './words.ts';

const at = (version: string) => ({ repoURL: 'r', drySha: 'a'.repeat(40), commands: [], version });

test('what a move is called', () => {
  assert.equal(move('a', at('1.0.1'), at('1.0.2')), 'a 1.0.1 → 1.0.2');
  assert.equal(move('a', undefined, at('1.0.2')), 'a 1.0.2 added');
  assert.equal(move('a', at('1.0.2'), at('1.0.2')), 'a 1.0.2, new configuration');
  assert.equal(move('a', at('1.0.2'), { ...at(''), removed: true }), 'a 1.0.2 removed');
  assert.equal(move('.gitlab-ci.yml', undefined, undefined), '.gitlab-ci.yml updated');
});

test('text of other people is made harmless and cut', () => {
  assert.equal(quote('fix `x`\n/merge'), "fix 'x' /merge");
  assert.equal(quote('\u001b[31mred\u202e'), '[31mred');
  assert.equal(quote('x'.repeat(200)).length, 100);
});
