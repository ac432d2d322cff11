import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isForeign } from '../model/kinds.ts';
import { custom, type Definition } from './custom.ts';
import { type Described, described } from './described.ts';
import eksctl from './eksctl.json' with { type: 'json' };
import { good } from './right.fixture.ts';
import type { Catalogue, Schema } from './schema.ts';
import { type OpenApi, served } from './served.ts';
import { catalogues } from './strictly.ts';
import { trimmed } from './trim.ts';
import { documentsIn, format } from './update.ts';

const files = ['kubernetes', 'argo-cd', 'secrets-store', 'karpenter', 'eks-auto-mode', 'prometheus-operator'];

function inside(schema: Schema): Schema[] {
  const inner = [...Object.values(schema.properties ?? {}), schema.items, schema.additionalProperties];
  return [schema, ...inner.flatMap((each) => (each ? inside(each) : []))];
}

test('catalogues say where they were read, share no name, and are written as the update writes them', () => {
  assert.deepEqual(
    catalogues.map(({ source }) => source.split(',')[0]),
    [
      'Kubernetes 1.36',
      'Argo CD v3.5.1',
      'Secrets Store CSI driver v1.5.6',
      'Karpenter v1.15.0',
      'EKS Auto Mode',
      'Prometheus operator v0.85.0',
    ],
  );
  for (const names of [
    catalogues.flatMap(({ kinds }) => Object.keys(kinds)),
    catalogues.flatMap(({ types }) => Object.keys(types)),
  ])
    assert.equal(new Set(names).size, names.length);
  let size = 0;
  for (const [index, catalogue] of catalogues.entries()) {
    const text = readFileSync(join(import.meta.dirname, `${files[index]}.json`), 'utf8');
    assert.equal(format(catalogue), text);
    size += text.length;
  }
  assert.ok(size < 210_000, `${size} bytes`);
});

/** What no cluster serves: the files of the program that makes clusters. */
const read = [...catalogues, eksctl as Catalogue];

test('what eksctl reads is written as the update writes it, and is nothing that a cluster serves', () => {
  assert.equal(format(eksctl as Catalogue), readFileSync(join(import.meta.dirname, 'eksctl.json'), 'utf8'));
  assert.match(eksctl.source, /^eksctl/);
  assert.deepEqual(Object.keys(eksctl.kinds), ['eksctl.io/v1alpha5 ClusterConfig']);
  assert.ok(!catalogues.some(({ kinds }) => 'eksctl.io/v1alpha5 ClusterConfig' in kinds));
});

test('every type that is named is there, every pattern is one of JavaScript, too, and list keys are fields', () => {
  const types = new Map(read.flatMap(({ types }) => Object.entries(types)));
  const resolved = (schema: Schema): Schema => (schema.$ref ? resolved(types.get(schema.$ref) ?? {}) : schema);
  for (const [name, type] of types) {
    for (const schema of inside(type)) {
      if (schema.$ref !== undefined) assert.ok(types.has(schema.$ref), `${name}: ${schema.$ref}`);
      if (schema.$ref !== undefined) assert.deepEqual(Object.keys(schema), ['$ref'], name);
      if (schema.pattern !== undefined) assert.doesNotThrow(() => new RegExp(schema.pattern ?? ''), name);
      for (const key of schema['x-kubernetes-list-map-keys'] ?? [])
        assert.ok(resolved(schema.items ?? {}).properties?.[key], `${name}: ${key}`);
      if (schema.enum) assert.equal(schema.type, 'string', name);
      for (const field of schema.required ?? []) assert.ok(schema.properties?.[field], `${name}: ${field}`);
    }
  }
  for (const { kinds } of read) for (const { type } of Object.values(kinds)) assert.ok(types.has(type), type);
});

test('the kinds of a cluster are those that no environment branch may hold', () => {
  const builtIn = Object.entries(catalogues[0]?.kinds ?? {});
  assert.ok(builtIn.length >= 60);
  for (const [key, { scope }] of builtIn) {
    const [apiVersion, kind] = key.split(' ');
    const why = isForeign('a.yaml', { apiVersion, kind, metadata: { name: 'a', namespace: 'dev' } }, { name: 'dev' });
    assert.equal(why?.includes('belongs to a cluster') ?? false, scope === 'Cluster', key);
  }
});

