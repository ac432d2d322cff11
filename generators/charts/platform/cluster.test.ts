import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { clusters, environments, repository } from '../../../clusters/environments.ts';
import { argoCd, Cluster, type Identity, podMaker, skip } from '../../cluster.fixture.ts';
import { until } from '../../control-plane.fixture.ts';
import type { Environment } from '../../model/environment.ts';
import { isApplication, objectsOf, type Pod, partsOfAll, podOf, type Rendered, wavesOf } from '../../parts.fixture.ts';
import { excusedAnnotation } from '../../policies/excuse.ts';
import { definitions } from '../../schemas/crd.fixture.ts';
import { hostileApplications } from './argocd/hostile.fixture.ts';

const all = await partsOfAll();

describe('the platform on an API server', { skip }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.open();
    await cluster.define(definitions);
  });
  after(() => cluster?.close());

  for (const { name: own } of clusters) {
    describe(`of ${own}`, () => {
      const here = environments.filter((one) => one.cluster === own);
      const parts = all.filter(({ environment }) => here.some(({ name }) => name === environment));
      const platform = here.filter(({ scope }) => scope === 'cluster').map(({ name }) => name);
      const waves = wavesOf(parts.filter(({ environment }) => platform.includes(environment)));
      const objects = waves.flatMap(({ objects }) => objects);
      const manifests = objects.map(({ manifest }) => manifest);
      before(async () => {
        // What the other cluster had under these names may never change.
        for (const manifest of manifests) if (manifest.kind === 'StorageClass') await cluster.remove(manifest);
        for (const { objects } of waves) await cluster.sync(objects);
      });

      for (const { name: namespace, resources } of here.filter(({ quota }) => quota) as Counted[]) {
        describe(`in ${namespace}`, () => {
          const of = (kind: string) =>
            manifests.find((one) => one.kind === kind && one.metadata.namespace === namespace) as Rendered['manifest'];
          const quota = of('ResourceQuota');
          const { hard } = quota.spec as { hard: Readonly<Record<string, string>> };
          const { limits } = of('LimitRange').spec as { limits: readonly Limit[] };
          const most = (type: string, name: string) => limits.find((one) => one.type === type)?.max?.[name] ?? '';
          const pod = parts
            .filter(({ environment }) => environment === namespace)
            .flatMap(objectsOf)
            .map(({ manifest }) => podOf(manifest))
            .find((one) => one !== undefined) as Pod;
          const account = { ...{ apiVersion: 'v1', kind: 'ServiceAccount' }, metadata: { name: own, namespace } };
          /** The same with other resources, and without what its app would bring along. */
          const asking = (resources: object) => {
            const containers = (pod.spec.containers as readonly object[]).map((one) => ({ ...one, resources }));
            return cluster.create(
              { ...pod, spec: { ...pod.spec, containers, serviceAccountName: own } },
              { dry: true, as: podMaker },
            );
          };
          const small = { requests: { cpu: '50m', memory: '64Mi' }, limits: { memory: '64Mi' } };
          before(async () => {
            await cluster.replace(account);
            await cluster.counted(quota);
          });

          test('a pod within its bounds is let in', async () => {
            const { status, message, warnings } = await asking(small);
            assert.deepEqual([status, message, ...warnings], [201, '']);
          });

          test('a pod that says nothing is given what the environment gives', async () => {
            const { status, message, body } = await asking({});
            assert.equal(status, 201, message);
            const { containers } = body.spec as { containers: readonly { resources: object }[] };
            const { cpu, memory } = resources;
            for (const { resources } of containers)
              assert.deepEqual(resources, { requests: { cpu, memory }, limits: { memory } });
          });

          test('a container beyond the greatest is refused', async () => {
            const { status, message } = await asking({ ...small, limits: { memory: '1Ti' } });
            assert.equal(status, 403);
            const greatest = most('Container', 'memory');
            assert.ok(message.includes(`maximum memory usage per Container is ${greatest}, but limit is 1Ti`), message);
          });

          test('a pod beyond the quota is refused', async () => {
            const { status, message } = await asking({ ...small, requests: { cpu: '1k', memory: '64Mi' } });
            assert.equal(status, 403);
            assert.match(message, new RegExp(`exceeded quota: ${namespace}, requested: requests\\.cpu=`));
            assert.ok(message.includes(`limited: requests.cpu=${hard['requests.cpu']}`), message);
          });

          test('a volume beyond the greatest is refused, and one within it is let in', async () => {
            const claim = (storage: string) => ({
              ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: own, namespace } },
              spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage } }, storageClassName: 'gp3' },
            });
            assert.equal((await cluster.create(claim('1Gi'), { dry: true })).message, '');
            const { status, message } = await cluster.create(claim('9Ti'), { dry: true });
            assert.equal(status, 403);
            const greatest = most('PersistentVolumeClaim', 'storage');
            assert.ok(
              message.includes(`maximum storage usage per PersistentVolumeClaim is ${greatest}, but request is 9Ti`),
              message,
            );
          });

          for (const [type, counted] of [
            ['LoadBalancer', 'services.loadbalancers'],
            ['NodePort', 'services.nodeports'],
          ] as const)
            test(`a Service of type ${type} is refused by a policy, and by the quota where it is excused`, async () => {
              const service = (type: string, annotations = {}) => ({
                ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: own, namespace, annotations } },
                spec: { type, selector: { a: 'b' }, ports: [{ name: 'main', port: 80 }] },
              });
              const asked = (one: Identity) => cluster.create(one, { dry: true, as: argoCd });
              assert.equal((await asked(service('ClusterIP'))).message, '');
              const { status, message } = await asked(service(type));
              assert.equal(status, 422, message);
              assert.match(message, /'slipway-service-type'/);
              const excused = await asked(service(type, { [excusedAnnotation]: 'service-type' }));
              assert.equal(excused.status, 403, excused.message);
              assert.match(
                excused.message,
                new RegExp(`exceeded quota: ${namespace}, .*limited: .*${counted.replace('.', '\\.')}=0`),
              );
            });
        });
      }

      const applications = parts
        .filter(({ environment }) => !platform.includes(environment))
        .flatMap((part) => objectsOf(part).filter(isApplication));

      test('an Application that reaches beyond its environment is refused, whatever Argo CD would say', async (t) => {
        let refused = 0;
        for (const { at, manifest } of applications)
          for (const { name, application, admission } of hostileApplications(manifest, repository)) {
            if (admission === undefined) continue;
            const { status, message } = await cluster.create(application as Identity, { dry: true, as: argoCd });
            assert.equal(status, 422, `${at}: ${name}: ${message}`);
            assert.match(message, /slipway-applications/, `${at}: ${name}`);
            assert.ok(message.includes(admission), `${at}: ${name}: ${message}`);
            refused++;
          }
        t.diagnostic(`${refused} of ${applications.length} Applications`);
      });

      test('what Argo CD writes into an Application when it syncs is let in, and no other operation', async (t) => {
        let written = 0;
        for (const { at, manifest } of applications) {
          const { source, syncPolicy, ...spec } = manifest.spec as Syncing;
          // Nobody acts on it, and nobody has to end its deletion.
          const name = `test-${randomBytes(4).toString('hex')}`;
          const asleep = {
            ...{ apiVersion: manifest.apiVersion, kind: manifest.kind },
            ...{ metadata: { name, namespace: manifest.metadata.namespace ?? '' }, spec: { ...spec, source } },
          };
          const made = await cluster.create(asleep, { as: argoCd });
          assert.equal(made.status, 201, `${at}: ${made.message}`);
          try {
            const path = `/apis/argoproj.io/v1alpha1/namespaces/${manifest.metadata.namespace}/applications/${name}`;
            const put = (operation: object) =>
              cluster.ask(path, { method: 'PUT', body: { ...made.body, operation }, dry: true, as: argoCd });
            for (const operation of operationsOf(source, syncPolicy)) {
              const { status, message } = await put(operation);
              assert.equal(status, 200, `${at}: ${JSON.stringify(operation)}: ${message}`);
              written++;
            }
            const { status, message } = await put({ sync: { source: { ...source, targetRevision: 'main' } } });
            assert.equal(status, 422, at);
            assert.match(message, /slipway-applications.*A sync takes what the branch says/);
          } finally {
            await cluster.remove(asleep);
          }
        }
        t.diagnostic(`${written} operations on ${applications.length} Applications`);
      });

      test('the API server finds nothing to say of the types in our policies', async (t) => {
        if (!(await cluster.isControlled())) return t.skip('a controller checks types, and there is none');
        const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
        for (const policy of policies) {
          const { name } = policy.metadata;
          const state = async () => (await cluster.read(policy)).body as unknown as Checked;
          const checked = async () => {
            const { metadata, status } = await state();
            return status?.observedGeneration === metadata.generation;
          };
          await until(checked, `nobody checks the types of ${name}`);
          assert.deepEqual((await state()).status?.typeChecking?.expressionWarnings ?? [], [], name);
        }
        assert.ok(policies.length > 20);
        t.diagnostic(`${policies.length} policies`);
      });
    });
  }
});

type Counted = Environment & { readonly quota: object };

interface Limit {
  readonly type: string;
  readonly max?: Readonly<Record<string, string>>;
}

interface Syncing {
  readonly source: { readonly directory?: object; readonly [field: string]: unknown };
  readonly syncPolicy: { readonly syncOptions: readonly string[]; readonly retry?: object };
  readonly [field: string]: unknown;
}

interface Checked {
  readonly metadata: { readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly object[] };
  };
}

/**
 * What Argo CD 3.6.1 writes when it syncs by itself, the same from a version whose Go writes empty structs out, and what
 * a person's button writes.
 * https://github.com/argoproj/argo-cd/blob/v3.6.1/controller/appcontroller.go
 */
function operationsOf(source: Syncing['source'], { syncOptions, retry }: Syncing['syncPolicy']): object[] {
  const revision = 'a'.repeat(40);
  const automated = { initiatedBy: { automated: true }, retry };
  return [
    { sync: { source, revision, prune: true, syncOptions }, ...automated },
    {
      sync: { source: { ...source, directory: { ...source.directory, jsonnet: {} } }, revision, prune: true },
      ...automated,
    },
    { sync: { prune: true, syncOptions, revision }, initiatedBy: { username: 'anna' } },
  ];
}
