import type { Dashboard } from './grafana.ts';
import { layout, type Section, sized } from './layout.ts';
import { linksFrom, titleOf, toApp, toRule, uids } from './link.ts';
import { figure, graph, table } from './panel.ts';
import { sourceVariable } from './source.ts';

/** A program of the monitoring itself. */
const of = (app: string) => `job="pods", namespace="monitoring", app="${app}"`;
/** What collects logs on every node, and what passes traces on. */
const collectors = 'job="pods", app=~"collector|traces"';
const rate = (name: string, matchers: string) => `rate(${name}{${matchers}}[$__rate_interval])`;

const glance: Section = {
  title: 'At a glance',
  panels: [
    sized(
      4,
      4,
      figure({
        title: 'Not synced',
        description:
          'Applications that differ from their branch. For some minutes after a promotion that is as it should be.',
        asked: [{ expr: 'count(argocd_app_info{sync_status!="Synced"}) or vector(0)', legend: 'apps' }],
        unit: 'none',
        colours: ['green', [1, 'orange']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Not healthy',
        description: 'Applications that Argo CD finds degraded, missing or progressing.',
        asked: [{ expr: 'count(argocd_app_info{health_status!~"Healthy|Suspended"}) or vector(0)', legend: 'apps' }],
        unit: 'none',
        colours: ['green', [1, 'orange']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Targets that do not answer',
        description: 'What Prometheus shall read and cannot. Whatever is watched there is not watched now.',
        asked: [{ expr: 'count(up == 0) or vector(0)', legend: 'targets' }],
        unit: 'none',
        colours: ['green', [1, 'red']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Series',
        description:
          'What Prometheus keeps in memory. Twice as many is twice the memory: see which job they come from below.',
        asked: [{ expr: `max(prometheus_tsdb_head_series{${of('prometheus')}})`, legend: 'series' }],
        unit: 'short',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Nodes',
        description: 'Nodes that are ready, and those that are not.',
        asked: [
          { expr: 'sum(kube_node_status_condition{condition="Ready", status="true"})', legend: 'ready' },
          { expr: 'sum(kube_node_status_condition{condition="Ready", status!="true"})', legend: 'not ready' },
        ],
        unit: 'none',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Configuration',
        description:
          'Whether Prometheus and Alertmanager run what was rendered. No: they refused the newest, and say why in their log.',
        asked: [
          { expr: `min(prometheus_config_last_reload_successful{${of('prometheus')}})`, legend: 'Prometheus' },
          { expr: `min(alertmanager_config_last_reload_successful{${of('alertmanager')}})`, legend: 'Alertmanager' },
        ],
        unit: 'bool_yes_no',
        colours: ['red', [1, 'green']],
      }),
    ),
    sized(
      24,
      7,
      table({
        title: 'Alerts that fire',
        description:
          'Everything that fires on this cluster, and since when. A click leads to the rule, with its runbook.',
        exprs: [
          'max by (alertname, severity, owner, namespace, app) (ALERTS_FOR_STATE{alertname!="DeadMansSwitch"}) * 1000 and on (alertname, severity, owner, namespace, app) ALERTS{alertstate="firing"}',
        ],
        columns: [
          { field: 'alertname', title: 'Alert', links: [toRule] },
          { field: 'severity', title: 'Severity', width: 100 },
          { field: 'owner', title: 'Owner', width: 160 },
          { field: 'namespace', title: 'Environment', width: 170 },
          { field: 'app', title: 'App', links: [toApp('service')] },
          { field: 'Value #A', title: 'Since', unit: 'dateTimeFromNow', width: 150 },
        ],
        sort: ['Since', true],
        otherwise: 'nothing fires',
      }),
    ),
  ],
};

const delivery: Section = {
  title: 'Argo CD',
  panels: [
    sized(
      8,
      8,
      graph({
        title: 'Applications by sync',
        description: 'How many are as their branch says.',
        asked: [{ expr: 'count by (sync_status) (argocd_app_info)', legend: '{{sync_status}}' }],
        unit: 'none',
        stacked: true,
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Applications by health',
        description: 'How many work. What is degraded for long stands in the alerts above.',
        asked: [{ expr: 'count by (health_status) (argocd_app_info)', legend: '{{health_status}}' }],
        unit: 'none',
        stacked: true,
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Syncs',
        description: 'Syncs that ended, by how. An app that fails again and again stands in its events.',
        asked: [
          {
            expr: 'sum by (namespace, phase) (increase(argocd_app_sync_total[$__rate_interval]))',
            legend: '{{namespace}}: {{phase}}',
          },
        ],
        unit: 'none',
      }),
    ),
    sized(
      12,
      8,
      graph({
        title: 'How long it looks',
        description:
          'Half and 95 of 100 comparisons of an Application took so long. It rises with the number of objects.',
        asked: [
          {
            expr: 'histogram_quantile(0.5, sum by (le) (rate(argocd_app_reconcile_bucket[$__rate_interval])))',
            legend: 'p50',
          },
          {
            expr: 'histogram_quantile(0.95, sum by (le) (rate(argocd_app_reconcile_bucket[$__rate_interval])))',
            legend: 'p95',
          },
        ],
        unit: 's',
      }),
    ),
    sized(
      12,
      8,
      graph({
        title: 'What waits',
        description: 'Applications that wait for their turn. What never comes down to nothing: it does not keep up.',
        asked: [{ expr: 'max by (name) (workqueue_depth{job="argocd"})', legend: '{{name}}' }],
        unit: 'none',
      }),
    ),
  ],
};

const nodes: Section = {
  title: 'Nodes and volumes',
  panels: [
    sized(
      8,
      8,
      graph({
        title: 'CPU of nodes',
        description: 'The share that is not idle. All near 100 %: nodes are missing.',
        asked: [
          {
            expr: '1 - avg by (node) (rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))',
            legend: '{{node}}',
          },
        ],
        unit: 'percentunit',
        max: 1,
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Memory of nodes',
        description: 'The share that is taken. Near 100 % the node evicts pods.',
        asked: [
          {
            expr: '1 - max by (node) (node_memory_MemAvailable_bytes) / max by (node) (node_memory_MemTotal_bytes)',
            legend: '{{node}}',
          },
        ],
        unit: 'percentunit',
        max: 1,
        colours: ['green', [0.9, 'red']],
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Waiting for CPU, memory and disk',
        description:
          'The share of time in which something on a node waits for it: what is short, and not only what is used.',
        asked: [
          { expr: 'max(rate(node_pressure_cpu_waiting_seconds_total[$__rate_interval]))', legend: 'CPU' },
          { expr: 'max(rate(node_pressure_memory_waiting_seconds_total[$__rate_interval]))', legend: 'memory' },
          { expr: 'max(rate(node_pressure_io_waiting_seconds_total[$__rate_interval]))', legend: 'disk' },
        ],
        unit: 'percentunit',
      }),
    ),
    sized(
      16,
      8,
      table({
        title: 'Volumes',
        description: 'How full each is, and how full it will be in four days if it goes on like in the last six hours.',
        exprs: [
          'max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_used_bytes / kubelet_volume_stats_capacity_bytes)',
          'max by (namespace, persistentvolumeclaim) (kubelet_volume_stats_available_bytes)',
          'clamp_min(max by (namespace, persistentvolumeclaim) (1 - predict_linear(kubelet_volume_stats_available_bytes[6h], 4 * 86400) / kubelet_volume_stats_capacity_bytes), 0)',
        ],
        columns: [
          { field: 'namespace', title: 'Namespace', width: 170 },
          { field: 'persistentvolumeclaim', title: 'Claim' },
          {
            field: 'Value #A',
            title: 'Full',
            unit: 'percentunit',
            decimals: 0,
            width: 100,
            colours: ['text', [0.85, 'orange'], [0.95, 'red']],
          },
          { field: 'Value #B', title: 'Left', unit: 'bytes', width: 120 },
          {
            field: 'Value #C',
            title: 'In four days',
            unit: 'percentunit',
            decimals: 0,
            width: 130,
            colours: ['text', [0.9, 'orange'], [1, 'red']],
          },
        ],
        sort: ['Full', true],
        otherwise: 'no volumes',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Disks of nodes',
        description: 'The share of the fullest file system of each node that is taken.',
        asked: [
          {
            expr: '1 - min by (node) (node_filesystem_avail_bytes{fstype!~"tmpfs|overlay|squashfs"} / node_filesystem_size_bytes)',
            legend: '{{node}}',
          },
        ],
        unit: 'percentunit',
        max: 1,
        colours: ['green', [0.85, 'red']],
      }),
    ),
  ],
};

const metrics: Section = {
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

const logsAndTraces: Section = {
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

/** What the apps stand on, and what watches them. */
export const platform = (): Dashboard => ({
  uid: uids.platform,
  title: titleOf('platform'),
  description: 'Argo CD, nodes, volumes, and whether the monitoring itself works.',
  tags: ['slipway'],
  schemaVersion: 42,
  editable: false,
  graphTooltip: 1,
  timezone: 'browser',
  refresh: '1m',
  time: { from: 'now-6h', to: 'now' },
  templating: { list: [sourceVariable('prometheus')] },
  annotations: { list: [] },
  links: linksFrom('platform'),
  panels: layout([glance, delivery, nodes, metrics, logsAndTraces]),
});
