import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dump, load } from 'js-yaml';
import { formatManifest, type Manifest } from './manifest.ts';
import { readYaml } from './plain-yaml.ts';
import { Refusal } from './refusal.ts';

const read = (text: string) => readYaml(text, 'a.yaml');

/** What the reader makes of a text; or why it refuses it. */
function attempt(text: string): { readonly value: unknown } | { readonly refused: string } {
  try {
    return { value: read(text) };
  } catch (error) {
    assert.ok(error instanceof Refusal, String(error));
    assert.match(error.message, /^a\.yaml:\d+:\d+: /);
    return { refused: error.message };
  }
}

/** What js-yaml writes and no reader can be sure of: `0X1F` and `1E310`, texts to it, are numbers to Go. */
const doubtful = /a key that begins with \?|which YAML 1\.1 and 1\.2 read differently|a number too large to hold/;

const word = fc.oneof(
  fc.constantFrom(
    ...['', '-', ':', 'a: b', 'a #b', '~', 'null', 'yes', 'no', 'y', 'true', '1', '01', '0x1f', '1e3', '1_0', '<<'],
    ...['12:30', '2026-11-21', '!a', '&a', '*a', '@a', '{}', '[a', 'a,b', '"', "it's", '|', '>', 'a\tb', 'a\nb', '\n'],
    ...['a\n\n', '  a\nb', '\n a\n', '-0', '.inf', '# a', '%a', '__proto__', 'constructor', '50m', 'a:b', '? a', '---'],
    ...['\u0085', '\u2028', '\ufeff', '\ud800', 'é', '😀', ' a ', 'a\r\nb', 'redis://redis:6379/0', '$HOME', '...'],
  ),
  fc.string(),
  fc.string({ unit: 'binary' }),
);
const scalar = fc.oneof(
  word,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.constant(null),
);
const key = word.filter((one) => !/[\n\r]/.test(one) && one.length < 200);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('tree'), { maxLength: 4 }),
    fc.dictionary(key, tie('tree'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const mapping = fc.dictionary(key, tree, { maxKeys: 5, noNullPrototype: true });

test('what Slipway writes is read back', () => {
  fc.assert(
    fc.property(mapping, (value) => {
      const text = formatManifest(value as unknown as Manifest);
      const found = attempt(text);
      if ('refused' in found) assert.match(found.refused, doubtful, text);
      else assert.deepEqual(found.value, load(text), text);
    }),
    { numRuns: 3000 },
  );
});

test('what js-yaml writes in its ways, and JSON, is read back', () => {
  const ways = fc.record({
    indent: fc.constantFrom(2, 3, 4),
    flowLevel: fc.constantFrom(-1, 0, 1, 2),
    noArrayIndent: fc.boolean(),
  });
  fc.assert(
    fc.property(mapping, ways, (value, way) => {
      // A text of several lines between brackets is written with quotes, on one line.
      const text = dump(value, { ...way, lineWidth: -1, noRefs: true });
      const found = attempt(text);
      if ('refused' in found) assert.match(found.refused, doubtful, text);
      else assert.deepEqual(found.value, load(text), text);
    }),
    { numRuns: 3000 },
  );
  fc.assert(
    fc.property(mapping, fc.constantFrom(undefined, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const found = attempt(text);
      // JSON may hold characters that nobody sees as they are.
      if ('refused' in found) assert.match(text, /[\u007f-\u009f\u2028\u2029\ufeff]/);
      else assert.deepEqual(found.value, JSON.parse(text), text);
    }),
    { numRuns: 2000 },
  );
});

test('what is read of any text at all is what js-yaml reads of it', () => {
  const piece = fc.constantFrom(
    ...['a', 'b', ':', ': ', ' ', '  ', '\n', '\n  ', '- ', '-', '"', "'", '|', '|-', '>', '#', ' # c', '[', ']', '{'],
    ...['}', ', ', ',', '1', '0', 'null', '~', '&a', '*a', '!t', '\t', '---', '...', '?', '? ', '\\n', '.5', 'e3', '%'],
  );
  let [readable, total] = [0, 0];
  fc.assert(
    fc.property(fc.array(piece, { minLength: 1, maxLength: 14 }), (pieces) => {
      const text = pieces.join('');
      total++;
      const found = attempt(text);
      if ('refused' in found) return;
      readable++;
      assert.deepEqual(found.value, load(text), JSON.stringify(text));
    }),
    { numRuns: 20_000 },
  );
  assert.ok(readable > total / 20, `${readable} of ${total}`);
});

test('a kubeconfig is read as the tools write it', () => {
  const text = `# made by a tool
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://127.0.0.1:6443
  name: kind-kind
contexts: [{name: local, context: {cluster: local, user: "ad: min"}}] # a comment
current-context: arn:aws:eks:eu-central-1:111122223333:cluster/production
preferences: {}
users:
- name: aws
  user:
    exec:
      args:
      - --region
      - eu-central-1
      - eks
      env:
      - name: AWS_PROFILE
        value: 'it''s'
      interactiveMode: IfAvailable
      provideClusterInfo: false
  note: |-
    two
      lines
`;
  assert.deepEqual(read(text), load(text));
  assert.deepEqual(read(text.replaceAll('\n', '\r\n')), load(text));
});

test('what is not plain is refused with its line and column', () => {
  const table: readonly (readonly [string, RegExp])[] = [
    ['', /^a\.yaml:1:1: nothing/],
    ['a: &x 1', /:1:4: an anchor/],
    ['a: 5e311', /:1:4: 5e311, a number too large to hold/],
    ['a: [\n]', /:2:1: a line between brackets that is not indented enough/],
    ['{#\n}', /:1:2: a comment without a space before it/],
    ['a: 1\n...  : 2', /:2:1: the mark of another document/],
    ['a: *x', /:1:4: an alias/],
    ['a: !!str 1', /:1:4: a tag/],
    ['b: 1\n<<: {a: 1}', /:2:1: <<, which/],
    ['%YAML 1.2\n---\na: 1', /:1:1: /],
    ['a: >-\n  b', /:1:4: a folded text/],
    ['a: 1\n\tb: 2', /:2:1: a tab/],
    ['a:\tb', /tab|behind/],
    ['a: 1\na: 2', /:2:1: the key "a" a second time/],
    ['{a: 1, a: 2}', /:1:8: the key "a" a second time/],
    ['a: 1\n---\nb: 2', /:2:1: /],
    ['a: "b\n  c"', /:1:4: a quote that its line does not close/],
    ['a: b\n  c', /goes on in the next line/],
    ['a: b: c', /:1:4: a colon/],
    ['a: yes', /:1:4: yes, which YAML 1\.1 and 1\.2/],
    ['mode: 0644', /:1:7: 0644/],
    ['a: 9007199254740993', /:1:4: 9007199254740993, a number that loses digits/],
    ['1: a', /:1:1: the key 1, which is no text/],
    ['? a\n: b', /:1:1: a key that begins with \?/],
    ['a:\n  b: 1\n c: 2', /:3:2: what is no key/],
    ['a:\n- b\n  - c', /:/],
    ['a: [1, 2', /:1:9: the end of the file/],
    ['a: "\\q"', /:1:4: the escape \\q/],
    ['a: \u0007', /:1:4: a character that nobody sees/],
    ['a: |x\n  b', /literal block/],
  ];
  for (const [text, message] of table) assert.throws(() => read(text), { name: 'Refusal', message }, text);
});
