import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { load } from 'js-yaml';
import { apps } from '../apps/index.ts';
import { clusters, environments, repository } from '../clusters/environments.ts';
import { type Answer, Cluster, type Identity, podMaker, skip } from './cluster.fixture.ts';
import { hydrate } from './hydrate.ts';
import type { Manifest } from './model/manifest.ts';
import { applicationFile } from './model/names.ts';
import type { Part } from './model/part.ts';
import { fieldsOf, itemsOf, textOf } from './policies/json.ts';
import { groupKind, templateOf } from './policies/workload.ts';
import { definitions } from './schemas/crd.fixture.ts';

/** An object of a part, as it stands in a branch. */
interface Rendered {
  readonly at: string;
  readonly manifest: Manifest & { readonly metadata: { readonly namespace?: string } };
  readonly text: string;
}

/** What the rest is synced into, and judged by. */
const platform = new Set(['Namespace', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']);
/** What is known by the trimmed schemas of this repository only, where nobody installed the CRD itself. */
const trimmed = new Set(definitions.map(({ spec }) => spec.names.kind));

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** Every part of every own app. */
async function partsOfAll(): Promise<Part[]> {
  const loaded = new Map<string, () => unknown>();
  for (const [name, load] of Object.entries(apps)) {
    const { app } = await load();
    loaded.set(name, () => app);
  }
  const lines = hydrate(
    {
      ...{ apps: loaded, repository, clusters, environments },
      read: (app, file) => readFileSync(new URL(`../apps/${app}/${file}`, import.meta.url), 'utf8'),
    },
    {
      builds: { service: { tree: 'a'.repeat(40), version: '1.0.7', commit: 'b'.repeat(40) } },
      images: { counter: `registry.gitlab.com/example/slipway/counter@${digest}` },
      known: {},
      taken: [],
    },
    'v24.0.0',
  );
  return [...lines].flatMap((line) => {
    if ('failed' in line) throw new Error(line.failed.message);
    return 'part' in line ? [line.part] : [];
  });
}

const objectsOf = ({ environment, app, files }: Part): Rendered[] =>
  Object.entries(files).map(([file, text]) => ({
    at: `${environment}/${app}/${file}`,
    manifest: load(text) as Rendered['manifest'],
    text,
  }));

/** Whether an object stays as it is when it is applied again. A controller may write in between: then it is asked anew. */
async function rests(cluster: Cluster, { manifest, text }: Rendered): Promise<boolean> {
  const versionOf = ({ body }: Answer) => (body.metadata as { resourceVersion?: string }).resourceVersion;
  for (let left = 5; left > 0; left--) {
    const before = versionOf(await cluster.read(manifest));
    if (before !== undefined && before === versionOf(await cluster.apply(manifest, text))) return true;
  }
  return false;
}

/** The pod that a workload's controller would ask for. */
function podsOf(manifest: Rendered['manifest']): Identity[] {
  const { apiVersion, kind, metadata } = manifest;
  const template = templateOf(groupKind(apiVersion, kind), manifest);
  if (!template) return [];
  const { name, namespace } = metadata;
  // A StatefulSet's pods find the claims that are made for them.
  const claims = itemsOf(fieldsOf(manifest.spec).volumeClaimTemplates).map((claim) => {
    const volume = textOf(fieldsOf(fieldsOf(claim).metadata).name);
    return { name: volume, persistentVolumeClaim: { claimName: `${volume}-${name}-0` } };
  });
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...fieldsOf(template.value.metadata), generateName: `${name}-`, ...(namespace ? { namespace } : {}) },
      spec: { ...template.spec, volumes: [...itemsOf(template.spec.volumes), ...claims] },
    },
  ];
}

