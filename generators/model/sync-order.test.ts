import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookOf, inSyncOrder } from './sync-order.ts';
import { ownerOf, tracked } from './tracking.ts';

const object = (kind: string, name = 'a', annotations = {}) => ({
  apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
  kind,
  metadata: { name, namespace: 'dev', annotations },
});
const wave = (value: string) => ({ 'argocd.argoproj.io/sync-wave': value });

test('objects come by wave, by kind and by name', () => {
  const found = inSyncOrder([
    object('Widget'),
    object('Deployment', 'b'),
    object('Deployment', 'a'),
    object('ConfigMap', 'late', wave('2')),
    object('Service'),
    object('ServiceAccount'),
    object('NetworkPolicy'),
    object('Job', 'early', wave('-1')),
    object('Gadget', 'x', wave('no number')),
    object('ConfigMap'),
  ]);
  assert.deepEqual(
    found.map(({ kind, metadata }) => `${kind}/${metadata.name}`),
    [
      ...['Job/early', 'NetworkPolicy/a', 'ServiceAccount/a', 'ConfigMap/a', 'Service/a', 'Deployment/a'],
      ...['Deployment/b', 'Gadget/x', 'Widget/a', 'ConfigMap/late'],
    ],
  );
});

test('a hook is known by its annotation', () => {
  assert.equal(hookOf(object('Job', 'a', { 'argocd.argoproj.io/hook': 'PreSync' })), 'PreSync');
  assert.equal(hookOf(object('Job', 'a', { 'helm.sh/hook': 'pre-upgrade' })), 'pre-upgrade');
  assert.equal(hookOf(object('Job')), undefined);
});

test('an object carries the mark of its Application, as Argo CD writes it', () => {
  const owner = { environment: 'dev', app: 'counter', namespace: 'dev' };
  const deployment = tracked(object('Deployment', 'counter', { a: 'b' }), owner);
  assert.deepEqual(deployment.metadata.annotations, {
    a: 'b',
    'argocd.argoproj.io/tracking-id': 'argocd-dev_counter:apps/Deployment:dev/counter',
  });
  assert.equal(ownerOf(deployment), 'argocd-dev_counter');
  const role = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'reader' } };
  assert.deepEqual(tracked(role, owner).metadata, {
    name: 'reader',
    annotations: {
      'argocd.argoproj.io/tracking-id': 'argocd-dev_counter:rbac.authorization.k8s.io/ClusterRole:dev/reader',
    },
  });
  const crd = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'a.b' } };
  assert.deepEqual(tracked(crd, owner), crd);
});
