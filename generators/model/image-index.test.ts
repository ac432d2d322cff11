import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtDigest, digestOf, imageIndex, mediaType, type PlatformImage } from './image-index.ts';

const image = (architecture: string, fields: Partial<PlatformImage> = {}): PlatformImage => ({
  digest: digestOf(architecture),
  mediaType: mediaType.manifest,
  size: 100,
  os: 'linux',
  architecture,
  ...fields,
});
const both = ['linux/amd64', 'linux/arm64'];

test('the same images make the same index, in whatever order their builds ended', () => {
  const one = imageIndex([image('amd64'), image('arm64', { variant: 'v8' })], both);
  const other = imageIndex([image('arm64', { variant: 'v8' }), image('amd64')], both);
  assert.deepEqual(one, other);
  assert.equal(one.digest, digestOf(one.bytes));
  assert.equal(
    String(one.bytes),
    JSON.stringify({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.index.v1+json',
      manifests: [
        {
          mediaType: mediaType.manifest,
          digest: digestOf('amd64'),
          size: 100,
          platform: { architecture: 'amd64', os: 'linux' },
        },
        {
          mediaType: mediaType.manifest,
          digest: digestOf('arm64'),
          size: 100,
          platform: { architecture: 'arm64', os: 'linux', variant: 'v8' },
        },
      ],
    }),
  );
});

test('an index is whole: every platform once, and nothing else', () => {
  const table: readonly (readonly [readonly PlatformImage[], RegExp])[] = [
    [[image('amd64')], /image for linux\/arm64 is missing/],
    [[], /image for linux\/amd64 and linux\/arm64 is missing/],
    [[image('amd64'), image('amd64', { digest: digestOf('again') }), image('arm64')], /both images for linux\/amd64/],
    [
      [image('amd64'), image('arm64'), image('riscv64')],
      /an image for linux\/riscv64, and linux\/amd64 and linux\/arm64/,
    ],
    [[image('amd64', { mediaType: mediaType.index }), image('arm64')], /image\.index\.v1\+json, not the image of one/],
    [[image('amd64', { mediaType: '' }), image('arm64')], /of no media type/],
  ];
  for (const [images, expected] of table) assert.throws(() => imageIndex(images, both), expected);
});

test('a build leaves its digest alone, or what buildctl writes', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  assert.equal(builtDigest(`${digest}\n`, 'amd64.json'), digest);
  assert.equal(
    builtDigest(JSON.stringify({ 'containerimage.digest': digest, 'image.name': 'x' }), 'amd64.json'),
    digest,
  );
  for (const text of ['', '{}', '{', 'sha256:0', '{"containerimage.digest":"latest"}', `${digest} ${digest}`]) {
    assert.throws(() => builtDigest(text, 'amd64.json'), /^Refusal: amd64.json has no digest/);
  }
});