describe('the API server', { skip }, () => {
  let cluster: Cluster;
  let parts: Part[];
  before(async () => {
    cluster = await Cluster.open();
    parts = await partsOfAll();
    await cluster.define(definitions);
  });
  after(() => cluster?.close());

  for (const { name: own } of clusters) {
    describe(`of ${own}`, () => {
      const here = environments.filter((one) => one.cluster === own).map(({ name }) => name);
      let objects: Rendered[];
      before(async () => {
        objects = parts.filter(({ environment }) => here.includes(environment)).flatMap(objectsOf);
        // Whoever sets up a cluster makes these, with the AppProjects.
        for (const environment of here)
          await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: `argocd-${environment}` } });
        // The platform stands before anything is synced into its namespaces.
        for (const { at, manifest, text } of objects.filter(({ manifest }) => platform.has(manifest.kind))) {
          const { message, warnings } = await cluster.apply(manifest, text);
          assert.deepEqual([message, ...warnings], [''], at);
        }
        await cluster.settled();
      });

      test('takes everything that is rendered for it, as Argo CD applies it', async (t) => {
        const said: string[] = [];
        let taken = 0;
        for (const { at, manifest, text } of objects) {
          const { status, message, warnings } = await cluster.apply(manifest, text, { dry: true });
          if (status < 300 && warnings.length === 0) taken++;
          else said.push(`${at}: ${status} ${[message, ...warnings].join(' ')}`);
        }
        assert.deepEqual(said, []);
        const ours = objects.filter(({ manifest }) => trimmed.has(manifest.kind)).length;
        t.diagnostic(`${taken} objects of ${here.join(', ')}, ${ours} of them held against our catalogues' CRDs`);
      });

      test('would refuse them if a field were unknown, or if they broke a policy', async (t) => {
        const asked: string[] = [];
        for (const environment of here) {
          const deployment = objects.find(
            ({ at, manifest }) => at.startsWith(`${environment}/`) && manifest.kind === 'Deployment',
          );
          if (!deployment) continue;
          const { manifest, text } = deployment;
          const misspelt = text.replace('\nspec:\n', '\nspec:\n  replica: 2\n');
          const unknown = await cluster.apply(manifest, misspelt, { dry: true });
          assert.match(unknown.message, /\.spec\.replica: field not declared in schema/);
          const hosted = text.replace('\n    spec:\n', '\n    spec:\n      hostPID: true\n');
          const wrong = await cluster.apply(manifest, hosted, { dry: true });
          assert.equal(wrong.status, 422);
          assert.match(wrong.message, /'slipway-host-pid'/);
          asked.push(environment);
        }
        t.diagnostic(`asked in ${asked.join(', ')}; no Deployment in the others`);
      });

      describe('once all of it is there', () => {
        // Argo CD would act on an Application, and nobody would end its deletion where there is none.
        const ofParts = () => objects.filter(({ at }) => !at.endsWith(`/${applicationFile}`));
        before(async () => {
          for (const { at, manifest, text } of ofParts()) {
            const { message, warnings } = await cluster.apply(manifest, text);
            assert.deepEqual([message, ...warnings], [''], at);
          }
        });

        test('has nothing to change when it is applied again', async (t) => {
          const restless: string[] = [];
          for (const one of ofParts()) if (!(await rests(cluster, one))) restless.push(one.at);
          assert.deepEqual(restless, []);
          t.diagnostic(`${ofParts().length} objects`);
        });

        test('shows every field as it was written', async () => {
          for (const { at, manifest } of ofParts())
            assert.partialDeepStrictEqual((await cluster.read(manifest)).body, manifest, at);
        });

        test('takes the pods that controllers make of it', async (t) => {
          const pods = ofParts().flatMap(({ at, manifest }) => podsOf(manifest).map((pod) => ({ at, pod })));
          assert.ok(pods.length > 0);
          for (const { at, pod } of pods) {
            const { message, warnings } = await cluster.create(pod, { dry: true, as: podMaker });
            assert.deepEqual([message, ...warnings], [''], at);
          }
          t.diagnostic(`${pods.length} pods`);
        });
      });
    });
  }
});
