import { interval, type ScrapeConfig, type Scraped, scrapeConfigs } from './scrape.ts';

/** What a Prometheus is told. */
export interface Prometheus extends Scraped {
  /** The cluster that it stands for: a label of everything that leaves it. */
  readonly cluster: string;
  /** The files with rules. @default where the app `prometheus` has them */
  readonly rules?: readonly string[] | undefined;
  /** Where alerts are sent: host and port. @default nowhere */
  readonly alertmanager?: string | undefined;
}

/** https://prometheus.io/docs/prometheus/latest/configuration/configuration/#configuration-file */
export interface PrometheusConfig {
  readonly global: Readonly<Record<string, unknown>>;
  readonly storage: Readonly<Record<string, unknown>>;
  readonly rule_files: readonly string[];
  readonly alerting?: Readonly<Record<string, unknown>>;
  readonly scrape_configs: readonly ScrapeConfig[];
}

/** Where the app `prometheus` finds rules: those of the cluster, which come with it, and those of the apps. */
export const ruleFiles = ['/etc/prometheus/rules/*.yaml', '/prometheus/rules/*.yaml'] as const;

/** The whole of prometheus.yml. It has no secret: who may read pods is known by the account of the pod. */
export function prometheusConfig(of: Prometheus): PrometheusConfig {
  const { cluster, rules = ruleFiles, alertmanager } = of;
  return {
    global: {
      scrape_interval: interval,
      evaluation_interval: interval,
      external_labels: { cluster },
    },
    // A series holds a few; what was asked longest ago goes first.
    storage: { exemplars: { max_exemplars: 100_000 } },
    rule_files: rules,
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
    scrape_configs: scrapeConfigs(of),
  };
}
