import { type Section, sized } from './layout.ts';
import { graph } from './panel.ts';

/** A program of the monitoring itself. */
export const of = (app: string) => `job="pods", namespace="monitoring", app="${app}"`;
/** What collects logs on every node, and what passes traces on. */
const collectors = 'job="pods", app=~"collector|traces"';
const rate = (name: string, matchers: string) => `rate(${name}{${matchers}}[$__rate_interval])`;

/** What measures, and tells. */
export const metrics: Section = {
  title: 'Prometheus and Alertmanager',
  panels: [
    sized(
      8,
      8,
      graph({
        title: 'Series by job',
        description:
          'Who brings how many series. A job that grows has a label whose values visitors or versions invent.',
        asked: [{ expr: 'sum by (job) (scrape_samples_post_metric_relabeling)', legend: '{{job}}' }],
        unit: 'short',
        stacked: true,
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Series by app',
        description: 'The ten apps that say most. At the limit of a scrape nothing of the pod is read any more.',
        asked: [
          {
            expr: 'topk(10, sum by (namespace, app) (scrape_samples_post_metric_relabeling{job="pods"}))',
            legend: '{{app}} in {{namespace}}',
          },
        ],
        unit: 'short',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'New series',
        description:
          'Series per second that were not there before. Much all the time, without roll-outs: a label that changes.',
        asked: [{ expr: 'sum by (job) (scrape_series_added) / 15', legend: '{{job}}' }],
        unit: 'cps',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Rules',
        description:
          'The share of its interval that each group of rules takes: the slowest five. Above 100 % evaluations are left out.',
        asked: [
          {
            expr: 'topk(5, prometheus_rule_group_last_duration_seconds / prometheus_rule_group_interval_seconds)',
            legend: '{{rule_group}}',
          },
        ],
        unit: 'percentunit',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'What fails',
        description:
          'Rules that could not be evaluated, scrapes refused by a limit, alerts that did not reach Alertmanager. All are 0.',
        asked: [
          { expr: `sum(${rate('prometheus_rule_evaluation_failures_total', of('prometheus'))})`, legend: 'rules' },
          {
            expr: `sum(${rate('prometheus_target_scrapes_exceeded_sample_limit_total', of('prometheus'))})`,
            legend: 'scrapes with too many samples',
          },
          {
            expr: `sum(${rate('prometheus_notifications_dropped_total', of('prometheus'))})`,
            legend: 'alerts dropped',
          },
        ],
        unit: 'cps',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Who is told',
        description: 'What Alertmanager sends, and what does not arrive (dashed).',
        asked: [
          {
            expr: `sum by (integration) (${rate('alertmanager_notifications_total', of('alertmanager'))})`,
            legend: '{{integration}}',
          },
          {
            expr: `sum by (integration) (${rate('alertmanager_notifications_failed_total', of('alertmanager'))})`,
            legend: 'failed: {{integration}}',
          },
        ],
        unit: 'cps',
        limits: '/^failed: /',
      }),
    ),
  ],
};

/** What keeps lines and traces. */
export const logsAndTraces: Section = {
  title: 'Logs and traces',
  panels: [
    sized(
      8,
      8,
      graph({
        title: 'Collectors take',
        description: 'Lines and spans per second. None from a node that runs pods: its collector reads nothing.',
        asked: [
          { expr: `sum(${rate('otelcol_receiver_accepted_log_records', collectors)})`, legend: 'lines' },
          { expr: `sum(${rate('otelcol_receiver_accepted_spans', collectors)})`, legend: 'spans' },
        ],
        unit: 'cps',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Collectors lose',
        description: 'What could not be sent, or was refused since memory was short. All are 0.',
        asked: [
          { expr: `sum(${rate('otelcol_exporter_send_failed_log_records', collectors)})`, legend: 'lines not sent' },
          { expr: `sum(${rate('otelcol_exporter_send_failed_spans', collectors)})`, legend: 'spans not sent' },
          { expr: `sum(${rate('otelcol_receiver_refused_log_records', collectors)})`, legend: 'lines refused' },
          { expr: `sum(${rate('otelcol_receiver_refused_spans', collectors)})`, legend: 'spans refused' },
        ],
        unit: 'cps',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Waiting to be sent',
        description: 'How full the fullest queue is. Full: what comes is lost.',
        asked: [
          {
            expr: `max by (app, exporter) (otelcol_exporter_queue_size{${collectors}} / otelcol_exporter_queue_capacity{${collectors}})`,
            legend: '{{app}}: {{exporter}}',
          },
        ],
        unit: 'percentunit',
        max: 1,
        colours: ['green', [0.8, 'red']],
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Loki',
        description: 'Lines per second that it took, and that it refused, by reason (dashed).',
        asked: [
          { expr: `sum(${rate('loki_distributor_lines_received_total', of('loki'))})`, legend: 'taken' },
          {
            expr: `sum by (reason) (${rate('loki_discarded_samples_total', of('loki'))})`,
            legend: 'refused: {{reason}}',
          },
        ],
        unit: 'cps',
        limits: '/^refused: /',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Streams of Loki',
        description:
          'Sets of labels that it keeps in memory. It follows the pods; what grows beyond is a label too many.',
        asked: [{ expr: `sum(loki_ingester_memory_streams{${of('loki')}})`, legend: 'streams' }],
        unit: 'short',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Tempo',
        description: 'Spans per second that it took, and that it refused, by reason (dashed).',
        asked: [
          { expr: `sum(${rate('tempo_distributor_spans_received_total', of('tempo'))})`, legend: 'taken' },
          {
            expr: `sum by (reason) (${rate('tempo_discarded_spans_total', of('tempo'))})`,
            legend: 'refused: {{reason}}',
          },
        ],
        unit: 'cps',
        limits: '/^refused: /',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Memory of the stack',
        description:
          'What each program of the monitoring takes. What reaches its limit is killed, and watches nothing meanwhile.',
        asked: [
          {
            expr: 'max by (container) (container_memory_working_set_bytes{namespace="monitoring"})',
            legend: '{{container}}',
          },
        ],
        unit: 'bytes',
      }),
    ),
  ],
};
