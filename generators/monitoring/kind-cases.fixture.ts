import { type Cases, once, say } from './promtool.fixture.ts';

const hour = 3600;
const day = 86_400;

const available = (app: string) =>
  `kube_deployment_status_replicas_available{namespace="production",deployment="${app}"}`;
const up = (app: string, pod: string) => `up{job="pods",namespace="production",app="${app}",pod="${pod}"}`;
const restarts = (pod: string) => `kube_pod_container_status_restarts_total{namespace="production",pod="${pod}"}`;
const shelfReady = 'kube_statefulset_status_replicas_ready{namespace="production",statefulset="shelf"}';
const claim = '{namespace="production",persistentvolumeclaim="data-shelf-0"}';
const free = `kubelet_volume_stats_available_bytes${claim}`;
const size = { [`kubelet_volume_stats_capacity_bytes${claim}`]: '100x600' };
const cameras = (wanted: number, ready: number) => ({
  'kube_daemonset_status_desired_number_scheduled{namespace="agents",daemonset="camera"}': `${wanted}x60`,
  'kube_daemonset_status_number_ready{namespace="agents",daemonset="camera"}': `${ready}x60`,
});
const succeeded = (job: string) => `kube_cronjob_status_last_successful_time{namespace="production",cronjob="${job}"}`;
const created = (job: string) => `kube_cronjob_created{namespace="production",cronjob="${job}"}`;
const failed = (job: string) => `kube_job_failed{namespace="production",job_name="${job}",condition="true"}`;
const started = (job: string) => `kube_job_status_start_time{namespace="production",job_name="${job}"}`;
const door = (side: string, kind: 'page' | 'version') =>
  `probe_success{job="probe",namespace="production",app="doors",probe="${kind}",instance="https://${side}.example.com/${kind === 'page' ? 'open' : kind}"}`;
const redisUp = (pod: string) => `counter_redis_up{namespace="production",app="counter",pod="${pod}"}`;
const exporter = (metric: string) => `redis_${metric}{namespace="production",app="redis-exporter"}`;

const asked = (part: string, status: number, more = '', route = '/') =>
  `http_server_request_duration_seconds_${part}{job="pods",namespace="production",app="till",http_route="${route}",http_response_status_code="${status}"${more}}`;
const [ok, bad] = [asked('count', 200), asked('count', 500)];

