import type { ScrapeConfig } from '../scrape.ts';
import type { Job } from './known.ts';
import type { Source } from './source.ts';

/** What one kind of target exposes, and what is known of the labels that relabelling gives it. */
export interface Target {
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly sources: readonly Source[];
}

const whole = (expression: unknown) => new RegExp(`^(?:${expression ?? '(.*)'})$`, 's');

/**
 * A job of the scrape configuration as what it makes of the series of its targets: which names it keeps, which labels it
 * adds, and whose win.
 */
export function jobsOf(config: ScrapeConfig, targets: readonly Target[]): Job[] {
  const { job_name, honor_labels, relabel_configs, metric_relabel_configs = [] } = config;
  const job = relabel_configs.find(({ target_label }) => target_label === 'job')?.replacement ?? job_name;
  const given = [...relabel_configs, ...metric_relabel_configs]
    .flatMap(({ target_label = '', replacement, source_labels }) => {
      if (target_label === '' || target_label.startsWith('__')) return [];
      return [[target_label, source_labels ? undefined : [`${replacement}`]] as const];
    })
    .concat([
      ['job', [job]],
      ['instance', undefined],
    ]);
  const ofName = metric_relabel_configs.filter(({ source_labels }) => source_labels?.join() === '__name__');
  const dropping = metric_relabel_configs.filter(({ action }) => action === 'labeldrop');
  return targets.map(({ labels, sources }) => ({
    job,
    sources,
    added: new Map([...given, ...Object.entries(labels).filter(([label]) => given.some(([one]) => one === label))]),
    honor: honor_labels === true,
    keeps: (name) =>
      ofName.every(({ action, regex }) => {
        if (action === 'keep') return whole(regex).test(name);
        return action !== 'drop' || !whole(regex).test(name);
      }),
    drops: (label) => dropping.some(({ regex }) => whole(regex).test(label)),
  }));
}
