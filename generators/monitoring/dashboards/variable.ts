import type { Variable } from './grafana.ts';
import { source } from './source.ts';

/** Values of a label, asked of Prometheus whenever the time changes. */
export interface Choice {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** `label_values(series, label)`: https://grafana.com/docs/grafana/latest/datasources/prometheus/template-variables/ */
  readonly values: string;
  /** Whether several may be chosen; all are, to begin with. @default false */
  readonly several?: boolean;
}

export const choice = ({ name, label, description, values, several = false }: Choice): Variable => ({
  type: 'query',
  name,
  label,
  description,
  datasource: source('prometheus'),
  query: { qryType: 1, query: values, refId: name },
  definition: values,
  refresh: 2,
  sort: 1,
  multi: several,
  includeAll: several,
  // What has no such label belongs to all, too.
  ...(several ? { allValue: '.*', current: { text: ['All'], value: ['$__all'] } } : {}),
});

/** One of some words that are always the same; the first is chosen. */
export const oneOf = (
  name: string,
  label: string,
  description: string,
  words: readonly [string, ...string[]],
): Variable => ({
  type: 'custom',
  name,
  label,
  description,
  query: words.join(','),
  current: { text: words[0], value: words[0] },
  options: words.map((word, index) => ({ text: word, value: word, selected: index === 0 })),
  multi: false,
  includeAll: false,
});

/** Pods that are read, by environment, app and version. */
export const scraped = 'up{job="pods"}';

/** @param series whose environments may be chosen. @param several whether more than one may be */
export const namespaces = (series: string, several = false) =>
  choice({
    name: 'namespace',
    label: 'Environment',
    description: 'The environment, which is the namespace of the same name.',
    values: `label_values(${series}, namespace)`,
    several,
  });

/** @param series whose apps may be chosen, of the chosen environments */
export const apps = (series: string, several = false) =>
  choice({
    name: 'app',
    label: 'App',
    description: 'The app, as its folder under apps/ is called.',
    values: `label_values(${within(series, 'namespace=~"$namespace"')}, app)`,
    several,
  });

export const versions = () =>
  choice({
    name: 'version',
    label: 'Version',
    description: 'What its pods say they are.',
    values: `label_values(${within(scraped, 'namespace=~"$namespace", app=~"$app"')}, version)`,
    several: true,
  });

/** A series with more to match. */
const within = (series: string, matchers: string) =>
  series.endsWith('}') ? `${series.slice(0, -1)}, ${matchers}}` : `${series}{${matchers}}`;
