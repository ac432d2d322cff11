import { ApiObject } from 'cdk8s';
import { k8s } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { monitoringOf } from '../../model/environment.ts';
import { addOnNamespaces, monitoringNamespace } from '../../model/monitoring.ts';
import { argoCdMonitorSpec, ruleSpec } from '../../monitoring/operator.ts';
import { platformRules } from '../../monitoring/platform-rules.ts';
import type { Placement } from '../place.ts';
import { environmentsOn } from './environments.ts';

const apiGroup = 'rbac.authorization.k8s.io';

/** Things that are looked at, by their API group. */
const groups = { pods: '', configmaps: '', ingresses: 'networking.k8s.io' } as const;
type Readable = keyof typeof groups;

/**
 * What those who watch may read outside of their own namespace, one by one, and no Secret anywhere: Prometheus its targets
 * and its rules, the blackbox exporter how to ask. Under an operator, what is watched of the cluster itself.
 */
export function monitoring(scope: Construct, { cluster, path }: Placement, owner: string): void {
  const who = monitoringOf(cluster);
  if (who === 'operator') operated(scope, { cluster, path, owner });
  if (who === 'none') return;
  const environments = environmentsOn(cluster, path).map(({ name }) => name);
  const others = Object.keys(cluster.namespaces).filter((name) => name !== monitoringNamespace);
  for (const namespace of [...environments, ...others]) readerOf(scope, 'blackbox', namespace, ['configmaps']);
  if (who !== 'slipway') return;
  for (const namespace of environments) readerOf(scope, 'prometheus', namespace, ['pods', 'configmaps', 'ingresses']);
  for (const namespace of others) readerOf(scope, 'prometheus', namespace, ['pods', 'configmaps']);
  if (cluster.profile === 'eks')
    for (const namespace of addOnNamespaces) readerOf(scope, 'prometheus', namespace, ['pods']);
  nodes(scope);
}

/** A program of the monitoring may look at some things of another namespace. */
export function readerOf(scope: Construct, program: string, namespace: string, things: readonly Readable[]): void {
  // A part holds one object of a kind and name.
  const name = `${program}-in-${namespace}`;
  const metadata = { name, namespace };
  new k8s.KubeRole(scope, `role-${name}`, {
    metadata,
    rules: things.map((thing) => ({
      apiGroups: [groups[thing]],
      resources: [thing],
      verbs: ['get', 'list', 'watch'],
    })),
  });
  new k8s.KubeRoleBinding(scope, `rolebinding-${name}`, {
    metadata,
    roleRef: { apiGroup, kind: 'Role', name },
    subjects: [account(program)],
  });
}

/**
 * What kubelets measure: `nodes/metrics` is that and nothing that runs there.
 * https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/#kubelet-authorization
 */
function nodes(scope: Construct): void {
  const name = 'prometheus-nodes';
  new k8s.KubeClusterRole(scope, 'clusterrole', {
    metadata: { name },
    rules: [
      { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    ],
  });
  new k8s.KubeClusterRoleBinding(scope, 'clusterrolebinding', {
    metadata: { name },
    roleRef: { apiGroup, kind: 'ClusterRole', name },
    subjects: [account('prometheus')],
  });
}

const account = (name: string) => ({ kind: 'ServiceAccount', name, namespace: monitoringNamespace });

function operated(scope: Construct, of: Parameters<typeof platformRules>[0]): void {
  const object = (kind: string, name: string, spec: object) =>
    new ApiObject(scope, `${kind.toLowerCase()}-${name}`, {
      apiVersion: 'monitoring.coreos.com/v1',
      kind,
      metadata: { name, namespace: monitoringNamespace },
      spec,
    });
  object('PrometheusRule', 'platform', ruleSpec(platformRules(of)));
  object('PodMonitor', 'argocd', argoCdMonitorSpec());
}
