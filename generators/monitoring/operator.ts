import type { Relabel } from './relabel.ts';
import type { RuleGroup } from './rule.ts';
import { interval, limits, ofPod, ofTeller, type Probe, scrapeConfigs } from './scrape.ts';

// The same as scrape.ts says to Prometheus itself, in the words of its operator:
// https://prometheus-operator.dev/docs/api-reference/api/

/** Who asks from outside on behalf of the operator's Prometheus: the exporter of this repository, which knows the modules. */
export const prober = 'blackbox.monitoring:9115';

/** The app that says what runs where: the labels of its series are about other apps. */
export const teller = 'versions';

/** The `spec` of a PrometheusRule. */
export const ruleSpec = (groups: readonly RuleGroup[]) => ({ groups });

const { sample_limit, label_limit, label_name_length_limit, label_value_length_limit, target_limit } = limits;
const bounded = {
  sampleLimit: sample_limit,
  labelLimit: label_limit,
  labelNameLengthLimit: label_name_length_limit,
  labelValueLengthLimit: label_value_length_limit,
  targetLimit: target_limit,
};

/**
 * The `spec` of a PodMonitor: one port of the pods that have these labels.
 * @param speaks says that its series are about other apps, and keep the labels that it gives them
 */
export const podMonitorSpec = (
  matchLabels: Readonly<Record<string, string>>,
  { port, path, speaks = false }: { readonly port: string; readonly path: string; readonly speaks?: boolean },
) => ({
  ...bounded,
  bodySizeLimit: limits.body_size_limit,
  selector: { matchLabels },
  podMetricsEndpoints: [
    {
      port,
      path,
      interval,
      ...(speaks
        ? {
            honorLabels: true,
            metricRelabelings: [{ sourceLabels: ['environment'], regex: '(.+)', targetLabel: 'namespace' }],
          }
        : {}),
      relabelings: [
        ...(speaks ? ofTeller : ofPod).map(operatorStep),
        { targetLabel: 'job', replacement: speaks ? 'versions' : 'pods' },
        // What the operator adds by itself, and nobody else has.
        { action: 'labeldrop', regex: 'container|endpoint' },
      ],
    },
  ],
});

/** The `spec` of a Probe: a path of some hosts, asked by a module of the exporter. */
export const probeSpec = (
  probe: Probe,
  module: string,
  urls: readonly string[],
  labels: Readonly<Record<string, string>>,
) => ({
  ...bounded,
  jobName: 'probe',
  interval,
  scrapeTimeout: '10s',
  module,
  prober: { url: prober, path: '/probe' },
  targets: { staticConfig: { static: urls, labels: { ...labels, probe } } },
});

/** The `spec` of a PodMonitor of Argo CD, for another namespace than its own. */
export function argoCdMonitorSpec() {
  const job = scrapeConfigs({ discovery: 'kubernetes', environments: [] }).find(
    ({ job_name }) => job_name === 'argocd',
  );
  if (!job) throw new Error('Argo CD is not scraped');
  const { relabel_configs, metric_relabel_configs = [] } = job;
  return {
    ...bounded,
    bodySizeLimit: limits.body_size_limit,
    namespaceSelector: { matchNames: ['argocd'] },
    selector: {},
    podMetricsEndpoints: [
      {
        path: '/metrics',
        interval,
        relabelings: [
          ...relabel_configs.map(operatorStep),
          { targetLabel: 'job', replacement: 'argocd' },
          { action: 'labeldrop', regex: 'container|endpoint' },
        ],
        metricRelabelings: metric_relabel_configs.map(operatorStep),
      },
    ],
  };
}

const operatorStep = ({ source_labels, target_label, ...rest }: Relabel) => ({
  ...rest,
  ...(source_labels ? { sourceLabels: source_labels } : {}),
  ...(target_label === undefined ? {} : { targetLabel: target_label }),
});
