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
  objective: { availability: 99.9, latency: { share: 99, within: 0.25 } },
  probe: { text: 'The counter</title>', version: '/version' },
  traces: true,
  alerts: [
    {
      name: 'CounterCannotCount',
      expr: 'min by (namespace) (counter_redis_up{namespace="$namespace", app="$app"}) == 0',
      for: '1m',
      severity: 'page',
      summary: 'The counter cannot count, since Redis takes no writes.',
      look:
        'Visitors see the page and the facts, and machines get 503. /readyz says "degraded" on purpose: restarting the ' +
        'counter mends nothing. Its log says why under "Redis is not there"; look at the pod, the volume and the memory ' +
        'of redis there.',
    },
  ],
  in: { production: { scale: { max: 6, cpu: 70 } } },
};
