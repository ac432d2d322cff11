import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { argoCd, Cluster, skip } from '../../cluster.fixture.ts';
import { type Kubernetes, openKubernetes } from '../../live/kubernetes.ts';
import type { Manifest } from '../../model/manifest.ts';
import { admission } from '../../policies/admission.ts';
import { excusedAnnotation } from '../../policies/excuse.ts';
import { definitions } from '../../schemas/crd.fixture.ts';
import { apply } from '../apply.ts';
import { objectsOf } from '../apply-clone.fixture.ts';
import { annotationsIn, contract, type Place, standing } from '../apply-contract.fixture.ts';
import { commandsOf, readPages } from '../apply-runbooks.fixture.ts';

const own = `apply-${randomBytes(3).toString('hex')}`;
const account = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRoleBinding',
  metadata: { name: own },
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
  subjects: [{ kind: 'ServiceAccount', name: 'argocd-application-controller', namespace: 'argocd' }],
};
describe('the API server', { skip }, () => {
  let cluster: Cluster;
  let kubernetes: Kubernetes;
  let place: Place;
  let dir: string;
  const made: Manifest[] = [];

  before(async () => {
    cluster = await Cluster.open();
    await cluster.define(definitions);
    await cluster.replace(account);
    dir = await mkdtemp(join(tmpdir(), 'slipway-kube-'));
    const file = join(dir, 'config');
    const { out } = await cluster.kubectl(['config', 'view', '--raw', '--flatten']);
    await writeFile(file, out);
    kubernetes = await openKubernetes({ kubeconfigs: [file], env: process.env, now: Date.now });
    let count = 0;
    const environment = async () => {
      const name = `${own}-${++count}`;
      for (const namespace of [name, `argocd-${name}`]) {
        const manifest = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { test: own } } };
        made.push(manifest);
        assert.equal((await cluster.create(manifest)).message, '');
      }
      return name;
    };
    place = { kubernetes, environment };
  });
  after(async () => {
    kubernetes?.close();
    for (const manifest of [account, ...made]) await cluster?.remove(manifest);
    await cluster?.close();
    if (dir) await rm(dir, { recursive: true, force: true });
  });

  contract(() => place);

  test('the root Application heals itself, and the pause stays', async (t) => {
    const { clone, emergency, request, read, sync } = await standing(t, place);
    const { taken } = await clone.publish(objectsOf(clone.environment, '1'));
    await sync([clone.application]);
    await apply(emergency, request(taken));
    // As with ServerSideApply=true: what another manager wrote is no field of its own.
    await sync([clone.application]);
    assert.equal(annotationsIn(await read('Application'))['argocd.argoproj.io/skip-reconcile'], 'true');
  });

  test('an excused object is let in by way of Argo CD, and kept out from whoever applies as himself', async (t) => {
    const { clone, emergency, request } = await standing(t, place);
    const { environment } = clone;
    const facts = { profile: 'eks', registries: [], environments: [{ name: environment, production: true }] } as const;
    // Under names of its own: other tests have theirs on the same server.
    const policies = admission(facts)
      .filter(({ metadata: { name } }) => name === 'slipway-host-path')
      .map((one) => {
        const spec = one.spec as Record<string, unknown>;
        const renamed = one.kind === 'ValidatingAdmissionPolicyBinding' ? { ...spec, policyName: own } : spec;
        return { ...one, metadata: { name: own }, spec: renamed };
      });
    assert.equal(policies.length, 2);
    made.push(...policies);
    for (const policy of policies) await cluster.replace(policy);
    const label = { metadata: { labels: { 'slipway.dev/environment': environment } } };
    await kubernetes.ask(`/api/v1/namespaces/${environment}`, {
      ...{ method: 'PATCH', type: 'application/merge-patch+json', body: label },
    });
    await cluster.settled();
    const [deployment, ...others] = objectsOf(environment, '1') as [Manifest, ...Manifest[]];
    const text = JSON.stringify(deployment)
      .replace('"containers":', '"volumes":[{"name":"h","hostPath":{"path":"/h"}}],"containers":')
      .replace('"metadata":{', `"metadata":{"annotations":{"${excusedAnnotation}":"host-path"},`);
    const { taken } = await clone.publish([JSON.parse(text) as Manifest, ...others]);
    const kept = await apply(emergency, request(taken, { asMyself: true }));
    assert.match(JSON.stringify(kept.objects), /Deployment\/shop","outcome":"refused".*host-path/);
    assert.equal(kept.begun, false);
    const { objects } = await apply(emergency, request(taken));
    assert.ok(objects.every(({ outcome }) => outcome === 'created'));
  });

  test('a StatefulSet waits for a broken pod until that is deleted, as its page says', async (t) => {
    const { clone, sync } = await standing(t, place);
    const { environment } = clone;
    const of = (image: string, broken: boolean) => storeOf(environment, image, broken);
    await sync([]);
    const set = async () => (await cluster.read(of('1', false))).body as { status?: Record<string, unknown> };
    await cluster.create(of('1', false));
    const observed = await within(15_000, async () => (await set()).status?.observedGeneration !== undefined);
    if (!observed || !(await within(90_000, async () => (await set()).status?.readyReplicas === 1)))
      return t.skip('no controllers, or nothing that plays pods, on this server');
    const image = async () => {
      const { body } = await kubernetes.ask(`/api/v1/namespaces/${environment}/pods/redis-0`);
      return (body.spec as { containers?: { image: string }[] } | undefined)?.containers?.[0]?.image;
    };
    const replace = async (manifest: Manifest) => {
      const query = { fieldManager: 'argocd-controller', force: 'true' };
      const path = `/apis/apps/v1/namespaces/${environment}/statefulsets/redis`;
      const type = 'application/apply-patch+yaml';
      assert.ok(
        (await kubernetes.ask(path, { method: 'PATCH', type, body: manifest, query, as: argoCd })).status < 300,
      );
    };
    await replace(of('2', true));
    assert.ok(await within(90_000, async () => (await image()) === 'registry.example.com/redis:2'));
    // Mended in the branch, and synced: the broken pod stays what it is.
    await replace(of('3', false));
    await sleep(5000);
    assert.equal(await image(), 'registry.example.com/redis:2');
    for (const line of await kubectlLines(t, 'stateful-set-waits', environment)) {
      const { code, says } = await cluster.kubectl(line);
      assert.equal(code, 0, `kubectl ${line.join(' ')}: ${says}`);
    }
    assert.ok(await within(90_000, async () => (await set()).status?.readyReplicas === 1));
    assert.equal(await image(), 'registry.example.com/redis:3');
  });

  test('a sync that is stuck is ended by what its page says', async (t) => {
    const { clone, sync, read } = await standing(t, place);
    const { environment, application } = clone;
    const operation = { sync: { revision: 'a'.repeat(40) }, initiatedBy: { automated: true } };
    const operationState = { operation, phase: 'Running', startedAt: '2026-11-22T03:00:00Z', message: 'waiting' };
    const body = { operation, status: { operationState } };
    await sync([application]);
    const path = `/apis/argoproj.io/v1alpha1/namespaces/argocd-${environment}/applications/shop`;
    const type = 'application/merge-patch+json';
    assert.equal((await kubernetes.ask(path, { method: 'PATCH', type, body })).status, 200);
    const lines = await kubectlLines(t, 'stuck-sync', environment);
    assert.ok(lines.some((line) => line.includes('patch')));
    // After each: what waits, is told to end, is taken away, and is asked for once more.
    const operations: unknown[] = [];
    for (const line of lines) {
      const { code, says } = await cluster.kubectl(line);
      assert.equal(code, 0, `kubectl ${line.join(' ')}: ${says}`);
      const after = await read('Application');
      if (!isDeepStrictEqual(operations.at(-1), after?.operation)) operations.push(after?.operation);
    }
    const again = { sync: { prune: true, syncOptions: ['ServerSideApply=true', 'PruneLast=true'] } };
    assert.deepEqual(operations, [operation, undefined, again]);
    const after = await read('Application');
    assert.deepEqual(after?.status, { operationState: { ...operationState, phase: 'Terminating' } });
  });

  /** The commands of a page that need nothing but an API server, said of an environment of the test. */
  async function kubectlLines(t: TestContext, name: string, environment: string): Promise<string[][]> {
    const pages = await readPages();
    const lines = pages.filter((page) => page.name === `${name}.md`).flatMap(commandsOf);
    const asked = lines.filter(({ words }) => words[0] === 'kubectl');
    // What is played writes no logs, and a test waits by itself.
    const runnable = asked.filter(({ words }) => !words.includes('logs') && !words.includes('rollout'));
    assert.ok(runnable.length > 0, name);
    t.diagnostic(`${runnable.length} of ${asked.length} commands`);
    const said = (word: string) => word.replaceAll('production', environment).replaceAll('counter', 'shop');
    return runnable.map(({ words }) => words.slice(1).map(said));
  }
});

async function within(milliseconds: number, holds: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + milliseconds;
  while (Date.now() < end) {
    if (await holds()) return true;
    await sleep(250);
  }
  return false;
}

/** One pod with a volume's worth of trouble: broken means that it fits on no node. */
const storeOf = (namespace: string, version: string, broken: boolean): Manifest => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'redis', namespace },
  spec: {
    serviceName: 'redis',
    selector: { matchLabels: { 'app.kubernetes.io/name': 'redis' } },
    template: {
      metadata: { labels: { 'app.kubernetes.io/name': 'redis' } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'redis',
            image: `registry.example.com/redis:${version}`,
            resources: { requests: { memory: broken ? '900Ti' : '16Mi' } },
          },
        ],
      },
    },
  },
});
