import type { Mark } from './grafana.ts';
import { source } from './source.ts';

/** Joins what an app runs to a moment of it. While what tells it is replaced, two pods do. */
const what = 'on (namespace, app) group_right () max by (namespace, app, version, commit, request) (slipway_app_info)';

interface Event {
  readonly name: string;
  readonly colour: string;
  readonly expr: string;
  readonly title: string;
  readonly text: string;
  /** Whether the value is the moment, in milliseconds. Grafana then draws one mark per value, wherever it was sampled. */
  readonly isMoment: boolean;
}

/** How far apart samples may be that are one event. */
const step = '60s';

/** https://github.com/grafana/grafana/blob/v13.1.0/packages/grafana-prometheus/src/annotations.ts */
const mark = ({ name, colour, expr, title, text, isMoment }: Event): Mark => ({
  name,
  datasource: source('prometheus'),
  enable: true,
  hide: false,
  iconColor: colour,
  // Once for Grafana as it is now, and once for one that is older.
  target: { refId: 'A', expr, interval: step, range: true },
  expr,
  step,
  titleFormat: title,
  textFormat: text,
  tagKeys: 'namespace,app',
  useValueForTime: isMoment,
});

const told = 'version {{version}}, commit {{commit}}, request {{request}}';

/**
 * What is drawn across the graphs of apps.
 * - Roll-outs: since when an app runs what it runs, where nobody took it back
 * - Rollbacks: since when an app is held, which is when somebody took it back
 * - Alerts: while one that wakes somebody fires
 * @param chosen what the series of the apps that are looked at match
 */
export const marks = (chosen = 'namespace=~"$namespace", app=~"$app"'): Mark[] => [
  mark({
    name: 'Roll-outs',
    colour: 'blue',
    expr: `(max by (namespace, app) (slipway_app_since_timestamp_seconds{${chosen}}) unless on (namespace, app) slipway_app_held == 1) * 1000 * ${what}`,
    title: '{{app}} rolled out in {{namespace}}',
    text: told,
    isMoment: true,
  }),
  mark({
    name: 'Rollbacks',
    colour: 'orange',
    expr: `(max by (namespace, app) (slipway_app_held_since_timestamp_seconds{${chosen}}) and on (namespace, app) slipway_app_held == 1) * 1000 * ${what}`,
    title: '{{app}} taken back in {{namespace}}',
    text: `back to ${told}`,
    isMoment: true,
  }),
  mark({
    name: 'Alerts',
    colour: 'red',
    expr: `max by (alertname, namespace, app) (ALERTS{alertstate="firing", severity="page", ${chosen}})`,
    title: '{{alertname}}',
    text: '{{app}} in {{namespace}}',
    isMoment: false,
  }),
];
