import type { Attributes, SpanContext } from '@opentelemetry/api';

/** The last sampled request of each bucket of one histogram. */
export type Exemplars = {
  /** Keeps one. @param seconds what the histogram recorded @param now milliseconds since the epoch */
  keep(seconds: number, attributes: Attributes, span: SpanContext, now: number): void;
  /** The text that follows a bucket's sample, or an empty one. @param sample `name_bucket{label="value",…,le="…"}` */
  of(sample: string): string;
};

const underscored = (name: string) => name.replaceAll('.', '_');

/**
 * Exemplars for the histogram `name`, whose buckets end at `boundaries`. There are as many as there are buckets.
 * Neither OpenTelemetry's SDK nor its Prometheus exporter has them in JavaScript.
 */
export function createExemplars(name: string, boundaries: readonly number[]): Exemplars {
  const kept = new Map<string, string>();
  const bucket = `${underscored(name)}_bucket`;
  return {
    keep: (seconds, attributes, { traceId, spanId }, now) => {
      const labels = Object.entries(attributes).map(([key, value]) => `${underscored(key)}="${value}"`);
      const le = boundaries.find((boundary) => seconds <= boundary) ?? '+Inf';
      kept.set(
        `${bucket}{${labels.join(',')},le="${le}"}`,
        ` # {trace_id="${traceId}",span_id="${spanId}"} ${seconds} ${now / 1_000}`,
      );
    },
    of: (sample) => kept.get(sample) ?? '',
  };
}

/**
 * Prometheus' text format as OpenMetrics: counters' families lose their suffix, units are left to the names, buckets
 * get their exemplars.
 * @param text what the Prometheus exporter writes
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function toOpenMetrics(text: string, exemplars: Exemplars): string {
  const counters = new Set(Array.from(text.matchAll(/^# TYPE (\S+)_total counter$/gm), ([, family]) => family));
  const lines = text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('# UNIT ')) return [];
    const told = /^# (HELP|TYPE) (\S+)_total (.*)$/.exec(line);
    if (told && counters.has(told[2])) return [`# ${told[1]} ${told[2]} ${told[3]}`];
    // An info's family has no suffix either.
    if (line.startsWith('# TYPE target_info')) return ['# TYPE target info'];
    if (line.startsWith('# HELP target_info')) return [line.replace('target_info', 'target')];
    if (line.startsWith('#')) return [line];
    return [`${line}${exemplars.of(line.slice(0, line.lastIndexOf(' ')))}`];
  });
  return `${lines.join('\n')}\n# EOF\n`;
}
