import type * as cloudwatch from '@grafana/grafana-foundation-sdk/cloudwatch';
import type { DataSourceRef } from '@grafana/grafana-foundation-sdk/common';
import type * as sdk from '@grafana/grafana-foundation-sdk/dashboard';
import type * as logs from '@grafana/grafana-foundation-sdk/logs';
import type * as loki from '@grafana/grafana-foundation-sdk/loki';
import type * as prometheus from '@grafana/grafana-foundation-sdk/prometheus';
import type * as stat from '@grafana/grafana-foundation-sdk/stat';
import type * as stateTimeline from '@grafana/grafana-foundation-sdk/statetimeline';
import type * as table from '@grafana/grafana-foundation-sdk/table';
import type * as tempo from '@grafana/grafana-foundation-sdk/tempo';
import type * as timeseries from '@grafana/grafana-foundation-sdk/timeseries';
import type * as units from '@grafana/grafana-foundation-sdk/units';

/**
 * What Grafana generates from its own schema, as data: a word stands where it has an enumeration, and nothing changes.
 * Only types are taken from there: the builders of the same package take longer to load than a render takes.
 */
type Plain<T> = 0 extends 1 & T
  ? T
  : T extends string
    ? `${T}`
    : T extends readonly (infer Item)[]
      ? readonly Plain<Item>[]
      : T extends object
        ? { readonly [K in keyof T as K extends '_implementsDataqueryVariant' ? never : K]: Plain<T[K]> }
        : T;

/** A unit as Grafana calls it: `s`, `bytes`, `reqps`. */
export type Unit = (typeof units)[keyof typeof units];
/** Where a query goes: a variable of the dashboard, so that a team may choose its own. */
export type Source = Plain<DataSourceRef>;
export type Variable = Plain<sdk.VariableModel>;
/** What is drawn across all graphs: roll-outs, alerts. */
export type Mark = Omit<Plain<sdk.AnnotationQuery>, 'target'> & { readonly target: PromQuery; readonly expr: string };
export type Link = Plain<sdk.DashboardLink>;
/** Where a click on a value leads. Grafana's own schema calls it a link of a dashboard, and takes this for one. */
export type ValueLink = Pick<Link, 'title' | 'targetBlank'> & { readonly url: string };
export type Position = Plain<sdk.GridPos>;
export type Transformation = Plain<sdk.DataTransformerConfig>;
export type Step = Plain<sdk.Threshold>;
export type Mapping = Plain<sdk.ValueMapping>;
export type PromQuery = Plain<prometheus.Dataquery>;
export type LogQuery = Plain<loki.dataquery>;
export type TraceQuery = Plain<tempo.Dataquery>;
export type CloudQuery = Plain<cloudwatch.MetricsQuery>;
export type Query = PromQuery | LogQuery | TraceQuery | CloudQuery;

/** How fields of a query's answer are shown; `Custom` is the kind of panel's own. */
export interface Fields<Custom> {
  readonly defaults: Omit<Plain<sdk.FieldConfig>, 'unit' | 'custom' | 'links'> & {
    readonly unit: Unit;
    readonly custom?: Custom;
    readonly links?: readonly ValueLink[];
  };
  readonly overrides: readonly {
    readonly matcher: { readonly id: 'byName' | 'byRegexp'; readonly options: string };
    readonly properties: readonly Plain<sdk.DynamicConfigValue>[];
  }[];
}

interface Kind<Type extends string, Options, Custom = never> {
  readonly type: Type;
  /** Grafana's options where it does not say otherwise are left out. */
  readonly options: Partial<Plain<Options>>;
  readonly fieldConfig: Fields<Partial<Plain<Custom>>>;
}

type Common = Omit<Plain<sdk.Panel>, 'type' | 'options' | 'fieldConfig' | 'targets' | 'title' | 'description'> & {
  readonly title: string;
  /** What it shows, and what to do when it looks wrong. */
  readonly description: string;
  readonly datasource: Source;
  readonly targets: readonly Query[];
};

/** A graph, a number, a table, lines of a log, or what was when. */
export type Panel = Common &
  (
    | Kind<'timeseries', timeseries.Options, timeseries.FieldConfig>
    | Kind<'stat', stat.Options>
    | Kind<'table', table.Options, table.FieldConfig>
    | Kind<'logs', logs.Options>
    | Kind<'state-timeline', stateTimeline.Options, stateTimeline.FieldConfig>
  );

/** A line across the dashboard under which panels stand. */
export type Row = Omit<Plain<sdk.RowPanel>, 'panels' | 'gridPos' | 'title'> & {
  readonly title: string;
  readonly gridPos: Position;
  readonly panels: readonly [];
};

/** A panel where it stands. */
export type Placed = Panel & { readonly id: number; readonly gridPos: Position };

/** A dashboard as Grafana reads it, by file or by hand: the schema that every version since 8 takes. */
export type Dashboard = Omit<
  Plain<sdk.Dashboard>,
  'uid' | 'title' | 'description' | 'panels' | 'templating' | 'annotations' | 'links'
> & {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly panels: readonly (Row | Placed)[];
  readonly templating: { readonly list: readonly Variable[] };
  readonly annotations: { readonly list: readonly Mark[] };
  readonly links: readonly Link[];
};
