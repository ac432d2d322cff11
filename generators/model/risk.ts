import type { FieldDifference, ObjectDifference, ObjectName, Step } from './difference.ts';
import type { Manifest } from './manifest.ts';
import { isMapping } from './mapping.ts';
import { quantityOf } from './quantity.ts';

/** One kind of change, as a reviewer weighs it. */
export interface Rank {
  readonly name: string;
  /** What an app does by it, of one and of several: `runs another image`, `run another image`. */
  readonly says: readonly [one: string, several: string];
  /** Whether an object that came or went is such a change. */
  readonly whole?: (object: Whole) => boolean;
  /** Whether a changed field of an object is. */
  readonly field?: (field: FieldDifference, object: ObjectName) => boolean;
}

/** An object that is there on one side only. */
export interface Whole extends ObjectName {
  readonly change: 'added' | 'removed';
  readonly manifest: Manifest;
}

/** How risky a change is, the worst first. Where one change is of several kinds, the worst counts. */
export const ranks: readonly Rank[] = [
  {
    name: 'migration that cannot be undone',
    says: ['runs a migration that cannot be undone', 'run a migration that cannot be undone'],
    whole: ({ change, manifest }) =>
      change === 'added' && annotationsOf(manifest)['slipway.dev/reversible'] === 'false',
  },
  {
    name: 'another image',
    says: ['runs another image', 'run another image'],
    whole: ({ change, kind }) => change === 'added' && workloads.has(kind),
    field: ({ path, after }) => {
      const place = path.findIndex((step) => step === 'containers' || step === 'initContainers');
      if (place < 0 || after === undefined) return false;
      // A container that is new, or its image; an init container is one, too.
      return path.length <= place + 2 || (path.length === place + 3 && path.at(-1) === 'image');
    },
  },
  {
    name: 'more rights (RBAC)',
    says: ['gains rights', 'gain rights'],
    whole: ({ change, kind }) => change === 'added' && (roles.has(kind) || bindings.has(kind)),
    field: (field, { kind }) => {
      const [first] = field.path;
      if (roles.has(kind)) return (first === 'rules' || first === 'aggregationRule') && isGain(field, narrowing.rules);
      return bindings.has(kind) && (first === 'subjects' || first === 'roleRef') && isGain(field, []);
    },
  },
  {
    name: 'network opened',
    says: ['opens its network', 'open their network'],
    whole: ({ change, kind, manifest }) =>
      kind === 'NetworkPolicy' ? change === 'removed' || hasPeers(manifest) : change === 'added' && isExposed(manifest),
    field: (field, { kind }) => opens[kind]?.(field) ?? false,
  },
  {
    name: 'immutable field',
    says: ['changes an immutable field', 'change an immutable field'],
    field: ({ path }, { kind }) =>
      (immutable[kind] ?? []).some((fields) => fields.split('.').every((step, index) => path[index] === step)),
  },
  {
    name: 'deletion',
    says: ['loses objects', 'lose objects'],
    whole: ({ change, manifest }) => change === 'removed' && isPruned(manifest),
  },
  {
    name: 'volume',
    says: ['changes a volume', 'change a volume'],
    whole: ({ kind }) => stores.has(kind),
    field: ({ path }, { kind }) => stores.has(kind) || path.some((step) => volumes.has(step)),
  },
  {
    name: 'replicas',
    says: ['changes how many pods run', 'change how many pods run'],
    whole: ({ kind }) => kind === 'HorizontalPodAutoscaler',
    field: ({ path }) => path[0] === 'spec' && ['replicas', 'minReplicas', 'maxReplicas'].includes(path[1] as string),
  },
  {
    name: 'environment variable removed',
    says: ['loses an environment variable', 'lose an environment variable'],
    field: ({ path, before, after }) => {
      const place = path.findIndex((step) => step === 'env' || step === 'envFrom');
      return place >= 0 && path.length <= place + 2 && before !== undefined && after === undefined;
    },
  },
  {
    name: 'resources lowered',
    says: ['gets less CPU or memory', 'get less CPU or memory'],
    field: ({ path, before, after }) => {
      if (!path.includes('resources')) return false;
      if (after === undefined) return before !== undefined && !path.includes('limits');
      return quantityOf(after) < quantityOf(before);
    },
  },
  { name: 'everything else', says: ['changes its configuration', 'change their configuration'] },
];

/** What nothing else is. */
export const least = ranks.length - 1;

/** The migration's rank, for whoever knows of one without seeing its Job. */
export const irreversible = 0;

/** The rank of one field of a changed object, or of an object that came or went; 0 is the worst. */
export function rankOf(object: ObjectDifference, field?: FieldDifference): number {
  if (object.change === 'changed') {
    if (!field) return Math.min(least, ...object.fields.map((one) => rankOf(object, one)));
    return found((rank) => rank.field?.(field, object));
  }
  const manifest = object.change === 'added' ? object.after : object.before;
  return found((rank) => rank.whole?.({ ...object, manifest }));
}

function found(is: (rank: Rank) => boolean | undefined): number {
  const index = ranks.findIndex((rank) => is(rank) === true);
  return index < 0 ? least : index;
}

