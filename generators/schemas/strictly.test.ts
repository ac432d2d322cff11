import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { custom, type Definition } from './custom.ts';
import { good, put, right } from './right.fixture.ts';
import type { Schema } from './schema.ts';
import { catalogues, strictly, strictness } from './strictly.ts';
import { formatField } from './walk.ts';
import { wrong } from './wrong.fixture.ts';

test('a good object of every kind is right', () => {
  assert.ok(right.length >= 35);
  for (const object of right) assert.deepEqual(strictly(object), [], String(object.kind));
});

test('every mistake is found, with its field and what was expected, and nothing else is', () => {
  assert.ok(wrong.length >= 100);
  for (const { kind, at, put: value, field = at, says } of wrong) {
    const object = good(kind);
    put(object, at, value);
    assert.deepEqual(strictly(object), [{ field, says }], `${kind} ${at}`);
  }
});

test('all mistakes of an object are said at once', () => {
  const object = good('Deployment');
  put(object, 'spec.replicas', '2');
  put(object, 'spec.template.spec.containers[0].imgae', 'a');
  put(object, 'metadata.labels.a', 'b c');
  assert.deepEqual(
    strictly(object).map(({ field }) => field),
    ['metadata.labels.a', 'spec.replicas', 'spec.template.spec.containers[0].imgae'],
  );
});

type Keys = (string | number)[];
interface Spot {
  readonly kind: string;
  readonly keys: Keys;
  /** What the types say of the value there. */
  readonly schema: Schema;
  /** The fields of the type that it stands in; none where people choose the name. */
  readonly siblings: readonly string[];
}

const types = new Map(catalogues.flatMap(({ types }) => Object.entries(types)));
const resolved = (schema: Schema): Schema =>
  schema.$ref === undefined ? schema : resolved(types.get(schema.$ref) ?? {});

/** Every place in the good objects that a type describes, found by the types and not by what is tested. */
const spots: readonly Spot[] = right.flatMap((object) => {
  const kinds = Object.assign({}, ...catalogues.map(({ kinds }) => kinds)) as Record<string, { type: string }>;
  const found: Spot[] = [];
  const visit = (value: unknown, reference: Schema, keys: Keys, siblings: readonly string[]): void => {
    const schema = resolved(reference);
    const open = !schema.type && !schema['x-kubernetes-int-or-string'] && !schema.format;
    if (open) return;
    if (keys.length > 0) found.push({ kind: String(object.kind), keys, schema, siblings });
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const at = Array.isArray(value) ? Number(key) : key;
      const next = Array.isArray(value) ? schema.items : (schema.properties?.[key] ?? schema.additionalProperties);
      if (next) visit(inner, next, [...keys, at], Object.keys(schema.properties ?? {}));
    }
  };
  visit(object, { $ref: kinds[`${object.apiVersion} ${object.kind}`]?.type ?? '' }, [], []);
  return found.filter(({ keys }) => keys[0] !== 'apiVersion' && keys[0] !== 'kind');
});

test('a good object with any field renamed or of a wrong type is refused, and the field is named', () => {
  assert.ok(spots.length > 600, String(spots.length));
  const field = (suffix: string, { keys }: Spot) => formatField([...keys.slice(0, -1), `${keys.at(-1)}${suffix}`]);
  const misspelt = fc.record({
    spot: fc.constantFrom(...spots.filter(({ siblings }) => siblings.length > 0)),
    suffix: fc.stringMatching(/^[a-zA-Z]{1,8}$/),
  });
  fc.assert(
    fc.property(misspelt, ({ spot, suffix }) => {
      const object = good(spot.kind);
      const holder = spot.keys.slice(0, -1).reduce<unknown>((at, key) => Reflect.get(at as object, key), object);
      const name = String(spot.keys.at(-1));
      // Another field of the same type, such as hostIPs beside hostIP.
      fc.pre(!spot.siblings.includes(`${name}${suffix}`));
      Reflect.set(holder as object, `${name}${suffix}`, Reflect.get(holder as object, name));
      Reflect.deleteProperty(holder as object, name);
      const found = strictly(object).find(({ field: at }) => at === field(suffix, spot));
      assert.match(found?.says ?? 'nothing', /^is not a field of /, field(suffix, spot));
    }),
    { numRuns: 1200, seed: 1 },
  );
  const ill = fc
    .constantFrom(...spots)
    .chain((spot) => fc.record({ spot: fc.constant(spot), value: unfit(spot.schema) }));
  fc.assert(
    fc.property(ill, ({ spot, value }) => {
      const object = good(spot.kind);
      put(object, formatField(spot.keys), value);
      const at = formatField(spot.keys);
      assert.ok(
        strictly(object).some(({ field, says }) => field === at && says.includes('expected')),
        `${spot.kind} ${at} ${JSON.stringify(value)}`,
      );
    }),
    { numRuns: 1200, seed: 2 },
  );
});

