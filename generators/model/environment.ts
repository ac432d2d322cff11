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
  /** How long a part must have been healthy here before it is offered to the next environment: `'10m'`. */
  readonly soak: string;
  /** When it takes promotions; releases and rollbacks ask no calendar. @default always */
  readonly calendar?: Calendar | undefined;
  /** Whether a request to promote onto it is merged by itself when every gate agrees. @default false */
  readonly auto?: boolean | undefined;
  /** The account whose commit statuses on its branch say that its apps have soaked, where Argo CD cannot be asked. */
  readonly reporter?: string | undefined;
}

/** A cluster, as far as what is rendered for it depends on it. */
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
  /** Namespaces beside those of the environments, by name, with the Pod Security Standard that each enforces. */
  readonly namespaces: Readonly<Record<string, 'restricted' | 'baseline' | 'privileged'>>;
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

/** Whether a text is a time: digits and a unit, `'10m'`. */
export const isTime = (text: string) => /^\d{1,6}[smhd]$/.test(text);

/** `'10m'` in seconds. */
export function seconds(time: string): number {
  const unit = { s: 1, m: 60, h: 3600, d: 86400 }[time.at(-1) as 's' | 'm' | 'h' | 'd'];
  return Number(time.slice(0, -1)) * unit;
}
