import { type Attributes, type SpanContext, ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';

/** A sampled one of those that fell into a bucket. */
export type Exemplar = {
  seconds: number;
  span: SpanContext;
  /** Milliseconds since the epoch. */
  time: number;
};

/** All of one kind: those with the same attributes. */
export type Series = {
  attributes: Attributes;
  /** How many fell into each bucket; the last has no upper bound. */
  counts: number[];
  sum: number;
  count: number;
  /** By bucket. */
  exemplars: (Exemplar | undefined)[];
};

// Less than the 15 seconds between two scrapes, so that none sees an exemplar twice where there are new ones.
const EXEMPLAR_MS = 10_000;

/** A histogram of seconds. */
export type Durations = {
  /** In seconds, ascending: the upper bounds of all buckets but the last. */
  boundaries: readonly number[];
  /**
   * @param kind a text that is the same for the same attributes; there must not be many
   * @param attributes asked for once for each kind
   * @param exemplar the span that took so long, when somebody can look it up, and the time
   * @returns whether its bucket points to it now: it does for ten seconds, so that few have to be kept
   */
  record(seconds: number, kind: string, attributes: () => Attributes, exemplar?: Omit<Exemplar, 'seconds'>): boolean;
  series(): Iterable<Series>;
};

/**
 * OpenTelemetry's own histogram sorts and prints the attributes of each value it records, which costs a request more than
 * all else that is measured of it; and it knows no exemplars.
 */
export function createDurations(boundaries: readonly number[]): Durations {
  const kinds = new Map<string, Series>();
  const begin = (attributes: Attributes): Series => ({
    attributes,
    counts: Array.from({ length: boundaries.length + 1 }, () => 0),
    sum: 0,
    count: 0,
    exemplars: [],
  });
  return {
    boundaries,
    record: (seconds, kind, attributes, exemplar) => {
      let series = kinds.get(kind);
      if (!series) {
        series = begin(attributes());
        kinds.set(kind, series);
      }
      let bucket = 0;
      while (bucket < boundaries.length && seconds > (boundaries[bucket] ?? 0)) bucket++;
      series.counts[bucket] = (series.counts[bucket] ?? 0) + 1;
      series.sum += seconds;
      series.count++;
      if (!exemplar) return false;
      const { time } = series.exemplars[bucket] ?? { time: Number.NEGATIVE_INFINITY };
      if (exemplar.time - time < EXEMPLAR_MS) return false;
      series.exemplars[bucket] = { seconds, ...exemplar };
      return true;
    },
    series: () => kinds.values(),
  };
}

export type Described = { name: string; description: string; durations: Durations };

const hrTime = (milliseconds: number): [number, number] => [
  Math.floor(milliseconds / 1_000),
  Math.round((milliseconds % 1_000) * 1e6),
];

/**
 * Hands histograms to a reader of OpenTelemetry's, beside what its SDK measures.
 * @param suffix what their names end in there
 * @param now milliseconds since the epoch
 */
export function producerOf(histograms: readonly Described[], suffix: string, now: () => number): MetricProducer {
  const startTime = hrTime(now());
  const metricOf = ({ name, description, durations }: Described): MetricData => ({
    descriptor: { name: `${name}${suffix}`, description, unit: 's', valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: Array.from(durations.series(), ({ attributes, counts, sum, count }) => ({
      ...{ startTime, endTime: hrTime(now()), attributes },
      value: { buckets: { boundaries: [...durations.boundaries], counts: [...counts] }, sum, count },
    })),
  });
  return {
    collect: async () => ({
      resourceMetrics: {
        // The reader takes the SDK's own instead.
        resource: emptyResource(),
        scopeMetrics: [{ scope: { name: 'counter' }, metrics: histograms.map(metricOf) }],
      },
      errors: [],
    }),
  };
}
