import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bumped, sourceIn } from './bump.ts';

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
  const { text, before } = bumped('backup', source, { reference: next });
  assert.equal(text, source.replaceAll(old, next));
  assert.deepEqual(before, [old]);
});

test('a pin without a digest gets one', () => {
  const { text } = bumped('a', "image: 'docker.io/library/redis:8.2-alpine',", { reference: next });
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
    assert.throws(() => bumped('backup', source, { reference }), message, reference);
  assert.throws(() => bumped('backup', 'export const app = {};', { reference: next }), /it pins no image/);
});

const [was, is] = ['1'.repeat(40), '2'.repeat(40)];
const handed = (text: string) => `export const app: App = {
  image: '${old}',
  ${text}
};
`;

test('image and commit change together, however the source is written, or nothing does', () => {
  for (const text of [
    `source: { repository: 'https://git.example.org/shop', commit: '${was}' },`,
    `source: {\n    commit: "${was}", repository: \`https://git.example.org/${was}\`,\n  },`,
    `"source":{"repository":"https://git.example.org/shop","commit":"${was}"}`,
  ]) {
    assert.equal(sourceIn('shop', handed(text))?.commit, was, text);
    const { text: after, before } = bumped('shop', handed(text), { reference: next, commit: is });
    const changed = text.replace(new RegExp(`(commit\\W+)${was}`), `$1${is}`);
    assert.equal(after, handed(changed).replace(old, next), text);
    assert.deepEqual(before, [old]);
  }
  const [recorded, none] = [
    `source: { repository: 'https://git.example.org/shop', commit: '${was}' },`,
    `env: { COMMIT: '${was}' },`,
  ];
  const table: [text: string, commit: string | undefined, message: RegExp][] = [
    [
      recorded,
      undefined,
      /built from https:\/\/git\.example\.org\/shop: name the commit with --source SHA --history DIR/,
    ],
    [none, is, /apps\/shop\/app\.ts records no source: write source: \{ repository/],
    [recorded + recorded, is, /records a source twice/],
  ];
  for (const [text, commit, message] of table)
    assert.throws(() => bumped('shop', handed(text), { reference: next, commit }), message, text);
});
