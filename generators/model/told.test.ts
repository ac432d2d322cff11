import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differences } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { type Change, toldChanges, type Width, withoutVersions } from './told.ts';

const width: Width = { value: 40, listed: 3 };
const all: Width = { value: Number.POSITIVE_INFINITY, listed: Number.POSITIVE_INFINITY };

const object = (kind: string, name: string, fields: object): Manifest => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...fields,
});
const change = (app: string, kind: string, before: object | undefined, after: object | undefined): Change[] =>
  differences(before ? [object(kind, app, before)] : [], after ? [object(kind, app, after)] : []).map((one) => ({
    app,
    object: one,
    leaves: false,
  }));
const lines = (changes: readonly Change[], at = width) => toldChanges(changes, 'dev', at).join('\n').split('\n');

test('of a long text only the lines that differ are told, and how long it is', () => {
  const text = (line: string) =>
    Array.from({ length: 20 }, (_, index) => (index === 7 ? line : `line ${index}`)).join('\n');
  const told = (before: unknown, after: unknown, at = width) =>
    lines(change('a', 'ConfigMap', { data: { x: before } }, { data: { x: after } }), at)[1];
  assert.equal(told('short', 'other'), '  - `data.x: short → other`');
  assert.equal(told(text('old'), text('new')), '  - `data.x: …old… → …new… (of 146 → 146 characters)`');
  assert.equal(
    told(text('same'), `${text('same')}\nmore`),
    '  - `data.x: …"line 19" → …"line 19\\nmore" (of 147 → 152 characters)`',
  );
  assert.equal(
    told('x'.repeat(100), 'y'.repeat(100)),
    `  - \`data.x: ${'x'.repeat(40)}… → ${'y'.repeat(40)}… (of 100 → 100 characters)\``,
  );
  assert.equal(told(undefined, 'z'.repeat(100)), `  - \`data.x: (missing) → ${'z'.repeat(40)}… (100 characters)\``);
  const whole = told(text('old'), text('new'), all) ?? '';
  assert.ok(whole.includes('line 0') && whole.includes('line 19'), 'the report has all of it');
});

test('what is the same in several objects is told once', () => {
  const changes = ['a', 'b', 'c', 'd', 'e'].flatMap((app) =>
    change(app, 'Deployment', { spec: { replicas: 1 } }, { spec: { replicas: app === 'e' ? 3 : 2 } }),
  );
  assert.deepEqual(lines(changes), [
    '**Replicas**',
    '',
    '- a `Deployment/a`, b `Deployment/b`, c `Deployment/c` and 1 more',
    '  - `spec.replicas: 1 → 2`',
    '- e `Deployment/e`',
    '  - `spec.replicas: 1 → 3`',
  ]);
});

test('the riskiest comes first, and where an app goes its policies go with it', () => {
  const changes = [
    ...change('a', 'ConfigMap', { data: { x: '1' } }, { data: { x: '2' } }),
    ...change('b', 'NetworkPolicy', { spec: {} }, undefined),
    ...change('c', 'NetworkPolicy', { spec: {} }, undefined).map((one) => ({ ...one, leaves: true })),
  ];
  assert.deepEqual(
    lines(changes).filter((line) => /^[*-]/.test(line)),
    [
      ...['**Network opened**', '- b `NetworkPolicy/b` removed', '**Deletion**', '- c `NetworkPolicy/c` removed'],
      ...['**Everything else**', '- a `ConfigMap/a`'],
    ],
  );
});

test('the label that says the version is counted, since the versions are told above', () => {
  const labelled = (version: string, replicas: number) => ({
    spec: { replicas, template: { metadata: { labels: { 'app.kubernetes.io/version': version } } } },
  });
  const { changes, labels } = withoutVersions([
    ...change('a', 'Deployment', labelled('1', 1), labelled('2', 1)),
    ...change('b', 'Deployment', labelled('1', 1), labelled('2', 2)),
  ]);
  assert.equal(labels, 2);
  assert.deepEqual(lines(changes).at(-1), '  - `spec.replicas: 1 → 2`');
  assert.equal(changes.length, 1);
});

test('names and values of an edited object break nothing', () => {
  const hostile = { spec: { 'a`|<b>': '@all [skip ci] Closes #1 `<b>` | \n/merge' } };
  const [first = '', second = ''] = lines(change('a', 'K`|**x**', {}, hostile)).filter((line) => /^ *-/.test(line));
  assert.equal(first, "- a `K'¦**x**/a`");
  assert.doesNotMatch(second.slice(5, -1), /[`|]|@all|\[skip ci\]|#1|<b/);
});
