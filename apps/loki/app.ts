import type { App } from '../../generators/model/app.ts';

/** Where lines are kept: in a bucket of AWS, or on the pod's own volume. */
type Kept = { readonly bucket: string; readonly region: string } | 'volume';

/**
 * One Loki for a cluster, with what each may send and ask bounded. It knows no users: only the collector, Grafana and
 * Prometheus reach it, by NetworkPolicy. Nothing is reported to its makers.
 */
const config = (kept: Kept) => {
  const where = kept === 'volume' ? 'filesystem' : 's3';
  return {
    auth_enabled: false,
    target: 'all',
    server: { http_listen_port: 3100, grpc_listen_address: '127.0.0.1', log_format: 'json', log_level: 'warn' },
    common: {
      instance_addr: '127.0.0.1',
      path_prefix: '/loki',
      replication_factor: 1,
      ring: { kvstore: { store: 'inmemory' } },
      storage:
        kept === 'volume'
          ? { filesystem: { chunks_directory: '/loki/chunks', rules_directory: '/loki/rules' } }
          : { s3: { bucketnames: kept.bucket, region: kept.region } },
    },
    schema_config: {
      configs: [
        {
          from: '2026-01-01',
          store: 'tsdb',
          object_store: where,
          schema: 'v13',
          index: { prefix: 'index_', period: '24h' },
        },
      ],
    },
    ingester: { wal: { replay_memory_ceiling: '256MB' } },
    // The volume has to last for a week, and the bucket's own rule ends what is left after a month.
    compactor: { retention_enabled: true, delete_request_store: where },
    limits_config: {
      retention_period: kept === 'volume' ? '168h' : '720h',
      // What is a label is a stream of its own: these three and no other, however a line is made.
      otlp_config: {
        resource_attributes: {
          ignore_defaults: true,
          attributes_config: [
            { action: 'index_label', attributes: ['service.name', 'k8s.namespace.name', 'k8s.container.name'] },
            { action: 'structured_metadata', attributes: ['k8s.pod.name'] },
            { action: 'drop', regex: '.*' },
          ],
        },
        log_attributes: [
          { action: 'structured_metadata', attributes: ['log.iostream'] },
          { action: 'drop', regex: '.*' },
        ],
        scope_attributes: [{ action: 'drop', regex: '.*' }],
      },
      discover_service_name: [],
      max_label_names_per_series: 8,
      max_label_name_length: 64,
      max_label_value_length: 256,
      max_global_streams_per_user: 5000,
      ingestion_rate_mb: 8,
      ingestion_burst_size_mb: 16,
      per_stream_rate_limit: '4MB',
      per_stream_rate_limit_burst: '16MB',
      max_line_size: '256KB',
      max_line_size_truncate: true,
      max_structured_metadata_size: '8KB',
      max_structured_metadata_entries_count: 16,
      reject_old_samples_max_age: '72h',
      max_query_length: '721h',
      max_query_series: 500,
      max_entries_limit_per_query: 5000,
      query_timeout: '1m',
    },
    analytics: { reporting_enabled: false },
  };
};

const file = (kept: Kept) => ({ '/etc/loki/config.json': `${JSON.stringify(config(kept), null, 2)}\n` });

const inBucket = (cluster: string) => ({
  files: file({ bucket: `example-slipway-${cluster}-logs`, region: 'eu-central-1' }),
  outside: [443],
  identity: 'loki',
});

export const app: App = {
  kind: 'store',
  name: 'loki',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  monitoring: ['slipway'],
  image: 'docker.io/grafana/loki:3.7.3@sha256:70b9f699fc9bb868b62f1cfd4f787dfa50242f1fd92e6089787d5d7daea75fe8',
  port: 3100,
  args: ['-config.file=/etc/loki/config.json'],
  files: file('volume'),
  env: { GOMEMLIMIT: '800MiB' },
  ready: '/ready',
  user: { uid: 10001, gid: 10001 },
  volume: { path: '/loki', size: '10Gi' },
  scratch: { '/tmp': '64Mi' },
  single: true,
  metrics: {},
  resources: { cpu: '100m', memory: '1Gi' },
  // It sends away what it holds in memory.
  grace: 120,
  in: { 'platform-nonprod': inBucket('nonprod'), 'platform-production': inBucket('production') },
};
