import { framed } from './frame.ts';
import type { Dashboard } from './grafana.ts';
import { type Section, sized } from './layout.ts';
import { toApp, toRule } from './link.ts';
import { figure, table } from './panel.ts';
import { delivery, nodes } from './platform-cluster.ts';
import { logsAndTraces, metrics, of } from './platform-monitoring.ts';
import { sourceVariable } from './source.ts';

const glance: Section = {
  title: 'At a glance',
  panels: [
    sized(
      4,
      4,
      figure({
        title: 'Not synced',
        description:
          'Applications that differ from their branch. For some minutes after a promotion that is as it should be.',
        asked: [{ expr: 'count(argocd_app_info{sync_status!="Synced"}) or vector(0)', legend: 'apps' }],
        unit: 'none',
        colours: ['green', [1, 'orange']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Not healthy',
        description: 'Applications that Argo CD finds degraded, missing or progressing.',
        asked: [{ expr: 'count(argocd_app_info{health_status!~"Healthy|Suspended"}) or vector(0)', legend: 'apps' }],
        unit: 'none',
        colours: ['green', [1, 'orange']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Targets that do not answer',
        description: 'What Prometheus shall read and cannot. Whatever is watched there is not watched now.',
        asked: [{ expr: 'count(up == 0) or vector(0)', legend: 'targets' }],
        unit: 'none',
        colours: ['green', [1, 'red']],
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Series',
        description:
          'What Prometheus keeps in memory. Twice as many is twice the memory: see which job they come from below.',
        asked: [{ expr: `max(prometheus_tsdb_head_series{${of('prometheus')}})`, legend: 'series' }],
        unit: 'short',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Nodes',
        description: 'Nodes that are ready, and those that are not.',
        asked: [
          { expr: 'sum(kube_node_status_condition{condition="Ready", status="true"})', legend: 'ready' },
          { expr: 'sum(kube_node_status_condition{condition="Ready", status!="true"})', legend: 'not ready' },
        ],
        unit: 'none',
      }),
    ),
    sized(
      4,
      4,
      figure({
        title: 'Configuration',
        description:
          'Whether Prometheus and Alertmanager run what was rendered. No: they refused the newest, and say why in their log.',
        asked: [
          { expr: `min(prometheus_config_last_reload_successful{${of('prometheus')}})`, legend: 'Prometheus' },
          { expr: `min(alertmanager_config_last_reload_successful{${of('alertmanager')}})`, legend: 'Alertmanager' },
        ],
        unit: 'bool_yes_no',
        colours: ['red', [1, 'green']],
      }),
    ),
    sized(
      24,
      7,
      table({
        title: 'Alerts that fire',
        description:
          'Everything that fires on this cluster, and since when. A click leads to the rule, with its runbook.',
        exprs: [
          'max by (alertname, severity, owner, namespace, app) (ALERTS_FOR_STATE{alertname!="DeadMansSwitch"}) * 1000 and on (alertname, severity, owner, namespace, app) ALERTS{alertstate="firing"}',
        ],
        columns: [
          { field: 'alertname', title: 'Alert', links: [toRule] },
          { field: 'severity', title: 'Severity', width: 100 },
          { field: 'owner', title: 'Owner', width: 160 },
          { field: 'namespace', title: 'Environment', width: 170 },
          { field: 'app', title: 'App', links: [toApp('service')] },
          { field: 'Value #A', title: 'Since', unit: 'dateTimeFromNow', width: 150 },
        ],
        sort: ['Since', true],
        otherwise: 'nothing fires',
      }),
    ),
  ],
};

/** What the apps stand on, and what watches them. */
export const platform = (): Dashboard =>
  framed('platform', {
    description: 'Argo CD, nodes, volumes, and whether the monitoring itself works.',
    from: 'now-6h',
    variables: [sourceVariable('prometheus')],
    marks: [],
    sections: [glance, delivery, nodes, metrics, logsAndTraces],
  });
