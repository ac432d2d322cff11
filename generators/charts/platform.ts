import { ApiObject, Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { scopeOf } from '../model/environment.ts';
import { admission, environmentLabel } from '../policies/admission.ts';
import type { Placement } from './place.ts';

/** The Kubernetes whose Pod Security Standards are meant. */
const kubernetes = 'v1.36';

/** What this repository needs on a cluster before an app can run there: namespaces, and the policies that guard them. */
export class PlatformChart extends Chart {
  constructor(scope: Construct, name: string, { cluster, path }: Placement) {
    super(scope, name, { disableResourceNameHashes: true });
    const here = path.environments.filter((one) => scopeOf(one) === 'environment' && one.cluster === cluster.name);
    for (const { name: environment } of here)
      namespace(this, environment, 'restricted', { [environmentLabel]: environment });
    for (const [own, standard] of Object.entries(cluster.namespaces)) namespace(this, own, standard, {});
    const environments = here.map(({ name: environment, production = false }) => ({ name: environment, production }));
    for (const policy of admission({ ...cluster, environments }))
      new ApiObject(this, `${policy.kind}-${policy.metadata.name}`, policy);
  }
}

/** A namespace that enforces a Pod Security Standard and goes only when a person confirms it in Argo CD. */
function namespace(scope: Construct, name: string, standard: string, labels: Readonly<Record<string, string>>): void {
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
