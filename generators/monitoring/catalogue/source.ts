/** What a series is, as far as a question about it may be right or wrong. */
export type Type = 'counter' | 'gauge' | 'bucket' | 'untyped';

/** A series that a program exposes: a histogram is three of them, `_bucket`, `_count` and `_sum`. */
export interface Series {
  readonly name: string;
  readonly type: Type;
  /** Its own labels, without what a scrape adds, and of each all the values it can have, where they are known. */
  readonly labels: ReadonlyMap<string, readonly string[] | undefined>;
}

/** What one program exposes, and how that is known. */
export interface Source {
  /** `redis_exporter 1.86.0`, and then where this was read or recorded, a line each. */
  readonly told: readonly string[];
  readonly series: ReadonlyMap<string, Series>;
}

const TYPES: readonly string[] = ['counter', 'gauge', 'bucket', 'untyped'] satisfies Type[];

/**
 * Reads a source: lines of `#` that tell of it, then a series a line: its name, its type and its labels, each with `=`
 * and its values between `|` where these are known. Space in a value is `\s`.
 * @throws {Error} at a line that says no type, or a name that stood before
 */
export function readSource(text: string): Source {
  const lines = text.split('\n').filter((line) => line !== '');
  const series = new Map<string, Series>();
  for (const line of lines.filter((line) => !line.startsWith('#'))) {
    const [name = '', type = '', ...labels] = line.split(' ');
    if (!TYPES.includes(type) || series.has(name)) throw new Error(`This is no series, or stands twice: ${line}`);
    series.set(name, { name, type: type as Type, labels: new Map(labels.map(readLabel)) });
  }
  return { told: lines.filter((line) => line.startsWith('#')).map((line) => line.slice(2)), series };
}

function readLabel(text: string): [string, readonly string[] | undefined] {
  const [label = '', ...values] = text.split('=');
  return [label, values.length === 0 ? undefined : values.join('=').replaceAll('\\s', ' ').split('|')];
}

/** The text of a source, in the order of the names: what {@link readSource} reads. */
export function writeSource({ told, series }: Source): string {
  const written = ([label, values]: readonly [string, readonly string[] | undefined]) =>
    values ? `${label}=${values.toSorted().join('|').replaceAll(' ', '\\s')}` : label;
  const lines = [...series.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, labels }) => [name, type, ...[...labels].map(written).toSorted()].join(' '));
  return `${[...told.map((line) => `# ${line}`), ...lines].join('\n')}\n`;
}
