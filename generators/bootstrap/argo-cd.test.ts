import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadAll } from 'js-yaml';
import type { Manifest } from '../model/manifest.ts';
import { Refusal } from '../model/refusal.ts';
import { judge } from '../policies/judge.ts';
import { policies } from '../policies/policies.ts';
import { isEnforcedBy } from '../policies/policy.ts';
import { templateOf } from '../policies/workload.ts';
import { strictly } from '../schemas/strictly.ts';
import { argoCdRelease, installation, installed } from './argo-cd.ts';

/** A few objects of the shape that a release has, in the order of a release. */
const release = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: argocd-server }
spec:
  selector: { matchLabels: { app.kubernetes.io/name: argocd-server } }
  template:
    metadata:
      labels: { app.kubernetes.io/name: argocd-server }
      annotations: { kept: 'yes' }
    spec:
      containers: [{ name: argocd-server, image: 'quay.io/argoproj/argocd:v3.6.1' }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: argocd-redis-ha-server }
spec:
  selector: { matchLabels: { app.kubernetes.io/name: argocd-redis-ha } }
  serviceName: argocd-redis-ha
  template:
    metadata: { labels: { app.kubernetes.io/name: argocd-redis-ha } }
    spec:
      initContainers: [{ name: config-init, image: 'public.ecr.aws/docker/library/redis:8.10.1-alpine' }]
      containers: [{ name: redis, image: 'public.ecr.aws/docker/library/redis:8.10.1-alpine' }]
---
---
apiVersion: v1
kind: ConfigMap
metadata: { name: argocd-cm }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: argocd-server }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: argocd-server }
subjects: [{ kind: ServiceAccount, name: argocd-server, namespace: elsewhere }]
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: argocd-dex-server }
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: argocd-applicationset-controller-network-policy }
spec: { podSelector: {} }
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: applicationsets.argoproj.io }
`;

const made = installed(loadAll(release) as Manifest[], 'abc');
const ids = (all: readonly Manifest[]) => all.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
const named = (all: readonly Manifest[], id: string) =>
  all.find(({ kind, metadata }) => `${kind}/${metadata.name}` === id) as Manifest;

test('definitions come first, then accounts and roles, configuration, and what runs; what is not used stays out', () => {
  assert.deepEqual(ids(made), [
    'CustomResourceDefinition/applicationsets.argoproj.io',
    'ClusterRoleBinding/argocd-server',
    'ConfigMap/argocd-cm',
    'Deployment/argocd-server',
    'StatefulSet/argocd-redis-ha-server',
  ]);
});

test('it lives in namespace argocd, also where a binding names its accounts', () => {
  for (const { kind, metadata } of made)
    assert.equal(metadata.namespace, /^(Custom|Cluster)/.test(kind) ? undefined : 'argocd', kind);
  assert.deepEqual(named(made, 'ClusterRoleBinding/argocd-server').subjects, [
    { kind: 'ServiceAccount', name: 'argocd-server', namespace: 'argocd' },
  ]);
});

test('other parameters make programs start again, and what a release says of them stays', () => {
  const template = (params: string) =>
    templateOf('apps/Deployment', named(installed(loadAll(release) as Manifest[], params), 'Deployment/argocd-server'))
      ?.value.metadata;
  assert.deepEqual(template('abc'), {
    labels: { 'app.kubernetes.io/name': 'argocd-server' },
    annotations: { kept: 'yes', 'slipway.dev/params': 'abc' },
  });
  assert.notDeepEqual(template('abd'), template('abc'));
});

test('a text that is not the pinned one is refused, and so is a container that nobody knows', () => {
  assert.throws(
    () => installation(release, { ha: false, params: 'a' }),
    (error) => error instanceof Refusal && /its SHA-256 is [0-9a-f]{64}, expected 7be23ca7/.test(error.message),
  );
  assert.throws(
    () => installation(release, { ha: true, params: 'a' }),
    /manifests\/ha\/install\.yaml: .* expected 37b0e8f5/,
  );
  const other = release.replace('name: argocd-server, image', 'name: sidecar, image');
  assert.throws(
    () => installed(loadAll(other) as Manifest[], 'a'),
    /Deployment argocd-server: container sidecar has no resources/,
  );
});

const { SLIPWAY_ARGOCD: folder } = process.env;
const skip = folder
  ? false
  : "set SLIPWAY_ARGOCD to a folder with the manifests of Argo CD's release, as in its source";

/** What a namespace of the restricted standard asks of pods, and what is asked of their resources. */
const asked = new Set([
  ...policies.filter((policy) => isEnforcedBy(policy, 'restricted')).map(({ id }) => id),
  ...['cpu-request', 'memory-request', 'memory-limit'],
]);

for (const [what, ha, file] of [
  ['on three nodes', true, 'ha/install.yaml'],
  ['on one', false, 'install.yaml'],
] as const)
  test(`the release ${what} is whole, bounded, and restricted`, { skip }, () => {
    const all = installation(readFileSync(join(folder ?? '', file), 'utf8'), { ha, params: 'abc' });
    assert.ok(all.length > 40);
    assert.deepEqual(ids(all).slice(0, 3), [
      'CustomResourceDefinition/applications.argoproj.io',
      'CustomResourceDefinition/applicationsets.argoproj.io',
      'CustomResourceDefinition/appprojects.argoproj.io',
    ]);
    assert.deepEqual(
      ids(all.slice(3)).filter((id) => /dex|applicationset/.test(id)),
      [],
    );
    for (const manifest of all.slice(3)) assert.deepEqual(strictly(manifest), [], ids([manifest])[0]);
    const found = judge(all, {
      ...{ environment: 'platform-c', scope: 'cluster', production: true, profile: 'eks' },
      registries: ['quay.io/argoproj', 'public.ecr.aws/docker/library'],
    });
    assert.ok(asked.size > 10);
    assert.deepEqual(
      found.filter(({ policy }) => asked.has(policy)),
      [],
    );
    // A ServiceAccount that a pod names is there.
    const accounts = ids(all).filter((id) => id.startsWith('ServiceAccount/'));
    for (const manifest of all) {
      const template = templateOf(`apps/${manifest.kind}`, manifest);
      if (template)
        assert.ok(accounts.includes(`ServiceAccount/${template.spec.serviceAccountName}`), ids([manifest])[0]);
    }
    assert.equal(argoCdRelease.version, '3.6.1');
  });
