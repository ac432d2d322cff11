import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { differences } from '../model/difference.ts';
import { changePolicies } from './change-policies.ts';
import { changed, good } from './good.fixture.ts';
import { judgeChange, mayAlwaysChange, regardedIn } from './judge-change.ts';
import { broken, mutants } from './mutant.fixture.ts';
import type { Example } from './policy.ts';
import { judgeRemovals } from './removal.ts';

const object = (kind: string, fields: object, apiVersion = 'v1') => ({
  apiVersion,
  kind,
  metadata: { name: 'a' },
  ...fields,
});
const at = (id: `${string}/${string}`, fields: Record<string, unknown>): Example => [{ at: id, fields }];

test('each field that cannot change is named with the way out, and others may', () => {
  const cases: [id: string, field: string, example: Example][] = [
    [
      'fixed-selector',
      'spec.selector.matchLabels.tier',
      at('Deployment/web', { 'spec.selector.matchLabels.tier': 'web' }),
    ],
    [
      'fixed-selector',
      'spec.selector.matchLabels.tier',
      at('DaemonSet/agent', { 'spec.selector.matchLabels.tier': 'web' }),
    ],
    ['fixed-stateful-set', 'spec.serviceName', at('StatefulSet/store', { 'spec.serviceName': 'other' })],
    [
      'fixed-stateful-set',
      'spec.podManagementPolicy',
      at('StatefulSet/store', { 'spec.podManagementPolicy': 'Parallel' }),
    ],
    [
      'fixed-stateful-set',
      'spec.volumeClaimTemplates[0].spec.resources.requests.storage',
      at('StatefulSet/store', { 'spec.volumeClaimTemplates[0].spec.resources.requests.storage': '2Gi' }),
    ],
    ['fixed-cluster-ip', 'spec.clusterIP', at('Service/store', { 'spec.clusterIP': '10.0.0.1' })],
    ['fixed-claim', 'spec.storageClassName', at('PersistentVolumeClaim/shared', { 'spec.storageClassName': 'gp2' })],
    ['fixed-role', 'roleRef.name', at('RoleBinding/reader', { 'roleRef.name': 'other' })],
  ];
  for (const [id, field, example] of cases) {
    const [found, ...more] = judgeChange(good, changed(good, example));
    assert.deepEqual([found?.policy, found?.field, more], [id, field, []]);
    assert.match(found?.says ?? '', /cannot change while the object is there\. .+\. It was /);
    assert.notDeepEqual(regardedIn(changed(good, example)), regardedIn(good));
    // Whoever made it possible by hand says so on the object.
    const after = changed(good, example).map((manifest) => {
      const annotations = { ...(manifest.metadata.annotations as object), 'slipway.dev/excused': `host-path ${id}` };
      return { ...manifest, metadata: { ...manifest.metadata, annotations } };
    });
    assert.deepEqual(judgeChange(good, after), []);
  }
  const free = at('StatefulSet/store', {
    'spec.replicas': 3,
    'spec.podManagementPolicy': 'OrderedReady',
    'spec.volumeClaimTemplates[0].kind': undefined,
  });
  const grown = at('PersistentVolumeClaim/shared', { 'spec.resources.requests.storage': '9Gi' });
  assert.deepEqual(judgeChange(good, changed(good, [...free, ...grown])), []);
});

test('kinds that the good objects lack', () => {
  const cases: [id: string, before: object, after: object][] = [
    [
      'fixed-job',
      object('Job', { spec: { template: { spec: { a: 1 } } } }, 'batch/v1'),
      object('Job', { spec: { template: { spec: { a: 2 } } } }, 'batch/v1'),
    ],
    [
      'fixed-storage-class',
      object('StorageClass', { provisioner: 'a' }, 'storage.k8s.io/v1'),
      object('StorageClass', { provisioner: 'b' }, 'storage.k8s.io/v1'),
    ],
    [
      'fixed-configuration',
      object('ConfigMap', { immutable: true, data: { a: '1' } }),
      object('ConfigMap', { immutable: true, data: { a: '2' } }),
    ],
    ['fixed-configuration', object('ConfigMap', { immutable: true }), object('ConfigMap', {})],
    ['fixed-secret-type', object('Secret', {}), object('Secret', { type: 'kubernetes.io/tls' })],
    [
      'fixed-priority',
      object('PriorityClass', { value: 1 }, 'scheduling.k8s.io/v1'),
      object('PriorityClass', { value: 2 }, 'scheduling.k8s.io/v1'),
    ],
    [
      'fixed-crd-scope',
      object('CustomResourceDefinition', { spec: { scope: 'Cluster' } }, 'apiextensions.k8s.io/v1'),
      object('CustomResourceDefinition', { spec: { scope: 'Namespaced' } }, 'apiextensions.k8s.io/v1'),
    ],
  ];
  for (const [id, before, after] of cases) {
    assert.deepEqual(
      judgeChange([before], [after]).map(({ policy }) => policy),
      [id],
    );
    assert.deepEqual(judgeChange([before], [before]), []);
  }
  assert.deepEqual(
    judgeChange([object('ConfigMap', { data: { a: '1' } })], [object('ConfigMap', { data: { a: '2' } })]),
    [],
  );
  const tested = new Set([
    ...cases.map(([id]) => id),
    'fixed-selector',
    'fixed-stateful-set',
    'fixed-cluster-ip',
    'fixed-claim',
    'fixed-role',
  ]);
  assert.deepEqual(
    changePolicies.filter(({ id }) => !tested.has(id)),
    [],
  );
});

