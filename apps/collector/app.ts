import type { App } from '../../generators/model/app.ts';

/** Lines that are longer are split; Loki keeps no longer ones. */
const longest = '256KiB';

/** A condition: that a value is a text of this form. */
const isText = (value: string, pattern: string) => `type(${value}) == "string" && ${value} matches "${pattern}"`;

/** How a pod is named after its app: by a Deployment, a CronJob, a DaemonSet, a StatefulSet. */
const suffix = '(-[bcdfghjklmnpqrstvwxz2456789]{5,10}|-[0-9]{5,12})?-[bcdfghjklmnpqrstvwxz2456789]{5}$|-[0-9]{1,4}$';

/**
 * Reads what the containers of a node log, and sends it to Loki; a line that is JSON tells its level and its trace.
 * Labels there are the namespace, the app and the container; the pod, the level and the trace go with each line.
 */
const config = {
  receivers: {
    file_log: {
      include: ['/var/log/pods/*/*/*.log'],
      include_file_path: true,
      include_file_name: false,
      // The runtime splits a long line anywhere.
      preserve_trailing_whitespaces: true,
      // Where it left off is known as long as this pod is; what was logged while it was replaced is not read.
      storage: 'file_storage',
      max_concurrent_files: 256,
      // While Loki takes nothing, lines wait in the node's own files.
      retry_on_failure: { enabled: true, max_elapsed_time: '0s' },
      operators: [
        { type: 'container', format: 'containerd', max_log_size: longest },
        { type: 'json_parser', if: 'body startsWith "{"', parse_to: 'attributes.json', on_error: 'send_quiet' },
        ...['level', 'severity'].map((field) => ({
          id: `severity_of_${field}`,
          type: 'severity_parser',
          if: isText(`attributes.json?.${field}`, '^[A-Za-z]{1,16}$'),
          parse_from: `attributes.json.${field}`,
          overwrite_text: true,
          on_error: 'send_quiet',
        })),
        ...[
          ['traceId', 'spanId'],
          ['trace_id', 'span_id'],
        ].map(([trace = '', span = '']) => ({
          id: `trace_of_${trace}`,
          type: 'trace_parser',
          if: `${isText(`attributes.json?.${trace}`, '^[0-9a-f]{32}$')} && ${isText(`attributes.json?.${span}`, '^[0-9a-f]{16}$')}`,
          trace_id: { parse_from: `attributes.json.${trace}` },
          span_id: { parse_from: `attributes.json.${span}` },
          on_error: 'send_quiet',
        })),
        // The line itself has all of it.
        ...['json', '["log.file.path"]', 'logtag'].map((name) => ({
          id: `remove_${name.replace(/\W+/g, '_')}`,
          type: 'remove',
          field: name.startsWith('[') ? `attributes${name}` : `attributes.${name}`,
          on_error: 'send_quiet',
        })),
      ],
    },
  },
  processors: {
    memory_limiter: { check_interval: '1s', limit_percentage: 75, spike_limit_percentage: 15 },
    transform: {
      error_mode: 'ignore',
      log_statements: [
        'set(resource.attributes["service.name"], resource.attributes["k8s.pod.name"])',
        `replace_pattern(resource.attributes["service.name"], "${suffix}", "")`,
        'keep_keys(resource.attributes, ["service.name", "k8s.namespace.name", "k8s.pod.name", "k8s.container.name"])',
      ],
    },
  },
  exporters: {
    otlp_http: {
      endpoint: 'http://loki.monitoring:3100/otlp',
      timeout: '10s',
      retry_on_failure: { enabled: true, initial_interval: '1s', max_interval: '30s', max_elapsed_time: '10m' },
      sending_queue: {
        // In bytes: a few long lines are as much as many short ones.
        sizer: 'bytes',
        queue_size: 67_108_864,
        num_consumers: 2,
        block_on_overflow: true,
        storage: 'file_storage',
        batch: { flush_timeout: '1s', min_size: 524_288, max_size: 1_048_576 },
      },
    },
  },
  extensions: {
    health_check: { endpoint: '0.0.0.0:13133' },
    // One that a crash has spoilt would be found again at every start.
    file_storage: {
      directory: '/var/lib/collector',
      recreate: true,
      compaction: { on_start: true, directory: '/var/lib/collector' },
    },
  },
  service: {
    extensions: ['health_check', 'file_storage'],
    telemetry: {
      logs: { encoding: 'json', disable_stacktrace: true },
      metrics: {
        readers: [{ pull: { exporter: { prometheus: { host: '0.0.0.0', port: 8888, without_scope_info: true } } } }],
      },
    },
    pipelines: {
      logs: {
        receivers: ['file_log'],
        processors: ['memory_limiter', 'transform'],
        exporters: ['otlp_http'],
      },
    },
  },
};

export const app: App = {
  kind: 'agent',
  name: 'collector',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'agents',
  monitoring: ['slipway'],
  image:
    'docker.io/otel/opentelemetry-collector-contrib:0.157.0@sha256:f2f01157055a9b2aab9df7118e1f1c9abf345e99b23bc7a2bc791db374a7d0f6',
  args: ['--config=/etc/collector/config.json'],
  files: { '/etc/collector/config.json': `${JSON.stringify(config, null, 2)}\n` },
  env: { GOMEMLIMIT: '150MiB' },
  port: 13133,
  ready: '/',
  live: '/',
  metrics: { port: 8888 },
  calls: ['loki.monitoring'],
  node: { '/var/log/pods': '/var/log/pods' },
  scratch: { '/var/lib/collector': '256Mi' },
  user: { uid: 0, gid: 0 },
  resources: { cpu: '50m', memory: '192Mi' },
  // What containers log belongs to root on the node, and is nowhere else.
  excuses: ['host-path', 'run-as-non-root', 'run-as-non-root-pod', 'run-as-user-pod'].map((policy) => ({
    policy,
    reason: 'The logs of all pods are files of root on the node; they are only read.',
    owner: 'team-platform',
    until: '2027-06-30',
    object: 'DaemonSet/collector',
  })),
};
