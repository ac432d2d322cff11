import type { App } from '../../generators/model/app.ts';
import { install, sift } from './install.ts';

/** What gathers rules, as Node finds it. */
const program = '/etc/slipway/gather.mjs';

/** Where rules are gathered, where Prometheus reads them, and where `install` remembers what it did. */
const folders = ['/gathered', '/prometheus/rules', '/install'] as const;

/** Measures everything that runs on its cluster, and says when somebody must look. */
export const app: App = {
  kind: 'store',
  name: 'prometheus',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  monitoring: ['slipway'],
  image: 'docker.io/prom/prometheus:v3.13.0@sha256:c6b27ea434f8389bfe233fbc7be381cf50587c286e871bc842008f5a1b1908a7',
  port: 9090,
  args: [
    '--config.file=/etc/prometheus/prometheus.yml',
    '--storage.tsdb.path=/prometheus/data',
    // What fired for a minute before it was started again goes on where it was.
    '--rules.alert.for-grace-period=1m',
    // An objective looks back 30 days. Where those do not fit, the oldest go before the volume is full.
    '--storage.tsdb.retention.time=35d',
    '--storage.tsdb.retention.size=40GB',
    '--enable-feature=exemplar-storage',
    '--web.listen-address=:9090',
    // Rules are read anew when they change; only pods of its own namespace could ask for it.
    '--web.enable-lifecycle',
    '--query.timeout=30s',
    '--query.max-concurrency=10',
    '--query.max-samples=20000000',
    '--log.format=json',
  ],
  files: {
    '/etc/prometheus/prometheus.yml': { computed: 'prometheus' },
    '/etc/prometheus/rules/platform.yaml': { computed: 'platform-rules' },
    [program]: { computed: 'gatherer' },
  },
  scratch: { '/gathered': '16Mi', '/install': '16Mi', '/tmp': '16Mi' },
  volume: { path: '/prometheus', size: '50Gi' },
  single: true,
  ready: '/-/ready',
  user: { uid: 65534, gid: 65534 },
  resources: { cpu: '500m', memory: '2Gi' },
  // What is in memory is written down first.
  grace: 300,
  scrapes: true,
  calls: ['alertmanager', 'blackbox'],
  metrics: {},
  // Of its own namespace. In those of others the platform lets it read: `apps/namespaces`.
  rights: [
    { resources: ['pods', 'configmaps'], verbs: ['get', 'list', 'watch'] },
    { group: 'networking.k8s.io', resources: ['ingresses'], verbs: ['get', 'list', 'watch'] },
  ],
  before: [{ name: 'sift', command: ['sh', '-uc', sift, 'sift', folders[1]] }],
  // Rules stand in the part of the app that they are about, so that they arrive and go back with its version.
  beside: [
    {
      name: 'gather',
      image:
        'docker.io/library/node:24.21.0-bookworm@sha256:64af3819f9275802414d7cdc38c27e9d82bd564dec4d4da87d008255d36c63b4',
      command: ['node', program, 'rules', '/gathered', '/var/run/secrets/kubernetes.io/serviceaccount', '30'],
      resources: { cpu: '10m', memory: '192Mi' },
    },
    {
      name: 'install',
      command: ['sh', '-uc', install, 'install', ...folders, 'http://127.0.0.1:9090', '5'],
      resources: { cpu: '10m', memory: '128Mi' },
    },
  ],
};
