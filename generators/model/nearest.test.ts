import assert from 'node:assert/strict';
import { test } from 'node:test';
import { meant, nearest, notAnEnvironment } from './nearest.ts';

test('a typo finds the nearest word, and nonsense finds none', () => {
  const table: readonly [string, readonly string[], string | undefined][] = [
    ['statsu', ['status', 'publish'], 'status'],
    ['xyz', ['status', 'publish'], undefined],
    ['prot', ['name', 'port'], 'port'],
    ['nmae', ['image', 'name'], 'name'],
    ['imagepullpolicy', ['image', 'imagePullPolicy'], 'imagePullPolicy'],
    ['hist', ['history'], undefined],
    ['bogus', ['bump', 'status'], undefined],
    // In three letters two others are another word.
    ['cpu', ['tty', 'env'], undefined],
    ['ip', ['tty', 'env', 'id'], 'id'],
    ['', ['env'], undefined],
    ['env', [], undefined],
  ];
  for (const [word, legal, near] of table) assert.equal(nearest(word, legal), near, word);
});

test('what is typed may be the beginning of one word', () => {
  assert.equal(meant('hist', ['gate', 'history', 'where']), 'history');
  assert.equal(meant('st', ['status', 'publish']), 'status');
  assert.equal(meant('re', ['render', 'release', 'rollback']), undefined);
  assert.equal(meant('statsu', ['status', 'stat']), 'status');
});

test('an environment that there is not is answered with those that there are', () => {
  const { message } = notAnEnvironment('--env prod', ['dev', 'production']);
  assert.equal(message, '--env prod: not an environment; known are dev, production. Did you mean production?');
  assert.match(notAnEnvironment('--to x', []).message, /known are none\.$/);
});
