import type { App, Container } from '../../generators/model/app.ts';
import { join } from './join.ts';

/** The namespaces whose probes are gathered: the environments of a cluster, and those that it has beside them. */
const gathered = {
  'platform-nonprod': 'dev,staging,agents,ci,monitoring',
  'platform-production': 'production,agents,ci,monitoring',
};

/** What a public address must answer stands in the part of its app, and arrives and goes back with its version. */
const beside = (namespaces: string): Container[] => [
  {
    name: 'gather',
    image:
      'ghcr.io/kiwigrid/k8s-sidecar:2.11.2@sha256:2912be006f62f9ea080194cf6d3afcd90daead8d101d0ba686a137a849f6a4f6',
    env: {
      LABEL: 'slipway.dev/probes',
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
    name: 'join',
    command: [
      ...['sh', '-uc', join, 'join', '/gathered', '/config/blackbox.yml', '/config/own'],
      ...['/bin/blackbox_exporter', 'http://127.0.0.1:9115', '5'],
    ],
    resources: { cpu: '10m', memory: '32Mi' },
  },
];

/** Asks public addresses as a visitor does, when Prometheus tells it to. */
export const app: App = {
  kind: 'worker',
  name: 'blackbox',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  // Whoever asks, this exporter knows what must be answered: the Prometheus of an operator asks it, too.
  monitoring: ['slipway', 'operator'],
  image:
    'docker.io/prom/blackbox-exporter:v0.28.0@sha256:e753ff9f3fc458d02cca5eddab5a77e1c175eee484a8925ac7d524f04366c2fc',
  port: 9115,
  args: ['--config.file=/config/blackbox.yml', '--web.listen-address=:9115', '--log.format=json'],
  before: [{ name: 'begin', command: ['sh', '-euc', "echo 'modules: {}' > /config/blackbox.yml"] }],
  scratch: { '/gathered': '16Mi', '/config': '16Mi', '/tmp': '16Mi' },
  ready: '/-/healthy',
  live: '/-/healthy',
  user: { uid: 65534, gid: 65534 },
  resources: { cpu: '20m', memory: '64Mi' },
  outside: [443],
  metrics: {},
  // Of its own namespace. In those of others the platform lets it read: `apps/namespaces`.
  rights: [{ resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
  beside: beside(''),
  in: Object.fromEntries(
    Object.entries(gathered).map(([environment, namespaces]) => [environment, { beside: beside(namespaces) }]),
  ),
};
