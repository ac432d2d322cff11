import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { differences } from './difference.ts';
import { lineDifference } from './line-difference.ts';
import { formatManifest, type Manifest } from './manifest.ts';

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: shop
  namespace: dev
  labels:
    app.kubernetes.io/version: 1.0.0
spec:
  replicas: 2
  paused: false
  template:
    metadata:
      labels:
        app.kubernetes.io/version: 1.0.0
    spec:
      containers:
        - name: proxy
          image: proxy:1.0.0
        - name: shop
          image: shop:1.0.0@sha256:abc
          env:
            - name: A
              value: 'one'
            - name: B
              value: '2'
          ports:
            - containerPort: 80
              name: http
`;

const parsed = (text: string) => [load(text) as Manifest];

test('what differs in plain values alone is told as it would be after parsing', () => {
  const table: [from: string | RegExp, to: string][] = [
    [/version: 1\.0\.0/g, 'version: 1.1.0-rc.1'],
    [/version: 1\.0\.0/g, "version: '2.0'"],
    ['shop:1.0.0@sha256:abc', 'registry.example.com:5000/shop:2@sha256:def'],
    ['proxy:1.0.0', 'proxy:1.0.1'],
    ["value: 'one'", "value: 'it''s two'"],
    ["value: '2'", 'value: 3'],
    ['replicas: 2', 'replicas: 3'],
    ['paused: false', 'paused: true'],
    ['paused: false', "paused: 'false'"],
  ];
  for (const [from, to] of table) {
    const after = deployment.replace(from, to);
    const [expected] = differences(parsed(deployment), parsed(after));
    assert.ok(expected, to);
    assert.deepEqual(lineDifference(deployment, after), expected, to);
  }
  const all = table.reduce((text, [from, to]) => text.replace(from, to), deployment);
  assert.deepEqual(lineDifference(deployment, all), differences(parsed(deployment), parsed(all))[0]);
});

test('whatever else differs, or is laid out otherwise, has to be parsed', () => {
  const table: [from: string | RegExp, to: string][] = [
    [/$/, '# more\n'],
    ['name: shop\n  namespace', 'name: other\n  namespace'],
    ['- name: proxy', '- name: other'],
    ['containerPort: 80', 'containerPort: 81'],
    ['replicas: 2', 'replicas: 2.5'],
    ['replicas: 2', 'replicas: 1e3'],
    ['replicas: 2', 'replicas: yes'],
    ['replicas: 2', 'replicas: 2026-11-20'],
    ['replicas: 2', 'replicas: {a: b}'],
    ['replicas: 2', 'replicas: two # words'],
    ['replicas: 2', 'replicas: &two 2'],
    ['replicas: 2', 'replicas: !!str 2'],
    ['replicas: 2', 'other: 2'],
  ];
  for (const [from, to] of table) assert.equal(lineDifference(deployment, deployment.replace(from, to)), undefined, to);
  const compact = deployment.replaceAll(/\n {8}(- name: (?:proxy|shop))\n {10}/g, '\n      $1\n        ');
  assert.equal(
    lineDifference(compact, compact.replace('proxy:1.0.0', 'proxy:2')),
    undefined,
    'a list at the depth of its key',
  );
  const twice = deployment.replace('- name: proxy', '- name: shop');
  assert.equal(lineDifference(twice, twice.replace('proxy:1.0.0', 'proxy:2')), undefined, 'two of one name');
  const block = deployment.replace('paused: false', 'text: |\n    a: 1');
  assert.equal(lineDifference(block, block.replace('a: 1', 'a: 2')), undefined, 'within a text');
  const two = `${deployment}---\n`;
  assert.equal(lineDifference(two, two.replace('replicas: 2', 'replicas: 3')), undefined, 'two documents');
  assert.equal(lineDifference('', '\n'), undefined);
});

test('of random objects as we write them, it says what is said of them parsed, or nothing', () => {
  const scalar = fc.oneof(
    fc.constantFrom(
      '1',
      '1.0',
      '1.0.0',
      'true',
      'null',
      '0x1',
      '1e3',
      'a: b',
      "it's",
      '',
      ' x',
      'shop:1@sha256:ab',
      '-',
      '*a',
      '2026-11-20',
      '12:30',
    ),
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
  );
  const tree = (depth: number): fc.Arbitrary<unknown> =>
    depth === 0
      ? scalar
      : fc.oneof(
          scalar,
          fc.dictionary(fc.constantFrom('name', 'image', 'value', 'a', 'b.c/d', 'port'), tree(depth - 1), {
            maxKeys: 3,
          }),
          fc.array(tree(depth - 1), { maxLength: 3 }),
          fc
            .uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 })
            .chain((names) => fc.tuple(...names.map((name) => tree(depth - 1).map((value) => ({ name, value }))))),
        );
  /** The same tree with some of its values replaced. */
  const changed = (value: unknown, next: () => unknown): unknown =>
    Array.isArray(value)
      ? value.map((one) => changed(one, next))
      : typeof value === 'object' && value !== null
        ? Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changed(one, next)]))
        : (next() ?? value);
  let told = 0;
  fc.assert(
    fc.property(tree(4), fc.array(fc.option(scalar, { nil: undefined }), { minLength: 1 }), (spec, values) => {
      let at = 0;
      const manifest = (body: unknown) =>
        ({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'a', namespace: 'dev' },
          spec: body,
        }) as unknown as Manifest;
      const [before, after] = [manifest(spec), manifest(changed(spec, () => values[at++ % values.length]))].map(
        formatManifest,
      ) as [string, string];
      const found = lineDifference(before, after);
      if (!found) return;
      told++;
      assert.deepEqual([found], differences(parsed(before), parsed(after)));
    }),
    { seed: 2026, numRuns: 3000 },
  );
  assert.ok(told > 100, `told of ${told} only`);
});
