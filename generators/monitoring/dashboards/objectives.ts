import { framed } from './frame.ts';
import type { Dashboard } from './grafana.ts';
import { type Section, sized } from './layout.ts';
import { toApp, toRule } from './link.ts';
import { marks } from './mark.ts';
import { graph, table } from './panel.ts';
import { sourceVariable } from './source.ts';
import { apps, choice, namespaces } from './variable.ts';

const chosen = 'namespace=~"$namespace", app=~"$app", slo=~"$slo"';

/** How many times faster than allowed the budget goes: at 1 it is just used up after 30 days. */
const burn = (window: string) =>
  `slo:errors:ratio_rate${window}{${chosen}} / on (namespace, app, slo) group_left () (1 - slo:objective:ratio{${chosen}})`;

const line = '{{app}} in {{namespace}}: {{slo}}';

/** Two windows that must both burn so fast before somebody is told: https://sre.google/workbook/alerting-on-slos/ */
const pair = (short: string, long: string, factor: number, then: string) =>
  sized(
    12,
    9,
    graph({
      title: `${long} and ${short}`,
      description: `How fast the budget goes, over ${long} and over ${short}. ${then} when both are above ${factor} times what is allowed.`,
      asked: [
        { expr: burn(long), legend: `${line} (${long})` },
        { expr: burn(short), legend: `${line} (${short})` },
      ],
      unit: 'short',
      colours: ['green', [factor, 'red']],
      calcs: ['max'],
    }),
  );

const promises: Section = {
  title: 'What was promised',
  panels: [
    sized(
      24,
      9,
      table({
        title: 'Objectives',
        description:
          'Each promise, what is left of its budget of 30 days, and how fast it goes now. Sorted by what is left.',
        exprs: [
          `max by (namespace, app, slo) (slo:objective:ratio{${chosen}})`,
          `max by (namespace, app, slo) (slo:budget_left:ratio30d{${chosen}})`,
          `max by (namespace, app, slo) (${burn('1h')})`,
          `max by (namespace, app, slo) (${burn('6h')})`,
          `max by (namespace, app, slo) (slo:errors:ratio_rate5m{${chosen}})`,
        ],
        columns: [
          { field: 'namespace', title: 'Environment', width: 150 },
          { field: 'app', title: 'App', links: [toApp('service'), toApp('versions')] },
          { field: 'slo', title: 'Promise' },
          { field: 'Value #A', title: 'Objective', unit: 'percentunit', decimals: 3, width: 120 },
          {
            field: 'Value #B',
            title: 'Budget left',
            unit: 'percentunit',
            decimals: 1,
            width: 120,
            colours: ['red', [0, 'orange'], [0.25, 'green']],
          },
          {
            field: 'Value #C',
            title: 'Burns, 1 h',
            unit: 'short',
            decimals: 1,
            width: 110,
            colours: ['text', [1, 'orange'], [14.4, 'red']],
          },
          {
            field: 'Value #D',
            title: 'Burns, 6 h',
            unit: 'short',
            decimals: 1,
            width: 110,
            colours: ['text', [1, 'orange'], [6, 'red']],
          },
          { field: 'Value #E', title: 'Fails now', unit: 'percentunit', decimals: 2, width: 110 },
        ],
        sort: ['Budget left', false],
        otherwise: 'no app has an objective',
      }),
    ),
    sized(
      12,
      9,
      graph({
        title: 'Budget left',
        description:
          'What is left of 30 days of allowed failures. A step down is an outage; below 0 the promise is broken.',
        asked: [{ expr: `slo:budget_left:ratio30d{${chosen}}`, legend: line }],
        unit: 'percentunit',
        min: -1,
        max: 1,
        colours: ['red', [0, 'green']],
      }),
    ),
    sized(
      12,
      9,
      table({
        title: 'Alerts that fire',
        description:
          'Everything that fires for what is chosen, and since when. A click leads to the rule, with its runbook.',
        exprs: [
          'max by (alertname, severity, namespace, app) (ALERTS_FOR_STATE{namespace=~"$namespace", app=~"$app"}) * 1000 and on (alertname, severity, namespace, app) ALERTS{alertstate="firing"}',
        ],
        columns: [
          { field: 'alertname', title: 'Alert', links: [toRule] },
          { field: 'severity', title: 'Severity', width: 100 },
          { field: 'namespace', title: 'Environment', width: 140 },
          { field: 'app', title: 'App', links: [toApp('service')] },
          { field: 'Value #A', title: 'Since', unit: 'dateTimeFromNow', width: 150 },
        ],
        sort: ['Since', true],
        otherwise: 'nothing fires',
      }),
    ),
  ],
};

const burning: Section = {
  title: 'How fast the budget goes',
  panels: [
    pair('5m', '1h', 14.4, 'Somebody is woken'),
    pair('30m', '6h', 6, 'Somebody is woken'),
    pair('2h', '1d', 3, 'There is a ticket'),
    pair('6h', '3d', 1, 'There is a ticket'),
  ],
};

/** What was promised, what is left of it, and how fast it goes. */
export const objectives = (): Dashboard =>
  framed('objectives', {
    description: 'What each app promises, and what is left of the failures that this allows.',
    from: 'now-7d',
    variables: [
      namespaces('slo:objective:ratio', true),
      apps('slo:objective:ratio', true),
      choice({
        name: 'slo',
        label: 'Promise',
        description: 'What is promised: that requests succeed, or that they do so in time.',
        values: 'label_values(slo:objective:ratio, slo)',
        several: true,
      }),
      sourceVariable('prometheus'),
    ],
    marks: marks(),
    sections: [promises, burning],
  });
