import type { App } from '../../generators/model/app.ts';

/** Where traces are kept: in a bucket of AWS, or on the pod's own volume. */
type Kept = { readonly bucket: string; readonly region: string } | 'volume';

/**
 * One Tempo for a cluster: it takes what the collector `traces` has chosen, and makes no metrics of it. It knows no
 * users: only that collector, Grafana and Prometheus reach it, by NetworkPolicy. Nothing is reported to its makers.
 * https://grafana.com/docs/tempo/v2.10.x/configuration/manifest/ ; from 3.0 on, other fields say the same.
 */
const config = (kept: Kept) => ({
  target: 'all',
  server: { http_listen_port: 3200, log_format: 'json', log_level: 'warn' },
  distributor: {
    receivers: { otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } } },
    max_attribute_bytes: 1024,
  },
  ingester: { max_block_duration: '15m', max_block_bytes: 104_857_600 },
  // The volume has to last for three days, and the bucket's own rule ends what is left after a month.
  compactor: { compaction: { block_retention: kept === 'volume' ? '72h' : '336h' } },
  storage: {
    trace: {
      wal: { path: '/var/tempo/wal' },
      ...(kept === 'volume'
        ? { backend: 'local', local: { path: '/var/tempo/blocks' } }
        : {
            backend: 's3',
            s3: { bucket: kept.bucket, region: kept.region, endpoint: `s3.${kept.region}.amazonaws.com` },
          }),
    },
  },
  overrides: {
    defaults: {
      ingestion: {
        rate_strategy: 'local',
        rate_limit_bytes: 5_000_000,
        burst_size_bytes: 10_000_000,
        max_traces_per_user: 10_000,
      },
      global: { max_bytes_per_trace: 2_000_000 },
    },
  },
  usage_report: { reporting_enabled: false },
});

const file = (kept: Kept) => ({ '/etc/tempo/config.json': `${JSON.stringify(config(kept), null, 2)}\n` });

const inBucket = (cluster: string) => ({
  files: file({ bucket: `example-slipway-${cluster}-traces`, region: 'eu-central-1' }),
  outside: [443],
  identity: 'tempo',
});

export const app: App = {
  kind: 'store',
  name: 'tempo',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  monitoring: ['slipway'],
  image: 'docker.io/grafana/tempo:2.10.8@sha256:f0561deb1c68ec44d6e6e7e4487f30106c4e5e768642077695b37958b105812a',
  port: 3200,
  args: ['-config.file=/etc/tempo/config.json'],
  files: file('volume'),
  env: { GOMEMLIMIT: '800MiB' },
  ready: '/ready',
  user: { uid: 10001, gid: 10001 },
  volume: { path: '/var/tempo', size: '10Gi' },
  scratch: { '/tmp': '64Mi' },
  single: true,
  metrics: {},
  resources: { cpu: '100m', memory: '1Gi' },
  // It writes what it holds in memory to its volume.
  grace: 120,
  in: { 'platform-nonprod': inBucket('nonprod'), 'platform-production': inBucket('production') },
};
