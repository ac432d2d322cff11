import { isDeepStrictEqual } from 'node:util';
import type { ChangePolicy } from '../change-policy.ts';
import { type Path, parsePath, valueAt } from '../json.ts';
import { breach } from '../pods.ts';
import type { Subject } from '../view.ts';

/** What the API server never lets change once an object is there, and what to do instead. */
interface Fixed {
  readonly id: string;
  readonly kinds: readonly string[];
  readonly fields: readonly string[];
  /** The way out. */
  readonly instead: string;
  readonly source: string;
  /** @default always */
  readonly when?: (before: Subject) => boolean;
}

const anew = 'Give the object a new name, move what needs it there, and take the old one out in a later commit';
const workload = 'https://kubernetes.io/docs/concepts/workloads/controllers';

const fixed: readonly Fixed[] = [
  {
    id: 'fixed-selector',
    kinds: ['apps/Deployment', 'apps/DaemonSet', 'apps/ReplicaSet'],
    fields: ['spec.selector'],
    instead: anew,
    source: `${workload}/deployment/#label-selector-updates`,
  },
  {
    id: 'fixed-stateful-set',
    kinds: ['apps/StatefulSet'],
    fields: ['spec.selector', 'spec.serviceName', 'spec.podManagementPolicy', 'spec.volumeClaimTemplates'],
    instead:
      'Delete the StatefulSet by hand with --cascade=orphan right before the sync, so that its pods and volumes stay, and excuse the app for so long; or give it a new name and restore its data',
    source: `${workload}/statefulset/`,
  },
  {
    id: 'fixed-job',
    kinds: ['batch/Job'],
    fields: ['spec.template', 'spec.selector', 'spec.completionMode'],
    instead: 'Put the version into its name, so that a change is a new Job',
    source: `${workload}/job/`,
  },
  {
    id: 'fixed-cluster-ip',
    kinds: ['Service'],
    fields: ['spec.clusterIP'],
    instead: anew,
    source: 'https://kubernetes.io/docs/concepts/services-networking/service/',
  },
  {
    id: 'fixed-claim',
    kinds: ['PersistentVolumeClaim'],
    fields: [
      'spec.accessModes',
      'spec.storageClassName',
      'spec.volumeMode',
      'spec.volumeName',
      'spec.selector',
      'spec.dataSource',
    ],
    instead: 'Make a claim with a new name, copy the data with a Job, and take the old one out in a later commit',
    source: 'https://kubernetes.io/docs/concepts/storage/persistent-volumes/',
  },
  {
    id: 'fixed-storage-class',
    kinds: ['storage.k8s.io/StorageClass'],
    fields: ['provisioner', 'parameters', 'reclaimPolicy', 'volumeBindingMode'],
    instead: 'Make a class with a new name; claims keep the one they were made with',
    source: 'https://kubernetes.io/docs/concepts/storage/storage-classes/',
  },
  {
    id: 'fixed-configuration',
    kinds: ['ConfigMap', 'Secret'],
    fields: ['immutable', 'data', 'binaryData', 'stringData'],
    instead: 'Give it a new name, and name that where it is used',
    source: 'https://kubernetes.io/docs/concepts/configuration/configmap/#configmap-immutable',
    when: ({ manifest }) => manifest.immutable === true,
  },
  {
    id: 'fixed-role',
    kinds: ['rbac.authorization.k8s.io/RoleBinding', 'rbac.authorization.k8s.io/ClusterRoleBinding'],
    fields: ['roleRef'],
    instead: 'Give the binding a new name: what it binds is what it is',
    source: 'https://kubernetes.io/docs/reference/access-authn-authz/rbac/#clusterrolebinding-example',
  },
  {
    id: 'fixed-secret-type',
    kinds: ['Secret'],
    fields: ['type'],
    instead: anew,
    source: 'https://kubernetes.io/docs/concepts/configuration/secret/#secret-types',
  },
  {
    id: 'fixed-crd-scope',
    kinds: ['apiextensions.k8s.io/CustomResourceDefinition'],
    fields: ['spec.scope', 'spec.group', 'spec.names.kind', 'spec.names.plural'],
    instead: 'Make a definition of another name: every object of the old one would be lost',
    source: 'https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/',
  },
  {
    id: 'fixed-priority',
    kinds: ['scheduling.k8s.io/PriorityClass'],
    fields: ['value', 'preemptionPolicy'],
    instead: anew,
    source: 'https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/',
  },
];

