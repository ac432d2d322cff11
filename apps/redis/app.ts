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
};
