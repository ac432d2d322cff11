import type { Latency } from '../model/app.ts';
import type { CheckedWeb } from '../model/app-schema.ts';
import { type About, alert, type Severity } from './alert.ts';
import { literally, quoted, type Rule, type RuleGroup } from './rule.ts';

/** OpenTelemetry's: https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
export const requests = 'http_server_request_duration_seconds';

/** What an app promises, and how it is counted. */
interface Indicator {
  /** The label `slo` of all its series. */
  readonly slo: 'availability' | 'latency';
  /** The share that may fail: 0.001. */
  readonly budget: number;
  /** The rate of what failed, over a window; none is 0. */
  readonly failed: (window: string) => string;
  /** The rate of what counts. */
  readonly all: (window: string) => string;
  /** How its alerts begin, and what they say that went wrong. */
  readonly alerts: 'ErrorBudget' | 'LatencyBudget';
  readonly says: string;
  readonly look: string;
}

/** One pair of windows: the long one says that it matters, the short one that it goes on. */
interface Burn {
  readonly ends: string;
  readonly short: string;
  readonly long: string;
  /** How many times faster than the budget allows. */
  readonly times: number;
  readonly severity: Severity;
}

/** https://sre.google/workbook/alerting-on-slos/#6-multiwindow-multi-burn-rate-alerts */
export const burns: readonly Burn[] = [
  { ends: 'BurnsFast', short: '5m', long: '1h', times: 14.4, severity: 'page' },
  { ends: 'Burns', short: '30m', long: '6h', times: 6, severity: 'page' },
  { ends: 'BurnsSlowly', short: '2h', long: '1d', times: 3, severity: 'ticket' },
  { ends: 'BurnsSlowly', short: '6h', long: '3d', times: 1, severity: 'ticket' },
];

/** Windows that are read from the pods' own series; longer ones from what is recorded of them. */
const near: readonly string[] = ['5m', '30m', '1h'];
const far: readonly string[] = ['2h', '6h', '1d', '3d'];

/**
 * Seconds between two samples of what longer windows are read from: half of the five minutes that each stands for, so that
 * every request is in two of them, and few enough to read thirty days of them each time.
 */
const step = 150;

/**
 * Fewer than ten failures in the long window wake nobody: at night one request may be a tenth of them. It is nine and a
 * half, since `rate` extrapolates.
 */
const floor = 9.5;

/** A number as people write it: 0.0144 and not 0.014400000000000013. */
const plain = (value: number) => String(Number(value.toPrecision(9)));

/**
 * The share of failures that is too many. Nothing burns a generous budget fourteen times too fast, since no more than all
 * requests fail: there, nine of ten are enough.
 */
export const threshold = (budget: number, times: number): number => Math.min(Number(plain(budget * times)), enough);

const enough = 0.9;

/**
 * What an app promises, as recording rules and as alerts by how fast it uses up what may fail in 30 days. Requests to the
 * paths that probes and Prometheus ask are not counted. A status that a pod never gave before is a series that begins: what
 * Prometheus sees first of it does not count, as in every `rate`.
 */
export function objectiveGroups(app: CheckedWeb, about: About): RuleGroup[] {
  const indicators = indicatorsOf(app, about);
  if (indicators.length === 0) return [];
  const name = `${about.namespace}-${about.app}`;
  return [
    { name: `${name}-objective`, rules: indicators.flatMap((one) => nearRules(one, about)) },
    { name: `${name}-objective-far`, interval: `${step}s`, rules: indicators.flatMap((one) => farRules(one, about)) },
  ];
}

