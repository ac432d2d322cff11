import type { Cluster, Path } from '../model/environment.ts';
import { scopeOf } from '../model/environment.ts';
import { watchersOn } from '../model/monitoring.ts';
import { type About, alert, type Said } from './alert.ts';
import { deliveryAlerts, eachApp } from './delivery-alerts.ts';
import { gatheringAlerts } from './gathering-alerts.ts';
import { type AlertRule, quoted, type RuleGroup } from './rule.ts';

/** What a Prometheus watches beside the apps. */
export interface PlatformRules {
  readonly cluster: Pick<Cluster, 'name' | 'profile' | 'monitoring'>;
  readonly path: Pick<Path, 'environments' | 'repository'>;
  /** The team that answers for it. */
  readonly owner: string;
  /** Whether somebody else's Prometheus reads them, to which nothing is gathered. @default false */
  readonly elsewhere?: boolean;
}

/** What is scraped that is no app of this repository, and what speaks of the others: by job. AWS brings the add-ons. */
const jobsOf = (cluster: PlatformRules['cluster']): readonly string[] => [
  'argocd',
  ...(cluster.profile === 'eks' ? ['kube-state-metrics', 'kubelet', 'node-exporter'] : []),
  ...(watchersOn(cluster).has('versions') ? ['versions'] : []),
];

/** The namespace of Prometheus, Alertmanager, Loki and Tempo, whose own metrics come like those of every app. */
const namespace = 'monitoring';

/**
 * What is watched once on a cluster: what watches the rest, and what belongs to the cluster as a whole. What an app of the
 * stack has in common with every other (its pods, its volume, its scrape) stands in its own part. What does not run there
 * (`Cluster.monitoring`) is not missed.
 */
export function platformRules({ cluster, path, owner, elsewhere = false }: PlatformRules): RuleGroup[] {
  const { repository } = path;
  const jobs = jobsOf(cluster);
  const here = watchersOn(cluster);
  const where = (app: string, ...rules: readonly AlertRule[]) => (here.has(app) ? rules : []);
  const environment = path.environments.find((one) => one.cluster === cluster.name && scopeOf(one) === 'cluster');
  const name = environment?.name ?? cluster.name;
  const about = (app: string): About => ({ environment: name, namespace, app, owner, repository });
  const one = (app: string, said: Omit<Said, 'dashboard'>) =>
    alert(about(app), { ...said, dashboard: 'slipway-platform' });
  const of = (app: string) => `namespace=${quoted(namespace)},app=${quoted(app)}`;
  return [
    {
      name: `${name}-watching`,
      rules: [
        ...where(
          'alertmanager',
          alert(about('prometheus'), {
            name: 'DeadMansSwitch',
            // It fires always: who hears it no longer knows that nothing else would be heard.
            expr: 'vector(1)',
            severity: 'ticket',
            summary: `Prometheus and Alertmanager of ${cluster.name} work.`,
            look: 'Nothing, as long as it fires. When it has stopped, no alert of this cluster reaches anybody.',
            dashboard: 'slipway-platform',
            labels: { severity: 'heartbeat' },
          }),
        ),
        ...jobs.map((job) =>
          one(job === 'versions' ? 'versions' : 'prometheus', {
            name: 'TargetMissing',
            expr: `absent(up{job=${quoted(job)}} == 1)`,
            for: '15m',
            severity: 'ticket',
            summary: `Prometheus of ${cluster.name} measures nothing of ${job}.`,
            look: `Whether its pods run, and what Prometheus says of the job ${job} under Status, Targets. Alerts that are made of it are silent.`,
            labels: { target: job },
          }),
        ),
        one('prometheus', {
          name: 'TargetFails',
          expr: `count by (job) (up{job=~${quoted(jobs.join('|'))}} == 0) > 0`,
          for: '30m',
          severity: 'ticket',
          summary: `{{ $value }} of the targets of {{ $labels.job }} on ${cluster.name} cannot be read.`,
          look: 'The error under Status, Targets in Prometheus.',
        }),
        ...where(
          'prometheus',
          one('prometheus', {
            name: 'RulesBroken',
            expr: `max(prometheus_config_last_reload_successful{${of('prometheus')}}) == 0 or sum(increase(prometheus_rule_evaluation_failures_total{${of('prometheus')}}[15m])) > 0 or max(slipway:rules_refused:files) > 0`,
            for: '5m',
            severity: 'ticket',
            summary: `Prometheus of ${cluster.name} refuses its configuration or a rule, and goes on with what it had.`,
            look: 'The log of its container install, or its own, names the file, which names the environment and the app. promtool check rules tells the same before a merge.',
          }),
          ...(elsewhere ? [] : gatheringAlerts(cluster.name, (said) => one('prometheus', said))),
        ),
        ...where(
          'alertmanager',
          one('prometheus', {
            name: 'NotificationsFail',
            expr: `sum(increase(prometheus_notifications_dropped_total{${of('prometheus')}}[10m])) > 0 or sum(increase(alertmanager_notifications_failed_total{${of('alertmanager')}}[10m])) > 0`,
            for: '10m',
            // Nothing else would tell: what cannot be sent is not heard.
            severity: 'page',
            summary: `Alerts of ${cluster.name} do not reach whom they should.`,
            look: 'The log of Alertmanager says which receiver fails, and why: its address, its secret, or the way out.',
          }),
          one('prometheus', {
            name: 'AlertmanagerUnreachable',
            // A pod that is gone is no target.
            expr: `absent(up{${of('alertmanager')}} == 1)`,
            for: '5m',
            severity: 'page',
            summary: `Prometheus of ${cluster.name} has no Alertmanager to tell.`,
            look: 'Whether the pod of Alertmanager is ready. Until it is, only the dead man’s switch tells of this.',
          }),
        ),
      ],
    },
    {
      name: `${name}-telling`,
      rules: [
        ...where(
          'versions',
          one('versions', {
            name: 'VersionsUnknown',
            expr: 'time() - max(slipway_metrics_last_success_timestamp_seconds) > 900',
            for: '5m',
            severity: 'ticket',
            summary: `What runs where has not been known on ${cluster.name} for {{ $value | humanizeDuration }}.`,
            look: 'The log of versions: whether it reaches the repository, and whether its token still holds.',
          }),
        ),
        ...dropping(one, here),
        ...where(
          'loki',
          one('loki', {
            name: 'LokiRefuses',
            expr: `sum by (reason) (rate(loki_discarded_samples_total{${of('loki')}}[15m])) > 0`,
            for: '15m',
            severity: 'ticket',
            summary: `Loki of ${cluster.name} throws log lines away: {{ $labels.reason }}.`,
            look: 'Which limit it is, and which app logs so much: its own limits stand in apps/loki/app.ts.',
          }),
        ),
        ...where(
          'tempo',
          one('tempo', {
            name: 'TempoRefuses',
            expr: `sum by (reason) (rate(tempo_discarded_spans_total{${of('tempo')}}[15m])) > 0`,
            for: '15m',
            severity: 'ticket',
            summary: `Tempo of ${cluster.name} throws spans away: {{ $labels.reason }}.`,
            look: 'Which limit it is, and which app sends so much: its own limits stand in apps/tempo/app.ts.',
          }),
        ),
      ],
    },
    {
      name: `${name}-environments`,
      rules: path.environments
        .filter((one) => one.cluster === cluster.name && scopeOf(one) === 'environment')
        .map((one) => environmentDown(one.name, { repository, owner })),
    },
    ...(environment ? [{ name: `${name}-delivery`, rules: deliveryAlerts(about(eachApp)) }] : []),
  ];
}

