/** One step of relabelling: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#relabel_config */
export interface Relabel {
  readonly source_labels?: readonly string[];
  readonly separator?: string;
  readonly regex?: string;
  readonly target_label?: string;
  readonly replacement?: string;
  readonly action?: 'keep' | 'drop' | 'keepequal' | 'labeldrop';
}

/** What service discovery says of a target: `meta('pod_ip')`. */
export const meta = (name: string) => `__meta_kubernetes_${name}`;

/** Keeps what has such a value. The expression is anchored at both ends. */
export const keep = (source: string, regex: string): Relabel => ({ source_labels: [source], regex, action: 'keep' });

/** Drops what has such a value. */
export const drop = (source: string, regex: string): Relabel => ({ source_labels: [source], regex, action: 'drop' });

/** Gives a label the value of another. */
export const copy = (source: string, target: string): Relabel => ({ source_labels: [source], target_label: target });

/** Gives a label a value. */
export const set = (target: string, value: string): Relabel => ({ target_label: target, replacement: value });

/** Gives a label what the values of others make, all of which must be there: `'$1:$2'`. */
export const form = (sources: readonly string[], target: string, replacement: string): Relabel => ({
  source_labels: sources,
  separator: ';',
  regex: sources.map(() => '(.+)').join(';'),
  target_label: target,
  replacement,
});

/** Any of these words, as an expression. None of them may have a sign of its own but dots and underscores. */
export const anyOf = (words: readonly string[]) => words.map((word) => word.replaceAll('.', '\\.')).join('|');
