import type { Dashboard, Query } from './grafana.ts';

/** What a dashboard asks. */
export interface Expression {
  /** Which dashboard, and which panel, variable or mark of it: `slipway-service: Rate`. */
  readonly where: string;
  readonly language: 'PromQL' | 'LogQL' | 'TraceQL';
  /** With a value in the place of each of Grafana's variables, so that it parses: all where there may be several, or `some`. */
  readonly expr: string;
}

/**
 * Everything that a dashboard asks in a language: panels, marks, and the series behind variables. CloudWatch has none.
 * @throws {Error} for a variable that the dashboard does not have
 */
export function expressionsOf(dashboard: Dashboard): readonly Expression[] {
  const { uid, panels, annotations, templating } = dashboard;
  const own = new Map(templating.list.map(({ name, allValue = 'some' }) => [name, labels[name] ?? allValue]));
  const expression = (name: string, language: Expression['language'], text: string): Expression => {
    const where = `${uid}: ${name}`;
    return { where, language, expr: substituted(text, own, where) };
  };
  return [
    ...panels.flatMap((panel) =>
      panel.type === 'row'
        ? []
        : panel.targets.flatMap((query) => ('metricName' in query ? [] : [expression(panel.title, ...asked(query))])),
    ),
    ...annotations.list.map(({ name, expr }) => expression(name, 'PromQL', expr)),
    ...templating.list.flatMap(({ name, definition }) => {
      const [, series] = /^label_values\((.+), \w+\)$/.exec(definition ?? '') ?? [];
      return series === undefined ? [] : [expression(name, 'PromQL', series)];
    }),
  ];
}

const asked = (query: Query): [language: Expression['language'], text: string] => {
  if ('query' in query && query.query !== undefined) return ['TraceQL', query.query];
  return [query.datasource?.type === 'loki' ? 'LogQL' : 'PromQL', (query as { readonly expr: string }).expr];
};

/** Grafana's own variables that stand for a time, and what they are in a graph of three hours. */
const times: Readonly<Record<string, string>> = { __rate_interval: '1m', __interval: '15s', __range: '3h' };

/** Variables that stand for a label and not for a value. */
const labels: Readonly<Record<string, string>> = { cut: 'version' };

function substituted(text: string, own: ReadonlyMap<string, string>, where: string): string {
  return text.replace(/\$(\w+)/g, (_, name: string) => {
    const value = times[name] ?? own.get(name);
    if (value === undefined) throw new Error(`${where} asks for $${name}, which the dashboard does not have`);
    return value;
  });
}
