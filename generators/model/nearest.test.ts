import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearest, notAnEnvironment } from './nearest.ts';

test('a typo finds the nearest word, and nonsense finds none', () => {
  const table: readonly [string, readonly string[], string | undefined][] = [
    ['statsu', ['status', 'publish'], 'status'],
    ['xyz', ['status', 'publish'], undefined],
    ['prot', ['name', 'port'], 'port'],
    ['nmae', ['image', 'name'], 'name'],
    ['imagepullpolicy', ['image', 'imagePullPolicy'], 'imagePullPolicy'],
    ['hist', ['gate', 'history', 'where'], 'history'],
    ['st', ['status', 'publish'], 'status'],
    ['re', ['render', 'release', 'rollback'], undefined],
    ['bogus', ['bump', 'status'], undefined],
    // In three letters two others are another word.
    ['cpu', ['tty', 'env'], undefined],
    ['ip', ['tty', 'env', 'id'], 'id'],
    ['', ['env'], undefined],
    ['env', [], undefined],
  ];
  for (const [word, legal, near] of table) assert.equal(nearest(word, legal), near, word);
});

test('an environment that there is not is answered with those that there are', () => {
  const { message } = notAnEnvironment('--env prod', ['dev', 'production']);
  assert.equal(message, '--env prod: not an environment; known are dev, production. Did you mean production?');
  assert.match(notAnEnvironment('--to x', []).message, /known are none\.$/);
});
