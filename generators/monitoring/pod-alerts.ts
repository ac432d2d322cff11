import type { CheckedProgram, CheckedStore } from '../model/app-schema.ts';
import { type About, alert } from './alert.ts';
import { atMost, requests } from './objective.ts';
import { askedOf } from './probes.ts';
import { type AlertRule, quoted } from './rule.ts';

/** What Kubernetes makes random names of: https://github.com/kubernetes/apimachinery/blob/master/pkg/util/rand/rand.go */
const random = '[bcdfghjklmnpqrstvwxz2456789]';

/** How Kubernetes names the pods of an app. */
const endings: Readonly<Record<CheckedProgram['kind'], string>> = {
  web: `${random}{1,10}-${random}{5}`,
  worker: `${random}{1,10}-${random}{5}`,
  store: '[0-9]+',
  agent: `${random}{5}`,
  job: `[0-9]+-${random}{5}`,
};

/** What the pods of an app are called, as a regular expression: no series of Kubernetes says whose they are. */
export const podsOf = ({ kind, name }: Pick<CheckedProgram, 'kind' | 'name'>) => `${name}-${endings[kind]}`;

/** What is measured of an app's pods: by the app itself, and by Kubernetes. CPU has no limit, so that nothing throttles it. */
export function podAlerts(app: CheckedProgram, about: About): AlertRule[] {
  return [
    ...(app.metrics && app.kind !== 'job' ? measuring(app, about) : []),
    ...readiness(app, about),
    ...saturation(app, about),
    ...(app.kind === 'store' ? volume(app, about) : []),
  ];
}

/** Whether what it says is heard. Without that its other alerts are silent, whatever happens. */
function measuring(app: CheckedProgram, about: About): AlertRule[] {
  const { namespace, app: name } = about;
  const who = `namespace=${quoted(namespace)},app=${quoted(name)}`;
  const promises = app.kind === 'web' ? app.objective : undefined;
  const none = (part: string, more = '') => `absent(max(${requests}_${part}{job="pods",${who}${more}}))`;
  return [
    alert(about, {
      name: 'NothingMeasured',
      // Its probes are requests, too: a pod that runs has always some.
      expr: promises
        ? // Another bound than the promised one says nothing of it.
          [none('count'), ...(promises.latency ? [none('bucket', `,${atMost(promises.latency)}`)] : [])].join(' or ')
        : `absent(up{job!="probe",${who}} == 1)`,
      for: '10m',
      // Nothing else would tell that a promise is no longer watched.
      severity: promises ? 'page' : 'ticket',
      summary: `Nothing is measured of ${name} in ${namespace}.`,
      look: `Whether its pods run, what Prometheus says of them under Status, Targets, and whether a version calls its metrics by other names, or counts them in other buckets. Until then no alert of ${name} in ${namespace} can fire.`,
    }),
    alert(about, {
      name: 'ScrapeFails',
      expr: `count(up{job!="probe",${who}} == 0) > 0`,
      for: '15m',
      severity: 'ticket',
      summary: `{{ $value }} of the pods of ${name} in ${namespace} cannot be measured.`,
      look: 'The error under Status, Targets in Prometheus: a limit on series, a NetworkPolicy, or a pod that hangs.',
    }),
  ];
}

