import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatImage, parseImage, parseImageArgument } from './image.ts';
import { Misuse } from './refusal.ts';

const hex = 'a'.repeat(64);

test('image references that are read', () => {
  const table: [string, object][] = [
    ['redis', { repository: 'redis' }],
    ['redis:8.2-alpine', { repository: 'redis', tag: '8.2-alpine' }],
    [
      `docker.io/library/redis:8@sha256:${hex}`,
      { repository: 'docker.io/library/redis', tag: '8', digest: `sha256:${hex}` },
    ],
    [`localhost:5000/a/b__c@sha256:${hex}`, { repository: 'localhost:5000/a/b__c', digest: `sha256:${hex}` }],
  ];
  for (const [text, expected] of table) assert.deepEqual(parseImage(text, 'x'), expected, text);
});

test('image references that are refused, with the place they stand in', () => {
  const table = [
    '',
    'Redis',
    'redis:',
    'redis@sha256:abc',
    `redis@sha256:${'A'.repeat(64)}`,
    'a//b',
    '-a',
    'redis:8 ',
    'a b',
    `redis@sha512:${hex}`,
    'x'.repeat(600),
  ];
  for (const text of table)
    assert.throws(
      () => parseImage(text, 'apps/x/app.ts: image'),
      (error) => error instanceof Misuse && error.message.startsWith('apps/x/app.ts: image:'),
      text,
    );
});

test('what is formatted is read back', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  const reference = fc.record(
    {
      repository: fc.array(word, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/')),
      tag: fc.stringMatching(/^\w[\w.-]{0,20}$/),
      digest: fc.constant(`sha256:${hex}`),
    },
    { requiredKeys: ['repository'], noNullPrototype: true },
  );
  fc.assert(fc.property(reference, (image) => assert.deepEqual(parseImage(formatImage(image), 'x'), image)));
});

test('--image wants a name and a digest', () => {
  assert.deepEqual(parseImageArgument(`a=r/a@sha256:${hex}`), ['a', { repository: 'r/a', digest: `sha256:${hex}` }]);
  assert.throws(() => parseImageArgument('r/a:1'), /write NAME=REF@sha256/);
  assert.throws(() => parseImageArgument('a=r/a:1'), /the digest is missing; a tag can move/);
  assert.throws(() => parseImageArgument('a=R!'), /--image a: "R!" is not an image reference/);
});
