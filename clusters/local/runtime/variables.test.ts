import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NotRunHere } from './artifact.ts';
import type { Container } from './template.ts';
import { variablesOf } from './variables.ts';

const fields = { 'metadata.name': 'shop-1', 'metadata.namespace': 'dev' };
const configs = (name: string) => (name === 'shop' ? { LEVEL: 'info', HOST_NAME: 'shop' } : undefined);
const of = (container: Omit<Container, 'name' | 'image'>) =>
  variablesOf({ name: 'main', ...container }, fields, configs);

test('the variables of a container', () => {
  const field = (fieldPath: string) => ({ fieldRef: { fieldPath } });
  const table: [name: string, container: Omit<Container, 'name' | 'image'>, variables: object][] = [
    ['a value', { env: [{ name: 'A', value: '1' }, { name: 'B' }] }, { A: '1', B: '' }],
    [
      'a reference to another one',
      {
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '$(A)-$(NONE)-$$(A)' },
        ],
      },
      { A: '1', B: '1-$(NONE)-$(A)' },
    ],
    ['a whole ConfigMap', { envFrom: [{ configMapRef: { name: 'shop' } }] }, configs('shop') as object],
    [
      'with a prefix',
      { envFrom: [{ prefix: 'S_', configMapRef: { name: 'shop' } }] },
      { S_LEVEL: 'info', S_HOST_NAME: 'shop' },
    ],
    [
      'its own before it',
      { envFrom: [{ configMapRef: { name: 'shop' } }], env: [{ name: 'LEVEL', value: 'debug' }] },
      { LEVEL: 'debug', HOST_NAME: 'shop' },
    ],
    [
      'one key',
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'shop', key: 'LEVEL' } } }] },
      { A: 'info' },
    ],
    [
      'the pod itself',
      {
        env: [
          { name: 'A', valueFrom: field('metadata.name') },
          { name: 'B', valueFrom: field('metadata.namespace') },
          { name: 'C', valueFrom: field('status.podIP') },
        ],
      },
      { A: 'shop-1', B: 'dev', C: '127.0.0.1' },
    ],
    [
      'the address of what takes traces in a cluster, and of what does elsewhere',
      {
        env: [
          { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://traces.monitoring:4318' },
          { name: 'OTHER', value: 'http://traces.example.org:4318' },
        ],
      },
      { OTHER: 'http://traces.example.org:4318' },
    ],
    [
      'what is optional and not there',
      {
        envFrom: [{ configMapRef: { name: 'none', optional: true } }, { secretRef: { name: 'none', optional: true } }],
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'shop', key: 'NONE', optional: true } } },
          { name: 'B', valueFrom: { secretKeyRef: { name: 'none', key: 'k', optional: true } } },
        ],
      },
      {},
    ],
  ];
  for (const [name, container, variables] of table) assert.deepEqual(of(container), variables, name);
});

test('a secret that is needed is named, and never made up; so is a ConfigMap that is not there', () => {
  const needs = { message: 'container main needs the secret shop-db, which this machine does not have' };
  const secret = { name: 'shop-db', key: 'password' };
  assert.throws(() => of({ env: [{ name: 'P', valueFrom: { secretKeyRef: secret } }] }), needs);
  assert.throws(() => of({ envFrom: [{ secretRef: { name: 'shop-db' } }] }), needs);
  assert.throws(() => of({ envFrom: [{ secretRef: { name: 'shop-db' } }] }), NotRunHere);
  assert.throws(
    () => of({ envFrom: [{ configMapRef: { name: 'none' } }] }),
    /needs the ConfigMap none, which is not there/,
  );
  const gone = { configMapKeyRef: { name: 'shop', key: 'GONE' } };
  assert.throws(() => of({ env: [{ name: 'P', valueFrom: gone }] }), /needs GONE of the ConfigMap shop/);
});
