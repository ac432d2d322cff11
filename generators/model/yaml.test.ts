import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dump } from 'js-yaml';
import { formatYaml } from './yaml.ts';

const alphabetical = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const expected = (value: object) => dump(value, { sortKeys: alphabetical, noRefs: true, lineWidth: -1 });

/** What needs quotes, or looks as if it did, or not. */
const awkward = fc.constantFrom(
  ...['', ' ', '-', '- a', '?', ':', 'a: b', 'a:b', ': a', '#', 'a #b', '~', 'null', 'yes', 'no', 'on', 'y', 'true'],
  ...[
    '1',
    '01',
    '0o7',
    '0x1f',
    '1e3',
    '.5',
    '1_000',
    '12:30:45',
    '2026-11-21',
    '<<',
    '=',
    '!a',
    '&a',
    '*a',
    '%a',
    '@a',
  ],
  ...[
    '`a`',
    '{}',
    '[]',
    '[a',
    'a,b',
    '"',
    "'",
    "it's",
    '|',
    '>',
    'a\tb',
    'a\nb',
    'a\n',
    '\n',
    'a\r',
    '\u0085',
    '\u2028',
  ],
  ...['\ufeff', '\u0000', 'é', '😀', '\ud800', '__proto__', 'constructor', '50m', '256Mi', 'redis://redis:6379', 'a '],
);
const text = fc.oneof({ weight: 3, arbitrary: awkward }, fc.string({ unit: 'binary' }), fc.string({ maxLength: 1200 }));
const scalar = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null));
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(text, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

test('a value is written with the bytes of js-yaml', () => {
  const mapping = fc.dictionary(text, tree, { maxKeys: 5, noNullPrototype: true });
  fc.assert(
    fc.property(mapping, (value) => {
      assert.equal(formatYaml(value, alphabetical), expected(value));
      // Also of what is known from the first time.
      assert.equal(formatYaml(value, alphabetical), expected(value));
    }),
    { numRuns: 2000 },
  );
});

test('what is no JSON is what js-yaml makes of it', () => {
  for (const value of [
    { a: -0, b: 0 },
    { a: new Date(0) },
    { a: [[], {}, [[1, [2]], { b: [{}] }]] },
    { a: 'x\ny', b: 1 },
  ])
    assert.equal(formatYaml(value, alphabetical), expected(value));
  for (const value of [{ a: () => 0 }, { a: 1n }, { a: Symbol('a') }]) {
    assert.throws(() => expected(value));
    assert.throws(() => formatYaml(value, alphabetical));
  }
});
