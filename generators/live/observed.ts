import { type ActiveAlert, type Question, questions, type Range, type SeriesOf } from '../model/signals.ts';
import { askPrometheus, type PrometheusSettings, type Series } from './prometheus-api.ts';

/** What a Prometheus shows of all environments at once. */
export interface Observing {
  /** Every question over a range of time. @throws {Refusal} when it cannot be asked */
  series(range: Range): Promise<SeriesOf>;
  /** What fires. @throws {Refusal} when it cannot be asked */
  alerts(): Promise<readonly ActiveAlert[]>;
}

/** An alert as Prometheus tells it: https://prometheus.io/docs/prometheus/latest/querying/api/#alerts */
interface Told {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly state: string;
  readonly activeAt: string;
}

/** The door of the board's pictures. */
export function observing(settings: PrometheusSettings): Observing {
  return {
    async series({ from, until, step }) {
      const at = { start: String(from / 1000), end: String(until / 1000), step: String(step / 1000) };
      const asked = Object.entries(questions).map(async ([question, query]) => {
        const series = await askPrometheus<Series>(settings, 'query_range', { query, ...at }, 'result');
        return [question, series] as const;
      });
      return Object.fromEntries(await Promise.all(asked)) as Record<Question, readonly Series[]>;
    },
    async alerts() {
      const told = await askPrometheus<Told>(settings, 'alerts', undefined, 'alerts');
      return told
        .filter(({ state }) => state === 'firing')
        .map(({ labels, annotations = {}, activeAt }) => ({ labels, annotations, since: Date.parse(activeAt) }));
    },
  };
}