/** Values that are of no legal type here. */
function unfit(schema: Schema): fc.Arbitrary<unknown> {
  const values: readonly [string, fc.Arbitrary<unknown>][] = [
    ['string', fc.string()],
    ['integer', fc.integer({ min: -5, max: 5 })],
    ['number', fc.constant(0.5)],
    ['boolean', fc.boolean()],
    ['array', fc.array(fc.string())],
    ['object', fc.dictionary(fc.string(), fc.string())],
    ['null', fc.constant(null)],
  ];
  const legal: readonly string[] = schema['x-kubernetes-int-or-string']
    ? ['string', 'integer']
    : schema.format === 'quantity'
      ? ['string', 'integer', 'number']
      : schema.nullable
        ? [schema.type ?? '', 'null']
        : [schema.type ?? ''];
  return fc.oneof(...values.filter(([type]) => !legal.includes(type)).map(([, arbitrary]) => arbitrary));
}

test('nothing that JSON can say brings it down', () => {
  const places = fc.constantFrom(...spots);
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      assert.ok(Array.isArray(strictly(value)));
    }),
    { numRuns: 1000, seed: 3 },
  );
  fc.assert(
    fc.property(places, fc.jsonValue({ maxDepth: 4 }), ({ kind, keys }, value) => {
      const object = good(kind);
      put(object, formatField(keys), value);
      for (const { field, says } of strictly(object)) assert.ok(typeof field === 'string' && says.length > 0);
    }),
    { numRuns: 1500, seed: 4 },
  );
  const object = good('ConfigMap');
  const hostile = JSON.parse('{"__proto__": 1, "constructor": "x", "toString": "y", "hasOwnProperty": "z"}');
  assert.deepEqual(
    strictly({ ...object, data: hostile }).map(({ field }) => field),
    ['data.__proto__'],
  );
  assert.deepEqual(
    strictly(Object.assign(JSON.parse('{"__proto__": {}}'), object)).map(({ field }) => field),
    ['__proto__'],
  );
});

test('a schema that holds itself ends somewhere', () => {
  const object = good('CustomResourceDefinition');
  let deep: object = { type: 'string' };
  for (let depth = 0; depth < 5000; depth++) deep = { not: deep };
  put(object, 'spec.versions[0].schema.openAPIV3Schema', deep);
  const [mistake, ...more] = strictly(object);
  assert.equal(mistake?.says, 'stands 201 fields deep: expected at most 200');
  assert.deepEqual(more, []);
});

test('what a Secret holds is shown nowhere', () => {
  const value = fc.constantFrom('hunter2', 12345, true, ['hunter2'], { hunter2: 1 });
  const place = fc.constantFrom('data', 'stringData', 'data.token', 'stringData.user', 'type', 'immutable');
  fc.assert(
    fc.property(place, value, (at, held) => {
      const object = good('Secret');
      put(object, at, held);
      assert.doesNotMatch(
        strictly(object)
          .map(({ says }) => says)
          .join(),
        /hunter2|12345/,
      );
    }),
    { numRuns: 100, seed: 5 },
  );
});

