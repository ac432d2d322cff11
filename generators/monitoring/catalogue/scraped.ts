import type { Series, Type } from './source.ts';

/** One sample of a scrape. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** The samples of a scrape in Prometheus' text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const samplesOf = (text: string): Sample[] =>
  text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, name = '', labels = '', value = ''] = SAMPLE.exec(line) ?? [];
      if (name === '') throw new Error(`This is no sample: ${line}`);
      return {
        name,
        labels: Object.fromEntries(Array.from(labels.matchAll(LABEL), ([, label = '', text = '']) => [label, text])),
        value: Number(value),
      };
    });

/**
 * The series of a scrape, by name.
 * @param valued labels whose values are few and known, so that they are kept
 */
export function seriesOf(text: string, valued: readonly string[] = []): Map<string, Series> {
  const families = new Map(
    Array.from(text.matchAll(/^# TYPE (\S+) (\S+)$/gm), ([, name = '', type = '']) => [name, type]),
  );
  const found = new Map<string, Series>();
  for (const { name, labels } of samplesOf(text)) {
    const known = new Map(found.get(name)?.labels);
    for (const [label, value] of Object.entries(labels)) {
      const values = known.get(label) ?? [];
      known.set(label, valued.includes(label) ? [...new Set([...values, value])] : undefined);
    }
    found.set(name, { name, type: typeOf(name, families), labels: known });
  }
  return found;
}

/** A summary's quantiles are gauges: no question about them may take a rate. */
function typeOf(name: string, families: ReadonlyMap<string, string>): Type {
  const family = families.get(name);
  if (family === 'counter' || family === 'gauge') return family;
  if (family === 'summary') return 'gauge';
  const [, base = '', part] = /^(.*)_(bucket|count|sum)$/.exec(name) ?? [];
  const whole = families.get(base);
  if (whole === 'histogram' || whole === 'summary') return part === 'bucket' ? 'bucket' : 'counter';
  return 'untyped';
}
