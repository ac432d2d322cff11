import { readFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { questions } from '../../model/signals.ts';
import { objectsOf, partsOfAll, type Rendered } from '../../parts.fixture.ts';
import type { Dashboard } from '../dashboards/index.ts';
import { isAlert, type RuleGroup } from '../rule.ts';
import { metricsAnnotations, probeAnnotations, type ScrapeConfig } from '../scrape.ts';
import { jobsOf, type Target } from './jobs.ts';
import type { Job, Recorded } from './known.ts';
import { readSource, type Source } from './source.ts';

/** What stands in ConfigMaps, with where it does. */
interface In<T> {
  readonly at: string;
  readonly what: T;
}

const objects = (await partsOfAll()).flatMap(objectsOf);

/** The values of ConfigMaps that are documents with this field. */
const documentsWith = <T>(field: string): In<T>[] =>
  objects.flatMap(({ at, manifest }) =>
    Object.values((manifest.kind === 'ConfigMap' && (manifest.data as Record<string, string>)) || {}).flatMap(
      (text) => {
        if (!text.includes(field)) return [];
        const found = parsed(text)?.[field];
        return found === undefined ? [] : [{ at, what: parsed(text) as T }];
      },
    ),
  );

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    return load(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The images that run anywhere, as `docker.io/prom/prometheus:v3.13.0`. */
export const images = [
  ...new Set(
    objects.flatMap(({ text }) => Array.from(text.matchAll(/image: "?([^@\s"]+)@/g), ([, image = '']) => image)),
  ),
];

/** Every group of rules that is rendered for any environment. */
export const groups = documentsWith<{ readonly groups: readonly RuleGroup[] }>('groups').flatMap(({ at, what }) =>
  what.groups.map((group) => ({ at, what: group })),
);

export const rules = groups.flatMap(({ at, what }) => what.rules.map((rule) => ({ at, rule })));

/** The names of all alerts. */
export const alerts = [...new Set(rules.flatMap(({ rule }) => (isAlert(rule) ? [rule.alert] : [])))].toSorted();

/** Every dashboard, once for each cluster. */
export const dashboards = documentsWith<Dashboard>('panels');

/** What `slipway board` asks for the line of an app. */
export const ofBoard = Object.entries(questions).map(([name, expr]) => ({ where: `slipway board: ${name}`, expr }));

/** The scrape configuration of each cluster. */
export const scrapes = documentsWith<{ readonly scrape_configs: readonly ScrapeConfig[] }>('scrape_configs');

/** One file of `sources/`. */
export const sourceOf = (name: string): Source =>
  readSource(readFileSync(new URL(`sources/${name}.txt`, import.meta.url), 'utf8'));

/** Whether what runs is what production pins, or what Debian packages, which the local world and the tests run. */
export type Versions = 'pinned' | 'debian';

const both = (...names: readonly string[]) => ({ pinned: names, debian: names });

/** What each app exposes at its metrics path. */
const ofApps: Readonly<Record<string, Readonly<Record<Versions, readonly string[]>>>> = {
  counter: { pinned: ['service'], debian: ['service'] },
  'redis-exporter': { pinned: ['redis-exporter-1.86.0'], debian: ['redis-exporter-1.45.0'] },
  blackbox: { pinned: ['blackbox-own-0.28.0'], debian: ['blackbox-own-0.23.0'] },
  prometheus: { pinned: ['prometheus-3.13.0'], debian: ['prometheus-2.42.0'] },
  alertmanager: { pinned: ['alertmanager-0.34.0'], debian: ['alertmanager-0.25.0'] },
  collector: both('otelcol-0.157.0', 'otelcol-listed-0.157.0'),
  traces: both('otelcol-0.157.0', 'otelcol-listed-0.157.0'),
  ...Object.fromEntries(['loki', 'tempo', 'grafana', 'runner'].map((app) => [app, both(app)])),
};

/** What is scraped and is no app of this repository, by job. */
const ofJobs: Readonly<Record<string, Readonly<Record<Versions, readonly string[]>>>> = {
  versions: both('slipway'),
  probe: { pinned: ['blackbox-0.28.0'], debian: ['blackbox-0.23.0'] },
  argocd: both('argocd'),
  'kube-state-metrics': both('kube-state-metrics'),
  'node-exporter': { pinned: ['node-exporter-1.11.1'], debian: ['node-exporter-1.5.0'] },
  kubelet: both('kubelet'),
  cadvisor: both('cadvisor'),
};

const annotated = (annotation: string, { manifest }: Rendered): boolean => {
  const spec = manifest.spec as { readonly template?: { readonly metadata?: Annotated } } | undefined;
  return [manifest.metadata, spec?.template?.metadata].some(
    (metadata) => (metadata as Annotated | undefined)?.annotations?.[annotation] !== undefined,
  );
};

interface Annotated {
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The apps with a port that is scraped, or an address that is probed, and the namespaces where they are. */
function appsWith(annotation: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const object of objects.filter((one) => annotated(annotation, one))) {
    const { name, namespace = '' } = object.manifest.metadata as { name: string; namespace?: string };
    found.set(name, [...(found.get(name) ?? []), namespace]);
  }
  return found;
}

/** The apps that are scraped. */
export const measured = appsWith(metricsAnnotations.path);

/** The apps whose public address is asked. */
export const probed = appsWith(probeAnnotations.page);

/** Every job of every cluster, with what its targets expose. @throws {Error} for an app or a job of which nothing is known */
export function jobs(versions: Versions): Job[] {
  const ofApp = ([app, namespaces]: readonly [string, readonly string[]]): Target => ({
    labels: { app: [app], namespace: namespaces },
    sources: (ofApps[app]?.[versions] ?? unknown(app)).map(sourceOf),
  });
  const probes = { app: [...probed.keys()], namespace: [...probed.values()].flat() };
  const targets = (job: string): readonly Target[] =>
    job === 'pods'
      ? [...measured].filter(([app]) => app !== 'versions').map(ofApp)
      : [
          {
            labels: job.startsWith('probe') ? probes : {},
            sources: (ofJobs[job.replace(/^probe-.*/, 'probe')]?.[versions] ?? unknown(job)).map(sourceOf),
          },
        ];
  const configs = new Map(scrapes.flatMap(({ what }) => what.scrape_configs.map((one) => [one.job_name, one])));
  return [...configs.values()].flatMap((config) => jobsOf(config, targets(config.job_name)));
}

function unknown(what: string): never {
  throw new Error(`${what} is scraped, and no file of generators/monitoring/catalogue/sources says what it exposes.`);
}

/** What keeps a broken file from Prometheus writes rules of its own beside the others: apps/prometheus/install.ts. */
export const installed: readonly Recorded[] = [
  'slipway:rules_refused:files',
  'slipway:rules_installed:files',
  'slipway:rules_gathered:timestamp_seconds',
].map((record) => ({ record, expr: 'vector(1)' }));
