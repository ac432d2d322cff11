import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Environment, Path } from './environment.ts';
import { forbids, forbidsApplication, kindsFor, type Project, projectsOf } from './project.ts';

const base = { cluster: 'c', domain: 'example.org', replicas: 1, resources: { cpu: '1', memory: '1Gi' }, soak: '1m' };
const environments: readonly Environment[] = [
  { ...base, name: 'dev' },
  { ...base, name: 'staging', after: 'dev' },
  { ...base, name: 'production', cluster: 'd' },
  { ...base, name: 'platform-c', scope: 'cluster' },
];
const repository = 'https://git.example.org/r.git';
const path: Path = { repository, clusters: new Map(), environments };
const cluster = { name: 'c', profile: 'local', namespaces: { agents: 'privileged' } } as const;
const all = projectsOf(cluster, path);
const of = (name: string) => all.find(({ environment }) => environment.name === name) as (typeof all)[number];

test('every environment of a cluster has a project, and one for the Application that makes its others', () => {
  assert.deepEqual(
    all.map(({ own, root }) => [own.name, root.name]),
    ['dev', 'staging', 'platform-c'].map((name) => [name, `${name}-root`]),
  );
  const { own, root } = of('dev');
  assert.deepEqual([own.sourceRepos, own.sourceNamespaces, own.destinations], [[repository], ['argocd-dev'], ['dev']]);
  assert.deepEqual(own.clusterKinds, []);
  assert.deepEqual([root.destinations, root.namespacedKinds], [['argocd-dev'], ['argoproj.io/Application']]);
  assert.deepEqual(of('platform-c').own.destinations, [
    ...['default', 'agents', 'dev', 'staging', 'argocd', 'argocd-dev', 'argocd-staging', 'argocd-platform-c'],
  ]);
});

test('a platform reaches what belongs to EKS itself on EKS alone', () => {
  const reaches = (profile: 'eks' | 'local') =>
    projectsOf({ ...cluster, profile }, path).flatMap(({ own }) =>
      own.destinations.includes('kube-system') ? [own.name] : [],
    );
  assert.deepEqual([reaches('eks'), reaches('local')], [['platform-c'], []]);
});

test('the kinds of an operator are known where there is one, and no kind of it changes the operator', () => {
  const rule = object('monitoring.coreos.com/v1', 'PrometheusRule', 'dev');
  const own = (monitoring: 'slipway' | 'operator' | 'none') =>
    projectsOf({ ...cluster, monitoring }, path).find(({ environment }) => environment.name === 'dev')?.own as Project;
  assert.equal(forbids(own('operator'), rule, 'dev'), undefined);
  for (const who of ['slipway', 'none'] as const)
    assert.match(forbids(own(who), rule, 'dev') ?? '', /no kind that it holds/);
  for (const kind of ['Prometheus', 'Alertmanager', 'AlertmanagerConfig', 'ScrapeConfig'])
    assert.ok(forbids(own('operator'), object('monitoring.coreos.com/v1', kind, 'dev'), 'dev'), kind);
});

test('a platform reaches the namespaces of add-ons where it lets Prometheus in there', () => {
  const reaches = (monitoring: 'slipway' | 'operator') =>
    projectsOf({ ...cluster, profile: 'eks', monitoring }, path).flatMap(({ own }) =>
      own.destinations.includes('kube-state-metrics') ? [own.name] : [],
    );
  assert.deepEqual([reaches('slipway'), reaches('operator')], [['platform-c'], []]);
});

test('no list has a pattern, and none of kinds is empty where that would be read as all', () => {
  for (const { own, root } of all)
    for (const project of [own, root]) {
      const { name: _, ...lists } = project;
      for (const word of Object.values(lists).flat()) assert.doesNotMatch(word, /[*?![\]{}\\]/);
      assert.ok(project.namespacedKinds.length > 0);
    }
});

test('an environment holds nothing that changes itself', () => {
  for (const kind of ['ResourceQuota', 'LimitRange', 'Secret', 'Pod', 'Endpoints', 'discovery.k8s.io/EndpointSlice'])
    assert.ok(!kindsFor('environment').namespacedKinds.includes(kind), kind);
  for (const { own } of all.filter(({ environment }) => environment.scope === undefined))
    assert.ok(!own.namespacedKinds.some((kind) => kind.startsWith('argoproj.io/')));
});

