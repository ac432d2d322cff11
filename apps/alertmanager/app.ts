import type { App, Secret } from '../../generators/model/app.ts';
import { alertmanagerConfig } from './config.ts';
import { fallback, heartbeat, type Receiver, teams } from './receivers.ts';

const config = (domain: string, wakes: boolean) => ({
  '/etc/alertmanager/alertmanager.json': `${JSON.stringify(
    alertmanagerConfig({ teams, fallback, heartbeat, wakes, grafana: `https://grafana.${domain}` }),
    null,
    2,
  )}\n`,
});

const secretOf = (how: Receiver) => ('pagerDuty' in how ? how.pagerDuty : 'slack' in how ? how.slack : how.webhook);

/** Whoever makes one of these in AWS Secrets Manager writes down here which version of it is meant. */
const secrets = (cluster: string): Record<string, Secret> =>
  Object.fromEntries(
    [...Object.values(teams).flatMap(({ page, ticket }) => [page, ticket]), heartbeat].map((how) => [
      secretOf(how),
      {
        name: `slipway-${cluster}/alertmanager/${secretOf(how)}`,
        version: '00000000-0000-0000-0000-000000000000',
      },
    ]),
  );

/** Tells whoever answers for an app what Prometheus has found, once, and what matters most. */
export const app: App = {
  kind: 'store',
  name: 'alertmanager',
  owner: 'team-platform',
  scope: 'cluster',
  namespace: 'monitoring',
  monitoring: ['slipway'],
  // What it tells whom by is in AWS Secrets Manager.
  profiles: ['eks'],
  image: 'docker.io/prom/alertmanager:v0.34.0@sha256:690c7b525f4367aa91f73e2f91c632206d32e97c6384bdbf2fb7a861b420340d',
  port: 9093,
  args: [
    // JSON is YAML.
    '--config.file=/etc/alertmanager/alertmanager.json',
    // Silences, and what was said already.
    '--storage.path=/alertmanager',
    '--data.retention=120h',
    // It is alone.
    '--cluster.listen-address=',
    '--web.listen-address=:9093',
    '--log.format=json',
  ],
  volume: { path: '/alertmanager', size: '1Gi' },
  single: true,
  ready: '/-/ready',
  live: '/-/healthy',
  user: { uid: 65534, gid: 65534 },
  resources: { cpu: '20m', memory: '128Mi' },
  outside: [443],
  identity: 'alertmanager',
  metrics: {},
  in: {
    'platform-nonprod': { files: config('nonprod.example.com', false), secrets: secrets('nonprod') },
    'platform-production': { files: config('production.example.com', true), secrets: secrets('production') },
  },
};
