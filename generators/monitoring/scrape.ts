import { monitoringNamespace } from '../model/monitoring.ts';
import { kept } from './kept.ts';
import { anyOf, copy, drop, form, keep, meta, type Relabel, set } from './relabel.ts';

/** Where Prometheus hears of its targets. */
export type Discovery =
  | 'kubernetes'
  | {
      /** An address that answers `/pod` and `/ingress` as Prometheus asks for it, with the labels that Kubernetes gives. */
      readonly http: string;
    };

/** What is scraped. */
export interface Scraped {
  readonly discovery: Discovery;
  /** The environments whose pods and Ingresses are read: each is the namespace of the same name. */
  readonly environments: readonly string[];
  /** Other namespaces whose pods are read: those of what belongs to the cluster. @default [] */
  readonly namespaces?: readonly string[] | undefined;
  /** Host and port of the blackbox exporter. @default none: nothing is asked from outside */
  readonly blackbox?: string | undefined;
}

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#scrape_config */
export interface ScrapeConfig {
  readonly job_name: string;
  readonly relabel_configs: readonly Relabel[];
  readonly metric_relabel_configs?: readonly Relabel[];
  readonly [field: string]: unknown;
}

/** What says on a pod that Prometheus reads it: the name of the port, and the path. */
export const metricsAnnotations = { port: 'slipway.dev/metrics-port', path: 'slipway.dev/metrics-path' } as const;

/** What says on an Ingress which paths are asked from outside: the page, and what says the version. */
export const probeAnnotations = {
  page: 'slipway.dev/probe-path',
  version: 'slipway.dev/probe-version-path',
} as const;

/** The kinds of outside probe: each has its own module in the blackbox exporter, `<namespace>-<app>-<probe>`. */
export type Probe = keyof typeof probeAnnotations;

/** Seconds between two scrapes, and between two evaluations of the rules. */
export const interval = '15s';

const metadata = (kind: 'pod' | 'ingress', of: string, name: string) =>
  meta(`${kind}_${of}_${name.replaceAll(/[^a-zA-Z0-9_]/g, '_')}`);

/**
 * What one target may say. Who says more is not read at all, and `up` is 0: a series per visitor would take the store of
 * everybody. 3.x knows these for all jobs at once, older ones for each.
 */
export const limits = {
  sample_limit: 20_000,
  label_limit: 40,
  label_name_length_limit: 200,
  label_value_length_limit: 1000,
  target_limit: 500,
  body_size_limit: '20MB',
} as const;

/** What Prometheus reads, job by job. Only `pods` and the probes are told of outside Kubernetes. */
export function scrapeConfigs(of: Scraped): ScrapeConfig[] {
  const { blackbox } = of;
  return [
    pods(of),
    versions(of),
    ...(blackbox === undefined
      ? []
      : (Object.keys(probeAnnotations) as Probe[]).map((probe) => probes(of, probe, blackbox))),
    ...(of.discovery === 'kubernetes' ? ofCluster(of.discovery) : []),
  ];
}

/** Where the targets of a role are heard of. */
function discovered(role: 'pod' | 'ingress' | 'node', names: readonly string[], discovery: Discovery) {
  return discovery === 'kubernetes'
    ? { kubernetes_sd_configs: [{ role, ...(role === 'node' ? {} : { namespaces: { names } }) }] }
    : { http_sd_configs: [{ url: `${discovery.http.replace(/\/+$/, '')}/${role}`, refresh_interval: '5s' }] };
}

/** A pod that is about to be read: its namespace is the environment, and what it is called is what it says of itself. */
export const ofPod: readonly Relabel[] = [
  copy(meta('namespace'), 'namespace'),
  copy(metadata('pod', 'label', 'app.kubernetes.io/name'), 'app'),
  copy(meta('pod_name'), 'pod'),
  copy(metadata('pod', 'label', 'app.kubernetes.io/version'), 'version'),
];

/** The same for whoever speaks of other apps: its own version must not stand on what it says of them. */
export const ofTeller: readonly Relabel[] = ofPod.filter(({ target_label }) => target_label !== 'version');

/** A pod that has come to its end is no target, and one that says so is read at one of its ports. */
const readable: readonly Relabel[] = [
  drop(meta('pod_phase'), 'Succeeded|Failed'),
  keep(metadata('pod', 'annotation', metricsAnnotations.path), '/.*'),
  {
    source_labels: [meta('pod_container_port_name')],
    action: 'keepequal',
    target_label: metadata('pod', 'annotation', metricsAnnotations.port),
  },
  copy(metadata('pod', 'annotation', metricsAnnotations.path), '__metrics_path__'),
];

/** The app that says what runs where: its series are about other apps. */
const teller = metadata('pod', 'label', 'app.kubernetes.io/name');

/** Every pod of an app that has `metrics`. What it says itself of these labels becomes `exported_…`. */
const pods = ({ discovery, environments, namespaces = [] }: Scraped): ScrapeConfig => ({
  job_name: 'pods',
  ...limits,
  ...discovered('pod', [...environments, ...namespaces], discovery),
  relabel_configs: [...readable, drop(teller, 'versions'), ...ofPod],
});

/** What runs where, by `slipway metrics`: the namespace of a series is the environment that it is about. */
const versions = ({ discovery }: Scraped): ScrapeConfig => ({
  job_name: 'versions',
  ...limits,
  // Its series have an app of their own.
  honor_labels: true,
  ...discovered('pod', [monitoringNamespace], discovery),
  relabel_configs: [...readable, keep(teller, 'versions'), ...ofTeller],
  metric_relabel_configs: [{ source_labels: ['environment'], regex: '(.+)', target_label: 'namespace' }],
});

