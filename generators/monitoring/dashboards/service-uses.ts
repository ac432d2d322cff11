import { by, container, cut, ofContainer, pods, quantile, rate, roundTrips } from './chosen.ts';
import { type Section, sized } from './layout.ts';
import { graph } from './panel.ts';

/** What the pods of an app use of what they have. */
export const saturation: Section = {
  title: 'What it uses',
  panels: [
    sized(
      6,
      8,
      graph({
        title: 'CPU',
        description:
          'Cores in use, beside what is requested of one pod. Above it while nodes are full: it becomes slow.',
        asked: [
          {
            expr: by(container(`rate(container_cpu_usage_seconds_total{${ofContainer}}[$__rate_interval])`)),
            legend: cut,
          },
          {
            expr: `max(kube_pod_container_resource_requests{${ofContainer}, resource="cpu"})`,
            legend: 'requested by a pod',
          },
        ],
        unit: 'short',
        limits: 'requested by a pod',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Memory',
        description: 'The fullest pod, beside its limit. What reaches the limit is killed.',
        asked: [
          { expr: `max by ($cut) (${container(`container_memory_working_set_bytes{${ofContainer}}`)})`, legend: cut },
          {
            expr: `max(kube_pod_container_resource_limits{${ofContainer}, resource="memory"})`,
            legend: 'limit of a pod',
          },
        ],
        unit: 'bytes',
        limits: 'limit of a pod',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Restarts',
        description: 'Containers that were started again, in the time of a point. Look at the log before the restart.',
        asked: [
          {
            expr: `sum by (pod, container) (increase(kube_pod_container_status_restarts_total{${ofContainer}}[$__rate_interval]))`,
            legend: '{{pod}}',
          },
        ],
        unit: 'none',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Requests at once',
        description: 'Requests that are being answered. It rises when something behind it is slow.',
        asked: [{ expr: `sum by ($cut) (http_server_active_requests{${pods}})`, legend: cut }],
        unit: 'none',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Event loop: how busy',
        description:
          'The share of time in which the busiest process computes. Near 100 % every request waits for the others.',
        asked: [{ expr: `max by ($cut) (nodejs_eventloop_utilization{${pods}})`, legend: cut }],
        unit: 'percentunit',
        max: 1,
        colours: ['green', [0.8, 'red']],
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Event loop: how late',
        description: 'How late the process comes to what is due: the 99th of 100 times, and the worst.',
        asked: [
          { expr: `max by ($cut) (nodejs_eventloop_delay_p99{${pods}})`, legend: `${cut} p99` },
          { expr: `max by ($cut) (nodejs_eventloop_delay_max{${pods}})`, legend: `${cut} worst` },
        ],
        unit: 's',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Heap',
        description:
          'Memory of JavaScript in use, of the fullest pod. What only rises is a leak, and ends in a restart.',
        asked: [{ expr: `max by ($cut) (sum by (app, pod, version) (v8js_memory_heap_used{${pods}}))`, legend: cut }],
        unit: 'bytes',
      }),
    ),
    sized(
      6,
      8,
      graph({
        title: 'Collecting garbage',
        description: 'The share of time in which the process does nothing else. It rises before memory runs out.',
        asked: [
          {
            expr: `max by ($cut) (sum by (app, pod, version) (${rate('v8js_gc_duration_sum', pods)}))`,
            legend: cut,
          },
        ],
        unit: 'percentunit',
      }),
    ),
  ],
};

/** What stands behind it. */
export const redis: Section = {
  title: 'Redis',
  panels: [
    sized(
      8,
      8,
      graph({
        title: 'Round trips',
        description:
          'What the app asks of Redis per second; requests of one turn of the event loop share a round trip.',
        asked: [
          {
            expr: `sum by (db_operation_name) (${rate(`${roundTrips}_count`, pods)})`,
            legend: '{{db_operation_name}}',
          },
          {
            expr: `sum by (error_type) (${rate(`${roundTrips}_count`, `${pods}, error_type!=""`)})`,
            legend: 'failed: {{error_type}}',
          },
        ],
        unit: 'ops',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'How long they take',
        description: 'As the app sees it, network and disk included: slow here and not in Redis is the way there.',
        asked: [
          { expr: quantile(0.5, roundTrips, pods), legend: 'p50' },
          { expr: quantile(0.99, roundTrips, pods), legend: 'p99' },
        ],
        unit: 's',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Redis answers, and writes to disk',
        description:
          'Whether the exporter reaches Redis, and whether its last write to the disk succeeded. 0: writes may be lost.',
        asked: [
          { expr: 'min(redis_up{namespace="$namespace"})', legend: 'answers' },
          { expr: 'min(redis_aof_last_write_status{namespace="$namespace"})', legend: 'last write' },
          { expr: 'min(redis_aof_last_bgrewrite_status{namespace="$namespace"})', legend: 'last rewrite' },
        ],
        unit: 'bool_yes_no',
        max: 1,
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Commands',
        description: 'What Redis does per second for everybody of this environment.',
        asked: [
          {
            expr: 'sum by (cmd) (rate(redis_commands_total{namespace="$namespace"}[$__rate_interval]))',
            legend: '{{cmd}}',
          },
        ],
        unit: 'ops',
        stacked: true,
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Memory of Redis',
        description: 'What its data takes, beside the limit of its container.',
        asked: [
          { expr: 'max(redis_memory_used_bytes{namespace="$namespace"})', legend: 'used' },
          {
            expr: 'max(kube_pod_container_resource_limits{namespace="$namespace", container="redis", resource="memory"})',
            legend: 'limit',
          },
        ],
        unit: 'bytes',
        limits: 'limit',
      }),
    ),
    sized(
      8,
      8,
      graph({
        title: 'Clients and keys',
        description: 'Connections, those that wait, and keys of all databases.',
        asked: [
          { expr: 'max(redis_connected_clients{namespace="$namespace"})', legend: 'clients' },
          { expr: 'max(redis_blocked_clients{namespace="$namespace"})', legend: 'clients that wait' },
          { expr: 'sum(redis_db_keys{namespace="$namespace"})', legend: 'keys' },
        ],
        unit: 'short',
      }),
    ),
  ],
};
