import type { Resources } from './app.ts';
import type { Calendar } from './calendar.ts';

/** What `clusters/environments.ts` lists. Every field is one sentence; `environment-schema.ts` checks them. */
export interface Environment {
  /** Its name: that of its branch (`env/<name>`), its namespace and its folder in `rendered`. */
  readonly name: string;
  /** The cluster that it runs in. */
  readonly cluster: string;
  /** What stands on its branch: apps, or what belongs to the cluster as a whole. @default 'environment' */
  readonly scope?: 'environment' | 'cluster' | undefined;
  /** The environment whose parts it takes. @default none: it takes what was published, at once */
  readonly after?: string | undefined;
  /** Apps are reached at `<app>.<domain>`. */
  readonly domain: string;
  /** How many pods a service has, where its app does not say. */
  readonly replicas: number;
  /** What a container needs, where its app does not say. */
  readonly resources: Resources;
  /** Whether people depend on it: policies ask for more there. @default false */
  readonly production?: boolean | undefined;
  /** The addresses that may connect to what it serves outside: `['203.0.113.0/24']`. @default everybody's */
  readonly sources?: readonly string[] | undefined;
  /** What all of its pods together may ask for. @default the namespace has no quota */
  readonly quota?: Quota | undefined;
  /** How long a part must have been healthy here before it is offered to the next environment: `'10m'`. */
  readonly soak: string;
  /** When it takes promotions; releases and rollbacks ask no calendar. @default always */
  readonly calendar?: Calendar | undefined;
  /** Whether a request to promote onto it is merged by itself when every gate agrees. @default false */
  readonly auto?: boolean | undefined;
  /** The account whose commit statuses on its branch say that its apps have soaked, where Argo CD cannot be asked. */
  readonly reporter?: string | undefined;
}

/** The most that an environment's pods may ask for, all together. */
export interface Quota extends Resources {
  /** How many there may be. */
  readonly pods: number;
  /** What their volumes may hold: `'50Gi'`. */
  readonly storage: string;
}

/** A cluster: what is rendered for it, and what `slipway bootstrap` makes. */
export interface Cluster {
  /** Its name: that of its folder under `clusters/`. */
  readonly name: string;
  /** Whether it is EKS, or one machine. */
  readonly profile: 'eks' | 'local';
  /** Where images may come from: what their names begin with, up to a slash. */
  readonly registries: readonly string[];
  /** The StorageClass of volumes that name none. */
  readonly storage: string;
  /** The addresses of its load balancers and nodes, as `'10.20.0.0/16'`: they reach what is routed. @default any pod */
  readonly network?: string | undefined;
  /** The IngressClass of what is served outside. @default for eks its environment's own, which the platform makes */
  readonly ingress?: string | undefined;
  /**
   * Who watches what runs there: the apps of this repository, a Prometheus operator that is there already
   * (ServiceMonitor, PrometheusRule), or something that reads the files of `slipway monitoring`.
   * @default 'slipway'
   */
  readonly monitoring?: Monitoring | undefined;
  /** Where it is in AWS. @default for eks it is rendered for, and cannot be bootstrapped */
  readonly aws?: Aws | undefined;
  /** Who signs in to its Argo CD, with accounts of GitLab. @default nobody: `argocd --core` is the way in */
  readonly people?: People | undefined;
  /** Namespaces beside those of the environments, by name, with the Pod Security Standard that each enforces. */
  readonly namespaces: Readonly<Record<string, 'restricted' | 'baseline' | 'privileged'>>;
}

/** Who watches what runs on a cluster. */
export type Monitoring = 'slipway' | 'operator' | 'none';

/** Where a cluster is in AWS, and who reaches it. */
export interface Aws {
  /** The account's number: twelve digits. */
  readonly account: string;
  /** `'eu-central-1'`. */
  readonly region: string;
  /** The addresses from which people and pipelines reach its API server: `['203.0.113.0/24']`. */
  readonly operators: readonly string[];
}

/** Who signs in to a cluster's Argo CD, by the groups of the repository's GitLab. */
export interface People {
  /** The id of the application there that Argo CD is: https://docs.gitlab.com/integration/oauth_provider/ */
  readonly client: string;
  /** Groups that may do everything: `['example/platform']`. */
  readonly admins: readonly string[];
  /** Groups that may sync and restart what runs: `['example/on-call']`. @default [] */
  readonly operators?: readonly string[] | undefined;
  /** Groups that may look. @default [] */
  readonly readers?: readonly string[] | undefined;
}

/** The promotion path of one commit. */
export interface Path {
  /** Where Argo CD reads this repository from: a value, so that a render does not depend on who renders. */
  readonly repository: string;
  readonly clusters: ReadonlyMap<string, Cluster>;
  /** In path order: an environment stands behind the one that it comes after. */
  readonly environments: readonly Environment[];
}

/** What stands on an environment's branch. */
export const scopeOf = ({ scope }: Pick<Environment, 'scope'>) => scope ?? 'environment';

/** Who watches what runs on a cluster. */
export const monitoringOf = ({ monitoring }: Pick<Cluster, 'monitoring'>): Monitoring => monitoring ?? 'slipway';

/** Whether Argo CD's cache outlives a node there: that takes three nodes, which one machine does not have. */
export const isHighlyAvailable = (
  { profile }: Pick<Cluster, 'profile'>,
  { production }: Pick<Environment, 'production'>,
): boolean => profile === 'eks' && production === true;

/** Whether a text is a time: digits and a unit, `'10m'`. */
export const isTime = (text: string) => /^\d{1,6}[smhd]$/.test(text);

/** `'10m'` in seconds. */
export function seconds(time: string): number {
  const unit = { s: 1, m: 60, h: 3600, d: 86400 }[time.at(-1) as 's' | 'm' | 'h' | 'd'];
  return Number(time.slice(0, -1)) * unit;
}
