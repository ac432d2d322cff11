import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Cluster, type Output, skip } from '../cluster.fixture.ts';
import { definitions } from './crd.fixture.ts';
import { good, put, right } from './right.fixture.ts';
import { served } from './served.ts';
import { catalogues } from './strictly.ts';
import { documentsIn } from './update.ts';
import { wrong } from './wrong.fixture.ts';

let cluster: Cluster;
before(async () => {
  if (skip) return;
  cluster = await Cluster.open();
  // Where no controller does it; a pod is not taken without.
  await cluster.create({
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'default', namespace: 'default' },
  });
  await cluster.define(definitions);
});
after(() => cluster?.close());

async function raw(path: string): Promise<string> {
  const { code, out, says } = await cluster.kubectl(['get', '--raw', path]);
  assert.equal(code, 0, says);
  return out;
}

const apply = (object: unknown): Promise<Output> =>
  cluster.kubectl(
    ['apply', '--server-side', '--dry-run=server', '--validate=strict', '--force-conflicts', '--filename=-'],
    JSON.stringify(object),
  );

/** Four at a time. */
async function each<T>(values: readonly T[], work: (value: T) => Promise<void>): Promise<void> {
  const left = [...values];
  const worker = async () => {
    for (let value = left.shift(); value !== undefined; value = left.shift()) await work(value);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

test('the catalogue of Kubernetes is what the server serves', { skip }, async (t) => {
  const { paths } = JSON.parse(await raw('/openapi/v3')) as { paths: Record<string, unknown> };
  const documents = [];
  for (const path of Object.keys(paths).sort()) documents.push(await raw(`/openapi/v3/${path}`));
  const { source, kinds, types } = served(documentsIn(documents.join('\n')));
  const [kubernetes] = catalogues;
  const minor = (text = '') => /\d+\.\d+/.exec(text)?.[0];
  if (minor(source) !== minor(kubernetes?.source)) return t.skip(`the server is ${source}`);
  assert.deepEqual(kinds, kubernetes?.kinds);
  assert.deepEqual(types, kubernetes?.types);
});

test('the server takes every good object as it is', { skip }, async (t) => {
  t.diagnostic(`${right.length} kinds`);
  const refused: string[] = [];
  await each(right, async (object) => {
    const { code, says } = await apply(object);
    if (code !== 0) refused.push(`${object.kind}: ${says}`);
  });
  assert.deepEqual(refused, []);
});

test('the server refuses every mistake, but for those that say why it does not', { skip }, async (t) => {
  t.diagnostic(`${wrong.length} mistakes`);
  const otherwise: string[] = [];
  await each(wrong, async ({ kind, at, put: value, taken }) => {
    const object = good(kind);
    put(object, at, value);
    const { code, says } = await apply(object);
    if ((code === 0) !== (taken !== undefined)) otherwise.push(`${kind} ${at}: ${code === 0 ? 'taken' : says}`);
  });
  assert.deepEqual(otherwise, []);
});
