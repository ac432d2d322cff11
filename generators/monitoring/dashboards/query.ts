import type { LogQuery, PromQuery, TraceQuery } from './grafana.ts';
import { source } from './source.ts';

/** What a line of a graph is drawn from. */
export interface Asked {
  /** PromQL, with Grafana's variables. */
  readonly expr: string;
  /** What the line is called; `{{version}}` stands for a label. */
  readonly legend: string;
  /** Whether traces that stand for it are shown as dots: of a histogram. @default false */
  readonly exemplar?: boolean;
}

const letter = (index: number) => String.fromCharCode('A'.charCodeAt(0) + index);

/** Over time. */
export const overTime = (asked: readonly Asked[]): PromQuery[] =>
  asked.map(({ expr, legend, exemplar }, index) => ({
    refId: letter(index),
    datasource: source('prometheus'),
    editorMode: 'code',
    expr,
    legendFormat: legend,
    range: true,
    ...(exemplar ? { exemplar } : {}),
  }));

/** At the end of the time that is shown: a row per series, a column per label. */
export const asTable = (exprs: readonly string[]): PromQuery[] =>
  exprs.map((expr, index) => ({
    refId: letter(index),
    datasource: source('prometheus'),
    editorMode: 'code',
    expr,
    format: 'table',
    instant: true,
    range: false,
  }));

/** At the end of the time that is shown, one number per series. */
export const now = (asked: readonly Asked[]): PromQuery[] =>
  overTime(asked).map((query) => ({ ...query, instant: true, range: false }));

/** Lines of the log: LogQL, newest first. */
export const lines = (expr: string, most: number): LogQuery[] => [
  { refId: 'A', datasource: source('loki'), expr, queryType: 'range', direction: 'backward', maxLines: most },
];

/** Traces that TraceQL finds, as a table. */
export const traces = (query: string, most: number): TraceQuery[] => [
  {
    refId: 'A',
    datasource: source('tempo'),
    queryType: 'traceql',
    query,
    limit: most,
    tableType: 'traces',
    filters: [],
  },
];
