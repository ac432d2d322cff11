import { type Cases, once, say } from './promtool.fixture.ts';

const day = 86_400;

const stack = (app: string) => `{job="pods",namespace="monitoring",app="${app}"}`;
const ready = (pod: string) =>
  `kube_pod_status_ready{job="kube-state-metrics",namespace="production",condition="true",pod="${pod}"}`;
const up = (app: string, namespace = 'production') => `up{job="pods",namespace="${namespace}",app="${app}"}`;
const jobs = ['argocd', 'kube-state-metrics', 'kubelet', 'node-exporter', 'versions'];
const targets = Object.fromEntries(jobs.map((job) => [`up{job="${job}"}`, '1x60']));

/** What is tried of the cluster of production. */
export const platformCases: Cases = {
  DeadMansSwitch: [{ at: '0m', seen: {}, fires: once }],
  TargetMissing: [
    { at: '14m', seen: {} },
    { at: '15m', seen: {}, fires: jobs.map((target) => ({ labels: { target } })) },
    { at: '30m', seen: targets },
    { at: '30m', seen: { ...targets, 'up{job="argocd"}': '0x60' }, fires: [{ labels: { target: 'argocd' } }] },
  ],
  TargetFails: [
    {
      at: '30m',
      seen: { ...targets, 'up{job="kubelet",node="a"}': '0x60' },
      fires: say('1 of the targets of kubelet on production cannot be read.', { job: 'kubelet' }),
    },
    { at: '29m', seen: { 'up{job="kubelet",node="a"}': '0x60' } },
    // Others tell of their own.
    { at: '60m', seen: { 'up{job="pods",node="a"}': '0x60' } },
  ],
  RulesBroken: [
    { at: '6m', seen: { [`prometheus_config_last_reload_successful${stack('prometheus')}`]: '1 0x60' }, fires: once },
    {
      at: '11m',
      seen: { [`prometheus_rule_evaluation_failures_total${stack('prometheus')}`]: '0x5 1x60' },
      fires: once,
    },
    {
      at: '30m',
      seen: {
        [`prometheus_config_last_reload_successful${stack('prometheus')}`]: '1x60',
        [`prometheus_rule_evaluation_failures_total${stack('prometheus')}`]: '7x60',
        'slipway:rules_refused:files': '0x60',
      },
    },
    { at: '6m', seen: { 'slipway:rules_refused:files': '0 1x60' }, fires: once },
  ],
  RulesMissing: [
    { at: '15m', seen: {}, fires: once },
    { at: '14m', seen: {} },
    { at: '30m', seen: { 'slipway:rules_installed:files': '1x10 0x50' }, fires: once },
    { at: '30m', seen: { 'slipway:rules_installed:files': '0x5 1x60' } },
  ],
  RulesNotGathered: [
    { at: '57m', seen: { 'slipway:rules_gathered:timestamp_seconds': '0x90' }, fires: once },
    { at: '55m', seen: { 'slipway:rules_gathered:timestamp_seconds': '0x90' } },
    { at: '56m', seen: {}, fires: once },
    { at: '80m', seen: { 'slipway:rules_gathered:timestamp_seconds': '0x29 1800x29 3600x29' } },
  ],
  NotificationsFail: [
    { at: '30m', seen: { [`prometheus_notifications_dropped_total${stack('prometheus')}`]: '0+1x60' }, fires: once },
    { at: '30m', seen: { [`alertmanager_notifications_failed_total${stack('alertmanager')}`]: '0+1x60' }, fires: once },
    { at: '30m', seen: { [`alertmanager_notifications_failed_total${stack('alertmanager')}`]: '0 1 1x60' } },
  ],
  AlertmanagerUnreachable: [
    { at: '5m', seen: { [`up${stack('alertmanager')}`]: '1 0x60' } },
    { at: '6m', seen: { [`up${stack('alertmanager')}`]: '1 0x60' }, fires: once },
    // A pod that is gone is no target.
    { at: '6m', seen: { [`up${stack('alertmanager')}`]: '1 stale' }, fires: once },
    { at: '30m', seen: { [`up${stack('alertmanager')}`]: '1 0 0 1x60' } },
  ],
  EnvironmentDown: [
    { at: '2m', seen: { [up('counter')]: '1 0x30', [up('till')]: '1 0x30' }, fires: once },
    { at: '1m', seen: { [up('counter')]: '1 0x30', [up('till')]: '1 0x30' } },
    { at: '30m', seen: { [up('counter')]: '1 0x30', [up('till')]: '1x31' } },
    // Pods that wait for a node are no targets.
    { at: '2m', seen: { [ready('a')]: '1 0x60', [ready('b')]: '1 0x60' }, fires: once },
    { at: '1m', seen: { [ready('a')]: '1 0x60', [ready('b')]: '1 0x60' } },
    { at: '30m', seen: { [ready('a')]: '1x60', [ready('b')]: '1 0x60' } },
    // Who does not hear of pods does not know.
    { at: '30m', seen: {} },
    // One app alone tells of itself, and so do those of another environment.
    { at: '30m', seen: { [up('counter')]: '1 0x30', [up('till', 'dev')]: '1 0x30' } },
  ],
  VersionsUnknown: [
    {
      at: '20m',
      seen: { slipway_metrics_last_success_timestamp_seconds: '0x60' },
    },
    {
      at: '21m',
      seen: { slipway_metrics_last_success_timestamp_seconds: '0x60' },
      fires: say('What runs where has not been known on production for 21m 0s.'),
    },
    { at: '30m', seen: { slipway_metrics_last_success_timestamp_seconds: '0+60x60' } },
  ],
  CollectorDrops: [
    ...['exporter_send_failed', 'exporter_enqueue_failed', 'processor_memory_limiter_refused'].flatMap((lost) => [
      {
        at: '30m',
        seen: { [`otelcol_${lost}_log_records{job="pods",namespace="agents",app="collector"}`]: '0+60x60' },
        fires: say('collector loses 1 log lines a second.', { app: 'collector' }),
      },
      {
        at: '30m',
        seen: { [`otelcol_${lost}_spans${stack('traces')}`]: '0+60x60' },
        fires: say('traces loses 1 spans or traces a second.', { app: 'traces' }),
      },
    ]),
    { at: '30m', seen: { [`otelcol_exporter_send_failed_spans${stack('traces')}`]: '0x5 60x60' } },
    ...['sampling_trace_dropped_too_early', 'traces_dropped_too_large'].map((lost) => ({
      at: '30m',
      seen: { [`otelcol_processor_tail_sampling_${lost}${stack('traces')}`]: '0+60x60' },
      fires: say('traces loses 1 spans or traces a second.', { app: 'traces' }),
    })),
  ],
  LokiRefuses: [
    {
      at: '30m',
      seen: {
        'loki_discarded_samples_total{job="pods",namespace="monitoring",app="loki",reason="rate_limited"}': '0+9x60',
      },
      fires: say('Loki of production throws log lines away: rate_limited.', { reason: 'rate_limited' }),
    },
    { at: '30m', seen: { [`loki_discarded_samples_total${stack('loki')}`]: '9x60' } },
  ],
  TempoRefuses: [
    {
      at: '30m',
      seen: {
        'tempo_discarded_spans_total{job="pods",namespace="monitoring",app="tempo",reason="trace_too_large"}': '0+9x60',
      },
      fires: say('Tempo of production throws spans away: trace_too_large.', { reason: 'trace_too_large' }),
    },
    { at: '30m', seen: { [`tempo_discarded_spans_total${stack('tempo')}`]: '9x60' } },
  ],
  ApplicationOutOfSync: [
    {
      at: '30m',
      seen: { 'argocd_app_info{project="platform-production",name="classes",sync_status="OutOfSync"}': '1x60' },
      fires: say('What stands on env/platform-production of classes is not what runs there.', { app: 'classes' }),
    },
    {
      at: '30m',
      seen: { 'argocd_app_info{project="platform-production",name="classes",sync_status="Synced"}': '1x60' },
    },
  ],
  ApplicationDegraded: [
    {
      at: '30m',
      seen: { 'argocd_app_info{project="platform-production",name="classes",health_status="Missing"}': '1x60' },
      fires: say('Argo CD has not found classes in platform-production healthy for half an hour.', { app: 'classes' }),
    },
    { at: '30m', seen: { 'argocd_app_info{project="production",name="classes",health_status="Missing"}': '1x60' } },
  ],
  AppHeldTooLong: [
    {
      at: '20m',
      seen: {
        'slipway_app_held{namespace="platform-production",app="classes"}': '1x30',
        'slipway_app_held_since_timestamp_seconds{namespace="platform-production",app="classes"}': `${-day}x30`,
      },
      fires: say('classes has been held in platform-production for 1d 0h 20m 0s.', { app: 'classes' }),
    },
    {
      at: '20m',
      seen: {
        'slipway_app_held{namespace="platform-production",app="classes"}': '0x30',
        'slipway_app_held_since_timestamp_seconds{namespace="platform-production",app="classes"}': `${-day}x30`,
      },
    },
  ],
  EnvironmentFarBehind: [
    {
      at: '60m',
      seen: { 'slipway_app_behind_seconds{namespace="platform-production",app="classes"}': `${8 * day}x90` },
      fires: say('classes in platform-production lacks what has been on main for 8d 0h 0m 0s.', { app: 'classes' }),
    },
    {
      at: '60m',
      seen: { 'slipway_app_behind_seconds{namespace="platform-production",app="classes"}': `${6 * day}x90` },
    },
  ],
};
