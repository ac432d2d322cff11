import type { Described, Exemplar } from './durations.ts';

const underscored = (name: string) => name.replaceAll('.', '_');

const exemplarText = ({ seconds, span, time }: Exemplar) =>
  ` # {trace_id="${span.traceId}",span_id="${span.spanId}"} ${seconds} ${time / 1_000}`;

/** What follows a bucket's sample, by that sample without its value: `name_bucket{label="value",…,le="…"}`. */
function exemplarsOf(histograms: readonly Described[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { name, durations } of histograms) {
    for (const { attributes, exemplars } of durations.series()) {
      const labels = Object.entries(attributes).map(([key, value]) => `${underscored(key)}="${value}"`);
      for (const [bucket, exemplar] of exemplars.entries()) {
        const le = durations.boundaries[bucket] ?? '+Inf';
        const sample = `${underscored(name)}_seconds_bucket{${labels.join(',')},le="${le}"}`;
        if (exemplar) found.set(sample, exemplarText(exemplar));
      }
    }
  }
  return found;
}

/**
 * Prometheus' text format as OpenMetrics: counters' families lose their suffix, units are left to the names, buckets
 * get their exemplars.
 * @param text what the Prometheus exporter writes
 * @param histograms those whose buckets have exemplars
 * @see https://prometheus.io/docs/specs/om/open_metrics_spec/
 */
export function toOpenMetrics(text: string, histograms: readonly Described[]): string {
  const exemplars = exemplarsOf(histograms);
  const counters = new Set(Array.from(text.matchAll(/^# TYPE (\S+)_total counter$/gm), ([, family]) => family));
  const lines = text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('# UNIT ')) return [];
    const told = /^# (HELP|TYPE) (\S+)_total (.*)$/.exec(line);
    if (told && counters.has(told[2])) return [`# ${told[1]} ${told[2]} ${told[3]}`];
    // An info's family has no suffix either.
    if (line.startsWith('# TYPE target_info')) return ['# TYPE target info'];
    if (line.startsWith('# HELP target_info')) return [line.replace('target_info', 'target')];
    if (line.startsWith('#')) return [line];
    return [`${line}${exemplars.get(line.slice(0, line.lastIndexOf(' '))) ?? ''}`];
  });
  return `${lines.join('\n')}\n# EOF\n`;
}
