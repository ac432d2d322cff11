import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { differences, type FieldDifference, formatDifferences, type ObjectDifference } from './difference.ts';
import type { Manifest } from './manifest.ts';

const lines = (before: readonly Manifest[], after: readonly Manifest[]) =>
  formatDifferences(differences(before, after));

// Few names, so that two lists made apart share many; also such as every JavaScript object has already.
const field = fc.constantFrom('name', 'port', 'mountPath', 'a', 'b', 'toString', '__proto__', 'x.y/z');
const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, 1, 80, '1', '', 'null'),
  fc.constantFrom('p', 'q', 'r'),
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.dictionary(field, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.record({ name: fc.constantFrom('p', 'q'), a: tie('value') }, { noNullPrototype: true }), {
      maxLength: 3,
    }),
    fc.uniqueArray(
      fc.record({ name: fc.constantFrom('p', 'q', 'r', 's'), a: tie('value') }, { noNullPrototype: true }),
      {
        maxLength: 4,
        selector: ({ name }) => name,
      },
    ),
  ),
}));
const manifest = fc
  .record({ kind: fc.constantFrom('A', 'B'), name: fc.constantFrom('p', 'q'), group: fc.constantFrom('', 'g/'), value })
  .map(
    ({ kind, name, group, value: spec }): Manifest => ({ apiVersion: `${group}v1`, kind, metadata: { name }, spec }),
  );
const manifests = fc.uniqueArray(manifest, {
  maxLength: 4,
  selector: ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`,
});

test('equal lists, in whatever order, give nothing', () => {
  fc.assert(fc.property(manifests, (list) => assert.deepEqual(differences(list, structuredClone(list).reverse()), [])));
});

test('swapping before and after swaps added and removed, and the values', () => {
  const swapped = (object: ObjectDifference): ObjectDifference => {
    const { group, kind, namespace, name } = object;
    const named = { group, kind, namespace, name };
    if (object.change === 'added') return { ...named, change: 'removed', before: object.after };
    if (object.change === 'removed') return { ...named, change: 'added', after: object.before };
    const fields = object.fields.map(({ before, after, ...rest }) => ({ ...rest, before: after, after: before }));
    return { ...named, change: 'changed', fields };
  };
  fc.assert(
    fc.property(manifests, manifests, (before, after) =>
      assert.deepEqual(differences(after, before), differences(before, after).map(swapped)),
    ),
  );
});

test('what is told is all of it: applied to before, it gives after', () => {
  fc.assert(
    fc.property(manifests, manifests, (before, after) => {
      const applied = apply(before, differences(before, after));
      const texts = (list: readonly Manifest[]) => list.map((one) => JSON.stringify(canonical(one))).sort();
      assert.deepEqual(texts(applied), texts(after));
    }),
    { numRuns: 1000 },
  );
});

test('those that stay in a list of names keep the order that is told', () => {
  const names = fc.uniqueArray(fc.constantFrom('p', 'q', 'r', 's', 't'), { maxLength: 5 });
  const object = (list: readonly string[]): Manifest => ({
    apiVersion: 'v1',
    kind: 'A',
    metadata: { name: 'a' },
    spec: list.map((name) => ({ name })),
  });
  fc.assert(
    fc.property(names, names, (before, after) => {
      const [found] = differences([object(before)], [object(after)]);
      const order = found?.change === 'changed' ? found.fields.find((one) => one.order) : undefined;
      const stay = before.filter((name) => after.includes(name));
      assert.deepEqual(
        order?.after ?? stay,
        after.filter((name) => before.includes(name)),
      );
    }),
  );
});

test('different values read differently, each on one line', () => {
  const line = (spec: unknown) => {
    const base = { apiVersion: 'v1', kind: 'A', metadata: { name: 'a' } };
    const [, text = ''] = lines([base], [{ ...base, spec }]);
    return text;
  };
  fc.assert(
    fc.property(
      fc.oneof(value, fc.string({ unit: 'binary' })),
      fc.oneof(value, fc.string({ unit: 'binary' })),
      (a, b) => {
        assert.doesNotMatch(line(a), /[\n\r]/);
        assert.equal(line(a) === line(b), JSON.stringify(sorted(a)) === JSON.stringify(sorted(b)));
      },
    ),
  );
});

/** Does what the differences say, and nothing else. */
function apply(before: readonly Manifest[], found: readonly ObjectDifference[]): Manifest[] {
  const is =
    ({ group, kind, name }: ObjectDifference) =>
    (one: Manifest) =>
      one.kind === kind && one.metadata.name === name && one.apiVersion === `${group && `${group}/`}v1`;
  const list = structuredClone([...before]);
  for (const object of found) {
    if (object.change === 'added') list.push(object.after);
    else if (object.change === 'removed') list.splice(list.findIndex(is(object)), 1);
    else {
      // Places from the last to the first, so that taking one out moves none that is still meant.
      for (const one of [...object.fields].reverse()) if (!one.order) applyField(list.find(is(object)), one);
    }
  }
  return list;
}

type Tree = Record<string | number, unknown>;

function applyField(target: unknown, { path, after }: FieldDifference): void {
  let at = target as Tree;
  path.forEach((step, index) => {
    const list = at as unknown as Tree[];
    let key = typeof step === 'object' ? list.findIndex((member) => member[step.by] === step.is) : step;
    if (key === -1) key = list.length;
    if (index < path.length - 1) at = at[key] as Tree;
    else if (after !== undefined)
      Object.defineProperty(at, key, { value: after, configurable: true, enumerable: true, writable: true });
    else if (Array.isArray(at)) at.splice(key as number, 1);
    else delete at[key];
  });
}

/** Places of members that have a key do not count here, nor those of fields. */
function canonical(some: unknown): unknown {
  if (!Array.isArray(some)) return sorted(some, canonical);
  const list = some.map(canonical);
  const keyed = ['name', 'port', 'mountPath'].some((key) => {
    const values = some.map((member) =>
      typeof member === 'object' && member && Object.hasOwn(member, key) ? member[key] : {},
    );
    return values.every((one) => typeof one !== 'object') && new Set(values.map(String)).size === values.length;
  });
  return keyed ? list.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : list;
}

function sorted(some: unknown, inner: (one: unknown) => unknown = sorted): unknown {
  if (Array.isArray(some)) return some.map((one) => inner(one));
  if (typeof some !== 'object' || some === null) return some;
  return Object.fromEntries(
    Object.entries(some)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, one]) => [key, inner(one)]),
  );
}
