import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { clusters, environments, repository } from '../clusters/environments.ts';
import { hostileApplications } from './charts/platform/argocd/hostile.fixture.ts';
import { type Answer, argoCd, Cluster, type Identity, podMaker, skip } from './cluster.fixture.ts';
import { applicationFile } from './model/names.ts';
import type { Part } from './model/part.ts';
import { objectsOf, partsOfAll, type Rendered } from './parts.fixture.ts';
import { fieldsOf, itemsOf, textOf } from './policies/json.ts';
import { groupKind, templateOf } from './policies/workload.ts';
import { definitions } from './schemas/crd.fixture.ts';

/** What the rest is synced into, and judged by. */
const platform = new Set(['Namespace', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding']);
/** What is known by the trimmed schemas of this repository only, where nobody installed the CRD itself. */
const trimmed = new Set(definitions.map(({ spec }) => spec.names.kind));

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
        // What the other cluster had under these names may never change.
        for (const { manifest } of objects) if (manifest.kind === 'StorageClass') await cluster.remove(manifest);
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
          // The policies are about the environments' namespaces; elsewhere Pod Security is what there is.
          if (environments.find(({ name }) => name === environment)?.scope === 'cluster') continue;
          const hosted = text.replace('\n    spec:\n', '\n    spec:\n      hostPID: true\n');
          const wrong = await cluster.apply(manifest, hosted, { dry: true });
          assert.equal(wrong.status, 422);
          assert.match(wrong.message, /'slipway-host-pid'/);
          asked.push(environment);
        }
        t.diagnostic(`asked in ${asked.join(', ')}`);
      });

      test('refuses an Application that reaches beyond its environment, whatever Argo CD would say', async (t) => {
        const asked: string[] = [];
        for (const { at, manifest } of objects.filter(({ at }) => at.endsWith(`/${applicationFile}`))) {
          const [environment = ''] = at.split('/');
          // The platform's own are left to Argo CD.
          if (environment.startsWith('platform-')) continue;
          for (const { name, application, admission } of hostileApplications(manifest, repository)) {
            if (admission === undefined) continue;
            const { status, message } = await cluster.create(application as Identity, { dry: true, as: argoCd });
            assert.equal(status, 422, `${at}: ${name}: ${message}`);
            assert.match(message, /slipway-applications/, `${at}: ${name}`);
            assert.ok(message.includes(admission), `${at}: ${name}: ${message}`);
          }
          asked.push(at);
        }
        t.diagnostic(`${asked.length} Applications`);
      });

      describe('once all of it is there', () => {
        // Argo CD would act on an Application, and nobody would end its deletion where there is none.
        const ofParts = () => objects.filter(({ at }) => !at.endsWith(`/${applicationFile}`));
        before(async () => {
          for (const { at, manifest, text } of ofParts()) {
            const { message, warnings } = await cluster.apply(manifest, text);
            assert.deepEqual([message, ...warnings], [''], at);
          }
          // A quota counts once its controller has seen it, and here there is none.
          for (const { at, manifest } of ofParts().filter(({ manifest }) => manifest.kind === 'ResourceQuota')) {
            const { name, namespace } = manifest.metadata;
            const hard = fieldsOf(fieldsOf(manifest.spec).hard);
            const { status, message } = await cluster.ask(
              `/api/v1/namespaces/${namespace}/resourcequotas/${name}/status`,
              {
                method: 'PATCH',
                type: 'application/merge-patch+json',
                body: { status: { hard, used: Object.fromEntries(Object.keys(hard).map((name) => [name, '0'])) } },
              },
            );
            assert.equal(status, 200, `${at}: ${message}`);
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

        test('refuses a pod that takes more than there is, and gives one that says nothing what it needs', async () => {
          const [quota] = ofParts().filter(({ manifest }) => manifest.kind === 'ResourceQuota');
          const namespace = quota?.manifest.metadata.namespace ?? '';
          const [pod] = ofParts()
            .filter(({ at }) => at.startsWith(`${namespace}/`))
            .flatMap(({ manifest }) => podsOf(manifest));
          assert.ok(pod);
          const with_ = (resources: object) => {
            const changed = structuredClone(pod) as { spec: { containers: { resources: object }[] } } & Identity;
            for (const container of changed.spec.containers) container.resources = resources;
            return cluster.create(changed, { dry: true, as: podMaker });
          };
          const large = (name: string) => ({ requests: { cpu: '1', memory: name }, limits: { memory: name } });
          assert.match(
            (await with_(large('1Ti'))).message,
            /maximum memory usage per Container is \d+Gi, but limit is 1Ti/,
          );
          const cores = { requests: { cpu: '1k', memory: '64Mi' }, limits: { memory: '64Mi' } };
          assert.match((await with_(cores)).message, /exceeded quota: .*requests\.cpu/);
          // The policies want every container to say it; a quota alone would refuse it for another reason.
          assert.doesNotMatch((await with_({})).message, /must specify/);
        });
      });
    });
  }
});