test('what the API server fills in may be left out, and a new or removed object changes nothing', () => {
  const left = [
    ...at('Service/store', { 'spec.clusterIP': undefined }),
    ...at('PersistentVolumeClaim/shared', { 'spec.storageClassName': undefined }),
  ];
  assert.deepEqual(judgeChange(good, changed(good, left)), []);
  assert.deepEqual(judgeChange([], good), []);
  assert.deepEqual(judgeChange(good, []), []);
});

const files = (count: number) => new Set(Array.from({ length: count }, (_, index) => `config-map-c-${index}.yaml`));

test('a change that breaks a policy is seen in what the policies regard', () => {
  fc.assert(
    fc.property(mutants, (list) => {
      const after = broken(list);
      const same = isDeepStrictEqual(regardedIn(after), regardedIn(good));
      assert.ok(!same || judgeChange(good, after).length === 0);
    }),
    { seed: 2026, numRuns: 500 },
  );
});

test('an app that goes needs a reason, and so does more than a tenth of an environment', () => {
  const before = new Map([
    ['a', files(6)],
    ['b', files(54)],
  ]);
  const without = (app: string) => new Map([...before].filter(([name]) => name !== app));
  assert.deepEqual(judgeRemovals(before, before, {}), []);
  assert.deepEqual(
    judgeRemovals(before, without('a'), {}).map(({ policy, apps }) => [policy, apps]),
    [['app-removed', ['a']]],
  );
  assert.deepEqual(judgeRemovals(before, without('a'), { a: 'replaced by b' }), []);
  assert.deepEqual(
    judgeRemovals(before, without('a'), { a: ' ' }).map(({ policy }) => policy),
    ['app-removed'],
  );
  assert.deepEqual(
    judgeRemovals(before, without('b'), {}).map(({ policy }) => policy),
    ['app-removed', 'objects-removed'],
  );
  assert.deepEqual(judgeRemovals(before, without('b'), { b: 'moved' }), []);
  const shrunk = (count: number) =>
    new Map([
      ['a', files(6)],
      ['b', files(count)],
    ]);
  assert.deepEqual(judgeRemovals(before, shrunk(48), {}), []);
  const [found] = judgeRemovals(before, shrunk(47), {});
  assert.match(found?.says ?? '', /^7 of 60 objects are removed at once \(b\/config-map-c-47\.yaml, /);
});

test('an image and the label of a version may change in every kind but a Job, as the policies say', () => {
  const pod = (image: string, version: string) => ({
    metadata: { labels: { 'app.kubernetes.io/version': version } },
    spec: { containers: [{ name: 'a', image }] },
  });
  const object = (kind: string, image: string, version: string) => ({
    apiVersion: kind === 'Job' ? 'batch/v1' : 'apps/v1',
    kind,
    metadata: { name: 'a', namespace: 'dev', labels: { 'app.kubernetes.io/version': version } },
    spec: { template: pod(image, version) },
  });
  for (const kind of ['Deployment', 'StatefulSet', 'DaemonSet', 'Job']) {
    const sides = [object(kind, 'a:1', '1'), object(kind, 'a:2', '2')] as const;
    const [difference] = differences([sides[0]], [sides[1]]);
    assert.ok(difference);
    assert.equal(mayAlwaysChange(difference), kind !== 'Job', kind);
    assert.equal(judgeChange([sides[0]], [sides[1]]).length === 0, kind !== 'Job', kind);
  }
});
