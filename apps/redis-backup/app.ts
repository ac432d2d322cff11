import type { App } from '../../generators/model/app.ts';

const redis =
  'docker.io/library/redis:8.2-alpine@sha256:30abb90e62f14b737010746def3ba99cc79fe19dcdb3d37b41f21fc62e7da19d';

/** It may put an object, and neither look for one nor read it back. */
const blindly = ['--s3-no-check-bucket', '--no-check-dest', '--s3-no-head'];

/** Every night what Redis holds, checked, as the newest version of one object of a bucket that keeps versions. */
export const app: App = {
  kind: 'job',
  name: 'redis-backup',
  owner: 'team-platform',
  // The bucket is in AWS, and whoever may write to it is known there.
  profiles: ['eks'],
  image: 'docker.io/rclone/rclone:1.75.1@sha256:45401ad7410db1d67ffdb58e19059ad20b0d8e0285a60e38bbec55cc1019c7a5',
  schedule: '15 2 * * *',
  deadline: '30m',
  // Redis sends a dump as it would to a replica: it is the state of one moment, and Redis goes on meanwhile.
  before: [
    { name: 'dump', image: redis, command: ['redis-cli', '-h', 'redis', '--rdb', '/backup/dump.rdb'] },
    { name: 'check', image: redis, command: ['redis-check-rdb', '/backup/dump.rdb'] },
  ],
  args: ['copyto', '/backup/dump.rdb', 'store:example-slipway-dev/redis/dump.rdb', ...blindly],
  env: {
    RCLONE_CONFIG: '/backup/rclone.conf',
    RCLONE_CONFIG_STORE_TYPE: 's3',
    RCLONE_CONFIG_STORE_PROVIDER: 'AWS',
    RCLONE_CONFIG_STORE_ENV_AUTH: 'true',
    RCLONE_CONFIG_STORE_REGION: 'eu-central-1',
  },
  scratch: { '/backup': '2Gi' },
  calls: ['redis'],
  outside: [443],
  identity: 'redis-backup',
  alerts: [
    {
      name: 'BackupMissing',
      // Two nights: a volume that is lost now takes two days with it. One night is a ticket, as for every job.
      expr: 'time() - (max(kube_cronjob_status_last_successful_time{namespace="$namespace",cronjob="$app"}) or max(kube_cronjob_created{namespace="$namespace",cronjob="$app"})) > 50 * 3600',
      for: '5m',
      severity: 'page',
      summary: 'There has been no backup of Redis in $namespace for {{ $value | humanizeDuration }}.',
      look: 'The log of its last pods: whether Redis sends, whether the check refuses, whether the bucket takes it. Make one by hand before anything else is changed.',
    },
  ],
  in: {
    staging: {
      args: ['copyto', '/backup/dump.rdb', 'store:example-slipway-staging/redis/dump.rdb', ...blindly],
    },
    production: {
      args: ['copyto', '/backup/dump.rdb', 'store:example-slipway-production/redis/dump.rdb', ...blindly],
    },
  },
};
