import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from 'js-yaml';
import { differences } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { rankOf, ranks } from './risk.ts';

const of = (kind: string, body: string, annotations = '{}') =>
  load(`{ apiVersion: v1, kind: ${kind}, metadata: { name: x, annotations: ${annotations} }, ${body} }`) as Manifest;
const pod = (fields: string, containers = '{ name: c, image: i }') =>
  of('Deployment', `spec: { template: { spec: { containers: [${containers}], ${fields} } } }`);
const container = (fields: string) => pod('', `{ name: c, image: i, ${fields} }`);
const policy = (spec: string) => of('NetworkPolicy', `spec: { ${spec} }`);
const inbound = (rule: string) => policy(`podSelector: {}, ingress: [${rule}]`);

/** What changed, before and after, by its rank. Nothing is an object that is not there. */
const table: Readonly<Record<string, readonly (readonly [string, Manifest | undefined, Manifest | undefined])[]>> = {
  'migration that cannot be undone': [
    ['its Job', undefined, of('Job', 'spec: {}', "{ slipway.dev/reversible: 'false' }")],
  ],
  'another image': [
    ['an image', container(''), pod('', '{ name: c, image: j }')],
    ['one more container', pod(''), pod('', '{ name: c, image: i }, { name: d, image: i }')],
    ['an init container', pod(''), pod('initContainers: [{ name: d, image: i }]')],
    ['a new workload', undefined, pod('')],
    ['a Job that can be undone', undefined, of('Job', 'spec: {}', "{ slipway.dev/reversible: 'true' }")],
  ],
  'more rights (RBAC)': [
    ['a verb', of('Role', 'rules: [{ verbs: [get] }]'), of('Role', 'rules: [{ verbs: [get, list] }]')],
    ['a rule', of('Role', 'rules: [{ verbs: [get] }]'), of('Role', 'rules: [{ verbs: [get] }, { verbs: [list] }]')],
    [
      'every name',
      of('Role', 'rules: [{ verbs: [get], resourceNames: [a] }]'),
      of('Role', 'rules: [{ verbs: [get] }]'),
    ],
    [
      'a subject',
      of('RoleBinding', 'subjects: [{ name: a }]'),
      of('RoleBinding', 'subjects: [{ name: a }, { name: b }]'),
    ],
    [
      'another role',
      of('ClusterRoleBinding', 'roleRef: { name: a }'),
      of('ClusterRoleBinding', 'roleRef: { name: b }'),
    ],
    ['a binding', undefined, of('RoleBinding', 'subjects: []')],
  ],
  'network opened': [
    ['no policy any more', inbound('{ from: [] }'), undefined],
    ['a policy with peers', undefined, inbound('{ from: [{ podSelector: {} }] }')],
    ['one more rule', policy('podSelector: {}'), inbound('{ ports: [{ port: 80 }] }')],
    ['one more peer', inbound('{ from: [{ a: 1 }] }'), inbound('{ from: [{ a: 1 }, { b: 1 }] }')],
    ['every peer', inbound('{ from: [{ a: 1 }], ports: [{ port: 1 }] }'), inbound('{ ports: [{ port: 1 }] }')],
    ['one more port', inbound('{ ports: [{ port: 1 }] }'), inbound('{ ports: [{ port: 1 }, { port: 2 }] }')],
    [
      'a label less to match',
      inbound('{ from: [{ podSelector: { matchLabels: { a: b, c: d } } }] }'),
      inbound('{ from: [{ podSelector: { matchLabels: { a: b } } }] }'),
    ],
    [
      'an exception less',
      inbound('{ from: [{ ipBlock: { cidr: c, except: [a, b] } }] }'),
      inbound('{ from: [{ ipBlock: { cidr: c, except: [a] } }] }'),
    ],
    ['one direction', policy('policyTypes: [Ingress, Egress]'), policy('policyTypes: [Egress]')],
    ['other pods', policy('podSelector: { matchLabels: { a: b } }'), policy('podSelector: { matchLabels: { a: c } }')],
    ['an Ingress', undefined, of('Ingress', 'spec: {}')],
    [
      'a host',
      of('Ingress', 'spec: { rules: [{ host: a }] }'),
      of('Ingress', 'spec: { rules: [{ host: a }, { host: b }] }'),
    ],
    [
      'the internet',
      of('Ingress', 'spec: {}', '{ alb.ingress.kubernetes.io/scheme: internal }'),
      of('Ingress', 'spec: {}', '{ alb.ingress.kubernetes.io/scheme: internet-facing }'),
    ],
    ['a load balancer', of('Service', 'spec: { type: ClusterIP }'), of('Service', 'spec: { type: LoadBalancer }')],
    [
      'a port',
      of('Service', 'spec: { ports: [{ port: 1 }] }'),
      of('Service', 'spec: { ports: [{ port: 1 }, { port: 2 }] }'),
    ],
  ],
  'immutable field': [
    ['a selector', of('Deployment', 'spec: { selector: { a: b } }'), of('Deployment', 'spec: { selector: { a: c } }')],
    [
      'a claim template',
      of('StatefulSet', 'spec: { volumeClaimTemplates: [{ spec: 1 }] }'),
      of('StatefulSet', 'spec: { volumeClaimTemplates: [{ spec: 2 }] }'),
    ],
  ],
  deletion: [
    ['a workload', pod(''), undefined],
    ['a ConfigMap', of('ConfigMap', 'data: {}'), undefined],
  ],
  volume: [
    ['a mount', container(''), container('volumeMounts: [{ mountPath: /a, name: a }]')],
    ['a volume', pod('volumes: [{ name: a, emptyDir: {} }]'), pod('')],
    ['a claim', undefined, of('PersistentVolumeClaim', 'spec: {}')],
    [
      'its size',
      of('PersistentVolumeClaim', 'spec: { resources: { requests: { storage: 1Gi } } }'),
      of('PersistentVolumeClaim', 'spec: { resources: { requests: { storage: 2Gi } } }'),
    ],
  ],
  replicas: [
    ['pods', of('Deployment', 'spec: { replicas: 2 }'), of('Deployment', 'spec: { replicas: 3 }')],
    [
      'the most',
      of('HorizontalPodAutoscaler', 'spec: { maxReplicas: 2 }'),
      of('HorizontalPodAutoscaler', 'spec: { maxReplicas: 3 }'),
    ],
  ],
  'environment variable removed': [
    [
      'one',
      container('env: [{ name: A, value: b }, { name: B, value: b }]'),
      container('env: [{ name: A, value: b }]'),
    ],
    ['all', container('env: [{ name: A, value: b }]'), container('')],
    ['a whole set', container('envFrom: [{ a: 1 }, { b: 1 }]'), container('envFrom: [{ a: 1 }]')],
  ],
  'resources lowered': [
    [
      'memory',
      container('resources: { limits: { memory: 1Gi } }'),
      container('resources: { limits: { memory: 512Mi } }'),
    ],
    ['a request less', container('resources: { requests: { cpu: 1 } }'), container('resources: { requests: {} }')],
    [
      'half a core',
      container('resources: { requests: { cpu: 1 } }'),
      container('resources: { requests: { cpu: 500m } }'),
    ],
  ],
  'everything else': [
    ['a variable', container('env: [{ name: A, value: b }]'), container('env: [{ name: A, value: c }]')],
    ['one more variable', container(''), container('env: [{ name: A, value: b }]')],
    [
      'more memory',
      container('resources: { limits: { memory: 64Mi } }'),
      container('resources: { limits: { memory: 1Gi } }'),
    ],
    ['a limit less', container('resources: { limits: { cpu: 1 } }'), container('resources: { limits: {} }')],
    ['a container less', pod('', '{ name: c, image: i }, { name: d, image: i }'), pod('')],
    ['rights less', of('Role', 'rules: [{ verbs: [get, list] }]'), of('Role', 'rules: [{ verbs: [get] }]')],
    [
      'named objects alone',
      of('Role', 'rules: [{ verbs: [get] }]'),
      of('Role', 'rules: [{ verbs: [get], resourceNames: [a] }]'),
    ],
    ['a peer less', inbound('{ from: [{ a: 1 }, { b: 1 }] }'), inbound('{ from: [{ a: 1 }] }')],
    ['certain peers alone', inbound('{ ports: [{ port: 1 }] }'), inbound('{ from: [{ a: 1 }], ports: [{ port: 1 }] }')],
    [
      'a label more to match',
      inbound('{ from: [{ podSelector: { matchLabels: { a: b } } }] }'),
      inbound('{ from: [{ podSelector: { matchLabels: { a: b, c: d } } }] }'),
    ],
    ['no rule any more', inbound('{ ports: [{ port: 80 }] }'), policy('podSelector: {}')],
    ['a policy that lets nobody in', undefined, policy('podSelector: {}, policyTypes: [Ingress]')],
    ['a Service inside', undefined, of('Service', 'spec: { type: ClusterIP }')],
    ['no load balancer', of('Service', 'spec: { type: LoadBalancer }'), of('Service', 'spec: { type: ClusterIP }')],
    ['a hook', of('Job', 'spec: {}', '{ argocd.argoproj.io/hook: PreSync }'), undefined],
    ['what is not pruned', of('ConfigMap', 'data: {}', '{ argocd.argoproj.io/sync-options: Prune=false }'), undefined],
    ['a text', of('ConfigMap', 'data: { a: b }'), of('ConfigMap', 'data: { a: c }')],
  ],
};

test('every rank has its changes', () => {
  assert.deepEqual(
    Object.keys(table),
    ranks.map(({ name }) => name),
  );
});

for (const [rank, cases] of Object.entries(table)) {
  test(`what counts as: ${rank}`, () => {
    for (const [what, before, after] of cases) {
      const [object] = differences(before ? [before] : [], after ? [after] : []);
      assert.ok(object, what);
      assert.equal(ranks[rankOf(object)]?.name, rank, what);
    }
  });
}

test('an object is as risky as the worst of its fields', () => {
  const before = of('Deployment', 'spec: { replicas: 1, template: { spec: { containers: [{ name: c, image: i }] } } }');
  const after = of('Deployment', 'spec: { replicas: 2, template: { spec: { containers: [{ name: c, image: j }] } } }');
  const [object] = differences([before], [after]);
  assert.ok(object?.change === 'changed');
  assert.deepEqual(
    object.fields.map((field) => ranks[rankOf(object, field)]?.name),
    ['replicas', 'another image'],
  );
  assert.equal(ranks[rankOf(object)]?.name, 'another image');
});
