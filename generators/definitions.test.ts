import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { load } from 'js-yaml';
import { commitOf, environmentsOf, type Fields, input, type Legal, legal } from './definitions.fixture.ts';
import { hydrate } from './hydrate.ts';
import { schema } from './model/app-schema.ts';
import type { Part } from './model/part.ts';
import { strictly } from './schemas/strictly.ts';

// `SLIPWAY_DEFINITIONS=100000` is the long form, with new chances; `SLIPWAY_SEED` repeats those of an earlier run.
const { SLIPWAY_DEFINITIONS: asked, SLIPWAY_SEED: given } = process.env;
const count = Number(asked ?? 200);
const seed = Number(given ?? (asked === undefined ? 2026 : Math.floor(Math.random() * 2 ** 31)));

/** The parts of one app in all its environments, as a publish would write them. */
function rendered(one: Legal): Part[] {
  const lines = [...hydrate(commitOf([one]), input, 'v24.0.0')];
  assert.deepEqual(
    lines.flatMap((line) => ('failed' in line ? [line.failed.message] : [])),
    [],
  );
  return lines.flatMap((line) => ('part' in line ? [line.part] : []));
}

/** How the containers and volumes of pods are called, list by list. */
function namesIn(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, inner]): string[][] => {
    const isList = ['initContainers', 'containers', 'volumes'].includes(field) && Array.isArray(inner);
    return isList ? [inner.map(({ name }) => name)] : namesIn(inner);
  });
}

const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

test(`${count} random legal definitions are rendered in every environment of their scope`, () => {
  let done = 0;
  const began = performance.now();
  const say = () => {
    done++;
    if (asked === undefined || done % Math.ceil(count / 20) !== 0) return;
    const elapsed = (performance.now() - began) / 1000;
    const rest = Math.round((elapsed / done) * (count - done));
    process.stderr.write(`${done} of ${count} definitions (seed ${seed}), about ${rest} s to go\n`);
  };
  fc.assert(
    fc.property(legal, (one) => {
      const parts = rendered(one);
      assert.deepEqual(
        parts.map(({ environment }) => environment),
        environmentsOf(one.app.scope).map(({ name }) => name),
      );
      for (const { files } of parts)
        for (const [file, text] of Object.entries(files)) {
          const object = load(text);
          assert.deepEqual(strictly(object), [], file);
          // What a type does not say: these become DNS labels, and no two are the same.
          for (const names of namesIn(object)) {
            for (const name of names) assert.match(name, label, file);
            assert.equal(new Set(names).size, names.length, file);
          }
        }
      say();
    }),
    // A long form that fails says so soon; a definition is small enough to be read as it is.
    { seed, numRuns: count, ...(asked === undefined ? {} : { endOnFailure: true }) },
  );
});

/** The names in these are the app's own, and their order is kept: a variable may mention those before it. */
const named = new Set(['env', 'files', 'secrets', 'scratch', 'node']);

/** The same definition with its fields in another order, as `turn` says. */
function reordered(value: unknown, turn: number, field = ''): unknown {
  if (Array.isArray(value)) return value.map((one) => reordered(one, turn));
  if (typeof value !== 'object' || value === null || named.has(field)) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, reordered(one, turn, key)] as const);
  return Object.fromEntries([...entries.slice(turn % 7), ...entries.slice(0, turn % 7)].toReversed());
}

test('a definition that is rendered again, or has its fields in another order, gives the same bytes', () => {
  fc.assert(
    fc.property(legal, fc.nat(), (one, turn) => {
      const parts = rendered(one);
      assert.deepEqual(rendered(one), parts);
      assert.deepEqual(rendered({ ...one, app: reordered(one.app, turn) as Fields }), parts);
    }),
    { seed: 2026, numRuns: 60 },
  );
});

test('random definitions are of every kind and use every field of the manual', () => {
  const apps = fc.sample(legal, { seed: 2026, numRuns: 500 }).map(({ app }) => app);
  for (const { shape } of schema.options) {
    const [kind] = shape.kind.values;
    const used = new Set(apps.filter((app) => app.kind === kind).flatMap((app) => Object.keys(app)));
    assert.deepEqual([...used].sort(), Object.keys(shape).sort(), kind);
  }
});