/** Whether there are as many as there shall be. */
function readiness(app: CheckedProgram, about: About): AlertRule[] {
  const { namespace, app: name } = about;
  const inNamespace = `namespace=${quoted(namespace)}`;
  const look = `kubectl --namespace ${namespace} get pods, and describe those that are not ready: an image that cannot be pulled, no room on the nodes, a probe that fails.`;
  // Who calls it from outside tells of it first.
  const seen = askedOf(app).page !== undefined;
  const nobody = (expr: string) =>
    alert(about, {
      name: 'NoPodReady',
      expr,
      for: '5m',
      severity: seen ? 'ticket' : 'page',
      summary: `No pod of ${name} in ${namespace} is ready.`,
      look,
    });
  const some = (expr: string) =>
    alert(about, {
      name: 'PodsNotReady',
      expr,
      for: '15m',
      severity: 'ticket',
      summary: `{{ $value }} pods of ${name} in ${namespace} are not ready.`,
      look,
    });
  if (app.kind === 'store')
    return [nobody(`max(kube_statefulset_status_replicas_ready{${inNamespace},statefulset=${quoted(name)}}) == 0`)];
  if (app.kind === 'agent') {
    const who = `{${inNamespace},daemonset=${quoted(name)}}`;
    return [
      some(
        `max(kube_daemonset_status_desired_number_scheduled${who}) - max(kube_daemonset_status_number_ready${who}) > 0`,
      ),
    ];
  }
  if (app.kind === 'job') return [];
  const who = `{${inNamespace},deployment=${quoted(name)}}`;
  const available = `max(kube_deployment_status_replicas_available${who})`;
  return [nobody(`${available} == 0`), some(`max(kube_deployment_spec_replicas${who}) - ${available} > 0`)];
}

/** Whether they die, or soon will. */
function saturation(app: CheckedProgram, about: About): AlertRule[] {
  const { namespace, app: name } = about;
  const pods = `namespace=${quoted(namespace)},pod=~${quoted(podsOf(app))}`;
  const each = (series: string) => `max by (pod, container) (${series})`;
  return [
    alert(about, {
      name: 'PodsRestart',
      // Three, and not quite: `increase` extrapolates.
      expr: `sum(increase(kube_pod_container_status_restarts_total{${pods}}[1h])) > 2.5`,
      severity: 'ticket',
      summary: `Containers of ${name} in ${namespace} were started again {{ $value | printf "%.0f" }} times in an hour.`,
      look: `kubectl --namespace ${namespace} logs --previous of such a pod, and its last state in describe: OOMKilled, or what it said before it ended.`,
    }),
    alert(about, {
      name: 'MemoryNearLimit',
      expr: `max(${each(`container_memory_working_set_bytes{${pods},container!=""}`)} / ${each(`kube_pod_container_resource_limits{${pods},resource="memory"}`)}) > 0.9`,
      for: '15m',
      severity: 'ticket',
      summary: `A container of ${name} in ${namespace} uses {{ $value | humanizePercentage }} of its memory.`,
      look: 'Whether it grew with a version or with the load. At its limit it is killed; `resources` in its definition says how much it has.',
    }),
  ];
}

/** Whether the volume of a store lasts. */
function volume({ name }: CheckedStore, about: About): AlertRule[] {
  const { namespace } = about;
  const claim = `{namespace=${quoted(namespace)},persistentvolumeclaim=${quoted(`data-${name}-0`)}}`;
  const free = `max(kubelet_volume_stats_available_bytes${claim})`;
  const left = `${free} / max(kubelet_volume_stats_capacity_bytes${claim})`;
  const look = `What fills it (a dashboard of the platform shows since when), and make it larger: \`volume.size\` in apps/${name}/app.ts. A volume never becomes smaller again.`;
  return [
    alert(about, {
      name: 'VolumeFills',
      expr: `${left} < 0.15 or (${left} < 0.4 and max(predict_linear(kubelet_volume_stats_available_bytes${claim}[6h], 4 * 86400)) < 0)`,
      for: '1h',
      severity: 'ticket',
      summary: `The volume of ${name} in ${namespace} has {{ $value | humanizePercentage }} left, or will be full in four days.`,
      look,
      dashboard: 'slipway-platform',
    }),
    alert(about, {
      name: 'VolumeAlmostFull',
      expr: `${left} < 0.05`,
      for: '5m',
      // Who writes there tells of it only when nothing can be written any more.
      severity: 'page',
      summary: `The volume of ${name} in ${namespace} has {{ $value | humanizePercentage }} left.`,
      look,
      dashboard: 'slipway-platform',
    }),
  ];
}
