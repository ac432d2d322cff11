import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest } from './nearest.ts';

test('a typo finds the nearest word, and nonsense finds none', () => {
  const table: readonly [string, readonly string[], string | undefined][] = [
    ['statsu', ['status', 'publish'], 'status'],
    ['xyz', ['status', 'publish'], undefined],
    ['prot', ['name', 'port'], 'port'],
    ['nmae', ['image', 'name'], 'name'],
    ['imagepullpolicy', ['image', 'imagePullPolicy'], 'imagePullPolicy'],
    // In three letters two others are another word.
    ['cpu', ['tty', 'env'], undefined],
    ['ip', ['tty', 'env', 'id'], 'id'],
    ['', ['env'], undefined],
    ['env', [], undefined],
  ];
  for (const [word, legal, near] of table) assert.equal(nearest(word, legal), near, word);
});
