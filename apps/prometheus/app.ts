import type { App, Container } from '../../generators/model/app.ts';
import { install } from './install.ts';

/** The namespaces whose rules are gathered: the environments of a cluster, and those that it has beside them. */
const gathered = {
  'platform-nonprod': 'dev,staging,agents,ci,monitoring',
  'platform-production': 'production,agents,ci,monitoring',
};

/**
 * Rules stand in the part of the app that they are about, so that they arrive and go back with its version. What gathers
 * them lists ConfigMaps by label; a list of all, again and again, also sees what went while nobody looked.
 */
const beside = (namespaces: string): Container[] => [
  {
    name: 'gather',
    image:
      'ghcr.io/kiwigrid/k8s-sidecar:2.11.2@sha256:2912be006f62f9ea080194cf6d3afcd90daead8d101d0ba686a137a849f6a4f6',
    env: {
      LABEL: 'slipway.dev/rules',
      LABEL_VALUE: '1',
      RESOURCE: 'configmap',
      NAMESPACE: namespaces,
      FOLDER: '/gathered',
      // No two environments can mean the same file, and none can choose another folder: no annotation is called so.
      UNIQUE_FILENAMES: 'true',
      FOLDER_ANNOTATION: 'none of theirs',
      METHOD: 'SLEEP',
      SLEEP_TIME: '15',
      IGNORE_ALREADY_PROCESSED: 'true',
      LOG_FORMAT: 'JSON',
    },
    resources: { cpu: '10m', memory: '128Mi' },
  },
  {
    name: 'install',
    command: ['sh', '-uc', install, 'install', '/gathered', '/rules', '/rules/own', 'http://127.0.0.1:9090', '5'],
    resources: { cpu: '10m', memory: '128Mi' },
  },
];

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
    '--storage.tsdb.path=/prometheus',
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
  },
  scratch: { '/gathered': '64Mi', '/rules': '64Mi', '/tmp': '16Mi' },
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
  beside: beside(''),
  in: Object.fromEntries(
    Object.entries(gathered).map(([environment, namespaces]) => [environment, { beside: beside(namespaces) }]),
  ),
};
