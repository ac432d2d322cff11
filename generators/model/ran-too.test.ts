import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { differences, formatField } from './difference.ts';
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
