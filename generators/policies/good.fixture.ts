import type { Manifest } from '../model/manifest.ts';
import { type Path, parsePath } from './json.ts';
import type { Change, Example, Facts } from './policy.ts';
import { itemsFor, viewOf } from './view.ts';

/** Production on EKS: there every policy is asked. */
export const production: Facts = {
  environment: 'production',
  scope: 'environment',
  production: true,
  profile: 'eks',
  registries: ['registry.example.com', 'registry.example.com:5000', 'docker.io/library'],
  apps: ['redis'],
};
/** What the platform's path may hold. */
export const platform: Facts = { ...production, environment: 'platform-production', scope: 'cluster' };

const digest = `sha256:${'6f7b03f7c2c8e2e784dcf9295400527b'.repeat(2)}`;
const label = (app: string) => ({ 'app.kubernetes.io/name': app });
const meta = (name: string, more: object = {}) => ({ name, namespace: 'production', labels: label(name), ...more });
const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  readOnlyRootFilesystem: true,
};
const container = (name: string, more: object = {}) => ({
  name,
  image: `registry.example.com/team/${name}:1.4.2@${digest}`,
  resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '64Mi' } },
  securityContext,
  ...more,
});
const pod = (app: string, more: object) => ({
  metadata: { labels: label(app) },
  spec: {
    serviceAccountName: app,
    automountServiceAccountToken: false,
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
    ...more,
  },
});
const spread = (app: string) => [
  {
    maxSkew: 1,
    topologyKey: 'topology.kubernetes.io/zone',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: label(app) },
  },
];
const http = { httpGet: { path: '/readyz', port: 'http' } };
const scratch = { name: 'scratch', emptyDir: { sizeLimit: '64Mi' } };
const mounted = [{ name: 'scratch', mountPath: '/scratch' }];

const account = (app: string) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: meta(app) });
const isolated = (app: string) => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: meta(app),
  spec: {
    podSelector: { matchLabels: label(app) },
    policyTypes: ['Ingress', 'Egress'],
    ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 8080 }] }],
    egress: [{ to: [{ podSelector: {} }] }],
  },
});
const budget = (app: string) => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: meta(app),
  spec: { maxUnavailable: 1, selector: { matchLabels: label(app) } },
});

const web: Manifest[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta('web'),
    spec: {
      selector: { matchLabels: label('web') },
      template: pod('web', {
        topologySpreadConstraints: spread('web'),
        initContainers: [container('prepare', { volumeMounts: mounted })],
        containers: [
          container('web', {
            env: [{ name: 'PORT', value: '8080' }],
            envFrom: [{ configMapRef: { name: 'web' } }, { secretRef: { name: 'web' } }],
            ports: [{ name: 'http', containerPort: 8080 }],
            readinessProbe: http,
            livenessProbe: { httpGet: { path: '/healthz', port: 8080 } },
            volumeMounts: mounted,
          }),
          container('sidecar'),
        ],
        volumes: [scratch],
      }),
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta('web'),
    spec: { selector: label('web'), ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: meta('web', { annotations: { 'alb.ingress.kubernetes.io/ssl-redirect': '443' } }),
    spec: {
      ingressClassName: 'production',
      tls: [{ hosts: ['web.example.com'] }],
      rules: [
        {
          host: 'web.example.com',
          http: {
            paths: [{ path: '/', pathType: 'Prefix', backend: { service: { name: 'web', port: { name: 'http' } } } }],
          },
        },
      ],
    },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: meta('web'),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 2,
      maxReplicas: 6,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 70 } } },
      ],
    },
  },
  budget('web'),
  isolated('web'),
  account('web'),
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: meta('web'),
    data: { LOG_LEVEL: 'info', conf: 'log_level: info\n' },
  },
  {
    apiVersion: 'external-secrets.io/v1',
    kind: 'ExternalSecret',
    metadata: meta('web'),
    spec: { target: { name: 'web' }, data: [{ secretKey: 'API_TOKEN', remoteRef: { key: 'production/web' } }] },
  },
];

const worker: Manifest[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta('worker'),
    spec: {
      replicas: 2,
      selector: { matchLabels: label('worker') },
      template: pod('worker', { topologySpreadConstraints: spread('worker'), containers: [container('worker')] }),
    },
  },
  budget('worker'),
  isolated('worker'),
  account('worker'),
];

const store: Manifest[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: meta('store', {
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm', 'slipway.dev/single': 'true' },
    }),
    spec: {
      serviceName: 'store',
      replicas: 1,
      selector: { matchLabels: label('store') },
      template: pod('store', {
        containers: [
          container('store', {
            ports: [{ name: 'store', containerPort: 6379 }],
            readinessProbe: { exec: { command: ['ready'] } },
            volumeMounts: [{ name: 'data', mountPath: '/data' }, ...mounted],
          }),
        ],
        volumes: [scratch, { name: 'configuration', configMap: { name: 'spare' } }],
      }),
      volumeClaimTemplates: [
        {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data' },
          spec: {
            storageClassName: 'gp3',
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '1Gi' } },
          },
        },
      ],
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: meta('store'),
    spec: { clusterIP: 'None', selector: label('store'), ports: [{ name: 'store', port: 6379 }] },
  },
  isolated('store'),
  account('store'),
];

