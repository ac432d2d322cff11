import type { App } from '../../generators/model/app.ts';

/** Milliseconds: what takes longer is kept. No service promises a shorter time than this. */
const slow = 250;

/** Of the traces that are neither wrong nor slow nor pointed to, in percent. */
const rest = 20;

/**
 * Takes traces, waits until each is complete, and keeps what somebody will ask for: those with an error, the slow ones,
 * those that a metric points to (exemplar), and a share of the others.
 */
const config = {
  receivers: { otlp: { protocols: { http: { endpoint: '0.0.0.0:4318', max_request_body_size: 4_194_304 } } } },
  processors: {
    memory_limiter: { check_interval: '1s', limit_percentage: 75, spike_limit_percentage: 15 },
    transform: {
      error_mode: 'ignore',
      trace_statements: [
        'truncate_all(resource.attributes, 1024)',
        'truncate_all(span.attributes, 1024)',
        'limit(span.attributes, 64, ["error.type", "exemplar"])',
      ],
    },
    tail_sampling: {
      // A service sends its spans within a second or two.
      decision_wait: '10s',
      num_traces: 20_000,
      expected_new_traces_per_sec: 100,
      maximum_trace_size_bytes: 1_048_576,
      // Spans that come after the decision share it.
      decision_cache: { sampled_cache_size: 50_000, non_sampled_cache_size: 50_000 },
      policies: [
        { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
        { name: 'slow', type: 'latency', latency: { threshold_ms: slow } },
        { name: 'exemplars', type: 'boolean_attribute', boolean_attribute: { key: 'exemplar', value: true } },
        { name: 'rest', type: 'probabilistic', probabilistic: { sampling_percentage: rest } },
      ],
    },
  },
  exporters: {
    otlp_http: {
      endpoint: 'http://tempo:4318',
      timeout: '10s',
      retry_on_failure: { enabled: true, initial_interval: '1s', max_interval: '30s', max_elapsed_time: '5m' },
      sending_queue: {
        sizer: 'items',
        queue_size: 20_000,
        num_consumers: 2,
        batch: { flush_timeout: '1s', min_size: 500, max_size: 2000 },
      },
    },
  },
  service: {
    telemetry: {
      logs: { encoding: 'json', disable_stacktrace: true },
      metrics: {
        readers: [{ pull: { exporter: { prometheus: { host: '0.0.0.0', port: 8888, without_scope_info: true } } } }],
      },
    },
    pipelines: {
      traces: {
        receivers: ['otlp'],
        processors: ['memory_limiter', 'transform', 'tail_sampling'],
        exporters: ['otlp_http'],
      },
    },
  },
};

export const app: App = {
  kind: 'worker',
  name: 'traces',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  monitoring: ['slipway'],
  image:
    'docker.io/otel/opentelemetry-collector-contrib:0.157.0@sha256:f2f01157055a9b2aab9df7118e1f1c9abf345e99b23bc7a2bc791db374a7d0f6',
  args: ['--config=/etc/traces/config.json'],
  files: { '/etc/traces/config.json': `${JSON.stringify(config, null, 2)}\n` },
  env: { GOMEMLIMIT: '400MiB' },
  port: 4318,
  serves: 'environments',
  metrics: { port: 8888 },
  calls: ['tempo'],
  user: { uid: 10001, gid: 10001 },
  resources: { cpu: '100m', memory: '512Mi' },
  // Who decides about a trace must see all of it.
  replicas: 1,
  excuses: [
    {
      policy: 'two-replicas',
      reason:
        'Spans of one trace that come to two pods are judged apart, and an error is lost. While it is replaced, services try again for seconds, and traces of that time may be lost; metrics and logs are not.',
      owner: 'team-platform',
      until: '2027-06-30',
      object: 'Deployment/traces',
    },
  ],
};
