import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatMetadata, formatPublished, type Metadata, parseMetadata, parsePublished } from './metadata.ts';

const plain = { noNullPrototype: true };
const sha = fc.stringMatching(/^[0-9a-f]{40}$/);

test('what is written to hydrator.metadata is read back', () => {
  const metadata = fc.record(
    {
      repoURL: fc.webUrl(),
      drySha: sha,
      commands: fc.array(fc.string()),
      version: fc.string(),
      commit: sha,
      images: fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string(), { noNullPrototype: true }),
      irreversible: fc.constant(true as const),
      warns: fc.array(fc.record({ policy: fc.string(), object: fc.string(), says: fc.string() }, plain)),
      removed: fc.constant(true as const),
    },
    { requiredKeys: ['repoURL', 'drySha', 'commands'], noNullPrototype: true },
  );
  fc.assert(
    fc.property(metadata, (value) => assert.deepEqual(parseMetadata(formatMetadata(value as Metadata), 'x'), value)),
  );
});

test('what is written to published.json is read back', () => {
  const stage = fc.record({ name: fc.string(), soak: fc.nat() }, plain);
  const word = fc.string();
  const image = fc.record({ build: word, tree: sha, version: word, commit: sha, reference: word }, plain);
  const images = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), image, plain);
  const words = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), word, plain);
  const outline = fc.record({ owner: word, calls: fc.array(word) }, { ...plain, requiredKeys: ['owner'] });
  const outlines = fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), outline, plain);
  const published = fc.record(
    {
      ...{ drySha: sha, node: word, repository: word, environments: fc.array(stage), images, outlines, source: word },
      removed: words,
      ...{ keys: words, trees: words, kept: fc.array(word) },
    },
    plain,
  );
  fc.assert(fc.property(published, (value) => assert.deepEqual(parsePublished(formatPublished(value), 'x'), value)));
});

test('a file that somebody else wrote is refused by name', () => {
  for (const text of ['', '[]', 'null', '"x"', '{', '{"drySha":"main"}'])
    assert.throws(() => parseMetadata(text, 'dev/a/hydrator.metadata'), /dev\/a\/hydrator\.metadata/, text);
  assert.throws(
    () => parsePublished(`{"drySha":"${'a'.repeat(40)}"}`, 'published.json'),
    /keys, trees and kept is missing/,
  );
});

test('the first fields are those of the source hydrator', () => {
  const text = formatMetadata({
    repoURL: 'https://example.com/r.git',
    drySha: 'a'.repeat(40),
    commands: ['x'],
    version: '1.0.0',
  });
  assert.equal(
    text,
    `{
  "repoURL": "https://example.com/r.git",
  "drySha": "${'a'.repeat(40)}",
  "commands": [
    "x"
  ],
  "version": "1.0.0"
}
`,
  );
});
