import type { Route } from './manifests.ts';
import type { Pod } from './pod.ts';
import type { ObjectMeta } from './template.ts';

/** Targets and their labels as Prometheus asks for them: https://prometheus.io/docs/prometheus/latest/http_sd/ */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What `kubernetes_sd_configs` of role `pod` would find of a pod: a target per container port, under the labels of
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#pod, at the port of this machine that plays
 * it. A port that it does not have yet, or any more, is no target; nor is a container without ports, which Kubernetes
 * would give with an address that nobody answers.
 */
export function podTargets(environment: string, pod: Pick<Pod, 'id' | 'ready' | 'metadata' | 'spec' | 'port'>) {
  const labels = {
    ...meta('namespace', environment),
    ...meta('pod_name', pod.id),
    ...meta('pod_ip', '127.0.0.1'),
    ...meta('pod_ready', String(pod.ready)),
    ...meta('pod_phase', 'Running'),
    ...said('pod', pod.metadata),
  };
  const { initContainers = [], containers } = pod.spec;
  const all = [
    ...initContainers.map((container) => ({ ...container, init: 'true' })),
    ...containers.map((container) => ({ ...container, init: 'false' })),
  ];
  return all.flatMap(({ name, image, init, ports = [] }) =>
    ports.flatMap((port): TargetGroup[] => {
      const here = pod.port(port.containerPort);
      if (here === undefined) return [];
      const about = {
        ...meta('pod_container_name', name),
        ...meta('pod_container_image', image),
        ...meta('pod_container_init', init),
        ...meta('pod_container_port_name', port.name ?? ''),
        ...meta('pod_container_port_number', String(port.containerPort)),
        ...meta('pod_container_port_protocol', port.protocol ?? 'TCP'),
      };
      return [{ targets: [`127.0.0.1:${here}`], labels: { ...labels, ...about } }];
    }),
  );
}

/**
 * What role `ingress` would find: a target per host and path. Here a host has neither an address nor a certificate: it
 * is reached by HTTP at the proxy, which is told the host, and so the scheme and the address say.
 * https://prometheus.io/docs/prometheus/latest/configuration/configuration/#ingress
 */
export const ingressTargets = (environment: string, routes: readonly Route[], proxy: string): TargetGroup[] =>
  routes.map(({ host, path, ingress }) => ({
    targets: [proxy],
    labels: {
      ...meta('namespace', environment),
      ...meta('ingress_name', ingress.name),
      ...(ingress.className === undefined ? {} : meta('ingress_class_name', ingress.className)),
      ...said('ingress', ingress),
      ...meta('ingress_scheme', 'http'),
      ...meta('ingress_host', host),
      ...meta('ingress_path', path),
    },
  }));

/** The world itself, which says at its port what the app `versions` says in a cluster: what runs where. */
export const versionsTarget = (port: number) =>
  podTargets('monitoring', {
    id: 'versions',
    ready: true,
    metadata: {
      labels: { 'app.kubernetes.io/name': 'versions' },
      annotations: { 'slipway.dev/metrics-port': 'main', 'slipway.dev/metrics-path': '/metrics' },
    },
    spec: { containers: [{ name: 'versions', image: 'world', ports: [{ name: 'main', containerPort: port }] }] },
    port: () => port,
  });

const meta = (name: string, value: string) => ({ [`__meta_kubernetes_${name}`]: value });

/** Labels and annotations of an object: each as its value, and as being there. */
const said = (what: string, { labels = {}, annotations = {} }: ObjectMeta) => ({
  ...each(`${what}_label`, labels),
  ...each(`${what}_annotation`, annotations),
});

const each = (what: string, values: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) => {
      // A label of Prometheus has no other characters.
      const name = key.replace(/[^a-zA-Z0-9_]/g, '_');
      return [
        [`__meta_kubernetes_${what}_${name}`, value],
        [`__meta_kubernetes_${what}present_${name}`, 'true'],
      ];
    }),
  );
