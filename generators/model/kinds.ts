import { applicationFile } from './names.ts';

/** Kinds that belong to a cluster and not to a namespace: https://kubernetes.io/docs/reference/kubernetes-api/ */
const clusterScoped = new Set(
  (
    'APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ' +
    'CustomResourceDefinition DeviceClass FlowSchema IngressClass IPAddress MutatingAdmissionPolicy ' +
    'MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass ' +
    'PriorityLevelConfiguration ResourceSlice RuntimeClass ServiceCIDR StorageClass StorageVersionMigration ' +
    'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment ' +
    'VolumeAttributesClass'
  ).split(' '),
);

/** Where a part belongs. */
export interface Place {
  /** The environment. */
  readonly name: string;
  readonly scope?: 'environment' | 'cluster' | undefined;
}

/** Whether objects of a kind of Kubernetes itself belong to no namespace. */
export const isClusterScoped = (kind: string) => clusterScoped.has(kind);

/**
 * Why a manifest may not stand in a part of this environment; undefined when it may.
 * @param file its name inside the part
 */
export function isForeign(file: string, manifest: unknown, { name: environment, scope }: Place): string | undefined {
  const { apiVersion, kind, metadata } = (manifest ?? {}) as Record<string, unknown>;
  const { name, namespace } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string')
    return 'has no apiVersion, kind and metadata.name';
  // Argo CD takes whatever has `items` apart: https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1/unstructured#Unstructured.IsList
  if (kind === 'List' || Object.hasOwn(manifest as object, 'items'))
    return `is a list (${kind}): a file holds one object`;
  if (apiVersion.startsWith('argoproj.io/')) {
    if (file !== applicationFile || kind !== 'Application')
      return `is a ${kind} of Argo CD: a part has one Application, in ${applicationFile}`;
    return namespace === `argocd-${environment}`
      ? undefined
      : `is an Application in namespace ${namespace}: it must be in argocd-${environment}`;
  }
  if (file === applicationFile) return `is a ${kind}: it must be the Application of the part`;
  if (scope === 'cluster')
    return typeof namespace === 'string' && /^argocd(-|$)/.test(namespace)
      ? `is in namespace ${namespace}, where Argo CD takes its orders from: no app puts anything there`
      : undefined;
  if (clusterScoped.has(kind)) return `is a ${kind}, which belongs to a cluster: an environment branch holds none`;
  return namespace === environment
    ? undefined
    : `is in namespace ${namespace ?? '(none)'}: it must be in ${environment}`;
}
