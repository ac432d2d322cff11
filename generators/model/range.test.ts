import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rangeOf } from './range.ts';

const environments = ['dev', 'production'];
const end = (text: string) => rangeOf(`dev..${text}`, environments)[1];

test('a side is an environment, one at a time or commit, a version of an app, or a commit', () => {
  const table: [string, object][] = [
    ['production', { is: 'environment', environment: 'production', at: undefined }],
    ['production@2d', { is: 'environment', environment: 'production', at: '2d' }],
    ['production@4f2a91c', { is: 'environment', environment: 'production', at: '4f2a91c' }],
    ['counter@1.0.3', { is: 'version', app: 'counter', version: '1.0.3' }],
    ['HEAD~2', { is: 'revision', revision: 'HEAD~2' }],
    ['main@{1}', { is: 'revision', revision: 'main@{1}' }],
    ['@{upstream}', { is: 'revision', revision: '@{upstream}' }],
    ['env/production-next', { is: 'revision', revision: 'env/production-next' }],
  ];
  for (const [text, expected] of table) assert.deepEqual(end(text), expected, text);
});

test('what has not two sides is refused', () => {
  for (const text of ['', 'dev', 'dev..', '..dev', 'dev...production', 'a..b..c', '..'])
    assert.throws(() => rangeOf(text, environments), /is no A\.\.B: write staging\.\.production/, text);
});
