import type { App } from '../../generators/model/app.ts';
import { join } from './join.ts';

/** What gathers probes, as Node finds it. */
const program = '/etc/slipway/gather.mjs';

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
  files: { [program]: { computed: 'gatherer' } },
  // All that the gatherer takes, and what is made of it.
  scratch: { '/gathered': '16Mi', '/config': '64Mi', '/tmp': '16Mi' },
  ready: '/-/healthy',
  live: '/-/healthy',
  user: { uid: 65534, gid: 65534 },
  resources: { cpu: '20m', memory: '64Mi' },
  outside: [443],
  metrics: {},
  // Of its own namespace. In those of others the platform lets it read: `apps/namespaces`.
  rights: [{ resources: ['configmaps'], verbs: ['get', 'list', 'watch'] }],
  // What a public address must answer stands in the part of its app, and arrives and goes back with its version.
  beside: [
    {
      name: 'gather',
      image:
        'docker.io/library/node:24.21.0-bookworm@sha256:64af3819f9275802414d7cdc38c27e9d82bd564dec4d4da87d008255d36c63b4',
      command: ['node', program, 'probes', '/gathered', '/var/run/secrets/kubernetes.io/serviceaccount', '30'],
      resources: { cpu: '10m', memory: '192Mi' },
    },
    {
      name: 'join',
      command: [
        ...['sh', '-uc', join, 'join', '/gathered', '/config/blackbox.yml', '/config/own'],
        ...['/bin/blackbox_exporter', 'http://127.0.0.1:9115', '5'],
      ],
      resources: { cpu: '10m', memory: '64Mi' },
    },
  ],
};
