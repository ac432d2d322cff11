import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import type { Environment } from '../../model/environment.ts';
import { kubernetes } from '../../model/kinds.ts';
import { amount, bytes } from '../../model/quantity.ts';
import { environmentLabel } from '../../policies/admission.ts';
import type { Placement } from '../place.ts';
import { environmentsOn } from './environments.ts';

/** A namespace for each environment of the cluster, with what it may use, and those that belong to none. */
export function namespaces(scope: Construct, { cluster, path }: Placement): void {
  for (const environment of environmentsOn(cluster, path)) {
    const { name } = environment;
    namespace(scope, name, 'restricted', { [environmentLabel]: name });
    quota(scope, environment);
    limits(scope, environment);
    silence(scope, name);
  }
  for (const [own, standard] of Object.entries(cluster.namespaces)) {
    namespace(scope, own, standard, {});
    silence(scope, own);
  }
  if (cluster.profile === 'eks') enforcement(scope);
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
        'pod-security.kubernetes.io/enforce-version': `v${kubernetes}`,
      },
      annotations: { 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=confirm' },
    },
  });
}

/** What all pods of an environment together may ask for: one environment must not starve its neighbour on the cluster. */
function quota(scope: Construct, { name, quota }: Environment): void {
  if (!quota) return;
  const { cpu, memory, pods, storage } = quota;
  const hard = {
    'requests.cpu': cpu,
    'requests.memory': memory,
    'limits.memory': memory,
    'requests.storage': storage,
    pods: String(pods),
    // What comes from outside comes through an Ingress.
    'services.loadbalancers': '0',
    'services.nodeports': '0',
  };
  new k8s.KubeResourceQuota(scope, `resourcequota-${name}`, {
    metadata: { name, namespace: name },
    spec: { hard: quantities(hard) },
  });
}

/**
 * What a container is given that says nothing: with a quota it would be refused. No maximum of CPU: where there is one,
 * every container gets a limit, too.
 * https://kubernetes.io/docs/concepts/policy/limit-range/
 */
function limits(scope: Construct, { name, resources, quota }: Environment): void {
  const { cpu, memory } = resources;
  const most = (all: string, share: number) => bytes(amount(all) * share);
  new k8s.KubeLimitRange(scope, `limitrange-${name}`, {
    metadata: { name, namespace: name },
    spec: {
      limits: [
        {
          type: 'Container',
          defaultRequest: quantities({ cpu, memory }),
          default: quantities({ memory }),
          // A mistyped unit takes a part of what there is, and not everything.
          ...(quota ? { max: quantities({ memory: most(quota.memory, 1 / 4) }) } : {}),
        },
        ...(quota ? [{ type: 'PersistentVolumeClaim', max: quantities({ storage: most(quota.storage, 1 / 2) }) }] : []),
      ],
    },
  });
}

/** Nobody calls anybody, but for what the policies of an app allow; a pod that none of them selects is alone. */
function silence(scope: Construct, namespace: string): void {
  new k8s.KubeNetworkPolicy(scope, `networkpolicy-${namespace}`, {
    metadata: { name: `default-deny-${namespace}`, namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
}

/**
 * EKS Auto Mode takes NetworkPolicies and holds nobody to them before it is told to.
 * https://docs.aws.amazon.com/eks/latest/userguide/auto-net-pol.html
 */
function enforcement(scope: Construct): void {
  new k8s.KubeConfigMap(scope, 'configmap', {
    metadata: { name: 'amazon-vpc-cni', namespace: 'kube-system' },
    data: { 'enable-network-policy-controller': 'true' },
  });
}

const quantities = (named: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name, k8s.Quantity.fromString(value)]));
