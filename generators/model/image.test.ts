import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatImage, givenImages, parseImage, parseImageArgument, parseImageList } from './image.ts';
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

test('a list of images is a line for each, and what is wrong is told by file and line', () => {
  const list = `# found at 4f2a91c\r\n\na=r/a:1@sha256:${hex}\r\n  b=r/b@sha256:${hex}  \n`;
  assert.deepEqual(parseImageList(list, 'x.txt'), [
    ['a', { repository: 'r/a', tag: '1', digest: `sha256:${hex}` }],
    ['b', { repository: 'r/b', digest: `sha256:${hex}` }],
  ]);
  assert.deepEqual(parseImageList('', 'x.txt'), []);
  const table: [line: string, message: RegExp][] = [
    [`r/a@sha256:${hex}`, /^--images x\.txt:3: r\/a@sha256:a+: write NAME=REF/],
    ['a=r/a:1', /^--images x\.txt:3: a=r\/a:1: the digest is missing; a tag can move/],
    ['a=R!', /^--images x\.txt:3: a: "R!" is not an image reference/],
    [`a=r/a@sha256:${hex} b=r/b@sha256:${hex}`, /^--images x\.txt:3: a: .* is not an image reference/],
  ];
  for (const [line, message] of table)
    assert.throws(
      () => parseImageList(`\n# \n${line}\n`, 'x.txt'),
      (error) => error instanceof Misuse && message.test(error.message),
      line,
    );
});

test('an app is given one image, also when two places name it', () => {
  const [a, other] = [parseImageArgument(`a=r/a@sha256:${hex}`), parseImageArgument(`a=r/a:1@sha256:${hex}`)];
  assert.deepEqual([...givenImages([a, a])], [a]);
  assert.throws(() => givenImages([a, other]), /^Misuse: a is given two images, r\/a@sha256:a+ and r\/a:1@/);
});
