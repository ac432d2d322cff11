import type { Resources } from './app.ts';

/** What `clusters/environments.ts` lists. Every field is one sentence; `environment-schema.ts` checks them. */
export interface Environment {
  /** Its name: that of its branch (`env/<name>`), its namespace and its folder in `rendered`. */
  readonly name: string;
  /** The cluster that it runs in. */
  readonly cluster: string;
  /** The environment whose parts it takes. @default none: it takes what was published, at once */
  readonly after?: string | undefined;
  /** Apps are reached at `<app>.<domain>`. */
  readonly domain: string;
  /** How many pods a web service has, where its app does not say. */
  readonly replicas: number;
  /** What a container needs, where its app does not say. */
  readonly resources: Resources;
  /** How long a part must have been healthy here before it is offered to the next environment: `'10m'`. */
  readonly soak: string;
}

/** The promotion path of one commit. */
export interface Path {
  /** Where Argo CD reads this repository from: a value, so that a render does not depend on who renders. */
  readonly repository: string;
  /** In path order: an environment stands behind the one that it comes after. */
  readonly environments: readonly Environment[];
}

/** `'10m'` in seconds. */
export function seconds(time: string): number {
  const unit = { s: 1, m: 60, h: 3600, d: 86400 }[time.at(-1) as 's' | 'm' | 'h' | 'd'];
  return Number(time.slice(0, -1)) * unit;
}
