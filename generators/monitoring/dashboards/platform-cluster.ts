import { type Section, sized } from './layout.ts';
import { graph, table } from './panel.ts';

/** What brings apps to the cluster. */
export const delivery: Section = {
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

/** What they stand on. */
export const nodes: Section = {
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
