import type { Computed } from '../model/app.ts';
import type { CheckedProgram } from '../model/app-schema.ts';
import { formatYaml } from '../model/yaml.ts';
import { prometheusConfig } from '../monitoring/prometheus.ts';
import type { Placement } from './place.ts';
import { environmentsOn } from './platform/environments.ts';

const texts: Readonly<Record<Computed['computed'], (at: Placement) => string>> = {
  prometheus: ({ cluster, path }) =>
    formatYaml(
      prometheusConfig({
        cluster: cluster.name,
        discovery: 'kubernetes',
        environments: environmentsOn(cluster, path).map(({ name }) => name),
        namespaces: Object.keys(cluster.namespaces),
      }),
      () => 0,
    ),
};

/** What a file of an app says where it is rendered. */
export const textOf = (content: string | Computed, at: Placement): string =>
  typeof content === 'string' ? content : texts[content.computed](at);

/** What the files of an app say where it is rendered, by path. */
export const textsOf = (files: CheckedProgram['files'], at: Placement): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([path, content]) => [path, textOf(content, at)]));