function indicatorsOf(app: CheckedWeb, { namespace, app: name }: About): Indicator[] {
  const { objective } = app;
  if (objective === undefined) return [];
  const { availability, latency } = objective;
  const inside = [app.ready, app.live, app.metrics?.path ?? '/metrics'].map(literally).join('|');
  const who = `job="pods",namespace=${quoted(namespace)},app=${quoted(name)},http_route!~${quoted(inside)}`;
  const rate = (part: string, window: string, ...more: readonly string[]) =>
    `sum(rate(${requests}_${part}{${[who, ...more].join(',')}}[${window}]))`;
  const failing = 'http_response_status_code=~"5.."';
  const succeeding = 'http_response_status_code!~"5.."';
  const all = (window: string) => rate('count', window);
  const succeeded = (window: string) => rate('count', window, succeeding);
  const indicators: Indicator[] = [
    {
      slo: 'availability',
      budget: (100 - availability) / 100,
      all,
      // Without any failure there is no series of them.
      failed: (window) => `(${rate('count', window, failing)} or 0 * ${all(window)})`,
      alerts: 'ErrorBudget',
      says: `of the requests to ${name} in ${namespace} fail`,
      look: 'What changed last? slipway status says it, and slipway rollback takes it back. Then: which route and which version fails, and is Redis there.',
    },
  ];
  if (!latency) return indicators;
  return [
    ...indicators,
    {
      slo: 'latency',
      budget: (100 - latency.share) / 100,
      all: succeeded,
      failed: (window) => `(${succeeded(window)} - ${rate('bucket', window, succeeding, atMost(latency))})`,
      alerts: 'LatencyBudget',
      says: `of the requests to ${name} in ${namespace} take longer than ${latency.within} s`,
      look: 'What changed last? slipway status says it, and slipway rollback takes it back. Then: which route and which version is slow, the event loop, and the round trips to Redis; an exemplar leads to a trace.',
    },
  ];
}

/** What is read every time that Prometheus scrapes. */
function nearRules(indicator: Indicator, about: About): Rule[] {
  const { all, failed } = indicator;
  const record = recorder(indicator, about);
  return [
    ...near.map((window) => record(`slo:errors:ratio_rate${window}`, `${failed(window)} / (${all(window)} > 0)`)),
    record('slo:failed:increase1h', `${failed('1h')} * 3600`),
    ...burns.filter(({ severity }) => severity === 'page').map((burn) => burnAlert(indicator, burn, about)),
  ];
}

/**
 * What is read of days: from one rate that is recorded again and again, so that three days of every pod's series need not be
 * read again and again, and weighed by how many requests there were.
 */
function farRules(indicator: Indicator, about: About): Rule[] {
  const { budget, all, failed } = indicator;
  const record = recorder(indicator, about);
  const who = whoseSeries(indicator, about);
  const sum = (series: string, window: string) => `sum_over_time(slo:${series}:rate5m${who}[${window}])`;
  const ratio = (window: string) => `${sum('failed', window)} / (${sum('requests', window)} > 0)`;
  return [
    record('slo:failed:rate5m', failed('5m')),
    record('slo:requests:rate5m', all('5m')),
    ...far.map((window) => record(`slo:errors:ratio_rate${window}`, ratio(window))),
    ...burns
      .filter(({ long }) => !near.includes(long))
      .map(({ long }) => record(`slo:failed:increase${long}`, `${sum('failed', long)} * ${step}`)),
    record('slo:objective:ratio', `vector(${plain(1 - budget)})`),
    record('slo:budget_left:ratio30d', `1 - ${ratio('30d')} / ${plain(budget)}`),
    ...burns.filter(({ severity }) => severity === 'ticket').map((burn) => burnAlert(indicator, burn, about)),
  ];
}

/**
 * The bucket of the answers that took no longer than is promised, as a matcher. 2.x keeps a whole bound as "1", 3.x as "1.0":
 * https://prometheus.io/docs/prometheus/latest/migration/
 */
export function atMost({ within }: Pick<Latency, 'within'>): string {
  const bound = `${literally(String(within))}${Number.isInteger(within) ? String.raw`(\.0)?` : ''}`;
  return `le=~${quoted(bound)}`;
}

const whoseSeries = ({ slo }: Indicator, { namespace, app }: About) =>
  `{namespace=${quoted(namespace)},app=${quoted(app)},slo=${quoted(slo)}}`;

const recorder =
  ({ slo }: Indicator, { namespace, app }: About) =>
  (record: string, expr: string): Rule => ({ record, expr, labels: { namespace, app, slo } });

function burnAlert(indicator: Indicator, { ends, short, long, times, severity }: Burn, about: About): Rule {
  const who = whoseSeries(indicator, about);
  const most = threshold(indicator.budget, times);
  const much = most === enough ? 'more than nine of ten' : `${times} times more than may`;
  const over = (window: string) => `slo:errors:ratio_rate${window}${who} > ${most}`;
  return alert(about, {
    name: `${indicator.alerts}${ends}`,
    // The value is that of the short window: how it is now.
    expr: `${over(short)} and ${over(long)} and slo:failed:increase${long}${who} > ${floor}`,
    severity,
    summary: `{{ $value | humanizePercentage }} ${indicator.says}: ${much} over ${long}.`,
    look: indicator.look,
    dashboard: 'slipway-objectives',
    labels: { slo: indicator.slo, window: long },
  });
}
