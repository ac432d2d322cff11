import type { Manifest } from './manifest.ts';
import { isMapping } from './mapping.ts';

/**
 * In which order Argo CD applies what stands in one wave; kinds that it does not know come last.
 * https://github.com/argoproj/argo-cd/blob/master/gitops-engine/pkg/sync/sync_tasks.go
 */
const kinds = [
  ...['Namespace', 'NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodDisruptionBudget', 'ServiceAccount', 'Secret'],
  ...['ConfigMap', 'StorageClass', 'PersistentVolume', 'PersistentVolumeClaim', 'CustomResourceDefinition'],
  ...['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'Service', 'DaemonSet', 'Pod', 'ReplicaSet'],
  ...[
    'Deployment',
    'HorizontalPodAutoscaler',
    'StatefulSet',
    'Job',
    'CronJob',
    'IngressClass',
    'Ingress',
    'APIService',
  ],
];
const ranks = new Map(kinds.map((kind, index) => [kind, index]));

/** The objects of a part as Argo CD applies them: by wave, by kind, by name. */
export function inSyncOrder<T extends Manifest>(manifests: readonly T[]): T[] {
  const rank = ({ kind }: Manifest) => ranks.get(kind) ?? kinds.length;
  return [...manifests].sort(
    (a, b) =>
      waveOf(a) - waveOf(b) ||
      rank(a) - rank(b) ||
      compare(a.kind, b.kind) ||
      compare(a.metadata.name, b.metadata.name),
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/** https://argo-cd.readthedocs.io/en/stable/user-guide/sync-waves/ */
const waveOf = (manifest: Manifest): number => {
  const wave = annotationsOf(manifest)['argocd.argoproj.io/sync-wave'];
  return /^-?\d+$/.test(wave ?? '') ? Number(wave) : 0;
};

/** When Argo CD runs an object as a hook (`PreSync`); undefined for what it keeps in the cluster. */
export const hookOf = (manifest: Manifest): string | undefined =>
  annotationsOf(manifest)['argocd.argoproj.io/hook'] || annotationsOf(manifest)['helm.sh/hook'] || undefined;

/** The annotations of an object, those that are texts. */
export function annotationsOf({ metadata }: Pick<Manifest, 'metadata'>): Readonly<Record<string, string>> {
  const { annotations } = metadata;
  const all = isMapping(annotations) ? Object.entries(annotations) : [];
  return Object.fromEntries(all.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}
