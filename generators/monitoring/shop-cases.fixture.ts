import { type Cases, once, say } from './promtool.fixture.ts';

const hour = 3600;
const day = 86_400;

const of = '{job="pods",namespace="production",app="shop",pod="a"}';
const served = `http_server_request_duration_seconds_count${of}`;
const inTime = `http_server_request_duration_seconds_bucket${of.replace('}', ',le="0.25"}')}`;
const up = (pod: string) => `up{job="pods",namespace="production",app="shop",pod="${pod}"}`;
const available = 'kube_deployment_status_replicas_available{namespace="production",deployment="shop"}';
const wanted = 'kube_deployment_spec_replicas{namespace="production",deployment="shop"}';
const restarts = (pod: string) => `kube_pod_container_status_restarts_total{namespace="production",pod="${pod}"}`;
const [pod, another] = ['shop-7c9d5bf6b8-x2k4t', 'shop-5d4f7bc9c-zz9xw'];
const used = (container: string) =>
  `container_memory_working_set_bytes{namespace="production",pod="${pod}",container="${container}"}`;
const limit = (container: string) =>
  `kube_pod_container_resource_limits{namespace="production",pod="${pod}",container="${container}",resource="memory"}`;
const probe = (kind: 'page' | 'version') =>
  `{job="probe",namespace="production",app="shop",probe="${kind}",instance="${kind === 'page' ? first : second}"}`;
const [first, second] = ['https://shop.example.com/', 'https://shop.example.com/version'];
const page = `probe_success${probe('page')}`;
const version = `probe_success${probe('version')}`;
const certificate = `probe_ssl_earliest_cert_expiry${probe('page')}`;
const argo = (labels: string) => `argocd_app_info{project="production",name="shop",${labels}}`;
const held = 'slipway_app_held{namespace="production",app="shop"}';
const heldSince = 'slipway_app_held_since_timestamp_seconds{namespace="production",app="shop"}';
const behind = 'slipway_app_behind_seconds{namespace="production",app="shop"}';
const sales = 'shop_sales_total{namespace="production",app="shop"}';

