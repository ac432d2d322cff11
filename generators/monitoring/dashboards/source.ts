import type { Source, Variable } from './grafana.ts';

/** The data sources that this repository's Grafana has, by uid; another one is chosen in the dashboard's menu. */
export const sources = {
  prometheus: { type: 'prometheus', label: 'Metrics' },
  loki: { type: 'loki', label: 'Logs' },
  tempo: { type: 'tempo', label: 'Traces' },
  cloudwatch: { type: 'cloudwatch', label: 'AWS' },
} as const;

export type SourceName = keyof typeof sources;

/** The data source that a dashboard's variable of that name says. */
export const source = (name: SourceName): Source => ({ type: sources[name].type, uid: `\${${name}}` });

/** Lets a team whose Grafana has other data sources choose them; it stands in the menu, out of the way. */
export const sourceVariable = (name: SourceName): Variable => ({
  type: 'datasource',
  name,
  label: sources[name].label,
  hide: 3,
  query: sources[name].type,
  regex: '',
  refresh: 1,
  current: { text: name, value: name },
});
