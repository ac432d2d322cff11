import type { Construct } from 'constructs';
import type { Placement } from '../place.ts';
import { namespace } from './namespaces.ts';

/** Argo CD's own namespaces, its configuration, and what the branch of each environment may do. */
export function argocd(scope: Construct, { cluster, path }: Placement): void {
  for (const { name } of path.environments.filter((one) => one.cluster === cluster.name))
    namespace(scope, `argocd-${name}`, 'restricted', {});
}
