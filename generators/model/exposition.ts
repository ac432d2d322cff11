/** One value of a family, by its labels. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** All that is measured under one name. */
export interface Family {
  /** `slipway_app_info` */
  readonly name: string;
  /** One sentence. */
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly samples: readonly Sample[];
}

/** What whoever serves it calls it. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * Families in Prometheus' text format; one without a sample is left out.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 * @throws {RangeError} naming what no metric or label may be called, and two samples that are the same series
 */
export function exposition(families: readonly Family[]): string {
  const lines = families.flatMap(({ name, help, type, samples }) => {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name))
      throw new RangeError(`${JSON.stringify(name)} is no name of a metric`);
    const own = samples.map(({ labels = {}, value }) => [`${name}${labelsOf(labels)}`, number(value)] as const);
    const seen = new Set<string>();
    for (const [series] of own) {
      if (seen.has(series)) throw new RangeError(`${series} is there twice`);
      seen.add(series);
    }
    if (own.length === 0) return [];
    return [
      `# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`,
      `# TYPE ${name} ${type}`,
      ...own.map((sample) => sample.join(' ')),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function labelsOf(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([label, value]) => {
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) throw new RangeError(`${JSON.stringify(label)} is no name of a label`);
    // A half of a pair of surrogates is no text that could be sent.
    const text = value.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
    return `${label}="${text}"`;
  });
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}

const number = (value: number) =>
  value === Number.POSITIVE_INFINITY ? '+Inf' : value === Number.NEGATIVE_INFINITY ? '-Inf' : String(value);