/** What an absent field means, where that is the same as something that may be written. */
const meant: Readonly<Record<string, unknown>> = {
  'spec.podManagementPolicy': 'OrderedReady',
  'spec.volumeMode': 'Filesystem',
  'spec.completionMode': 'NonIndexed',
  reclaimPolicy: 'Delete',
  volumeBindingMode: 'Immediate',
  preemptionPolicy: 'PreemptLowerPriority',
  type: 'Opaque',
};

/**
 * A claim template without what the API server writes into it itself:
 * https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/stateful-set-v1/
 */
const typed = { apiVersion: 'v1', kind: 'PersistentVolumeClaim' };
const asMeant = (field: string, value: unknown) =>
  field === 'spec.volumeClaimTemplates' && Array.isArray(value)
    ? value.map((claim) => ({ ...typed, ...(claim as object) }))
    : (value ?? meant[field]);

/** A field that the server fills in when it is absent is not changed by leaving it out. */
const filledIn = ['spec.clusterIP', 'spec.storageClassName', 'spec.volumeName', 'spec.dataSource', 'spec.selector'];
const isLeftOut = (field: string, after: Subject) =>
  filledIn.includes(field) &&
  !after.kind.startsWith('apps/') &&
  valueAt(after.manifest, parsePath(field)) === undefined;

/** One policy for each kind of thing that cannot change. */
export const immutable: readonly ChangePolicy[] = fixed.map(({ id, kinds, fields, instead, source, when }) => ({
  id,
  says: `This cannot change while the object is there. ${instead}.`,
  source,
  kinds,
  regards: (part) =>
    part
      .of(...kinds)
      .filter((subject) => when?.(subject) !== false)
      .map(({ id, manifest }) => [
        id,
        namespaceOf(manifest),
        ...fields.map((field) => asMeant(field, valueAt(manifest, parsePath(field)))),
      ]),
  *check(before, after) {
    for (const old of before.of(...kinds)) {
      const now = after
        .of(old.kind)
        .find(({ name, manifest }) => name === old.name && namespaceOf(manifest) === namespaceOf(old.manifest));
      if (now === undefined || when?.(old) === false) continue;
      for (const field of fields) {
        const path = parsePath(field);
        const [was, is] = [old, now].map(({ manifest }) => asMeant(field, valueAt(manifest, path)));
        if (isDeepStrictEqual(was, is) || isLeftOut(field, now)) continue;
        const at = innermost(path, was, is);
        yield breach(now, at.path, at.is, `It was ${shown(at.was)}.`);
      }
    }
  },
}));

/** Where two values begin to differ: what is the same around it says nothing to whoever must mend it. */
function innermost(path: Path, was: unknown, is: unknown): { path: Path; was: unknown; is: unknown } {
  const inside = [was, is].every((value) => typeof value === 'object' && value !== null);
  if (!inside || Array.isArray(was) !== Array.isArray(is)) return { path, was, is };
  const [old, now] = [was, is] as Record<string, unknown>[];
  const keys = [...new Set([...Object.keys(old ?? {}), ...Object.keys(now ?? {})])];
  const [key, ...others] = keys.filter((name) => !isDeepStrictEqual(old?.[name], now?.[name]));
  if (key === undefined || others.length > 0) return { path, was, is };
  return innermost([...path, Array.isArray(was) ? Number(key) : key], old?.[key], now?.[key]);
}

const namespaceOf = (manifest: Subject['manifest']) => manifest.metadata?.namespace;

function shown(value: unknown): string {
  const text = value === undefined ? 'absent' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
