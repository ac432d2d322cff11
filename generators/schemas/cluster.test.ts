import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { good, put, right } from './right.fixture.ts';
import { served } from './served.ts';
import { catalogues } from './strictly.ts';
import { documentsIn } from './update.ts';
import { wrong } from './wrong.fixture.ts';

// Opt in: KUBECONFIG names a cluster that may be asked; nothing is changed in it. CRDs count where they are installed.

const skip = process.env.KUBECONFIG ? false : 'set KUBECONFIG to hold the schemas against a real API server';

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly says: string;
}

const kubectl = (args: readonly string[], stdin = ''): Promise<Answer> =>
  new Promise((resolve) => {
    const child = execFile('kubectl', [...args], { maxBuffer: 2 ** 28 }, (error, out, says) =>
      resolve({ code: error ? 1 : 0, out, says }),
    );
    child.stdin?.end(stdin);
  });

async function raw(path: string): Promise<string> {
  const { code, out, says } = await kubectl(['get', '--raw', path]);
  assert.equal(code, 0, says);
  return out;
}

const apply = (object: unknown): Promise<Answer> =>
  kubectl(
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

/** The groups that the server serves, the core group being `''`. */
async function groupsServed(): Promise<Set<string>> {
  const { groups } = JSON.parse(await raw('/apis')) as { groups: { name: string }[] };
  return new Set(['', ...groups.map(({ name }) => name)]);
}
const groupOf = (apiVersion: unknown) => /^(.*)\/|/.exec(String(apiVersion))?.[1] ?? '';

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
  const groups = await groupsServed();
  const objects = right.filter(({ apiVersion }) => groups.has(groupOf(apiVersion)));
  assert.ok(objects.length >= 33);
  t.diagnostic(`${objects.length} of ${right.length} kinds are served`);
  const refused: string[] = [];
  await each(objects, async (object) => {
    const { code, says } = await apply(object);
    if (code !== 0) refused.push(`${object.kind}: ${says}`);
  });
  assert.deepEqual(refused, []);
});

test('the server refuses every mistake, but for those that say why it does not', { skip }, async (t) => {
  const groups = await groupsServed();
  const cases = wrong.filter(({ kind }) => groups.has(groupOf(good(kind).apiVersion)));
  assert.ok(cases.length >= 90);
  t.diagnostic(`${cases.length} of ${wrong.length} mistakes are of kinds that are served`);
  const otherwise: string[] = [];
  await each(cases, async ({ kind, at, put: value, taken }) => {
    const object = good(kind);
    put(object, at, value);
    const { code, says } = await apply(object);
    if ((code === 0) !== (taken !== undefined)) otherwise.push(`${kind} ${at}: ${code === 0 ? 'taken' : says}`);
  });
  assert.deepEqual(otherwise, []);
});