/** What is tried of a service that has all that can be watched of one. */
export const shopCases: Cases = {
  NothingMeasured: [
    // A pod that is measured no more leaves no series behind.
    { at: '15m', seen: { [served]: '0+1x5 stale', [inTime]: '0+1x5 stale', [up('a')]: '1x30' } },
    { at: '16m', seen: { [served]: '0+1x5 stale', [inTime]: '0+1x5 stale', [up('a')]: '1x30' }, fires: once },
    { at: '30m', seen: { [served]: '0+1x30', [inTime]: '0+1x30' } },
    // A version whose histogram has other bounds than the promised one.
    { at: '30m', seen: { [served]: '0+1x30', [inTime.replace('0.25', '0.2')]: '0+1x30' }, fires: once },
  ],
  ScrapeFails: [
    { at: '14m', seen: { [up('a')]: '0x30', [up('b')]: '1x30' } },
    {
      at: '15m',
      seen: { [up('a')]: '0x30', [up('b')]: '1x30' },
      fires: say('1 of the pods of shop in production cannot be measured.'),
    },
    // A pod that is gone is no target any more; what is asked from outside is another matter.
    { at: '30m', seen: { [up('a')]: '0x10 stale', [`up${probe('page')}`]: '0x30' } },
  ],
  NoPodReady: [
    { at: '5m', seen: { [available]: '1 0x30' } },
    { at: '6m', seen: { [available]: '1 0x30' }, fires: once },
    { at: '30m', seen: { [available]: '0 0 0 1x30' } },
  ],
  PodsNotReady: [
    { at: '14m', seen: { [available]: '1x30', [wanted]: '3x30' } },
    {
      at: '15m',
      seen: { [available]: '1x30', [wanted]: '3x30' },
      fires: say('2 pods of shop in production are not ready.'),
    },
    // A roll-out: one more than there shall be, then one less.
    { at: '30m', seen: { [available]: '3x5 4x5 2x5 3x30', [wanted]: '3x50' } },
  ],
  PodsRestart: [
    {
      at: '30m',
      seen: { [restarts(pod)]: '0x5 1x5 2x5 3x20' },
      fires: say('Containers of shop in production were started again 3 times in an hour.'),
    },
    { at: '30m', seen: { [restarts(pod)]: '0x5 1x5 2x20' } },
    { at: '30m', seen: { [restarts(pod)]: '9x9 stale', [restarts(another)]: '_x9 0x20' } },
    { at: '30m', seen: { [restarts('shop-exporter-7c9d5bf6b8-x2k4t')]: '0x5 1x5 2x5 9x20' } },
  ],
  MemoryNearLimit: [
    { at: '14m', seen: { [used('shop')]: '95x30', [limit('shop')]: '100x30' } },
    {
      at: '15m',
      seen: {
        [used('shop')]: '91x30',
        [limit('shop')]: '100x30',
        [used('beside')]: '10x30',
        [limit('beside')]: '50x30',
      },
      fires: say('A container of shop in production uses 91% of its memory.'),
    },
    { at: '30m', seen: { [used('shop')]: '89x30', [limit('shop')]: '100x30', [used('')]: '99x30' } },
  ],
  PublicAddressFails: [
    { at: '2m', seen: { [page]: '1 0x30' } },
    {
      at: '3m',
      seen: { [page]: '1 0x30' },
      fires: say(`shop in production does not answer as it should at ${first}.`, { instance: first }),
    },
    { at: '30m', seen: { [page]: '1 0 1 0 1 0 1x30' } },
  ],
  NothingProbed: [
    { at: '20m', seen: { [page]: '1x5 stale' } },
    { at: '21m', seen: { [page]: '1x5 stale' }, fires: once },
    { at: '26m', seen: { [page]: '0x30' } },
  ],
  WrongVersionOutside: [
    // The rule is there before the version is.
    { at: '14m', seen: { [version]: '0x14 1x30', [page]: '1x30' } },
    {
      at: '15m',
      seen: { [version]: '0x30', [page]: '1x30' },
      fires: say(`shop in production shows another version at ${second} than the one that stands on its branch.`, {
        instance: second,
      }),
    },
    { at: '30m', seen: { [version]: '0x14 1x30', [page]: '1x30' } },
  ],
  CertificateEnds: [
    { at: '2h', seen: { [certificate]: `${22 * day}x120` } },
    { at: '59m', seen: { [certificate]: `${20 * day}x120` } },
    {
      at: '1h',
      seen: { [certificate]: `${20 * day + hour}x120` },
      fires: say('The certificate of shop in production ends in 20d 0h 0m 0s.', { severity: 'ticket' }),
    },
    {
      at: '1h',
      seen: { [certificate]: `${2 * day}x120` },
      fires: ['ticket', 'page'].map((severity) => ({
        summary: 'The certificate of shop in production ends in 1d 23h 0m 0s.',
        labels: { severity },
      })),
    },
  ],
  ApplicationOutOfSync: [
    { at: '29m', seen: { [argo('sync_status="OutOfSync"')]: '1x60' } },
    { at: '30m', seen: { [argo('sync_status="OutOfSync"')]: '1x60' }, fires: once },
    {
      at: '60m',
      seen: { [argo('sync_status="OutOfSync"')]: '1x20 stale', [argo('sync_status="Synced"')]: '_x20 1x60' },
    },
  ],
  ApplicationDegraded: [
    // Argo CD tells a new state as another series: it has not been healthy all the while.
    {
      at: '30m',
      seen: { [argo('health_status="Degraded"')]: '1x10 stale', [argo('health_status="Progressing"')]: '_x10 1x60' },
      fires: once,
    },
    { at: '29m', seen: { [argo('health_status="Degraded"')]: '1x60' } },
    { at: '60m', seen: { [argo('health_status="Healthy"')]: '1x60' } },
  ],
  AppHeldTooLong: [
    {
      at: '20m',
      seen: { [held]: '1x30', [heldSince]: `${-day}x30` },
      fires: say('shop has been held in production for 1d 0h 20m 0s.'),
    },
    {
      at: '20m',
      seen: { [held]: '1x30', [heldSince]: `${hour - day}x30` },
    },
    {
      at: '20m',
      seen: { [held]: '0x30', [heldSince]: `${-2 * day}x30` },
    },
  ],
  EnvironmentFarBehind: [
    { at: '59m', seen: { [behind]: `${8 * day}x90` } },
    {
      at: '60m',
      seen: { [behind]: `${8 * day}x90` },
      fires: say('shop in production lacks what has been on main for 8d 0h 0m 0s.'),
    },
    { at: '90m', seen: { [behind]: `${6 * day}x90` } },
  ],
  ShopSellsNothing: [
    { at: '6m', seen: { [sales]: '0+5x2 10x30' } },
    { at: '10m', seen: { [sales]: '0+5x2 10x30' }, fires: once },
  ],
};
