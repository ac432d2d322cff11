import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { environmentLabel } from '../../policies/admission.ts';
import type { Placement } from '../place.ts';
import { environmentsOn } from './environments.ts';

/** The Kubernetes whose Pod Security Standards are meant. */
const kubernetes = 'v1.36';

/** A namespace for each environment of the cluster, and those that belong to none. */
export function namespaces(scope: Construct, { cluster, path }: Placement): void {
  for (const { name } of environmentsOn(cluster, path))
    namespace(scope, name, 'restricted', { [environmentLabel]: name });
  for (const [own, standard] of Object.entries(cluster.namespaces)) namespace(scope, own, standard, {});
}

/** A namespace that enforces a Pod Security Standard and goes only when a person confirms it in Argo CD. */
export function namespace(
  scope: Construct,
  name: string,
  standard: string,
  labels: Readonly<Record<string, string>>,
): void {
  new k8s.KubeNamespace(scope, `namespace-${name}`, {
    metadata: {
      name,
      labels: {
        ...labels,
        'pod-security.kubernetes.io/enforce': standard,
        'pod-security.kubernetes.io/enforce-version': kubernetes,
      },
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' },
    },
  });
}