test('CRDs of the repository itself are served, too', () => {
  const definition = good('CustomResourceDefinition');
  const own = strictness([...catalogues, custom([definition as unknown as Definition], 'apps/shop')]);
  const shop = { apiVersion: 'example.org/v1', kind: 'Shop', metadata: { name: 'a' } };
  assert.deepEqual(strictly(shop), [
    { field: 'kind', says: 'example.org/v1 Shop is not served, and no CRD that is known here declares it' },
  ]);
  assert.deepEqual(own({ ...shop, spec: { doors: ['front'], address: { city: 'a' } } }), []);
  assert.deepEqual(own({ ...shop, spec: { doors: ['side'], adress: {} } }), [
    { field: 'spec.doors[0]', says: 'is "side": expected front or back' },
    { field: 'spec.adress', says: 'is not a field of Shop.spec; did you mean address?' },
  ]);
});

test('what a CRD says of lengths, ranges, nulls and lists is held', () => {
  const schema = {
    type: 'object',
    properties: {
      text: { type: 'string', minLength: 2, maxLength: 3 },
      code: { type: 'string', pattern: '^[a-z]+$' },
      least: { type: 'integer', minimum: 1 },
      percent: { type: 'integer', format: 'int32', minimum: 0, maximum: 100 },
      ratio: { type: 'number', maximum: 1 },
      port: {
        'x-kubernetes-int-or-string': true,
        anyOf: [{ type: 'integer' }, { type: 'string' }],
        pattern: '^\\d+%$',
      },
      none: { type: 'string', nullable: true },
      some: { type: 'array', minItems: 1, maxItems: 2, items: { type: 'string' } },
      once: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'integer' } },
      pairs: { type: 'object', minProperties: 1, maxProperties: 2, additionalProperties: { type: 'boolean' } },
      any: { 'x-kubernetes-preserve-unknown-fields': true },
      open: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { a: { type: 'string' } } },
      closed: { type: 'object' },
    },
  };
  const definition = good('CustomResourceDefinition');
  put(definition, 'spec.versions[0].schema.openAPIV3Schema', { type: 'object', properties: { spec: schema } });
  const own = strictness([...catalogues, custom([definition as unknown as Definition], 'here')]);
  const check = (field: string, value: unknown) => {
    const object = { apiVersion: 'example.org/v1', kind: 'Shop', metadata: { name: 'a' }, spec: {} };
    put(object, `spec.${field}`, value);
    return own(object).map((mistake) => `${mistake.field} ${mistake.says}`)[0];
  };
  const table: readonly [string, unknown, string | undefined][] = [
    ['text', 'ab', undefined],
    ['text', 'a', 'spec.text is "a": expected at least 2 characters'],
    ['text', 'abcd', 'spec.text is "abcd": expected at most 3 characters'],
    ['code', 'abc', undefined],
    ['code', 'ABC', 'spec.code is "ABC": expected what matches ^[a-z]+$'],
    ['least', 0, 'spec.least is 0: expected a whole number of at least 1'],
    ['percent', 101, 'spec.percent is 101: expected a whole number from 0 to 100'],
    ['ratio', 0.5, undefined],
    ['ratio', 2, 'spec.ratio is 2: expected a number of at most 1'],
    ['ratio', '0.5', 'spec.ratio is "0.5": expected a number, without quotes'],
    ['port', '5%', undefined],
    ['port', 5, undefined],
    ['port', 'http', 'spec.port is "http": expected what matches ^\\d+%$'],
    ['none', null, undefined],
    ['some', [], 'spec.some has 0 entries: expected at least 1'],
    ['some', ['a', 'b', 'c'], 'spec.some has 3 entries: expected at most 2'],
    ['once', [1, 2, 1], 'spec.once[2] is the second with 1: [0] has it, too'],
    ['pairs', {}, 'spec.pairs has 0 entries: expected at least 1'],
    ['pairs', { a: true, b: true, c: true }, 'spec.pairs has 3 entries: expected at most 2'],
    ['pairs', { a: 1 }, 'spec.pairs.a is 1: expected true or false'],
    ['any', { a: [null, 1] }, undefined],
    ['open', { a: 'x', b: 1 }, undefined],
    ['open', { a: 1 }, 'spec.open.a is 1: expected a string; put it in quotes'],
    ['closed', {}, undefined],
    ['closed', { a: 1 }, 'spec.closed.a is not a field of Shop.spec.closed'],
  ];
  for (const [field, value, says] of table)
    assert.equal(check(field, value), says, `${field} ${JSON.stringify(value)}`);
});
