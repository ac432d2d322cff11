import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { argoCd, Cluster, podMaker, skip } from '../cluster.fixture.ts';
import type { Manifest } from '../model/manifest.ts';
import { type AdmissionFacts, admission, isAdmissible } from './admission.ts';
import { excuse, excusedAnnotation, marked } from './excuse.ts';
import { changed, good, production } from './good.fixture.ts';
import { judge } from './judge.ts';
import { broken, mutants } from './mutant.fixture.ts';
import { policies } from './policies.ts';
import { container, type Example, volume } from './policy.ts';
import { controls, podIn } from './restricted.fixture.ts';
import { groupKind } from './workload.ts';

const facts: AdmissionFacts = {
  profile: 'eks',
  registries: production.registries,
  environments: [{ name: 'production', production: true }],
};
const admissible = policies.filter(isAdmissible);

/** What a bare API server knows. */
const known = new Set(
  [
    'Service',
    'ConfigMap',
    'PersistentVolumeClaim',
    'apps/Deployment',
    'apps/StatefulSet',
    'apps/DaemonSet',
    'batch/CronJob',
    'policy/PodDisruptionBudget',
  ].concat(
    'networking.k8s.io/NetworkPolicy',
    'networking.k8s.io/Ingress',
    'rbac.authorization.k8s.io/Role',
    'rbac.authorization.k8s.io/RoleBinding',
  ),
);

/** What the render says, of those policies that the server is asked too, by object. */
function judged(manifests: readonly unknown[]): Map<string, string[]> {
  const found = judge(manifests, production, admissible);
  return new Map(
    [...Map.groupBy(found, ({ object }) => object)].map(([id, list]) => [
      id,
      [...new Set(list.map(({ policy }) => policy))].sort(),
    ]),
  );
}

