import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { load } from 'js-yaml';
import { clusters, environments } from '../clusters/environments.ts';
import { addOnNamespaces } from './model/monitoring.ts';
import { amount } from './model/quantity.ts';
import { objectsOf, partsOfAll, type Rendered } from './parts.fixture.ts';
import { fieldsOf, itemsOf, textOf } from './policies/json.ts';
import { groupKind, templateOf } from './policies/workload.ts';

// What one part names and another one makes, over all own apps: no part alone can know whether it is there.

let objects: readonly (Rendered & { readonly environment: string })[];
before(async () => {
  const parts = await partsOfAll();
  objects = parts.flatMap((part) => objectsOf(part).map((one) => ({ ...one, environment: part.environment })));
});

const of = (kind: string) => objects.filter(({ manifest }) => manifest.kind === kind);
const specOf = ({ manifest }: Rendered) => fieldsOf(manifest.spec);
const clusterOf = (name: string) => environments.find((one) => one.name === name)?.cluster;

for (const { name: cluster, profile, ingress } of clusters) {
  const here = (list: typeof objects) => list.filter(({ environment }) => clusterOf(environment) === cluster);
  const made = (kind: string) => new Set(here(of(kind)).map(({ manifest }) => manifest.metadata.name));

  describe(`on cluster ${cluster}`, () => {
    test('the class of every Ingress is one that answers for its own environment', () => {
      if (profile !== 'eks') return;
      const classes = made('IngressClass');
      const params = made('IngressClassParams');
      for (const one of here(of('IngressClass'))) {
        const { name } = fieldsOf(specOf(one).parameters);
        assert.ok(params.has(String(name)), one.at);
      }
      const ingresses = here(of('Ingress'));
      assert.ok(ingresses.length > 0);
      for (const one of ingresses) {
        const { ingressClassName } = specOf(one);
        assert.equal(ingressClassName, ingress ?? one.environment, one.at);
        if (ingress === undefined) assert.ok(classes.has(String(ingressClassName)), one.at);
      }
    });

    test('every StorageClass that is named is there, and one is the default', () => {
      const classes = made('StorageClass');
      const claims = here(objects).flatMap((one) => {
        const templates = itemsOf(specOf(one).volumeClaimTemplates).map((claim) => fieldsOf(fieldsOf(claim).spec));
        const claim = one.manifest.kind === 'PersistentVolumeClaim' ? [specOf(one)] : [];
        return [...templates, ...claim].map(({ storageClassName }) => ({ at: one.at, storageClassName }));
      });
      assert.ok(claims.length > 0);
      for (const { at, storageClassName } of claims) assert.ok(classes.has(String(storageClassName)), at);
      const defaults = here(of('StorageClass')).filter(
        ({ manifest }) =>
          fieldsOf(manifest.metadata.annotations)['storageclass.kubernetes.io/is-default-class'] === 'true',
      );
      assert.equal(defaults.length, 1);
    });

    test('every namespace that is named is made by the platform, once, or comes with Kubernetes or an add-on', () => {
      const namespaces = here(of('Namespace'));
      const names = new Set(namespaces.map(({ manifest }) => manifest.metadata.name));
      assert.equal(names.size, namespaces.length);
      for (const builtIn of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) names.add(builtIn);
      if (profile === 'eks') {
        const { addons } = load(
          readFileSync(join(import.meta.dirname, '..', 'clusters', cluster, 'eksctl.yaml'), 'utf8'),
        ) as { addons: { name: string }[] };
        for (const addOn of addOnNamespaces) {
          assert.ok(
            addons.some(({ name }) => name === addOn),
            `${cluster} has no add-on ${addOn}`,
          );
          names.add(addOn);
        }
      }
      for (const { at, environment } of namespaces) assert.match(environment, /^platform-/, at);
      for (const { at, manifest } of here(objects)) {
        const { namespace } = manifest.metadata;
        if (namespace !== undefined) assert.ok(names.has(namespace), `${at}: namespace ${namespace}`);
      }
    });
  });
}

