import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'web',
  name: 'counter',
  owner: 'team-counter',
  image: { repository: 'registry.gitlab.com/example/slipway/counter', build: 'service' },
  port: 3000,
  env: {
    REDIS_URL: 'redis://redis:6379',
    // It goes on answering until load balancers have noticed that it leaves.
    DRAIN_MS: '10000',
    // The load balancer says whether its visitor came by HTTPS.
    TRUSTED_PROXIES: 'loopback, uniquelocal',
  },
  calls: ['redis'],
  metrics: {},
  objective: 99.9,
  in: { production: { scale: { max: 6, cpu: 70 } } },
};
