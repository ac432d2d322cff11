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
  // A page like the first one, but looking at it is no hit.
  probe: { path: '/facts/1', text: 'The counter</title>', version: '/version' },
  traces: true,
  alerts: [
    {
      name: 'CounterCannotCount',
      // One pod alone burns the budget of all, and is told of by that.
      expr: 'max(counter_redis_up{namespace="$namespace",app="$app"}) == 0',
      for: '1m',
      severity: 'page',
      summary: 'The counter in $namespace cannot count, since Redis takes no writes.',
      look:
        'Visitors see the page and the facts, and machines get 503. /readyz says "degraded" on purpose: restarting the ' +
        'counter mends nothing. Its log says why under "Redis is not there"; look at the pod, the volume and the memory ' +
        'of redis in $namespace.',
    },
  ],
  in: { production: { scale: { max: 6, cpu: 70 } } },
};