const gvk = { group: 'apps', version: 'v1', kind: 'Shop' };
const document: OpenApi = {
  info: { title: 'Kubernetes', version: 'v1.99.0' },
  paths: {
    '/apis/apps/v1/namespaces/{namespace}/shops/{name}': { patch: { 'x-kubernetes-group-version-kind': gvk } },
    '/apis/apps/v1/namespaces/{namespace}/shops/{name}/status': { patch: { 'x-kubernetes-group-version-kind': gvk } },
    '/apis/apps/v1/shops': { get: { 'x-kubernetes-group-version-kind': gvk } },
    '/apis/apps/v1/namespaces/{namespace}/reviews': {
      post: { 'x-kubernetes-group-version-kind': { ...gvk, kind: 'Review' } },
    },
    '/apis/apps/v1beta1/stalls/{name}': {
      patch: { 'x-kubernetes-group-version-kind': { ...gvk, version: 'v1beta1', kind: 'Stall' } },
    },
    '/apis/apps/v1/malls/{name}': { patch: { 'x-kubernetes-group-version-kind': { ...gvk, kind: 'Mall' } } },
    '/apis/example.org/v1/other/{name}': {
      patch: { 'x-kubernetes-group-version-kind': { group: 'example.org', version: 'v1', kind: 'Other' } },
    },
  },
  components: {
    schemas: {
      'io.k8s.api.apps.v1.Shop': {
        type: 'object',
        description: 'what people read',
        required: ['doors'],
        'x-kubernetes-group-version-kind': [gvk],
        properties: {
          doors: {
            type: 'array',
            description: 'more of it',
            'x-kubernetes-list-type': 'map',
            'x-kubernetes-list-map-keys': ['name'],
            items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.Door' }], default: {} },
          },
          size: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity' },
          list: { type: 'array', 'x-kubernetes-list-type': 'atomic', items: { type: 'string', default: '' } },
        },
      },
      'io.k8s.api.apps.v1.Door': {
        type: 'object',
        properties: {
          name: { type: 'string', default: 'front' },
          more: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.runtime.RawExtension' },
        },
      },
      'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
      'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object' },
      'io.k8s.api.apps.v1.Mall': {
        type: 'object',
        properties: {},
        'x-kubernetes-group-version-kind': [{ ...gvk, kind: 'Mall' }],
      },
      'io.k8s.api.apps.v1.Unused': { type: 'object', oneOf: [] },
      'io.k8s.api.apps.v1beta1.Stall': {
        type: 'object',
        'x-kubernetes-group-version-kind': [{ ...gvk, version: 'v1beta1', kind: 'Stall' }],
      },
      'org.example.v1.Other': {
        type: 'object',
        'x-kubernetes-group-version-kind': [{ group: 'example.org', version: 'v1', kind: 'Other' }],
      },
    },
  },
};

