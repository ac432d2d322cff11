import { type Known, type Matcher, type Shape, shapeOf } from './promql.ts';
import type { Series, Source } from './source.ts';

/** One job of the scrape configuration: what it puts on every series, and what it scrapes. */
export interface Job {
  readonly job: string;
  /** The labels that it adds, `job` and `instance` among them, and of each the values where they are known. */
  readonly added: ReadonlyMap<string, readonly string[] | undefined>;
  /** Whether a program's own labels win over those; else they become `exported_…`. @default false */
  readonly honor?: boolean;
  /** What it keeps of what the programs expose. @default all */
  readonly keeps?: (name: string) => boolean;
  /** Labels that it takes away. @default none */
  readonly drops?: (label: string) => boolean;
  readonly sources: readonly Source[];
}

/** A recording rule. */
export interface Recorded {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Prometheus writes them for every target: https://prometheus.io/docs/concepts/jobs_instances/ */
const OF_TARGETS = [
  'up',
  'scrape_duration_seconds',
  'scrape_samples_scraped',
  'scrape_samples_post_metric_relabeling',
  'scrape_series_added',
];

interface Candidate extends Series {
  readonly job: string;
}

/**
 * All series that there are: what programs expose, as the scrape configuration relabels it, what rules record of it, and
 * what Prometheus writes by itself.
 * @param placeholder what stands for a value that a dashboard's reader chooses: matchers with it are not compared
 */
export function known(jobs: readonly Job[], rules: readonly Recorded[], placeholder?: string): Known {
  const byName = new Map<string, Candidate[]>();
  const add = (one: Candidate) => byName.set(one.name, [...(byName.get(one.name) ?? []), one]);
  for (const { job, added, honor = false, keeps = () => true, drops = () => false, sources } of jobs) {
    for (const { series } of sources)
      for (const one of series.values()) {
        const labels = [...relabelled(one, added, honor)].filter(([label]) => !drops(label));
        if (keeps(one.name)) add({ ...one, job, labels: new Map(labels) });
      }
    for (const name of OF_TARGETS) add({ name, job, type: 'gauge', labels: added });
  }
  const recording = Map.groupBy(rules, ({ record }) => record);
  const firing = ['alertname', 'severity', 'owner', 'namespace', 'app'].map((label) => [label, undefined] as const);
  const state = ['alertstate', ['pending', 'firing']] as const;
  add({ name: 'ALERTS', job: '', type: 'gauge', labels: new Map([...firing, state]) });
  add({ name: 'ALERTS_FOR_STATE', job: '', type: 'gauge', labels: new Map(firing) });

  const shapes = new Map<string, Shape>();
  const recorded = (name: string): Shape | undefined => {
    const found = shapes.get(name);
    if (found) return found;
    const all = recording.get(name);
    if (!all) return undefined;
    // One that asks for itself finds nothing yet.
    shapes.set(name, { type: 'gauge', labels: new Set() });
    // Equal rules of many apps give equal labels: one text is read once.
    const labels = [...Map.groupBy(all, ({ expr }) => expr.replace(/"[^"]*"/g, '""')).values()].flatMap(([one]) =>
      one ? [...shapeOf(one.expr, series).shape.labels, ...Object.keys(one.labels ?? {})] : [],
    );
    const shape: Shape = { type: 'gauge', labels: new Set(labels) };
    shapes.set(name, shape);
    return shape;
  };

  const series: Known = {
    find(name, matchers, wrong) {
      const named = matchers.find(({ label, op }) => label === '__name__' && op.startsWith('='));
      const names = name !== '' ? [name] : named ? namesLike(named, [...byName.keys()]) : [];
      const others = matchers.filter(({ label }) => label !== '__name__');
      const job = others.find(({ label, op }) => label === 'job' && op === '=')?.value;
      if (job !== undefined && job !== placeholder && !jobs.some((one) => one.job === job))
        wrong(`there is no job "${job}"`);
      const record = recorded(name);
      if (record) {
        for (const { label } of others) if (!record.labels.has(label)) wrong(`${name} has no label ${label}`);
        return record;
      }
      const candidates = names
        .flatMap((one) => byName.get(one) ?? [])
        .filter((one) => job === undefined || job === placeholder || one.job === job);
      if (candidates.length === 0) {
        wrong(`there is no series ${name || named?.value || 'without a name'}${job ? ` of job "${job}"` : ''}`);
        return { type: 'untyped', labels: new Set(others.map(({ label }) => label)) };
      }
      for (const matcher of others) judge(name, matcher, candidates, placeholder, wrong);
      return {
        type: candidates[0]?.type ?? 'untyped',
        labels: new Set(candidates.flatMap(({ labels }) => [...labels.keys()])),
      };
    },
  };
  return series;
}

function relabelled({ labels }: Series, added: Job['added'], honor: boolean): Candidate['labels'] {
  const own = [...labels].map(
    ([label, values]) => [!honor && added.has(label) ? `exported_${label}` : label, values] as const,
  );
  return new Map([...added, ...own]);
}

const whole = (expression: string) => new RegExp(`^(?:${expression})$`, 's');

const namesLike = ({ op, value }: Matcher, names: readonly string[]) =>
  names.filter((name) => (op === '=' ? name === value : whole(value).test(name)));

/** Whether a matcher can find something. What it excludes must be possible too: else it is misspelt. */
function judge(
  name: string,
  { label, op, value }: Matcher,
  candidates: readonly Candidate[],
  placeholder: string | undefined,
  wrong: (why: string) => void,
): void {
  const having = candidates.filter(({ labels }) => labels.has(label));
  if (having.length === 0) {
    wrong(`${name} has no label ${label}`);
    return;
  }
  if (label === 'le' && op === '=' && /^\d+$/.test(value))
    wrong(`le="${value}" finds nothing in production: Prometheus 3 writes it ${value}.0`);
  if (value === '' || (placeholder !== undefined && value.includes(placeholder))) return;
  const values = having.map(({ labels }) => labels.get(label));
  if (values.some((one) => one === undefined)) return;
  const all = values.flatMap((one) => one ?? []);
  // Of a choice of plain texts each must be possible.
  const choices = op.endsWith('~') && !/[()[\]]/.test(value) ? value.split('|') : [value];
  for (const choice of choices) {
    const meant = op.endsWith('~') ? whole(choice) : undefined;
    if (!all.some((one) => (meant ? meant.test(one) : one === choice))) wrong(`${label} is never "${choice}"`);
  }
}