/** By app, what is tried of the other kinds of app, and of what only one app knows. */
export const kindCases: Readonly<Record<string, Cases>> = {
  packer: {
    NothingMeasured: [
      { at: '15m', seen: { [up('packer', 'a')]: '1x5 0x30' } },
      { at: '16m', seen: { [up('packer', 'a')]: '1x5 0x30' }, fires: once },
      { at: '30m', seen: { [up('packer', 'a')]: '1x5 0x30', [up('packer', 'b')]: '1x30' } },
    ],
  },
  till: {
    // A fifth may fail: fourteen times that cannot.
    ErrorBudgetBurnsFast: [
      { at: '65m', seen: { [ok]: '0+15x70', [bad]: '0+85x70', [asked('count', 500, '', '/m+')]: '0+9000x70' } },
      {
        at: '65m',
        seen: { [ok]: '0+5x70', [bad]: '0+95x70', [asked('count', 200, '', '/m+')]: '0+9000x70' },
        fires: [
          {
            summary: '95% of the requests to till in production fail: more than nine of ten over 1h.',
            labels: { slo: 'availability' },
          },
        ],
      },
    ],
    // A whole second is a bound that Prometheus 2 and 3 write differently.
    LatencyBudgetBurnsFast: ['1', '1.0', '10'].map((bound) => ({
      ...{ at: '65m', seen: { [ok]: '0+100x70', [asked('bucket', 200, `,le="${bound}"`)]: '0+80x70' } },
      fires:
        bound === '10'
          ? []
          : [
              {
                summary:
                  '20% of the requests to till in production take longer than 1 s: 14.4 times more than may over 1h.',
                labels: { slo: 'latency' },
              },
            ],
    })),
  },
  plain: {
    NoPodReady: [
      { at: '20m', seen: { [available('plain')]: '1 0 0 0 1x30' } },
      {
        at: '6m',
        seen: { [available('plain')]: '1 0x30' },
        fires: [{ labels: { severity: 'page' } }],
      },
    ],
  },
  // One of two addresses fails, or is not asked.
  doors: {
    PublicAddressFails: [
      {
        at: '5m',
        seen: { [door('front', 'page')]: '1x30', [door('back', 'page')]: '0x30' },
        fires: say('doors in production does not answer as it should at https://back.example.com/open.', {
          instance: 'https://back.example.com/open',
        }),
      },
    ],
    WrongVersionOutside: [
      {
        at: '20m',
        seen: { [door('front', 'version')]: '0x30', [door('back', 'version')]: '1x30' },
        fires: say(
          'doors in production shows another version at https://front.example.com/version than the one that stands on its branch.',
          { instance: 'https://front.example.com/version' },
        ),
      },
    ],
    NothingProbed: [
      {
        at: '20m',
        seen: { [door('front', 'page')]: '0x30', [door('back', 'page')]: '1 stale' },
        fires: [{ labels: { host: 'back.example.com' } }],
      },
    ],
  },
  shelf: {
    NoPodReady: [
      { at: '6m', seen: { [shelfReady]: '1 0x30' }, fires: once },
      { at: '20m', seen: { [shelfReady]: '1 0 0 0 1x30' } },
    ],
    PodsRestart: [
      {
        at: '30m',
        seen: { [restarts('shelf-0')]: '0x5 1x5 2x5 5x20' },
        fires: say('Containers of shelf in production were started again 5 times in an hour.'),
      },
      { at: '30m', seen: { [restarts('shelf-0-x')]: '0x5 1x5 2x5 5x20' } },
    ],
    VolumeFills: [
      {
        at: '60m',
        seen: { ...size, [free]: '14x90' },
        fires: say('The volume of shelf in production has 14% left, or will be full in four days.'),
      },
      { at: '59m', seen: { ...size, [free]: '14x90' } },
      // Half of it in eight hours, then in 27 days.
      {
        at: '8h',
        seen: { ...size, [free]: '80-0.1x600' },
        fires: say('The volume of shelf in production has 32% left, or will be full in four days.'),
      },
      { at: '8h', seen: { ...size, [free]: '39-0.001x600' } },
      { at: '8h', seen: { ...size, [free]: '95-0.1x600' } },
    ],
    VolumeAlmostFull: [
      {
        at: '5m',
        seen: { ...size, [free]: '4x90' },
        fires: say('The volume of shelf in production has 4% left.'),
      },
      { at: '20m', seen: { ...size, [free]: '6x90' } },
    ],
  },
  camera: {
    PodsNotReady: [
      { at: '15m', seen: cameras(3, 2), fires: say('1 pods of camera in agents are not ready.') },
      { at: '30m', seen: cameras(3, 3) },
    ],
  },
  stock: {
    JobFails: [
      { at: '5m', seen: { [failed('stock-29384')]: '1x30', [started('stock-29384')]: '100x30' }, fires: once },
      {
        at: '5m',
        seen: {
          [failed('stock-29384')]: '1x30',
          [started('stock-29384')]: '100x30',
          [succeeded('stock')]: '200x30',
        },
      },
      { at: '5m', seen: { [failed('stock-29384')]: '0x30', [started('stock-29384')]: '100x30' } },
      { at: '5m', seen: { [failed('stock-take-29384')]: '1x30', [started('stock-take-29384')]: '100x30' } },
    ],
    JobMissing: [
      // A day, half an hour that it may take, and an hour.
      {
        at: '10m',
        seen: { [succeeded('stock')]: `${-25.5 * hour}x30`, [created('stock')]: `${-9 * day}x30` },
        fires: say('stock in production has not succeeded for 1d 1h 40m 0s.'),
      },
      {
        at: '10m',
        seen: { [created('stock')]: `${-25.5 * hour}x30` },
        fires: say('stock in production has not succeeded for 1d 1h 40m 0s.'),
      },
      {
        at: '10m',
        seen: { [succeeded('stock')]: `${-25 * hour}x30`, [created('stock')]: `${-9 * day}x30` },
      },
    ],
  },
  counter: {
    CounterCannotCount: [
      { at: '5m', seen: { [redisUp('a')]: '1x4 0x8 1x8', [redisUp('b')]: '1x4 0x15' } },
      { at: '6m', seen: { [redisUp('a')]: '1x4 0x8 1x8', [redisUp('b')]: '1x4 0x15' }, fires: once },
      { at: '14m', seen: { [redisUp('a')]: '1x4 0x8 1x8', [redisUp('b')]: '1x4 0x15' } },
      // Others count.
      { at: '14m', seen: { [redisUp('a')]: '0x20', [redisUp('b')]: '1x20' } },
    ],
  },
  redis: {
    RedisDown: [
      { at: '3m', seen: { [exporter('up')]: '1 0x9' }, fires: once },
      { at: '2m', seen: { [exporter('up')]: '1 0x9' } },
      { at: '9m', seen: { [exporter('up')]: '1 0 1x9' } },
    ],
    RedisPersistenceFails: [
      ...['aof_last_write_status', 'aof_last_bgrewrite_status', 'rdb_last_bgsave_status'].map((status) => ({
        ...{ at: '6m', seen: { [exporter(status)]: '1 0x9' }, fires: once },
      })),
      { at: '5m', seen: { [exporter('aof_last_write_status')]: '1 0x9' } },
      { at: '9m', seen: { [exporter('aof_last_write_status')]: '1x9', [exporter('rdb_last_bgsave_status')]: '1x9' } },
    ],
  },
  'redis-backup': {
    BackupMissing: [
      {
        at: '10m',
        seen: { [succeeded('redis-backup')]: `${-50 * hour}x30` },
        fires: say('There has been no backup of Redis in production for 2d 2h 10m 0s.'),
      },
      {
        at: '10m',
        seen: { [created('redis-backup')]: `${-49 * hour}x30` },
      },
    ],
  },
};
