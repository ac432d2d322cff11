import type { Cluster, Environment, People } from '../generators/model/environment.ts';

/** Where Argo CD reads this repository from. */
export const repository = 'https://gitlab.com/example/slipway.git';

/** Where images may come from, on every cluster. */
const registries = [
  'registry.gitlab.com/example/slipway',
  'docker.io/gitlab',
  'docker.io/grafana',
  'docker.io/library',
  'docker.io/oliver006',
  'docker.io/otel',
  'docker.io/prom',
  'docker.io/rclone',
];

/** Who signs in to Argo CD and Grafana, on every cluster. */
const people: People = {
  client: 'example',
  admins: ['example/platform'],
  operators: ['example/on-call'],
  readers: ['example'],
};

/** The clusters, and the namespaces on them that belong to no environment. */
export const clusters: readonly Cluster[] = [
  {
    name: 'nonprod',
    profile: 'eks',
    registries,
    storage: 'gp3',
    network: '10.10.0.0/16',
    aws: { account: '000000000000', region: 'eu-central-1', operators: ['203.0.113.0/24'] },
    people,
    namespaces: { agents: 'privileged', ci: 'restricted', monitoring: 'restricted' },
  },
  {
    name: 'production',
    profile: 'eks',
    registries,
    storage: 'gp3',
    network: '10.20.0.0/16',
    aws: { account: '000000000000', region: 'eu-central-1', operators: ['203.0.113.0/24'] },
    people,
    namespaces: { agents: 'privileged', ci: 'restricted', monitoring: 'restricted' },
  },
];

/** The promotion paths, and what differs along them: that of the apps, and that of what belongs to a cluster. */
export const environments: readonly Environment[] = [
  {
    name: 'dev',
    cluster: 'nonprod',
    domain: 'dev.example.com',
    replicas: 1,
    resources: { cpu: '50m', memory: '256Mi' },
    sources: ['203.0.113.0/24'],
    quota: { cpu: '8', memory: '16Gi', pods: 60, storage: '50Gi' },
    soak: '5m',
  },
  {
    name: 'staging',
    cluster: 'nonprod',
    after: 'dev',
    domain: 'staging.example.com',
    replicas: 2,
    resources: { cpu: '50m', memory: '256Mi' },
    sources: ['203.0.113.0/24'],
    quota: { cpu: '8', memory: '16Gi', pods: 60, storage: '50Gi' },
    soak: '30m',
  },
  {
    name: 'production',
    cluster: 'production',
    after: 'staging',
    domain: 'example.com',
    replicas: 2,
    resources: { cpu: '250m', memory: '256Mi' },
    production: true,
    quota: { cpu: '32', memory: '64Gi', pods: 200, storage: '500Gi' },
    soak: '1h',
    calendar: { timeZone: 'Europe/Berlin', closed: ['Fri 16:00 - Mon 07:00'] },
  },
  {
    name: 'platform-nonprod',
    cluster: 'nonprod',
    scope: 'cluster',
    domain: 'nonprod.example.com',
    replicas: 1,
    resources: { cpu: '50m', memory: '128Mi' },
    sources: ['203.0.113.0/24'],
    soak: '1h',
  },
  {
    name: 'platform-production',
    cluster: 'production',
    scope: 'cluster',
    after: 'platform-nonprod',
    domain: 'production.example.com',
    replicas: 2,
    resources: { cpu: '50m', memory: '128Mi' },
    production: true,
    sources: ['203.0.113.0/24'],
    soak: '1d',
  },
];
