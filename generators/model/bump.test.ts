import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bumped } from './bump.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const old = `docker.io/library/redis:8.2-alpine@${digest('a')}`;
const next = `docker.io/library/redis:8.4-alpine@${digest('b')}`;
const source = `const redis = '${old}';
export const app: App = {
  image: 'r.example.org/backup:1.0@${digest('c')}',
  before: [{ name: 'dump', image: redis }, { name: 'check', image: "${old}" }],
  args: ['copy:to', 'redis:6379', 'https://docker.io/library/redis:8.2-alpine'],
};
`;

test('every pin of the repository is changed, and nothing else', () => {
  const { text, before } = bumped('backup', source, next);
  assert.equal(text, source.replaceAll(old, next));
  assert.deepEqual(before, [old]);
});

test('a pin without a digest gets one', () => {
  const { text } = bumped('a', "image: 'docker.io/library/redis:8.2-alpine',", next);
  assert.equal(text, `image: '${next}',`);
});

test('what is malformed, the same or not pinned there is refused, and says what is', () => {
  const table: [reference: string, message: RegExp][] = [
    ['docker.io/library/redis', /write registry\/name:tag@sha256/],
    ['docker.io/library/redis:8.4', /write registry\/name:tag@sha256/],
    [`docker.io/library/redis@${digest('b')}`, /write registry\/name:tag@sha256/],
    [`docker.io/library/redis:8.4@sha256:abc`, /is not an image reference/],
    ['Redis 8', /is not an image reference/],
    ['', /is not an image reference/],
    [
      next.replace('redis', 'valkey'),
      /apps\/backup\/app\.ts pins no docker\.io\/library\/valkey; it pins docker\.io\/library\/redis, r\.example\.org\/backup/,
    ],
    [old, /apps\/backup\/app\.ts has .* already/],
  ];
  for (const [reference, message] of table)
    assert.throws(() => bumped('backup', source, reference), message, reference);
  assert.throws(() => bumped('backup', 'export const app = {};', next), /it pins no image/);
});