const workloads = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job', 'CronJob', 'Pod']);
const roles = new Set(['Role', 'ClusterRole']);
const bindings = new Set(['RoleBinding', 'ClusterRoleBinding']);
const stores = new Set(['PersistentVolumeClaim', 'PersistentVolume', 'StorageClass']);
const volumes = new Set<Step>(['volumes', 'volumeMounts', 'volumeClaimTemplates']);

/** What the API server never lets change; the change policies, which refuse it, tell more of each. */
const immutable: Readonly<Record<string, readonly string[]>> = {
  Deployment: ['spec.selector'],
  DaemonSet: ['spec.selector'],
  ReplicaSet: ['spec.selector'],
  StatefulSet: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy', 'spec.volumeClaimTemplates'],
  Job: ['spec.template', 'spec.selector', 'spec.completionMode'],
  Service: ['spec.clusterIP'],
  PersistentVolumeClaim: [
    'spec.accessModes',
    'spec.storageClassName',
    'spec.volumeMode',
    'spec.volumeName',
    'spec.selector',
  ],
  StorageClass: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
  RoleBinding: ['roleRef'],
  ClusterRoleBinding: ['roleRef'],
  Secret: ['type'],
  CustomResourceDefinition: ['spec.scope', 'spec.group', 'spec.names'],
  PriorityClass: ['value', 'preemptionPolicy'],
};

/** Fields that allow less where they stand: losing one allows more. */
const narrowing = {
  rules: ['resourceNames'],
  /** Without them a rule takes every peer, port or pod. */
  network: ['from', 'to', 'ports', 'except', 'podSelector', 'namespaceSelector', 'matchLabels', 'matchExpressions'],
  ranges: ['loadBalancerSourceRanges', 'tls'],
};

/** Whether a field allows more than before; what cannot be told apart does. */
function isGain({ path, before, after, order }: FieldDifference, narrow: readonly string[]): boolean {
  if (order) return false;
  const narrows = narrow.includes(path.at(-1) as string) || isSelected(path);
  if (before === undefined) return !narrows;
  if (after === undefined) return narrows;
  if (!Array.isArray(before) || !Array.isArray(after)) return true;
  // A list that allows less, as `except` does, allows more when it loses something.
  const [gained, old] = path.at(-1) === 'except' ? [before, after] : [after, before];
  return gained.some((member) => !old.includes(member));
}

/** One label, or one expression, of a selector. */
const isSelected = (path: readonly Step[]) =>
  ['matchLabels', 'matchExpressions'].some((name) => path.at(-2) === name || path.at(-3) === name);

/** Kinds that let something in or out, each with the fields by which they let in more. */
const opens: Readonly<Record<string, (field: FieldDifference) => boolean>> = {
  NetworkPolicy: (field) => {
    const [, second] = field.path;
    // Whom it no longer selects is bound by nothing.
    if (second === 'podSelector')
      return field.before === undefined || field.after !== undefined || isSelected(field.path);
    if (second === 'policyTypes') return losesMember(field);
    if (second !== 'ingress' && second !== 'egress') return false;
    // Without any rule nothing passes.
    if (field.path.length === 2) return field.after !== undefined;
    return isGain(field, narrowing.network);
  },
  Ingress: (field) => isAnnotated(field) || (field.path[0] === 'spec' && isGain(field, narrowing.ranges)),
  HTTPRoute: (field) => field.path[0] === 'spec' && isGain(field, []),
  Gateway: (field) => isAnnotated(field) || (field.path[0] === 'spec' && isGain(field, narrowing.ranges)),
  Service: (field) =>
    isAnnotated(field) ||
    (field.path[0] === 'spec' &&
      ['type', 'ports', 'externalIPs', 'loadBalancerSourceRanges'].includes(field.path[1] as string) &&
      field.after !== 'ClusterIP' &&
      isGain(field, narrowing.ranges)),
};

/** Load balancers take their orders, who may come in among them, from annotations. */
const isAnnotated = ({ path }: FieldDifference) =>
  path[0] === 'metadata' &&
  path[1] === 'annotations' &&
  (path.length === 2 || /scheme|internal|cidr|range|allowlist|whitelist|auth|type/.test(String(path[2])));

const losesMember = ({ before, after }: FieldDifference) =>
  Array.isArray(before) && before.some((member) => !(Array.isArray(after) && after.includes(member)));

function hasPeers({ spec }: Manifest): boolean {
  const { ingress, egress } = (isMapping(spec) ? spec : {}) as Record<string, unknown>;
  return [ingress, egress].some((rules) => Array.isArray(rules) && rules.length > 0);
}

function isExposed({ kind, spec }: Manifest): boolean {
  const type = isMapping(spec) ? spec.type : undefined;
  return kind === 'Service' ? type === 'LoadBalancer' || type === 'NodePort' : Object.hasOwn(opens, kind);
}

function annotationsOf({ metadata: { annotations } }: Manifest): Readonly<Record<string, unknown>> {
  return isMapping(annotations) ? annotations : {};
}

/** A hook is no part of what is synced, and some objects ask to stay: Argo CD takes neither away. */
function isPruned(manifest: Manifest): boolean {
  const annotations = annotationsOf(manifest);
  const options = String(annotations['argocd.argoproj.io/sync-options'] ?? '');
  return annotations['argocd.argoproj.io/hook'] === undefined && !/\bPrune=false\b/.test(options);
}
