import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'store',
  name: 'redis',
  owner: 'team-platform',
  image: 'docker.io/library/redis:8.2-alpine@sha256:30abb90e62f14b737010746def3ba99cc79fe19dcdb3d37b41f21fc62e7da19d',
  port: 6379,
  // Every write is on disk before it is acknowledged. Only pods of its own environment reach it, hence no password.
  args: [
    '--port',
    '6379',
    '--dir',
    '/data',
    '--appendonly',
    'yes',
    '--appendfsync',
    'always',
    '--save',
    '',
    '--protected-mode',
    'no',
  ],
  ready: ['redis-cli', '-e', '-p', '6379', 'ping'],
  user: { uid: 999, gid: 1000 },
  volume: { path: '/data', size: '1Gi' },
  single: true,
  alerts: [
    {
      name: 'RedisDown',
      expr: 'max(redis_up{namespace="$namespace",app="redis-exporter"}) == 0',
      for: '2m',
      // Whoever needs it tells of it first.
      severity: 'ticket',
      summary: 'Redis in $namespace does not answer its exporter.',
      look: 'kubectl --namespace $namespace describe pod redis-0, and its log: it may be loading what it holds, killed for its memory, or waiting for its volume.',
    },
    {
      name: 'RedisPersistenceFails',
      expr: ['redis_aof_last_write_status', 'redis_aof_last_bgrewrite_status', 'redis_rdb_last_bgsave_status']
        .map((status) => `min(${status}{namespace="$namespace",app="redis-exporter"}) == 0`)
        .join(' or '),
      for: '5m',
      // What it cannot write it goes on answering for a while, and then refuses.
      severity: 'page',
      summary: 'Redis in $namespace cannot write to its volume.',
      look: 'Do not restart it: what it holds may be nowhere else. Its log says why; look at the space on data-redis-0 and at the memory that a fork needs.',
    },
  ],
};