const object = (apiVersion: string, kind: string, namespace?: string) => ({
  apiVersion,
  kind,
  metadata: { name: 'a', ...(namespace === undefined ? {} : { namespace }) },
});
const argo = 'argoproj.io/v1alpha1';

test('an object is let in by its kind and by its namespace', () => {
  const [dev, devRoot, platform] = [of('dev').own, of('dev').root, of('platform-c').own];
  const table: [project: Project, object: unknown, why: RegExp | undefined][] = [
    [dev, object('apps/v1', 'Deployment', 'dev'), undefined],
    [dev, object('v1', 'ConfigMap', 'dev'), undefined],
    // Argo CD puts it where its Application goes.
    [dev, object('v1', 'ConfigMap'), undefined],
    [dev, object('v1', 'ConfigMap', 'staging'), /project dev: namespace staging is none of dev/],
    [dev, object('v1', 'ConfigMap', 'argocd'), /namespace argocd is none of dev/],
    [dev, object('v1', 'ConfigMap', ''), /namespace {2}is none of dev/],
    [dev, object('example.org/v1', 'Deployment', 'dev'), /example\.org\/Deployment is no kind that it holds/],
    [dev, object('v1', 'Secret', 'dev'), /Secret is no kind that it holds/],
    [dev, object('v1', 'Namespace'), /Namespace belongs to a cluster/],
    [dev, object('rbac.authorization.k8s.io/v1', 'ClusterRole'), /ClusterRole belongs to a cluster/],
    [dev, object('karpenter.sh/v1', 'NodePool'), /NodePool belongs to a cluster/],
    [dev, object('eks.amazonaws.com/v1', 'IngressClassParams'), /IngressClassParams belongs to a cluster/],
    // Whoever says a namespace is asked as if it had one.
    [dev, object('rbac.authorization.k8s.io/v1', 'ClusterRole', 'dev'), /ClusterRole is no kind/],
    [dev, object(argo, 'Application', 'dev'), /argoproj\.io\/Application is no kind/],
    [dev, object(argo, 'AppProject', 'argocd'), /argoproj\.io\/AppProject is no kind/],
    [dev, { kind: 'ConfigMap' }, /it has no apiVersion and kind/],
    [dev, 'text', /it has no apiVersion and kind/],
    [devRoot, object(argo, 'Application', 'argocd-dev'), undefined],
    [devRoot, object(argo, 'Application', 'argocd'), /namespace argocd is none of argocd-dev/],
    [devRoot, object(argo, 'Application', 'argocd-staging'), /namespace argocd-staging is none of argocd-dev/],
    [devRoot, object(argo, 'AppProject', 'argocd-dev'), /AppProject is no kind/],
    [devRoot, object('v1', 'Secret', 'argocd-dev'), /Secret is no kind/],
    [devRoot, object('v1', 'Namespace'), /Namespace belongs to a cluster/],
    [platform, object('v1', 'Namespace'), undefined],
    [platform, object('v1', 'ResourceQuota', 'dev'), undefined],
    [platform, object(argo, 'AppProject', 'argocd'), undefined],
    [platform, object('v1', 'ConfigMap', 'kube-system'), /namespace kube-system is none of/],
    [platform, object('v1', 'ConfigMap', 'production'), /namespace production is none of/],
    [platform, object('v1', 'PersistentVolume'), /PersistentVolume belongs to a cluster/],
  ];
  for (const [project, manifest, why] of table) {
    const said = forbids(project, manifest, project.destinations[0] ?? '');
    if (why) assert.match(said ?? 'nothing', why, JSON.stringify(manifest));
    else assert.equal(said, undefined, JSON.stringify(manifest));
  }
});

test('whoever writes into the namespace of Argo CD itself may name any project', () => {
  const projects = all.flatMap(({ own, root }) => [own, root]);
  const application = (namespace: string) => ({
    metadata: { name: 'a', namespace },
    spec: {
      project: 'platform-c',
      source: { repoURL: repository, path: '.' },
      destination: { server: 'https://kubernetes.default.svc', namespace: 'argocd' },
    },
  });
  assert.equal(forbidsApplication(projects, application('argocd')), undefined);
  assert.match(forbidsApplication(projects, application('argocd-dev')) ?? '', /namespace argocd-dev may not belong/);
  // So nobody but the platform puts anything there.
  const into = projects.filter(({ destinations }) => destinations.includes('argocd')).map(({ name }) => name);
  assert.deepEqual(into, ['platform-c']);
});
