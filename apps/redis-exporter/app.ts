import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'worker',
  name: 'redis-exporter',
  owner: 'team-platform',
  image:
    'docker.io/oliver006/redis_exporter:v1.86.0@sha256:2e9795be900db073e9475fdb9c5124db309b07a3e4e75a1770705cb03be1a1c8',
  port: 9121,
  args: ['--web.listen-address=:9121', '--redis.addr=redis://redis:6379'],
  ready: '/health',
  live: '/health',
  user: { uid: 59000, gid: 59000 },
  resources: { cpu: '10m', memory: '32Mi' },
  calls: ['redis'],
  metrics: {},
};
