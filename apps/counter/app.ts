import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'web',
  name: 'counter',
  owner: 'team-counter',
  image: { repository: 'registry.gitlab.com/example/slipway/counter', build: 'service' },
  port: 3000,
  env: { REDIS_URL: 'redis://redis:6379' },
  calls: ['redis'],
  metrics: {},
  objective: 99.9,
  in: { production: { scale: { max: 6, cpu: 70 } } },
};