test('a host leads to one app, and ends in the domain of the environment that serves it', () => {
  const seen = new Map<string, string>();
  const own = (environment: string) => environments.find(({ name }) => name === environment)?.domain ?? '';
  for (const one of of('Ingress')) {
    for (const rule of itemsOf(specOf(one).rules)) {
      const host = textOf(fieldsOf(rule).host) ?? '';
      assert.equal(seen.get(host), undefined, `${host} is of ${one.at} and of ${seen.get(host)}`);
      seen.set(host, one.at);
      assert.ok(host.endsWith(`.${own(one.environment)}`), `${one.at}: ${host}`);
      // `counter.dev.example.com` would be of production, too, if only the end counted.
      const nearest = environments
        .filter(({ domain }) => host.endsWith(`.${domain}`))
        .reduce((best, next) => (next.domain.length > best.domain.length ? next : best));
      assert.equal(nearest.name, one.environment, host);
    }
  }
  assert.ok(seen.size > 0);
});

/** What a pod counts for: https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers */
function asked(pod: Readonly<Record<string, unknown>>, what: 'requests' | 'limits', resource: string): number {
  const of = (container: unknown) => {
    const quantity = fieldsOf(fieldsOf(fieldsOf(container).resources)[what])[resource];
    return quantity === undefined ? 0 : amount(String(quantity));
  };
  let beside = 0;
  let most = 0;
  for (const container of itemsOf(pod.initContainers)) {
    if (fieldsOf(container).restartPolicy === 'Always') beside += of(container);
    else most = Math.max(most, beside + of(container));
  }
  const running = itemsOf(pod.containers).reduce<number>((sum, container) => sum + of(container), beside);
  return Math.max(most, running);
}

/** How many pods of a workload there may be at once, while it rolls and before those that end are gone. */
function most({ manifest }: Rendered, scalers: readonly Rendered[]): number {
  const { replicas, maxReplicas } = {
    ...fieldsOf(manifest.spec),
    ...fieldsOf(
      scalers.find(({ manifest: { spec } }) => fieldsOf(fieldsOf(spec).scaleTargetRef).name === manifest.metadata.name)
        ?.manifest.spec,
    ),
  };
  const all = Number(maxReplicas ?? replicas ?? 1);
  return manifest.kind === 'Deployment' ? 2 * all + 1 : all;
}

for (const { name, quota } of environments.filter(({ scope }) => scope !== 'cluster'))
  test(`all pods of ${name} fit into its quota, at the most that autoscalers make and while every app rolls at once`, (t) => {
    assert.ok(quota, `${name} has no quota`);
    const here = objects.filter(({ environment }) => environment === name);
    const scalers = here.filter(({ manifest }) => manifest.kind === 'HorizontalPodAutoscaler');
    const sum = { pods: 0, cpu: 0, memory: 0, limit: 0, storage: 0 };
    for (const one of here) {
      const { apiVersion, kind } = one.manifest;
      const pod = templateOf(groupKind(apiVersion, kind), one.manifest)?.spec;
      if (!pod) continue;
      assert.notEqual(kind, 'DaemonSet', `${one.at}: nobody knows how many nodes there will be`);
      const pods = most(one, scalers);
      sum.pods += pods;
      sum.cpu += pods * asked(pod, 'requests', 'cpu');
      sum.memory += pods * asked(pod, 'requests', 'memory');
      sum.limit += pods * asked(pod, 'limits', 'memory');
      for (const claim of itemsOf(specOf(one).volumeClaimTemplates))
        sum.storage +=
          pods * amount(String(fieldsOf(fieldsOf(fieldsOf(fieldsOf(claim).spec).resources).requests).storage));
    }
    if (here.length === 0) return t.skip('no app runs there yet');
    assert.ok(sum.pods > 0);
    t.diagnostic(JSON.stringify({ ...sum, memory: `${sum.memory / 2 ** 20}Mi` }));
    const fits = (has: string, needs: number, allows: number) =>
      assert.ok(needs <= allows, `${name}: its apps may need ${needs} of ${has}, the quota allows ${allows}`);
    fits('pods', sum.pods, quota.pods);
    fits('cpu', sum.cpu, amount(quota.cpu));
    fits('memory', sum.memory, amount(quota.memory));
    fits('limits of memory', sum.limit, amount(quota.memory));
    fits('storage', sum.storage, amount(quota.storage));
  });
