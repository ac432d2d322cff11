import type { Dashboard } from './grafana.ts';
import { layout, type Section, sized } from './layout.ts';
import { linksFrom, titleOf, toRule, uids } from './link.ts';
import { marks } from './mark.ts';
import { figure, found, graph, log, table } from './panel.ts';
import { sourceVariable } from './source.ts';
import { apps, namespaces, oneOf, scraped, versions } from './variable.ts';

const app = 'namespace="$namespace", app="$app"';
/** Versions and alerts of what belongs to a cluster name its environment, and not the namespace that its pods are in. */
const own = 'namespace=~"$namespace|platform-.*", app="$app"';
const pods = `job="pods", ${app}, version=~"$version"`;
/** What visitors ask: not what Kubernetes and Prometheus ask all the time. */
const asked = `${pods}, http_route!~"/healthz|/readyz|/metrics"`;

const rate = (name: string, matchers: string) => `rate(${name}{${matchers}}[$__rate_interval])`;
const requests = 'http_server_request_duration_seconds';
const roundTrips = 'db_client_operation_duration_seconds';

/** By `cut`, a variable: any graph can be cut by version, by pod, or not at all. */
const by = (expr: string) => `sum by ($cut) (${expr})`;
const cut = '{{$cut}}';

const quantile = (share: number, name: string, matchers: string, per = '') =>
  `histogram_quantile(${share}, sum by (le${per === '' ? '' : `, ${per}`}) (${rate(`${name}_bucket`, matchers)}))`;

/** What a node says of a container, with the app and version that its pod says: the node knows neither. */
const container = (expr: string) =>
  `${expr} * on (namespace, pod) group_left (app, version) group by (namespace, pod, app, version) (up{${pods}})`;
const ofContainer = 'namespace="$namespace", container="$app"';

