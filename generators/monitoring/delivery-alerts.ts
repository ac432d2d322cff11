import { type About, alert } from './alert.ts';
import { type AlertRule, quoted } from './rule.ts';

/** Seconds: a hold that outlives a day is forgotten, or a decision that nobody wrote down. */
const longHold = 86_400;

/** Seconds: who is a week behind promotes much at once, and finds out late. */
const farBehind = 7 * 86_400;

/** The app of the series: what an alert says that is about each app of an environment. */
export const eachApp = '{{ $labels.app }}';

/**
 * Whether what stands on an environment's branch runs there, and whether it moves: of one app, or of `eachApp`.
 */
export function deliveryAlerts(about: About): AlertRule[] {
  const { environment, app } = about;
  const only = (label: string) => (app === eachApp ? '' : `,${label}=${quoted(app)}`);
  const slipway = `{namespace=${quoted(environment)}${only('app')}}`;
  // Argo CD calls the environment a project, and the app `name`.
  const unlike = (label: string, usual: string) => {
    const others = `argocd_app_info{project=${quoted(environment)}${only('name')},${label}!~${quoted(usual)}}`;
    return `max by (app) (label_replace(${others}, "app", "$1", "name", "(.+)")) == 1`;
  };
  const each = (series: string) => `max by (app) (${series})`;
  return [
    alert(about, {
      name: 'ApplicationOutOfSync',
      expr: unlike('sync_status', 'Synced'),
      for: '30m',
      severity: 'ticket',
      summary: `What stands on env/${environment} of ${app} is not what runs there.`,
      look: 'The Application in Argo CD: what differs, and what the last sync said. Somebody may have changed the cluster by hand.',
      dashboard: 'slipway-versions',
    }),
    alert(about, {
      name: 'ApplicationDegraded',
      expr: unlike('health_status', 'Healthy|Suspended'),
      for: '30m',
      severity: 'ticket',
      summary: `Argo CD has not found ${app} in ${environment} healthy for half an hour.`,
      look: 'The Application in Argo CD: which object is not healthy, and since which version. slipway status says what changed last.',
      dashboard: 'slipway-versions',
    }),
    alert(about, {
      name: 'AppHeldTooLong',
      expr: `time() - ${each(`slipway_app_held_since_timestamp_seconds${slipway}`)} > ${longHold} and on (app) ${each(`slipway_app_held${slipway}`)} == 1`,
      for: '10m',
      severity: 'ticket',
      summary: `${app} has been held in ${environment} for {{ $value | humanizeDuration }}.`,
      look: `slipway status says what it waits for: a fix that goes on, or slipway release.`,
      dashboard: 'slipway-versions',
    }),
    alert(about, {
      name: 'EnvironmentFarBehind',
      expr: `${each(`slipway_app_behind_seconds${slipway}`)} > ${farBehind}`,
      for: '1h',
      severity: 'ticket',
      summary: `${app} in ${environment} lacks what has been on main for {{ $value | humanizeDuration }}.`,
      look: `slipway status says what it waits for: a gate that says no, a request that nobody merges, a fix in the environment before it.`,
      dashboard: 'slipway-versions',
    }),
  ];
}
