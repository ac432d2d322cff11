import type { Mapping, Panel, Step, Transformation, Unit, ValueLink } from './grafana.ts';
import { type Asked, asTable, lines, now, overTime, traces } from './query.ts';
import { source } from './source.ts';

/** What every panel says. */
interface Said {
  readonly title: string;
  /** What it shows, and what to do when it looks wrong: the on-call reads it at night. */
  readonly description: string;
}

/** From a value on another colour: the first begins at nothing. */
export type Colours = readonly [first: string, ...then: readonly (readonly [from: number, colour: string])[]];

const steps = ([first, ...then]: Colours): Step[] => [
  { value: null, color: first },
  ...then.map(([value, color]) => ({ value, color })),
];

const thresholds = (colours: Colours) => ({ thresholds: { mode: 'absolute', steps: steps(colours) } as const });

const legend = (calcs: readonly string[] = []) =>
  ({ displayMode: calcs.length > 0 ? 'table' : 'list', placement: 'bottom', showLegend: true, calcs }) as const;
const tooltip = { mode: 'multi', sort: 'desc' } as const;

/** Lines over time. */
export interface Graph extends Said {
  readonly asked: readonly Asked[];
  readonly unit: Unit;
  /** @default 0: what is measured here is never less */
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** Where it becomes bad, drawn as a line. @default nowhere */
  readonly colours?: Colours;
  /** One upon the other: the sum is what counts. @default false */
  readonly stacked?: boolean;
  /** What of each line stands beside its name. @default nothing */
  readonly calcs?: readonly string[];
  /** Lines that are a limit and no measurement: by name, dashed. @default none */
  readonly limits?: string;
}

export const graph = (of: Graph): Panel => ({
  type: 'timeseries',
  title: of.title,
  description: of.description,
  datasource: source('prometheus'),
  targets: overTime(of.asked),
  fieldConfig: {
    defaults: {
      unit: of.unit,
      min: of.min ?? 0,
      ...(of.max === undefined ? {} : { max: of.max }),
      ...(of.colours ? thresholds(of.colours) : {}),
      custom: {
        lineWidth: 1,
        fillOpacity: of.stacked ? 30 : 5,
        showPoints: 'never',
        // A line that breaks off says that nothing was measured.
        spanNulls: false,
        ...(of.stacked ? { stacking: { mode: 'normal', group: 'A' } } : {}),
        ...(of.colours ? { thresholdsStyle: { mode: 'dashed' } } : {}),
      },
    },
    overrides:
      of.limits === undefined
        ? []
        : [
            {
              matcher: { id: 'byRegexp', options: of.limits },
              properties: [
                { id: 'custom.lineStyle', value: { fill: 'dash', dash: [8, 8] } },
                { id: 'custom.fillOpacity', value: 0 },
                { id: 'color', value: { mode: 'fixed', fixedColor: 'red' } },
              ],
            },
          ],
  },
  options: { legend: legend(of.calcs), tooltip },
});

/** One number per series, as it is now. */
export interface Figure extends Said {
  readonly asked: readonly Asked[];
  readonly unit: Unit;
  readonly colours?: Colours;
  readonly decimals?: number;
  readonly mappings?: readonly Mapping[];
  /** What stands there when there is no series at all. @default 'no data' */
  readonly otherwise?: string;
  readonly links?: readonly ValueLink[];
}

export const figure = (of: Figure): Panel => ({
  type: 'stat',
  title: of.title,
  description: of.description,
  datasource: source('prometheus'),
  targets: now(of.asked),
  fieldConfig: {
    defaults: {
      unit: of.unit,
      noValue: of.otherwise ?? 'no data',
      ...(of.decimals === undefined ? {} : { decimals: of.decimals }),
      ...(of.mappings ? { mappings: of.mappings } : {}),
      ...(of.links ? { links: of.links } : {}),
      ...thresholds(of.colours ?? ['text']),
    },
    overrides: [],
  },
  options: {
    colorMode: 'value',
    graphMode: 'none',
    justifyMode: 'auto',
    textMode: of.asked.length > 1 ? 'value_and_name' : 'auto',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    wideLayout: true,
  },
});

/** A column of a table: a label, or the value of a query. */
export interface Column {
  /** The field: a label, or `Value #A`. */
  readonly field: string;
  readonly title: string;
  /** @default 'string' */
  readonly unit?: Unit;
  readonly colours?: Colours;
  readonly decimals?: number;
  readonly mappings?: readonly Mapping[];
  readonly width?: number;
  readonly links?: readonly ValueLink[];
}

