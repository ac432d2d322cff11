import type { Placement } from '../charts/place.ts';
import { type CheckedApp, runsOn } from '../model/app-schema.ts';
import { type Cluster, type Environment, type Path, scopeOf } from '../model/environment.ts';
import { alertmanagerOn } from '../model/monitoring.ts';
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
  /** Each app where it is rendered, with what people call its version there. */
  readonly apps: readonly { readonly app: CheckedApp; readonly environment: Environment; readonly version: string }[];
  /** The team that answers for the platform, where what belongs to the cluster as a whole is meant, too. */
  readonly platform?: string | undefined;
  readonly dashboards: readonly { readonly uid: string }[];
}

/**
 * What a Prometheus, a blackbox exporter and a Grafana of somebody else need, as texts by path: `prometheus.yml`, which
 * reads `rules/*.yaml` beside it, `blackbox.yml`, and `dashboards/<uid>.json`. Whoever has a configuration already takes
 * `scrape_configs` out of it.
 */
export function watchedFiles({
  cluster,
  path,
  environments,
  apps,
  platform,
  dashboards,
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
  for (const { app, environment, version } of here) {
    const namespace = app.namespace ?? (app.scope === 'cluster' ? 'default' : environment.name);
    const at: Placement = { environment, cluster, namespace, path, version, image: '', identity: {} };
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
    alertmanager: alertmanagerOn(cluster),
  });
  yaml('prometheus.yml', config);
  yaml('blackbox.yml', { modules });
  for (const dashboard of dashboards)
    files.set(`dashboards/${dashboard.uid}.json`, `${JSON.stringify(dashboard, null, 1)}\n`);
  return files;
}