describe('the API server', { skip }, () => {
  let cluster: Cluster;
  before(async () => {
    cluster = await Cluster.open();
    const namespace = async (name: string, labels: object) => {
      await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      // What is rendered enforces the profile there; here our policies are asked, and not Pod Security before them.
      const free = { 'pod-security.kubernetes.io/enforce': null, 'pod-security.kubernetes.io/enforce-version': null };
      const { message } = await cluster.ask(`/api/v1/namespaces/${name}`, {
        method: 'PATCH',
        type: 'application/merge-patch+json',
        body: { metadata: { labels: { ...free, ...labels } } },
      });
      assert.equal(message, '');
    };
    await namespace('production', {
      'slipway.dev/environment': 'production',
      'pod-security.kubernetes.io/warn': 'restricted',
    });
    await namespace('elsewhere', {});
    for (const where of ['production', 'elsewhere'])
      for (const name of ['default', 'web', 'worker', 'store', 'backup', 'agent'])
        await cluster.create({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: where } });
    await install('Warn');
  });
  after(() => cluster?.close());

  /** With `Warn` a server says everything that is wrong, with `Deny` only the first. */
  async function install(action: 'Warn' | 'Deny') {
    for (const manifest of admission(facts)) {
      if (manifest.kind === 'ValidatingAdmissionPolicyBinding')
        await cluster.replace({ ...manifest, spec: { ...(manifest.spec as object), validationActions: [action] } });
      else if (action === 'Warn') await cluster.replace(manifest);
    }
    await cluster.settled();
  }

  /** Compares an object's answer with the render's; counts those that the server's own rules refuse before. */
  async function compare(
    manifests: readonly Manifest[],
    only?: ReadonlySet<string>,
  ): Promise<{ same: number; illegal: number }> {
    const wanted = judged(manifests);
    let [same, illegal] = [0, 0];
    for (const manifest of manifests) {
      const id = `${manifest.kind}/${manifest.metadata.name}`;
      if (
        !known.has(groupKind(manifest.apiVersion, manifest.kind)) ||
        (only && !only.has(id)) ||
        manifest.metadata.namespace !== 'production'
      )
        continue;
      const { status, warned, message } = await cluster.create(manifest, { dry: true });
      if (status >= 400) {
        illegal++;
        continue;
      }
      assert.deepEqual(warned, wanted.get(id) ?? [], `${id} ${message}\n${JSON.stringify(manifest)}`);
      same++;
    }
    return { same, illegal };
  }

  const objectsOf = (example: Example) => {
    const ids = example
      .map((change) => ('at' in change ? (change.at.includes('/') ? change.at : undefined) : undefined))
      .filter((id) => id !== undefined);
    return new Set<string>([...ids, 'Deployment/web', 'StatefulSet/store', 'CronJob/backup', 'Role/reader']);
  };

  test('lets good objects through', async () => {
    const { same, illegal } = await compare(good);
    assert.equal(illegal, 0);
    assert.ok(same > 20);
  });

  test('says the same as the render of every example', async () => {
    let [same, illegal] = [0, 0];
    for (const { passes, fails } of admissible) {
      for (const example of [...passes, ...fails]) {
        if (example.some((change) => 'at' in change && /^(Namespace|CustomResource)/.test(change.at))) continue;
        const counts = await compare(changed(good, example), objectsOf(example));
        same += counts.same;
        illegal += counts.illegal;
      }
    }
    assert.ok(same > 400 && illegal < same / 10, `${same} compared, ${illegal} refused before`);
  });

  test('says the same as the render of 60 mutants', async () => {
    let same = 0;
    for (const list of fc.sample(mutants, { seed: 2026, numRuns: 60 })) {
      const touched = new Set(list.flatMap(({ example, place }) => (place ? [place.object] : [...objectsOf(example)])));
      same += (await compare(broken(list), touched)).same;
    }
    assert.ok(same > 60);
  });

  test('and its own Pod Security draws the line of the restricted profile where ours is', async () => {
    let [same, illegal] = [0, 0];
    for (const { control, cases } of controls) {
      for (const [is, spec, metadata] of cases) {
        // The same code looks at the template of every kind.
        for (const kind of ['v1/Pod', 'batch/v1/CronJob'] as const) {
          const manifest = podIn(kind, spec, metadata);
          const { status, podSecurity, message } = await cluster.create(manifest, { dry: true });
          if (status >= 400) {
            illegal++;
            continue;
          }
          assert.equal(podSecurity, is === 'refused', `${control}: ${JSON.stringify(manifest)} ${message}`);
          same++;
        }
      }
    }
    assert.ok(same > 300, `${same} compared, ${illegal} refused before`);
  });

  describe('asked to deny', () => {
    before(() => install('Deny'));
    const deployment = (example: Example) =>
      changed(good, example).find(({ kind }) => kind === 'Deployment') as Manifest;
    const hostPath = volume({ emptyDir: undefined, hostPath: { path: '/var/log' } });
    const unexcused = deployment(hostPath);
    const violations = judge([unexcused], production).filter(({ policy }) => policy === 'host-path');
    const leave = { policy: 'host-path', reason: 'it reads its node', owner: 'team-platform', until: '2027-03-31' };
    const [excused] = marked([unexcused], excuse(violations, [leave])) as [Manifest];

    test('refuses what is wrong with the sentence of the policy, in environments only', async () => {
      const bad = deployment(container({ 'securityContext.allowPrivilegeEscalation': true }));
      const { status, message } = await cluster.create(bad, { dry: true });
      assert.equal(status, 422);
      assert.match(
        message,
        /'slipway-privilege-escalation'.* denied request: A container must not be able to gain privileges/,
      );
      const elsewhere = { ...bad, metadata: { ...bad.metadata, namespace: 'elsewhere' } };
      assert.equal((await cluster.create(elsewhere, { dry: true })).status, 201);
    });

    test('lets through what is excused where Argo CD or a controller writes it, and nobody else', async () => {
      const { template } = excused.spec as { template: { metadata: object; spec: object } };
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        ...template,
        metadata: { ...template.metadata, namespace: 'production', generateName: 'web-5d4f-' },
      };
      const status = async (manifest: object, as?: string) =>
        (await cluster.create(manifest as Manifest, { dry: true, ...(as ? { as } : {}) })).status;
      assert.equal(await status(excused, argoCd), 201);
      assert.equal(await status(pod, podMaker), 201);
      assert.equal(await status(excused), 422);
      assert.equal(await status(pod), 422);
      assert.equal(await status(excused, 'system:serviceaccount:production:web-controller'), 422);
      assert.equal(await status(unexcused, argoCd), 422);
      // For its own policy alone.
      const worse = marked(
        [deployment([...hostPath, ...container({ 'securityContext.privileged': true })])],
        excuse(violations, [leave]),
      );
      assert.equal(await status(worse[0] as Manifest, argoCd), 422);
    });

    test('lets whoever may write change on something excused what no policy looks at, and nothing else', async (t) => {
      t.after(() => cluster.remove(excused));
      assert.equal((await cluster.create(excused, { as: argoCd })).status, 201);
      const patched = async (body: object, as?: string) => {
        const { status } = await cluster.ask('/apis/apps/v1/namespaces/production/deployments/web', {
          method: 'PATCH',
          type: 'application/merge-patch+json',
          body,
          dry: true,
          ...(as ? { as } : {}),
        });
        return status;
      };
      // Without it `kubectl delete --cascade=orphan` would never end.
      const orphaned = { metadata: { ownerReferences: [] } };
      assert.equal(await patched(orphaned, 'system:serviceaccount:kube-system:generic-garbage-collector'), 200);
      assert.equal(await patched({ metadata: { annotations: { 'example.com/looked-at': 'yes' } } }), 200);
      assert.equal(await patched({ spec: { revisionHistoryLimit: 7 } }), 422);
      assert.equal(await patched({ spec: { revisionHistoryLimit: 7 } }, argoCd), 200);
      // Neither may anybody take the excuse away and leave what it excused.
      assert.equal(await patched({ metadata: { annotations: { [excusedAnnotation]: null } } }), 422);
    });

    test('sees ephemeral containers that are added to a running pod', async () => {
      const good = podIn('v1/Pod', {});
      const spec = {
        ...(good.spec as object),
        serviceAccountName: 'web',
        automountServiceAccountToken: false,
      };
      const image = `registry.example.com/a:1@sha256:${'0'.repeat(64)}`;
      const one = {
        name: 'a',
        image,
        resources: { requests: { cpu: '1m', memory: '1Mi' }, limits: { memory: '1Mi' } },
        securityContext: {
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        },
      };
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'debugged', namespace: 'production' },
        spec: { ...spec, containers: [one] },
      };
      const path = '/api/v1/namespaces/production/pods/debugged';
      await cluster.ask(`${path}`, { method: 'DELETE', body: { gracePeriodSeconds: 0 } });
      const made = await cluster.create(pod);
      assert.equal(made.status, 201, made.message);
      const { resources, ...bare } = one;
      const debug = (more: object) => ({
        ...pod,
        spec: { ...pod.spec, ephemeralContainers: [{ ...bare, name: 'debug', ...more }] },
      });
      const put = (body: object) => cluster.ask(`${path}/ephemeralcontainers`, { method: 'PUT', body, dry: true });
      assert.equal((await put(debug({}))).status, 200);
      const { status, message } = await put(
        debug({ securityContext: { ...bare.securityContext, allowPrivilegeEscalation: true } }),
      );
      assert.equal(status, 422);
      assert.match(message, /'slipway-privilege-escalation'/);
    });
  });
});
