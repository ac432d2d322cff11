import { z } from 'zod';
import { resources } from './app.ts';
import { refused } from './definition.ts';
import { legalEnvironment, legalName } from './names.ts';
import { Misuse } from './refusal.ts';

const environment = z.strictObject({
  /** Its name: that of its branch (`env/<name>`), its namespace and its folder in `rendered`. */
  name: z.string().refine(legalEnvironment, 'must be a DNS label that does not read as a proposal branch'),
  /** The cluster that it runs in. */
  cluster: z.string().regex(legalName, 'must be the name of a cluster'),
  /** The environment whose parts it takes. @default none: it takes what was published, at once */
  after: z.string().optional(),
  /** Apps are reached at `<app>.<domain>`. */
  domain: z.string().regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/, 'must be a DNS name'),
  /** How many pods a web app has, where the app does not say. */
  replicas: z.int().min(1).max(100),
  /** What a container needs, where its app does not say. */
  resources,
  /** How long a part must have been healthy here before it is offered to the next environment: `'10m'`. */
  soak: z.string().regex(/^\d+[smhd]$/, "must be a time such as '10m'"),
});

/** What `clusters/environments.ts` lists. */
export type Environment = z.output<typeof environment>;

/** Where this repository is for Argo CD: a value, so that a render does not depend on who renders. */
const repository = z.url('must be the URL that Argo CD reads this repository from');

export interface Path {
  readonly repository: string;
  /** In path order: an environment stands behind the one that it comes after. */
  readonly environments: readonly Environment[];
}

/**
 * Checks what `clusters/environments.ts` exports and orders it.
 * @throws {Misuse} with every mistake: field, value and what was expected; also for a circle or an unknown `after`.
 */
export function checkPath(value: { repository: unknown; environments: unknown }): Path {
  const file = 'clusters/environments.ts';
  const url = repository.safeParse(value.repository);
  const list = z.array(environment).min(1).safeParse(value.environments);
  const mistakes = [
    ...(url.success ? [] : refused(`${file} (repository)`, url.error, value.repository)),
    ...(list.success ? [] : refused(`${file} (environments)`, list.error, value.environments)),
  ];
  if (!url.success || !list.success) throw new Misuse(mistakes.join('\n'));
  const left = new Map<string, Environment>();
  for (const item of list.data) {
    if (left.has(item.name)) throw new Misuse(`${file}: two environments are named ${item.name}.`);
    left.set(item.name, item);
  }
  for (const item of list.data) {
    if (item.after !== undefined && !left.has(item.after)) {
      throw new Misuse(
        `${file}: ${item.name} comes after ${item.after}, which is not an environment; known are ${[...left.keys()].join(', ')}.`,
      );
    }
  }
  const ordered: Environment[] = [];
  while (left.size > 0) {
    const next = [...left.values()].find((item) => item.after === undefined || !left.has(item.after));
    if (!next)
      throw new Misuse(
        `${file}: ${[...left.keys()].join(', ')} come after one another in a circle; one of them must come first.`,
      );
    left.delete(next.name);
    ordered.push(next);
  }
  return { repository: url.data, environments: ordered };
}

/** `'10m'` in seconds. */
export function seconds(time: string): number {
  const unit = { s: 1, m: 60, h: 3600, d: 86400 }[time.at(-1) as 's' | 'm' | 'h' | 'd'];
  return Number(time.slice(0, -1)) * unit;
}