/** Public addresses, asked as a visitor asks: the load balancer, the certificate and the app's answer in one. */
const probes = (
  { discovery, environments, namespaces = [] }: Scraped,
  probe: Probe,
  blackbox: string,
): ScrapeConfig => {
  const host = meta('ingress_host');
  const path = metadata('ingress', 'annotation', probeAnnotations[probe]);
  const app = metadata('ingress', 'label', 'app.kubernetes.io/name');
  return {
    job_name: probe === 'page' ? 'probe' : `probe-${probe}`,
    ...limits,
    metrics_path: '/probe',
    scrape_timeout: '10s',
    // What the monitoring itself shows to people is asked, too; other namespaces have no Ingress.
    ...discovered('ingress', [...environments, ...namespaces.filter((one) => one === monitoringNamespace)], discovery),
    relabel_configs: [
      keep(path, '/.*'),
      // The address is the host's own but on one machine, where a proxy answers for all hosts.
      form([meta('ingress_scheme'), '__address__', path], '__param_target', '$1://$2$3'),
      copy(host, '__param_hostname'),
      form([meta('namespace'), app], '__param_module', `$1-$2-${probe}`),
      form([meta('ingress_scheme'), host, path], 'instance', '$1://$2$3'),
      copy(meta('namespace'), 'namespace'),
      copy(app, 'app'),
      set('probe', probe),
      set('job', 'probe'),
      set('__address__', blackbox),
    ],
  };
};

/** Argo CD's programs and the ports at which they say how they are; not all of these ports are declared. */
const argoCdPorts = {
  'argocd-application-controller': 8082,
  'argocd-server': 8083,
  'argocd-repo-server': 8084,
  'argocd-notifications-controller': 9001,
} as const;

const name = metadata('pod', 'label', 'app.kubernetes.io/name');

/** What the cluster itself says. Namespaces of add-ons: https://docs.aws.amazon.com/eks/latest/userguide/community-addons.html */
const ofCluster = (discovery: Discovery): ScrapeConfig[] => [
  {
    job_name: 'argocd',
    ...limits,
    ...discovered('pod', ['argocd'], discovery),
    relabel_configs: [
      keep(name, anyOf(Object.keys(argoCdPorts))),
      // One target for each pod, however many ports it declares: what is equal is read once.
      ...Object.entries(argoCdPorts).map(([program, port]) => ({
        source_labels: [name, meta('pod_ip')],
        separator: ';',
        regex: `${program};(.+)`,
        target_label: '__address__',
        replacement: `$1:${port}`,
      })),
      copy(name, 'program'),
      copy(meta('pod_name'), 'pod'),
      copy(meta('namespace'), 'namespace'),
    ],
    metric_relabel_configs: [
      keep('__name__', anyOf(kept.argocd)),
      // An Application is about an environment, which is its project, and an app.
      {
        source_labels: ['__name__', 'project'],
        separator: ';',
        regex: 'argocd_app_.+;(.+)',
        target_label: 'namespace',
      },
      { source_labels: ['__name__', 'name'], separator: ';', regex: 'argocd_app_.+;(.+)', target_label: 'app' },
      // https://github.com/argoproj/argo-cd/blob/v3.6.1/controller/metrics/metrics.go
      { regex: 'exported_namespace|repo|dest_server|dest_namespace|autosync_enabled', action: 'labeldrop' },
    ],
  },
  {
    job_name: 'kube-state-metrics',
    ...limits,
    sample_limit: 100_000,
    // It speaks of others.
    honor_labels: true,
    ...discovered('pod', ['kube-state-metrics'], discovery),
    relabel_configs: [keep(name, 'kube-state-metrics'), keep(meta('pod_container_port_number'), '8080')],
    metric_relabel_configs: [
      keep('__name__', anyOf(kept.kubeStateMetrics)),
      // A pod that is made anew is another one in each of these, and nobody asks.
      { regex: 'uid|container_id|image_id|image_spec|host_ip|pod_ip', action: 'labeldrop' },
    ],
  },
  {
    job_name: 'node-exporter',
    ...limits,
    ...discovered('pod', ['prometheus-node-exporter'], discovery),
    relabel_configs: [
      keep(name, 'prometheus-node-exporter'),
      keep(meta('pod_container_port_number'), '9100'),
      copy(meta('pod_node_name'), 'node'),
    ],
    metric_relabel_configs: [keep('__name__', anyOf(kept.nodeExporter))],
  },
  kubelet('kubelet', '/metrics', kept.kubelet, discovery),
  kubelet('cadvisor', '/metrics/cadvisor', kept.cadvisor, discovery),
];

const account = '/var/run/secrets/kubernetes.io/serviceaccount';

/**
 * What a node knows of the volumes and containers on it. Prometheus shows its token to whom the cluster's own authority
 * vouches for, and to no other.
 */
const kubelet = (job: string, path: string, names: readonly string[], discovery: Discovery): ScrapeConfig => ({
  job_name: job,
  ...limits,
  sample_limit: 100_000,
  scheme: 'https',
  metrics_path: path,
  honor_labels: true,
  authorization: { credentials_file: `${account}/token` },
  tls_config: { ca_file: `${account}/ca.crt` },
  ...discovered('node', [], discovery),
  relabel_configs: [copy(meta('node_name'), 'node'), copy('__metrics_path__', 'metrics_path'), set('job', 'kubelet')],
  metric_relabel_configs: [
    keep('__name__', anyOf(names)),
    // Without a container it is the sum of those of a pod, or of the node.
    ...(job === 'cadvisor' ? [keep('container', '.+')] : []),
    { regex: 'name|image', action: 'labeldrop' },
  ],
});
