import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { differences, formatField } from './difference.ts';
import { legible } from './legible.ts';
import type { Manifest } from './manifest.ts';
import { ranToo, type Told } from './ran-too.ts';

/** An object of an environment, as `name: fields`. */
const objects = (namespace: string, texts: readonly string[]) =>
  texts.map((text) => {
    const [name, spec] = text.split(': ', 2);
    return load(
      `{ apiVersion: v1, kind: K, metadata: { name: ${name}, namespace: ${namespace} }, spec: { ${spec?.replaceAll('=', ': ')} } }`,
    ) as Manifest;
  });

const told = (all: readonly Told[]) =>
  all.map((object) => {
    const fields = object.change === 'changed' ? object.fields : object.unlike;
    return `${object.name} ${object.change}${fields ? ` ${fields.map(formatField).join(', ')}` : ''}`;
  });

test('what a source ran already, and what only the target gets', () => {
  interface Case {
    readonly target: readonly [before: string[], after: string[]];
    readonly source: readonly [before: string[], after: string[]];
    readonly too: string[];
    readonly only: string[];
  }
  const table: Case[] = [
    // The same fields, in another namespace.
    { target: [['a: x=1'], ['a: x=2']], source: [['a: x=1'], ['a: x=2']], too: ['a changed spec.x: 1 → 2'], only: [] },
    // Of two fields one.
    {
      target: [['a: x=1, y=1'], ['a: x=2, y=2']],
      source: [['a: x=1, y=5'], ['a: x=2, y=5']],
      too: ['a changed spec.x: 1 → 2'],
      only: ['a changed spec.y: 1 → 2'],
    },
    // From another value, or to another one.
    { target: [['a: x=1'], ['a: x=3']], source: [['a: x=2'], ['a: x=3']], too: [], only: ['a changed spec.x: 1 → 3'] },
    { target: [['a: x=1'], ['a: x=3']], source: [['a: x=1'], ['a: x=2']], too: [], only: ['a changed spec.x: 1 → 3'] },
    // A text is no number.
    {
      target: [['a: x=1'], ['a: x=2']],
      source: [['a: x=1'], ["a: x='2'"]],
      too: [],
      only: ['a changed spec.x: 1 → 2'],
    },
    // Objects that came and went.
    { target: [[], ['a: x=1']], source: [[], ['a: x=1']], too: ['a added'], only: [] },
    { target: [[], ['a: x=1']], source: [['a: x=1'], ['a: x=1']], too: [], only: ['a added'] },
    { target: [[], ['a: x=2']], source: [[], ['a: x=1']], too: [], only: ['a added spec.x: 1 → 2'] },
    { target: [['a: x=1'], []], source: [['a: x=1'], []], too: ['a removed'], only: [] },
    { target: [['a: x=1'], []], source: [['a: x=1'], ['a: x=1']], too: [], only: ['a removed'] },
  ];
  for (const { target, source, too, only } of table) {
    const of = (namespace: string, [before, after]: readonly [string[], string[]]) =>
      differences(objects(namespace, before), objects(namespace, after));
    const split = ranToo(of('production', target), of('staging', source));
    assert.deepEqual([told(split.too), told(split.only)], [too, only]);
  }
});

test('what watches an app is the same in every environment but for its name, and a rule is told by its own', () => {
  const rules = (namespace: string, most: string) =>
    legible(
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a-rules', namespace, labels: { 'slipway.dev/rules': '1' } },
        data: {
          [`${namespace}-a.yaml`]: `groups: [{ name: ${namespace}-a, rules: [{ alert: Burns, expr: 'r{namespace="${namespace}"} > ${most}' }] }]`,
        },
      },
      load,
    );
  const split = (source: ReturnType<typeof rules>[][], target: ReturnType<typeof rules>[][]) => {
    const [then, now] = [source, target].map(([before, after]) => differences(before ?? [], after ?? []));
    const { too, only } = ranToo(now ?? [], then ?? []);
    return [told(too), told(only)];
  };
  assert.deepEqual(split([[], [rules('dev', '1')]], [[], [rules('staging', '1')]]), [['a-rules added'], []]);
  assert.deepEqual(split([[], [rules('dev', '1')]], [[], [rules('staging', '2')]]), [
    [],
    [
      'a-rules added data["$namespace-a.yaml"].groups["$namespace-a"].rules.Burns.expr: "r{namespace=\\"$namespace\\"} > 1" → "r{namespace=\\"$namespace\\"} > 2"',
    ],
  ]);
  const changed = split([[rules('dev', '1')], [rules('dev', '2')]], [[rules('staging', '1')], [rules('staging', '2')]]);
  assert.deepEqual(changed, [
    [
      'a-rules changed data["staging-a.yaml"].groups[staging-a].rules.Burns.expr: "r{namespace=\\"staging\\"} > 1" → "r{namespace=\\"staging\\"} > 2"',
    ],
    [],
  ]);
});
