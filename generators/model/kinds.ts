import { applicationFile } from './names.ts';

/** The Kubernetes that everything here is checked against: `schemas/kubernetes.json` is of it. */
// renovate: datasource=endoflife-date depName=amazon-eks versioning=loose
export const kubernetes = '1.36';

/** Kinds that belong to a cluster and not to a namespace, as those of Kubernetes itself do: https://kubernetes.io/docs/reference/kubernetes-api/ */
const clusterScoped = new Set(
  (
    'APIService CSIDriver CSINode CertificateSigningRequest ClusterRole ClusterRoleBinding ClusterTrustBundle ' +
    'CustomResourceDefinition DeviceClass FlowSchema IngressClass IPAddress MutatingAdmissionPolicy ' +
    'MutatingAdmissionPolicyBinding MutatingWebhookConfiguration Namespace Node PersistentVolume PriorityClass ' +
    'PriorityLevelConfiguration ResourceSlice RuntimeClass ServiceCIDR StorageClass StorageVersionMigration ' +
    'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration VolumeAttachment ' +
    'VolumeAttributesClass ' +
    // Of EKS and Karpenter: https://docs.aws.amazon.com/eks/latest/userguide/automode.html
    'IngressClassParams NodeClaim NodeClass NodePool'
  ).split(' '),
);

/** Where a part belongs. */
export interface Place {
  /** The environment. */
  readonly name: string;
  readonly scope?: 'environment' | 'cluster' | undefined;
  /** The app. @default one that Argo CD takes no orders from */
  readonly app?: string | undefined;
}

/** The one app that puts something where Argo CD takes its orders from. `app-check.ts` holds it to what it provides. */
export const argoCdApp = 'argocd';
const orders = /^argocd(-|$)/;

/** Whether objects of a kind belong to no namespace. */
export const isClusterScoped = (kind: string) => clusterScoped.has(kind);

/**
 * Why a manifest may not stand in a part of this environment; undefined when it may.
 * @param file its name inside the part
 */
export function isForeign(
  file: string,
  manifest: unknown,
  { name: environment, scope, app }: Place,
): string | undefined {
  const { apiVersion, kind, metadata } = (manifest ?? {}) as Record<string, unknown>;
  const { name, namespace } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof name !== 'string')
    return 'has no apiVersion, kind and metadata.name';
  // Argo CD takes whatever has `items` apart: https://pkg.go.dev/k8s.io/apimachinery/pkg/apis/meta/v1/unstructured#Unstructured.IsList
  if (kind === 'List' || Object.hasOwn(manifest as object, 'items'))
    return `is a list (${kind}): a file holds one object`;
  const gives = scope === 'cluster' && app === argoCdApp;
  if (apiVersion.startsWith('argoproj.io/')) {
    if (gives && file !== applicationFile && ['AppProject', 'Application'].includes(kind))
      return namespace === 'argocd' ? undefined : `is a ${kind} in namespace ${namespace}: it must be in argocd`;
    if (file !== applicationFile || kind !== 'Application')
      return `is a ${kind} of Argo CD: a part has one Application, in ${applicationFile}`;
    return namespace === `argocd-${environment}`
      ? undefined
      : `is an Application in namespace ${namespace}: it must be in argocd-${environment}`;
  }
  if (file === applicationFile) return `is a ${kind}: it must be the Application of the part`;
  if (scope === 'cluster')
    return !gives && typeof namespace === 'string' && orders.test(namespace)
      ? `is in namespace ${namespace}, where Argo CD takes its orders from: only the app ${argoCdApp} puts anything there`
      : undefined;
  if (clusterScoped.has(kind)) return `is a ${kind}, which belongs to a cluster: an environment branch holds none`;
  return namespace === environment
    ? undefined
    : `is in namespace ${namespace ?? '(none)'}: it must be in ${environment}`;
}
