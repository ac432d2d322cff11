import { framed } from './frame.ts';
import type { Dashboard } from './grafana.ts';
import { type Section, sized } from './layout.ts';
import { toApp } from './link.ts';
import { marks } from './mark.ts';
import { figure, graph, table, timeline } from './panel.ts';
import { sourceVariable } from './source.ts';
import { apps, namespaces } from './variable.ts';

const chosen = 'namespace=~"$namespace", app=~"$app"';
const requests = 'http_server_request_duration_seconds_count';
const asked = `job="pods", ${chosen}, http_route!~"/healthz|/readyz|/metrics"`;
const by = (matchers: string) => `sum by (namespace, app, version) (rate(${requests}{${matchers}}[$__rate_interval]))`;
const yes = { type: 'value', options: { 0: { text: '' }, 1: { text: 'yes', color: 'orange' } } } as const;

const where: Section = {
  title: 'What runs where',
  panels: [
    sized(
      24,
      12,
      table({
        title: 'Versions',
        description:
          'What each environment runs, since when, and how far that is behind main. Held: somebody took it back, and no promotion brings it again. Edited: the branch holds something that nobody published.',
        exprs: [
          `max by (namespace, app, version, commit, request) (slipway_app_info{${chosen}})`,
          `max by (namespace, app) (slipway_app_since_timestamp_seconds{${chosen}}) * 1000`,
          `max by (namespace, app) (slipway_app_behind_commits{${chosen}})`,
          `max by (namespace, app) (slipway_app_behind_seconds{${chosen}})`,
          `max by (namespace, app) (slipway_app_held{${chosen}})`,
          `max by (namespace, app) (slipway_app_edited{${chosen}})`,
        ],
        columns: [
          { field: 'namespace', title: 'Environment', width: 150 },
          { field: 'app', title: 'App', links: [toApp('service'), toApp('objectives')] },
          { field: 'version', title: 'Version' },
          { field: 'commit', title: 'Commit', width: 130 },
          { field: 'request', title: 'Request', width: 90 },
          { field: 'Value #B', title: 'Since', unit: 'dateTimeFromNow', width: 150 },
          {
            field: 'Value #C',
            title: 'Publishes behind',
            unit: 'none',
            width: 130,
            colours: ['text', [1, 'blue'], [50, 'orange']],
          },
          {
            field: 'Value #D',
            title: 'Behind for',
            unit: 'dtdurations',
            width: 170,
            colours: ['text', [7 * 86_400, 'orange']],
          },
          {
            field: 'Value #E',
            title: 'Held',
            unit: 'none',
            width: 80,
            mappings: [yes],
            colours: ['text', [1, 'orange']],
          },
          {
            field: 'Value #F',
            title: 'Edited',
            unit: 'none',
            width: 80,
            mappings: [yes],
            colours: ['text', [1, 'red']],
          },
        ],
        sort: ['App', false],
        otherwise: 'nobody tells: is the app versions running?',
      }),
    ),
    sized(
      12,
      6,
      table({
        title: 'Held',
        description:
          'What somebody took back, and since when. `slipway release` or a fix in the re-apply request ends it.',
        exprs: [
          `max by (namespace, app) (slipway_app_held_since_timestamp_seconds{${chosen}}) * 1000 and on (namespace, app) slipway_app_held == 1`,
        ],
        columns: [
          { field: 'namespace', title: 'Environment' },
          { field: 'app', title: 'App', links: [toApp('service')] },
          { field: 'Value #A', title: 'Since', unit: 'dateTimeFromNow' },
        ],
        sort: ['Since', false],
        otherwise: 'nothing is held',
      }),
    ),
    sized(
      6,
      6,
      table({
        title: 'Tips',
        description: 'The newest commit of each environment branch: what Argo CD syncs.',
        exprs: ['max by (namespace, commit) (slipway_environment_tip_info)'],
        columns: [
          { field: 'namespace', title: 'Environment' },
          { field: 'commit', title: 'Commit' },
        ],
        sort: ['Environment', false],
      }),
    ),
    sized(
      6,
      6,
      figure({
        title: 'Told',
        description:
          'How old what stands here is. More than some minutes: the app versions cannot reach the repository.',
        asked: [{ expr: 'time() - max(slipway_metrics_last_success_timestamp_seconds)', legend: 'ago' }],
        unit: 'dtdurations',
        colours: ['green', [600, 'orange'], [3600, 'red']],
        otherwise: 'never',
      }),
    ),
  ],
};

const when: Section = {
  title: 'What ran when',
  panels: [
    sized(
      24,
      12,
      timeline({
        title: 'Versions over time',
        description:
          'From when to when each version was what an environment shall run. A bar that comes again was taken back to.',
        asked: [
          {
            expr: `max by (namespace, app, version) (slipway_app_info{${chosen}})`,
            legend: '{{app}} in {{namespace}}: {{version}}',
          },
        ],
        states: { 1: { text: 'runs', color: 'blue' } },
      }),
    ),
    sized(
      12,
      9,
      graph({
        title: 'Pods by version',
        description:
          'How many pods of each version answer: what really runs. Two for long: a roll-out that does not end.',
        asked: [
          {
            expr: `sum by (namespace, app, version) (up{job="pods", ${chosen}})`,
            legend: '{{app}} in {{namespace}}: {{version}}',
          },
        ],
        unit: 'none',
        stacked: true,
      }),
    ),
    sized(
      12,
      9,
      graph({
        title: 'Behind',
        description: 'How long ago main got the first commit that an environment does not run yet.',
        asked: [
          {
            expr: `max by (namespace, app) (slipway_app_behind_seconds{${chosen}})`,
            legend: '{{app}} in {{namespace}}',
          },
        ],
        unit: 'dtdurations',
      }),
    ),
  ],
};

const same: Section = {
  title: 'Is it the new version?',
  panels: [
    sized(
      12,
      9,
      graph({
        title: 'Requests by version',
        description: 'Who answers visitors. The old version goes to nothing when a roll-out ends.',
        asked: [
          {
            expr: by(asked),
            legend: '{{app}} in {{namespace}}: {{version}}',
          },
        ],
        unit: 'reqps',
      }),
    ),
    sized(
      12,
      9,
      graph({
        title: 'Failures by version',
        description:
          'The share that each version answered with 5xx. Only the newest: `slipway rollback`. All: something behind them.',
        asked: [
          {
            expr: `(${by(`${asked}, http_response_status_code=~"5.."`)} or 0 * ${by(asked)}) / ${by(asked)}`,
            legend: '{{app}} in {{namespace}}: {{version}}',
          },
        ],
        unit: 'percentunit',
      }),
    ),
  ],
};

/** What runs where, since when, how far behind, and held; and whether a trouble began with it. */
export const versions = (): Dashboard =>
  framed('versions', {
    description: 'What changed, where, and is it that? Blue marks are roll-outs, orange ones rollbacks.',
    from: 'now-24h',
    variables: [namespaces('slipway_app_info', true), apps('slipway_app_info', true), sourceVariable('prometheus')],
    marks: marks(),
    sections: [where, when, same],
  });
