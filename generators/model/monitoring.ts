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
