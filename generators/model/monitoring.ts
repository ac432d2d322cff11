import { type Cluster, monitoringOf } from './environment.ts';

/** The namespace of what watches over a cluster. */
export const monitoringNamespace = 'monitoring';

/**
 * Namespaces that EKS makes for add-ons that are measured: nobody's environment, and none of `clusters/environments.ts`.
 * https://docs.aws.amazon.com/eks/latest/userguide/community-addons.html
 */
export const addOnNamespaces: readonly string[] = ['kube-state-metrics', 'prometheus-node-exporter'];

/** The app there that takes traces, its port of OTLP over HTTP, and its address. */
export const traces = {
  app: 'traces',
  port: 4318,
  address: `http://traces.${monitoringNamespace}:4318`,
} as const;

/** Where the programs of that namespace are reached: host and port. */
export const own = {
  blackbox: `blackbox.${monitoringNamespace}:9115`,
  alertmanager: `alertmanager.${monitoringNamespace}:9093`,
} as const;

/**
 * The apps there that run on a cluster, of those that rules are about. `profiles` and `monitoring` in their definitions say
 * the same, which a test holds.
 */
export function watchersOn(cluster: Pick<Cluster, 'profile' | 'monitoring'>): ReadonlySet<string> {
  const who = monitoringOf(cluster);
  const aws = cluster.profile === 'eks';
  return new Set([
    ...(who === 'slipway' ? ['prometheus', 'collector', 'traces', 'loki', 'tempo'] : []),
    ...(who === 'slipway' && aws ? ['alertmanager'] : []),
    ...(who !== 'none' && aws ? ['versions'] : []),
  ]);
}

/** Where the Prometheus of a cluster sends alerts: host and port. @returns nothing where no Alertmanager of ours runs */
export const alertmanagerOn = (cluster: Pick<Cluster, 'profile' | 'monitoring'>): string | undefined =>
  watchersOn(cluster).has('alertmanager') ? own.alertmanager : undefined;
