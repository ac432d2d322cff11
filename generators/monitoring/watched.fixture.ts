import { apps } from '../../apps/index.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import type { App } from '../model/app.ts';
import { checkApp } from '../model/app-check.ts';
import type { Environment, Path } from '../model/environment.ts';
import { platformRules } from './platform-rules.ts';
import type { RuleGroup } from './rule.ts';
import { rulesOf } from './rules.ts';

/** What is watched of one app in one environment, or of a cluster. */
export interface Watched {
  /** `production/counter`. */
  readonly name: string;
  readonly environment: string;
  /** Where its pods are. */
  readonly namespace: string;
  readonly app: string;
  readonly groups: readonly RuleGroup[];
}

const path: Path = { repository, clusters: new Map(clusters.map((one) => [one.name, one])), environments };

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const image = `docker.io/library/any:1@${digest}`;
const owner = 'team-shop';

/** A service of a shop that has all that can be watched of a service. */
export const shop: App = {
  ...{ kind: 'web', name: 'shop', owner, image, port: 3000, metrics: {} },
  objective: { availability: 99.9, latency: { share: 99, within: 0.25 } },
  probe: { text: 'Shop', version: '/version' },
  alerts: [
    {
      name: 'ShopSellsNothing',
      expr: 'sum(rate(shop_sales_total{namespace="$namespace",app="$app"}[5m])) == 0',
      for: '1m',
      severity: 'ticket',
      summary: '$app in $namespace sells nothing: "why", \'so\'.',
      look: 'The till\nof $app.',
    },
  ],
};

/** The rest of the shop: one app of each kind, with as little as it can have, and with metrics. */
export const others: readonly App[] = [
  {
    ...{ kind: 'web', name: 'till', owner, image, port: 3000, metrics: { path: '/m+' } },
    objective: { availability: 80, latency: { share: 99, within: 1 } },
  },
  { kind: 'web', name: 'plain', owner, image, port: 3000 },
  {
    ...{ kind: 'web', name: 'doors', owner, image, port: 3000, probe: { path: '/open', version: '/version' } },
    hosts: ['front.example.com', 'back.example.com'],
  },
  { kind: 'web', name: 'office', owner, image, port: 3000, hosts: [], probe: { version: '/version' } },
  { kind: 'worker', name: 'packer', owner, image, port: 9000, metrics: {} },
  { kind: 'store', name: 'shelf', owner, image, port: 9000, volume: { path: '/data', size: '1Gi' }, metrics: {} },
  { kind: 'job', name: 'stock', owner, image, schedule: '15 2 * * *', deadline: '30m', metrics: { port: 9000 } },
  {
    ...{ kind: 'agent', name: 'camera', owner, image, port: 9000, metrics: {} },
    ...{ scope: 'cluster', namespace: 'agents' },
  },
];

/** An app where its definition says that it runs. */
export function watched(app: App, where: (environment: Environment) => boolean = () => true): Watched[] {
  return [...checkApp(app.name, app, path).in]
    .filter(([environment]) => where(environment))
    .map(([environment, checked]) => {
      const cluster = path.clusters.get(environment.cluster);
      if (!cluster) throw new Error(`no cluster ${environment.cluster}`);
      const namespace = checked.namespace ?? (checked.scope === 'cluster' ? 'default' : environment.name);
      const at = { environment, cluster, path, namespace, image, version: '1', identity: {} };
      const groups = rulesOf(checked, at);
      return {
        name: `${environment.name}/${app.name}`,
        environment: environment.name,
        namespace,
        app: app.name,
        groups,
      };
    });
}

/** What is watched of a cluster itself. */
export const watchedClusters = (): Watched[] =>
  clusters.map((cluster) => ({
    ...{ name: `platform-${cluster.name}`, environment: `platform-${cluster.name}` },
    ...{ namespace: 'monitoring', app: '', groups: platformRules({ cluster, path, owner: 'team-platform' }) },
  }));

/** All that is watched of the apps of this repository, everywhere. */
export async function watchedEverywhere(): Promise<Watched[]> {
  const found = [];
  for (const load of Object.values(apps)) found.push(...watched((await load()).app));
  return [...found, ...watchedClusters()].filter(({ groups }) => groups.length > 0);
}
