import type { Environment } from '../generators/model/environment.ts';

/** Where Argo CD reads this repository from. */
export const repository = 'https://gitlab.com/example/slipway.git';

/** The promotion path, and what differs along it. */
export const environments: readonly Environment[] = [
  {
    name: 'dev',
    cluster: 'nonprod',
    domain: 'dev.example.com',
    replicas: 1,
    resources: { cpu: '50m', memory: '256Mi' },
    soak: '5m',
  },
  {
    name: 'staging',
    cluster: 'nonprod',
    after: 'dev',
    domain: 'staging.example.com',
    replicas: 2,
    resources: { cpu: '50m', memory: '256Mi' },
    soak: '30m',
  },
  {
    name: 'production',
    cluster: 'production',
    after: 'staging',
    domain: 'example.com',
    replicas: 2,
    resources: { cpu: '250m', memory: '256Mi' },
    soak: '1h',
  },
];