const glance: Section = {
  title: 'At a glance',
  panels: [
    sized(
      4,
      4,
      figure({
        title: 'Requests',
        description: 'Requests per second of visitors, now. None where there were some: look at what is outside first.',
        asked: [{ expr: `sum(${rate(`${requests}_count`, asked)})`, legend: 'requests' }],
        unit: 'reqps',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Failed',
        description:
          'The share of requests that were answered with 5xx, now. Compare with the last roll-out: is it that?',
        asked: [
          {
            expr: `(sum(${rate(`${requests}_count`, `${asked}, http_response_status_code=~"5.."`)}) or vector(0)) / sum(${rate(`${requests}_count`, asked)})`,
            legend: 'failed',
          },
        ],
        unit: 'percentunit',
        decimals: 2,
        colours: ['green', [0.001, 'orange'], [0.0144, 'red']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Slowest 5 %',
        description: '95 of 100 requests are answered within this time, now.',
        asked: [{ expr: quantile(0.95, requests, asked), legend: 'p95' }],
        unit: 's',
        decimals: 3,
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Budget left',
        description: 'What is left of 30 days of allowed failures: 100 % is all, below 0 the promise is broken.',
        asked: [{ expr: `slo:budget_left:ratio30d{${app}}`, legend: '{{slo}}' }],
        unit: 'percentunit',
        decimals: 1,
        colours: ['red', [0, 'orange'], [0.25, 'green']],
        otherwise: 'no objective',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Runs since',
        description: 'When this environment took the version that it runs.',
        asked: [
          { expr: `max by (namespace) (slipway_app_since_timestamp_seconds{${own}}) * 1000`, legend: '{{namespace}}' },
        ],
        unit: 'dateTimeFromNow',
        otherwise: 'unknown',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Pods that answer',
        description: 'How many pods Prometheus reads, by version: two versions are a roll-out, or one that is stuck.',
        asked: [{ expr: `sum by (version) (up{${pods}})`, legend: '{{version}}' }],
        unit: 'none',
        colours: ['red', [1, 'green']],
      }),
    ),
    sized(
      24,
      5,
      table({
        title: 'Alerts that fire',
        description: 'What fires for this app here, and since when. A click leads to the rule, with its runbook.',
        exprs: [
          `max by (alertname, severity) (ALERTS_FOR_STATE{${own}}) * 1000 and on (alertname, severity) ALERTS{${own}, alertstate="firing"}`,
        ],
        columns: [
          { field: 'alertname', title: 'Alert', links: [toRule] },
          { field: 'severity', title: 'Severity', width: 120 },
          { field: 'Value #A', title: 'Since', unit: 'dateTimeFromNow', width: 200 },
        ],
        sort: ['Since', true],
        otherwise: 'nothing fires',
      }),
    ),
  ],
};

const visitors: Section = {
  title: 'Requests',
  panels: [
    sized(
      8,
      9,
      graph({
        title: 'Rate',
        description: 'Requests per second of visitors. A fall to nothing is as bad as errors.',
        asked: [{ expr: by(rate(`${requests}_count`, asked)), legend: cut }],
        unit: 'reqps',
        stacked: true,
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      8,
      9,
      graph({
        title: 'Failures',
        description:
          'The share that was answered with 5xx, beside what the objective allows. One version alone: take it back.',
        asked: [
          {
            expr: `(${by(rate(`${requests}_count`, `${asked}, http_response_status_code=~"5.."`))} or 0 * ${by(rate(`${requests}_count`, asked))}) / ${by(rate(`${requests}_count`, asked))}`,
            legend: cut,
          },
          { expr: `1 - slo:objective:ratio{${app}, slo="availability"}`, legend: 'allowed' },
        ],
        unit: 'percentunit',
        limits: 'allowed',
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      8,
      9,
      graph({
        title: 'Duration',
        description:
          'Half, 95 and 99 of 100 requests were answered within this time. The dots are traces: click on a slow one.',
        asked: [
          { expr: quantile(0.5, requests, asked), legend: 'p50' },
          { expr: quantile(0.95, requests, asked), legend: 'p95', exemplar: true },
          { expr: quantile(0.99, requests, asked), legend: 'p99' },
        ],
        unit: 's',
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      12,
      8,
      graph({
        title: 'Slowest 5 %, cut',
        description:
          '95 of 100 requests were answered within this time, by what is chosen above: is one version or pod slower?',
        asked: [{ expr: quantile(0.95, requests, asked, '$cut'), legend: cut }],
        unit: 's',
        calcs: ['mean', 'max'],
      }),
    ),
    sized(
      12,
      8,
      table({
        title: 'Routes',
        description: 'Over the whole time that is shown: which route is asked most, fails, or is slow.',
        exprs: [
          `sum by (http_request_method, http_route) (rate(${requests}_count{${asked}}[$__range]))`,
          `sum by (http_request_method, http_route) (rate(${requests}_count{${asked}, http_response_status_code=~"5.."}[$__range])) / sum by (http_request_method, http_route) (rate(${requests}_count{${asked}}[$__range])) or 0 * sum by (http_request_method, http_route) (rate(${requests}_count{${asked}}[$__range]))`,
          `histogram_quantile(0.95, sum by (le, http_request_method, http_route) (rate(${requests}_bucket{${asked}}[$__range])))`,
        ],
        columns: [
          { field: 'http_request_method', title: 'Method', width: 100 },
          { field: 'http_route', title: 'Route' },
          { field: 'Value #A', title: 'Requests', unit: 'reqps', width: 120 },
          {
            field: 'Value #B',
            title: 'Failed',
            unit: 'percentunit',
            decimals: 2,
            width: 110,
            colours: ['text', [0.001, 'orange'], [0.0144, 'red']],
          },
          { field: 'Value #C', title: 'p95', unit: 's', width: 110 },
        ],
        sort: ['Requests', true],
      }),
    ),
  ],
};

const outside: Section = {
  title: 'From outside, through the load balancer',
  panels: [
    sized(
      6,
      7,
      graph({
        title: 'Answers as it should',
        description:
          'Whether the public address answers as the definition says: status, text and version. 0 while pods are well: DNS, certificate or load balancer.',
        asked: [{ expr: `probe_success{job="probe", ${app}}`, legend: '{{probe}}' }],
        unit: 'bool_yes_no',
        max: 1,
      }),
    ),
    sized(
      8,
      7,
      graph({
        title: 'Where the time goes',
        description: 'What a visitor waits for, by phase: name, connection, TLS, the app itself, transfer.',
        asked: [
          {
            expr: `sum by (phase) (probe_http_duration_seconds{job="probe", ${app}, probe="page"})`,
            legend: '{{phase}}',
          },
        ],
        unit: 's',
        stacked: true,
      }),
    ),
    sized(
      5,
      7,
      graph({
        title: 'Status',
        description: 'The status of the answer. 502 and 503 are the load balancer, which finds no pod that is ready.',
        asked: [{ expr: `probe_http_status_code{job="probe", ${app}}`, legend: '{{probe}}' }],
        unit: 'none',
      }),
    ),
    sized(
      5,
      7,
      figure({
        title: 'Certificate ends',
        description: 'When the certificate that visitors see ends. It is renewed long before.',
        asked: [
          {
            expr: `min by (instance) (probe_ssl_earliest_cert_expiry{job="probe", ${app}, probe="page"} - time())`,
            legend: '{{instance}}',
          },
        ],
        unit: 'dtdurations',
        colours: ['red', [7 * 86_400, 'orange'], [21 * 86_400, 'green']],
        otherwise: 'no HTTPS',
      }),
    ),
  ],
};

const saturation: Section = {
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

const redis: Section = {
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

const told: Section = {
  title: 'What it says',
  panels: [
    sized(
      14,
      12,
      log({
        title: 'Log',
        description: 'What the app logged, newest first. Its trace stands in the details of a line.',
        expr: '{k8s_namespace_name="$namespace", service_name="$app"}',
      }),
    ),
    sized(
      10,
      12,
      found({
        title: 'Traces that failed, or took longer than a quarter of a second',
        description: 'What the collector kept of them. A click shows where the time went.',
        query:
          '{ resource.service.name = "$app" && resource.deployment.environment.name = "$namespace" && (status = error || duration > 250ms) }',
      }),
    ),
  ],
};

/** One app in one environment: what visitors see, what it uses, what stands behind it, what it says. */
export const service = (): Dashboard => ({
  uid: uids.service,
  title: titleOf('service'),
  description:
    'One app in one environment. Blue marks are roll-outs, orange ones rollbacks, red bands alerts that page.',
  tags: ['slipway'],
  schemaVersion: 42,
  editable: false,
  graphTooltip: 1,
  timezone: 'browser',
  refresh: '1m',
  time: { from: 'now-3h', to: 'now' },
  templating: {
    list: [
      namespaces(scraped),
      apps(scraped),
      versions(),
      oneOf('cut', 'Cut by', 'What graphs draw a line for.', ['version', 'pod', 'app']),
      sourceVariable('prometheus'),
      sourceVariable('loki'),
      sourceVariable('tempo'),
    ],
  },
  annotations: { list: marks(own) },
  links: linksFrom('service'),
  panels: layout([glance, visitors, outside, saturation, redis, told]),
});
