import type { Computed } from '../model/app.ts';
import type { CheckedProgram } from '../model/app-schema.ts';
import { alertmanagerOn } from '../model/monitoring.ts';
import { formatYaml } from '../model/yaml.ts';
import { cloudWatch } from '../monitoring/cloud-watch.ts';
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
      alertmanager: alertmanagerOn(cluster),
    });
    return formatYaml(config, asWritten);
  },
  'platform-rules': ({ owner }, { cluster, path }) =>
    formatYaml({ groups: platformRules({ cluster, path, owner }) }, asWritten),
  grafana: ({ name }, { cluster, environment, path }) =>
    grafanaIni({ cluster, host: `${name}.${environment.domain}`, repository: path.repository }),
  'cloud-watch': (_, { cluster }) => formatYaml(cloudWatch(cluster), asWritten),
};

/** What the files of an app say where it is rendered, by path. */
export const textsOf = (app: Owned & Pick<CheckedProgram, 'files'>, at: Placement): Record<string, string> =>
  Object.fromEntries(
    Object.entries(app.files).map(([path, content]) => [
      path,
      typeof content === 'string' ? content : texts[content.computed](app, at),
    ]),
  );