test('of what a server serves stay the stable kinds that can be applied, and what their types check', () => {
  const { source, kinds, types } = served(documentsIn(`${JSON.stringify(document)}\n\n`));
  assert.equal(source, 'Kubernetes v1.99.0, /openapi/v3');
  assert.deepEqual(kinds, {
    'apps/v1 Mall': { type: 'apps.v1.Mall', scope: 'Cluster' },
    'apps/v1 Shop': { type: 'apps.v1.Shop', scope: 'Namespaced' },
  });
  assert.deepEqual(types, {
    'api.resource.Quantity': { format: 'quantity' },
    'apps.v1.Door': {
      properties: { more: { $ref: 'pkg.runtime.RawExtension' }, name: { default: 'front', type: 'string' } },
      type: 'object',
    },
    'apps.v1.Mall': { properties: {}, type: 'object' },
    'apps.v1.Shop': {
      properties: {
        doors: {
          items: { $ref: 'apps.v1.Door' },
          type: 'array',
          'x-kubernetes-list-map-keys': ['name'],
          'x-kubernetes-list-type': 'map',
        },
        list: { items: { type: 'string' }, type: 'array' },
        size: { $ref: 'api.resource.Quantity' },
      },
      required: ['doors'],
      type: 'object',
    },
    'pkg.runtime.RawExtension': { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  });
});

test('a keyword that nobody knows stops the update, since it may forbid something', () => {
  const refused: readonly [unknown, RegExp][] = [
    [{ type: 'string', uniqueItems: true }, /^Error: The schema keyword uniqueItems is not known: true$/],
    [{ properties: { a: { items: { not: {} } } } }, /keyword not is not known/],
    [{ anyOf: [{ type: 'string' }] }, /^Error: anyOf is known beside x-kubernetes-int-or-string only/],
    [{ allOf: [{}, {}] }, /^Error: allOf is known with one schema only/],
  ];
  for (const [schema, says] of refused) assert.throws(() => trimmed(schema, (ref) => ref), says);
  assert.throws(() => custom([definition({ $ref: '#/a' })], 'here'), /^Error: A structural schema has no \$ref: #\/a$/);
});

const definition = (spec: unknown): Definition => {
  const crd = good('CustomResourceDefinition') as unknown as Definition;
  const [version] = crd.spec.versions;
  assert.ok(version);
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
  return {
    spec: {
      ...crd.spec,
      versions: [
        { ...version, schema },
        { ...version, name: 'v0', served: false },
      ],
    },
  };
};

test('what a CRD writes out twice is one type, and a version that it does not serve is none', () => {
  const door = {
    type: 'object',
    description: 'x',
    properties: {
      height: { type: 'integer', format: 'int32', minimum: 1, maximum: 300 },
      colour: { type: 'string', enum: ['red', 'green'] },
      frame: {
        type: 'object',
        properties: {
          wood: { type: 'string', enum: ['oak', 'pine', 'beech', 'larch'] },
          width: { type: 'integer', format: 'int32' },
        },
      },
    },
  };
  const { kinds, types } = custom(
    [definition({ type: 'object', properties: { front: door, back: { ...door, description: 'y' } } })],
    'here',
  );
  assert.deepEqual(Object.keys(kinds), ['example.org/v1 Shop']);
  assert.deepEqual(Object.keys(types), ['example.org.v1.Shop', 'example.org.v1.Shop.spec.back']);
  assert.deepEqual(types['example.org.v1.Shop']?.properties?.metadata, { $ref: 'meta.v1.ObjectMeta' });
  assert.deepEqual(types['example.org.v1.Shop']?.properties?.spec?.properties, {
    back: { $ref: 'example.org.v1.Shop.spec.back' },
    front: { $ref: 'example.org.v1.Shop.spec.back' },
  });
});

const schema: Described = {
  $ref: '#/definitions/Plan',
  definitions: {
    Plan: {
      required: ['kind'],
      properties: {
        apiVersion: { type: 'string', enum: ['shop.io/v1'], 'x-intellij-html-description': 'what people read' },
        kind: { type: 'string', enum: ['Plan'] },
        // A field may be named like what a schema says.
        default: { $ref: '#/definitions/Door', description: 'the front one' },
        doors: { items: { $ref: '#/definitions/Door' }, type: 'array' },
        free: { additionalProperties: {}, type: 'object', default: '{}' },
        plan: { $ref: '#/definitions/Plan' },
      },
      preferredOrder: ['kind'],
      additionalProperties: false,
    },
    Door: {
      required: ['type'],
      properties: { type: { type: 'string', enum: ['wood'] } },
      oneOf: [{ $ref: '#/definitions/WoodenDoor' }],
    },
    WoodenDoor: { properties: { oak: { type: 'boolean' } }, additionalProperties: false },
    Unused: { type: 'number' },
  },
};

test('of what a JSON schema describes stay the kind and the types that it needs, with their fields and no others', () => {
  assert.deepEqual(described(schema, 'here'), {
    source: 'here',
    kinds: { 'shop.io/v1 Plan': { type: 'shop.v1.Plan', scope: 'Cluster' } },
    types: {
      'shop.v1.Door': {
        properties: { oak: { type: 'boolean' }, type: { enum: ['wood'], type: 'string' } },
        required: ['type'],
        type: 'object',
      },
      'shop.v1.Plan': {
        properties: {
          apiVersion: { enum: ['shop.io/v1'], type: 'string' },
          default: { $ref: 'shop.v1.Door' },
          doors: { items: { $ref: 'shop.v1.Door' }, type: 'array' },
          free: { additionalProperties: {}, type: 'object' },
          kind: { enum: ['Plan'], type: 'string' },
          plan: { $ref: 'shop.v1.Plan' },
        },
        required: ['kind'],
        type: 'object',
      },
    },
  });
});

test('a JSON schema that describes no kind, or says what nobody knows, stops the update', () => {
  const { Plan, Door } = schema.definitions;
  const refused: readonly [Described['definitions'], RegExp][] = [
    [{}, /^Error: The schema does not say its apiVersion$/],
    [{ Plan: { properties: {} } }, /^Error: The schema does not say its apiVersion$/],
    [{ ...schema.definitions, Plan: { ...Plan, not: {} } }, /^Error: The schema keyword not is not known/],
    [{ Plan: Plan ?? {} }, /^Error: #\/definitions\/Door is not defined$/],
    [{ ...schema.definitions, Door: { ...Door, oneOf: [] } }, /^Error: oneOf is known with one \$ref only: \[\]$/],
    [{ ...schema.definitions, Door: { ...Door, oneOf: [{ type: 'string' }] } }, /^Error: oneOf is known with one/],
  ];
  for (const [definitions, says] of refused) assert.throws(() => described({ ...schema, definitions }, 'here'), says);
});