const backup: Manifest[] = [
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: meta('backup'),
    spec: {
      schedule: '0 3 * * *',
      concurrencyPolicy: 'Forbid',
      jobTemplate: {
        spec: {
          activeDeadlineSeconds: 600,
          backoffLimit: 2,
          template: pod('backup', { restartPolicy: 'Never', containers: [container('backup')] }),
        },
      },
    },
  },
  isolated('backup'),
  account('backup'),
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: meta('shared', { annotations: { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' } }),
    spec: { storageClassName: 'gp3', accessModes: ['ReadWriteMany'], resources: { requests: { storage: '5Gi' } } },
  },
];

const agent: Manifest[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: meta('agent'),
    spec: {
      selector: { matchLabels: label('agent') },
      template: pod('agent', {
        automountServiceAccountToken: true,
        containers: [container('agent', { volumeMounts: mounted })],
        volumes: [scratch],
      }),
    },
  },
  isolated('agent'),
  account('agent'),
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: meta('reader'),
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: meta('reader'),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
    subjects: [{ kind: 'ServiceAccount', name: 'agent' }],
  },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: meta('spare'), rules: [] },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta('spare'), data: {} },
];

/** Objects of an environment that every policy is content with. */
export const good: readonly Manifest[] = [...web, ...worker, ...store, ...backup, ...agent];

/** The same for the platform's path. */
export const goodPlatform: readonly Manifest[] = [
  {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name: 'production',
      labels: { 'slipway.dev/environment': 'production' },
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' },
    },
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: {
      name: 'widgets.example.com',
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=false' },
    },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { kind: 'Widget', plural: 'widgets' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
    },
  },
];

/** The objects that an example changes, and the facts under which it is judged. */
export function ground(example: Example): { manifests: readonly Manifest[]; facts: Facts } {
  const ids = goodPlatform.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  const onPlatform = example.some((change) => 'at' in change && ids.includes(change.at));
  return onPlatform ? { manifests: goodPlatform, facts: platform } : { manifests: good, facts: production };
}

/** A place in the good objects: which object, and where in it. */
export interface Place {
  readonly object: string;
  readonly path: Path;
}

/** Every place that `at` may mean. */
export function places(at: Extract<Change, { at: unknown }>['at']): Place[] {
  const all = known.get(at) ?? placesIn(at);
  known.set(at, all);
  return all;
}

const known = new Map<string, Place[]>();

function placesIn(at: Extract<Change, { at: unknown }>['at']): Place[] {
  if (at.includes('/')) return [{ object: at, path: [] }];
  const target = at as 'container' | 'planned-container' | 'volume' | 'pod' | 'claim' | 'rule' | 'job';
  return viewOf(good).subjects.flatMap((subject) =>
    itemsFor(target, subject)
      // A volume has one type: the example replaces an emptyDir.
      .filter(({ value }) => target !== 'volume' || Object.hasOwn(value as object, 'emptyDir'))
      .map(({ path }) => ({ object: subject.id, path })),
  );
}

/** Where an example is meant when it does not say: the web server's own container, its pod, its scratch volume. */
export function usual(at: Extract<Change, { at: unknown }>['at']): Place {
  const all = places(at);
  const main = all.find(({ path }) => path.at(-2) === 'containers');
  return ((at === 'container' || at === 'planned-container' ? main : undefined) ?? all[0]) as Place;
}

/** A copy of the objects with an example's changes. */
export function changed(manifests: readonly Manifest[], example: Example): Manifest[] {
  const copy = copied(manifests);
  change(copy, example, usual);
  return copy;
}

/** Not a structured clone: that would keep what the fixtures share shared. */
export const copied = (manifests: readonly Manifest[]) => JSON.parse(JSON.stringify(manifests)) as Manifest[];

/** Makes an example's changes, each at `where` it is meant. */
export function change(copy: Manifest[], example: Example, where: typeof usual): void {
  for (const one of example) {
    if ('add' in one) {
      copy.push(structuredClone(one.add) as Manifest);
      continue;
    }
    const { object, path } = 'remove' in one ? { object: one.remove, path: [] } : where(one.at);
    const index = copy.findIndex(({ kind, metadata }) => `${kind}/${metadata.name}` === object);
    const manifest = copy[index];
    if (manifest === undefined) throw new Error(`the good objects have no ${object}`);
    if ('remove' in one) copy.splice(index, 1);
    else
      for (const [field, value] of Object.entries(one.fields))
        set(manifest, [...path, ...parsePath(field)], structuredClone(value));
  }
}

function set(root: unknown, path: Path, value: unknown): void {
  const last = path.at(-1) as string | number;
  let at = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) {
    at[step] ??= {};
    at = at[step] as Record<string | number, unknown>;
  }
  if (value === undefined) delete at[last];
  else at[last] = value;
}