/**
 * An environment in which nothing answers: nodes or the network are gone, and no app is the cause. Alertmanager keeps what
 * it `covers` silent; where there is one app alone, that one tells of itself.
 */
function environmentDown(environment: string, { repository, owner }: Pick<About, 'repository' | 'owner'>) {
  const up = `up{job="pods",namespace=${quoted(environment)}}`;
  const ready = `sum(kube_pod_status_ready{namespace=${quoted(environment)},condition="true"})`;
  return alert(
    { environment, namespace: environment, app: 'namespaces', owner, repository },
    {
      name: 'EnvironmentDown',
      // Pods that run and do not answer, or none that run: what waits for a node is no target.
      expr: `max(${up}) == 0 and count(count by (app) (${up})) > 1 or ${ready} == 0`,
      // No longer than any page that it silences: whoever comes first is heard.
      for: '1m',
      severity: 'page',
      summary: `No pod of any app answers in ${environment}.`,
      look: 'kubectl get nodes, then the events of the namespace: nodes that went, a network policy that was changed, a quota. The apps themselves are not the cause.',
      dashboard: 'slipway-platform',
      labels: { covers: 'environment' },
    },
  );
}

/**
 * What OpenTelemetry's collectors could not send, or had no memory for. The names are those of its own Prometheus reader,
 * which leaves out `_total`:
 * https://github.com/open-telemetry/opentelemetry-collector/blob/v0.157.0/exporter/exporterhelper/documentation.md
 */
function dropping(
  one: (app: string, said: Omit<Said, 'dashboard'>) => ReturnType<typeof alert>,
  here: ReadonlySet<string>,
) {
  const lost = ['exporter_send_failed', 'exporter_enqueue_failed', 'processor_memory_limiter_refused'];
  const items = [
    ['collector', 'log_records', 'log lines'],
    ['traces', 'spans', 'spans or traces'],
  ] as const;
  // More than num_traces at a time, or one larger than maximum_trace_size_bytes: nobody asked whether to keep them.
  const unjudged = ['sampling_trace_dropped_too_early', 'traces_dropped_too_large'].map(
    (what) => `processor_tail_sampling_${what}`,
  );
  return items
    .filter(([app]) => here.has(app))
    .map(([app, item, words]) => {
      const series = [...lost.map((what) => `${what}_${item}`), ...(app === 'traces' ? unjudged : [])];
      return one(app, {
        name: 'CollectorDrops',
        expr: series.map((one) => `sum(rate(otelcol_${one}{app=${quoted(app)}}[10m])) > 0`).join(' or '),
        for: '15m',
        severity: 'ticket',
        summary: `${app} loses {{ $value | humanize }} ${words} a second.`,
        look: `The log of ${app} says where it cannot send to; ${app === 'traces' ? 'Tempo' : 'Loki'} may be down or refuse, or its own memory is at its limit${app === 'traces' ? ', or more and larger traces come than it can hold until they are judged' : ''}.`,
      });
    });
}
