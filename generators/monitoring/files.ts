import type { Placement } from '../charts/place.ts';
import { type CheckedApp, runsOn } from '../model/app-schema.ts';
import { type Cluster, type Environment, monitoringOf, type Path, scopeOf } from '../model/environment.ts';
import { alertmanagerOn, own } from '../model/monitoring.ts';
import { formatYaml } from '../model/yaml.ts';
import { platformRules } from './platform-rules.ts';
import { modulesOf } from './probes.ts';
import { prometheusConfig } from './prometheus.ts';
import type { RuleGroup } from './rule.ts';
import { rulesOf } from './rules.ts';

/** What is watched, for a Prometheus that reads files. */
export interface Watched {
  readonly cluster: Cluster;
  readonly path: Path;
  /** The environments of that cluster that are meant. */
  readonly environments: readonly Environment[];
  /** Each app where it stands, with what people call its version there; where nobody knows, none is asked for. */
  readonly apps: readonly {
    readonly app: CheckedApp;
    readonly environment: Environment;
    readonly version?: string | undefined;
  }[];
  /** The team that answers for the platform, where what belongs to the cluster as a whole is meant, too. */
  readonly platform?: string | undefined;
  readonly dashboards: readonly { readonly uid: string }[];
  /** Host and port of the blackbox exporter. @default none: nothing is asked from outside */
  readonly blackbox?: string | undefined;
  /** Where alerts are sent: host and port. @default nowhere */
  readonly alertmanager?: string | undefined;
}

/** The programs of them that this repository itself runs on a cluster. */
export const ownOn = (cluster: Cluster): Pick<Watched, 'blackbox' | 'alertmanager'> => ({
  blackbox: monitoringOf(cluster) === 'none' ? undefined : own.blackbox,
  alertmanager: alertmanagerOn(cluster),
});

/** What is asked of an app from outside, as far as somebody can. */
function asked(app: CheckedApp, version: string | undefined, blackbox: string | undefined): CheckedApp {
  if (app.kind !== 'web' || !app.probe) return app;
  if (blackbox === undefined) return { ...app, probe: undefined };
  return version === undefined ? { ...app, probe: { ...app.probe, version: undefined } } : app;
}

/**
 * What a Prometheus, a blackbox exporter and a Grafana of somebody else need, as texts by path: `prometheus.yml`, which
 * reads `rules/*.yaml` beside it, `blackbox.yml` where there is such an exporter, and `dashboards/<uid>.json`. Whoever has
 * a configuration already takes `scrape_configs` out of it.
 */
export function watchedFiles({
  cluster,
  path,
  environments,
  apps,
  platform,
  dashboards,
  blackbox,
  alertmanager,
}: Watched): Map<string, string> {
  const here = apps.filter(({ app, environment }) => environments.includes(environment) && runsOn(app, cluster));
  const files = new Map<string, string>();
  const yaml = (file: string, value: object) =>
    files.set(
      file,
      formatYaml(value, () => 0),
    );
  const rules = (name: string, groups: readonly RuleGroup[]) => {
    if (groups.length > 0) yaml(`rules/${name}.yaml`, { groups });
  };
  const modules: Record<string, object> = {};
  for (const { app: defined, environment, version } of here) {
    const app = asked(defined, version, blackbox);
    const namespace = app.namespace ?? (app.scope === 'cluster' ? 'default' : environment.name);
    const at: Placement = { environment, cluster, namespace, path, version: version ?? '', image: '', identity: {} };
    rules(`${namespace}-${app.name}`, rulesOf(app, at));
    Object.assign(modules, modulesOf(app, at));
  }
  if (platform !== undefined) rules('platform', platformRules({ cluster, path, owner: platform, elsewhere: true }));
  const config = prometheusConfig({
    cluster: cluster.name,
    discovery: 'kubernetes',
    environments: environments.filter((one) => scopeOf(one) === 'environment').map(({ name }) => name),
    namespaces: platform === undefined ? [] : Object.keys(cluster.namespaces),
    rules: ['rules/*.yaml'],
    ...{ blackbox, alertmanager },
  });
  yaml('prometheus.yml', config);
  if (blackbox !== undefined) yaml('blackbox.yml', { modules });
  for (const dashboard of dashboards)
    files.set(`dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 1)}\n`);
  return files;
}