export interface Table extends Said {
  /** Each gives the columns that it has; rows whose common labels agree become one. */
  readonly exprs: readonly string[];
  /** In this order; fields that are not named are not shown. */
  readonly columns: readonly Column[];
  /** The title of the column that it is sorted by, and whether the greatest comes first. */
  readonly sort: readonly [column: string, descending: boolean];
  readonly otherwise?: string;
}

export const table = (of: Table): Panel => ({
  type: 'table',
  title: of.title,
  description: of.description,
  datasource: source('prometheus'),
  targets: asTable(of.exprs),
  transformations: joined(of),
  fieldConfig: {
    defaults: { unit: 'string', noValue: of.otherwise ?? 'nothing', custom: { align: 'auto', inspect: false } },
    overrides: of.columns.flatMap(override),
  },
  options: {
    showHeader: true,
    cellHeight: 'sm',
    sortBy: [{ displayName: of.sort[0], desc: of.sort[1] }],
  },
});

function joined({ exprs, columns }: Table): Transformation[] {
  const order = columns.map(({ field }, index) => [field, index] as const);
  return [
    ...(exprs.length > 1 ? [{ id: 'merge', options: {} }] : []),
    // What a later version of a rule or an exporter adds is not shown before somebody names it.
    { id: 'filterFieldsByName', options: { include: { names: columns.map(({ field }) => nameOf(field, exprs)) } } },
    {
      id: 'organize',
      options: {
        indexByName: Object.fromEntries(order.map(([field, index]) => [nameOf(field, exprs), index])),
        renameByName: Object.fromEntries(columns.map(({ field, title }) => [nameOf(field, exprs), title])),
      },
    },
  ];
}

/** A query that is alone calls its value so: https://grafana.com/docs/grafana/latest/panels-visualizations/query-transform-data/transform-data/ */
const nameOf = (field: string, exprs: readonly string[]) =>
  exprs.length === 1 && field === 'Value #A' ? 'Value' : field;

function override({ title, unit, colours, decimals, mappings, width, links }: Column) {
  const properties = [
    ...(unit === undefined ? [] : [{ id: 'unit', value: unit }]),
    ...(decimals === undefined ? [] : [{ id: 'decimals', value: decimals }]),
    ...(mappings ? [{ id: 'mappings', value: mappings }] : []),
    ...(width === undefined ? [] : [{ id: 'custom.width', value: width }]),
    ...(links ? [{ id: 'links', value: links }] : []),
    ...(colours
      ? [
          { id: 'thresholds', value: { mode: 'absolute', steps: steps(colours) } },
          { id: 'custom.cellOptions', value: { type: 'color-text' } },
        ]
      : []),
  ];
  return properties.length > 0 ? [{ matcher: { id: 'byName', options: title } as const, properties }] : [];
}

/** What was when: one bar per series, a colour per state. */
export interface Timeline extends Said {
  readonly asked: readonly Asked[];
  /** The states, by value. */
  readonly states: Readonly<Record<string, { readonly text: string; readonly color: string }>>;
}

export const timeline = (of: Timeline): Panel => ({
  type: 'state-timeline',
  title: of.title,
  description: of.description,
  datasource: source('prometheus'),
  targets: overTime(of.asked),
  fieldConfig: {
    defaults: {
      unit: 'none',
      mappings: [{ type: 'value', options: of.states }],
      custom: { fillOpacity: 70, lineWidth: 0, spanNulls: false },
    },
    overrides: [],
  },
  options: { mergeValues: true, showValue: 'never', alignValue: 'left', rowHeight: 0.8, legend: legend(), tooltip },
});

/** Lines of the log, newest first; a click on one shows its fields and its trace. */
export const log = (of: Said & { readonly expr: string; readonly most?: number }): Panel => ({
  type: 'logs',
  title: of.title,
  description: of.description,
  datasource: source('loki'),
  targets: lines(of.expr, of.most ?? 200),
  fieldConfig: { defaults: { unit: 'string' }, overrides: [] },
  options: {
    showTime: true,
    showLabels: false,
    showCommonLabels: false,
    wrapLogMessage: true,
    prettifyLogMessage: false,
    enableLogDetails: true,
    sortOrder: 'Descending',
    dedupStrategy: 'none',
  },
});

/** Traces that TraceQL finds; a click on one shows it. */
export const found = (of: Said & { readonly query: string; readonly most?: number }): Panel => ({
  type: 'table',
  title: of.title,
  description: of.description,
  datasource: source('tempo'),
  targets: traces(of.query, of.most ?? 20),
  fieldConfig: {
    defaults: { unit: 'string', noValue: 'no such trace', custom: { align: 'auto', inspect: false } },
    overrides: [{ matcher: { id: 'byName', options: 'Duration' }, properties: [{ id: 'unit', value: 'ms' }] }],
  },
  options: { showHeader: true, cellHeight: 'sm' },
});
