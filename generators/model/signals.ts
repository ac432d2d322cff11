/** A range of time that is asked about, in milliseconds: from its first point to its last. */
export interface Range {
  readonly from: number;
  readonly until: number;
  readonly step: number;
}

/** A quarter of an hour, as often as Prometheus scrapes. */
const [step, count] = [15_000, 61];
/** So many steps are shown at least. */
const least = 20;

/** What is shown at a moment. It ends at the last whole step, so that for a step long everybody sees the same. */
export function rangeAt(now: number): Range {
  const until = Math.floor(now / step) * step;
  return { from: until - (count - 1) * step, until, step };
}

/** Without what was before anything was measured: a world that is young is seen as large as one that is old. */
export function since(answers: SeriesOf, range: Range): Range {
  const firsts = Object.values(answers).flatMap((series) => series.map(({ values }) => (values[0]?.[0] ?? 0) * 1000));
  const first = Math.min(...firsts.filter((time) => time >= range.from));
  const from = Math.max(range.from, Math.min(first, range.until - least * step));
  return { ...range, from: range.until - Math.ceil((range.until - from) / step) * step };
}

/** Requests that people made: probes and Prometheus ask these paths of every app that has no others. */
const who = 'job="pods",http_route!~"/readyz|/healthz|/metrics"';
const rate = (part: string, more = '', by = 'namespace, app') =>
  `sum by (${by}) (rate(http_server_request_duration_seconds_${part}{${who}${more}}[1m]))`;
const requests = rate('count');

/** What is asked of all apps of all environments, a series for each. */
export const questions = {
  requests,
  // Without any failure there is no series of them.
  errors: `(${rate('count', ',http_response_status_code=~"5.."')} or 0 * ${requests}) / (${requests} > 0)`,
  slow: `histogram_quantile(0.95, ${rate('bucket', '', 'namespace, app, le')})`,
  busy: 'max by (namespace, app) (nodejs_eventloop_utilization{job="pods"})',
  budget: 'min by (namespace, app) (slo:budget_left:ratio30d{slo="availability"})',
} as const;

export type Question = keyof typeof questions;
export type SeriesOf = Readonly<
  Record<
    Question,
    readonly {
      readonly metric: Readonly<Record<string, string>>;
      /** Seconds since 1970, and the value as Prometheus writes it. */
      readonly values: readonly (readonly [number, string])[];
    }[]
  >
>;

/** An alert that fires. */
export interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** What is measured of one app in one environment: a point for each step, undefined where nothing was. */
export interface Measured {
  readonly requests: readonly (number | undefined)[];
  readonly errors: readonly (number | undefined)[];
  readonly slow: readonly (number | undefined)[];
  readonly busy: readonly (number | undefined)[];
  /** The share of the error budget that is left, as it was told last; below 0 where more failed. */
  readonly budget: number | undefined;
}

/** The answers by `<environment>/<app>`: of each app that answers requests. */
export function measuredOf(answers: SeriesOf, range: Range): Map<string, Measured> {
  const by = Object.fromEntries(
    Object.entries(answers).map(([question, series]) => [
      question,
      new Map(
        series.map(({ metric, values }) => [`${metric.namespace}/${metric.app}`, pointsOf(values, range)] as const),
      ),
    ]),
  ) as Record<Question, Map<string, (number | undefined)[]>>;
  const none = pointsOf([], range);
  return new Map(
    [...by.requests].map(([app, asked]) => [
      app,
      {
        requests: asked,
        errors: by.errors.get(app) ?? none,
        slow: by.slow.get(app) ?? none,
        busy: by.busy.get(app) ?? none,
        budget: by.budget.get(app)?.findLast((point) => point !== undefined),
      },
    ]),
  );
}

function pointsOf(values: readonly (readonly [number, string])[], { from, until, step: each }: Range) {
  const points = Array.from<number | undefined>({ length: Math.round((until - from) / each) + 1 });
  for (const [time, text] of values) {
    const at = Math.round((time * 1000 - from) / each);
    const value = Number(text);
    // Nothing per nothing is NaN, and what is slower than the last bound of a histogram is +Inf.
    if (at >= 0 && at < points.length && Number.isFinite(value)) points[at] = value;
  }
  return points;
}
