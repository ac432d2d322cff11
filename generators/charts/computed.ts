import type { Computed } from '../model/app.ts';
import type { CheckedProgram } from '../model/app-schema.ts';
import { alertmanagerOn, monitoringNamespace, own } from '../model/monitoring.ts';
import { Refusal } from '../model/refusal.ts';
import { formatYaml } from '../model/yaml.ts';
import { cloudWatch } from '../monitoring/cloud-watch.ts';
import { gatherer } from '../monitoring/gather.ts';
import { grafanaIni } from '../monitoring/grafana.ts';
import { platformRules } from '../monitoring/platform-rules.ts';
import { prometheusConfig } from '../monitoring/prometheus.ts';
import type { Placement } from './place.ts';
import { environmentsOn } from './platform/environments.ts';

type Owned = Pick<CheckedProgram, 'name' | 'owner'>;

const asWritten = () => 0;

const texts: Readonly<Record<Computed['computed'], (app: Owned, at: Placement) => string>> = {
  prometheus(_, { cluster, path }) {
    const config = prometheusConfig({
      cluster: cluster.name,
      discovery: 'kubernetes',
      environments: environmentsOn(cluster, path).map(({ name }) => name),
      namespaces: Object.keys(cluster.namespaces),
      blackbox: own.blackbox,
      alertmanager: alertmanagerOn(cluster),
    });
    return formatYaml(config, asWritten);
  },
  'platform-rules': ({ owner }, { cluster, path }) =>
    formatYaml({ groups: platformRules({ cluster, path, owner }) }, asWritten),
  program({ name }, { program }) {
    if (program !== undefined) return `${program}\n`;
    throw new Refusal(
      `apps/${name}: whoever renders it does not say which tree generators/ is: render it with this Slipway.`,
    );
  },
  grafana: ({ name }, { cluster, environment, path }) =>
    grafanaIni({ cluster, host: `${name}.${environment.domain}`, repository: path.repository }),
  'cloud-watch': (_, { cluster }) => formatYaml(cloudWatch(cluster), asWritten),
  gatherer(_, { cluster, environment, path }) {
    const apps = environmentsOn(cluster, path).map(({ name }) => [name, name]);
    const platform = Object.keys(cluster.namespaces).map((name) => [name, environment.name]);
    const everywhere = Object.fromEntries([...apps, ...platform]);
    return gatherer({
      rules: everywhere,
      probes: everywhere,
      dashboards: { [monitoringNamespace]: environment.name },
    });
  },
};

/** What the files of an app say where it is rendered, by path. */
export const textsOf = (app: Owned & Pick<CheckedProgram, 'files'>, at: Placement): Record<string, string> =>
  Object.fromEntries(
    Object.entries(app.files).map(([path, content]) => [
      path,
      typeof content === 'string' ? content : texts[content.computed](app, at),
    ]),
  );
