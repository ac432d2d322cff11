import { deploymentsOf } from './deployment.ts';
import { type Dora, dora } from './dora.ts';
import { traced, type Written } from './lead-time.ts';
import type { Step, Told } from './story.fixture.ts';

const minute = 60_000;
const begin = Date.UTC(2026, 0, 1);

export interface Choice {
  readonly environment?: string;
  /** Minutes. @default two hours */
  readonly window?: number;
  /** Minutes after the first step. @default all of it */
  readonly since?: number;
  readonly app?: string;
}

/** What is measured of a story, without any git. */
export function measured(told: Told, { environment = 'production', window = 120, since = 0, app }: Choice = {}): Dora {
  const { rendered, environments, metadata, main, path, published, now } = told;
  const places = new Map(main.map(({ sha }, index) => [sha, index]));
  const written = main.flatMap(({ sha, time, brought, touches }, place): Written[] => {
    const folders = new Set(touches.map((name) => `apps/${name}`));
    if (brought.length === 0) return [{ sha, time, place, folders }];
    return brought.map((one, index) => ({ sha: one, time: broughtTime(time, index), place, folders }));
  });
  const target = environments.get(environment);
  const before = path[path.indexOf(environment) - 1];
  const source = before === undefined ? undefined : { environment: before, history: environments.get(before) };
  const isRemoved = (part: string) => metadata.get(part)?.removed === true;
  const deployments = target
    ? deploymentsOf({ rendered, environment, target, source, isRemoved, window: window * minute })
    : [];
  const dryOf = (commit: string) => published.get(commit);
  const trace = { environment, rendered, main: { places, written }, dryOf, buildOf: () => undefined };
  return dora({
    environment,
    traced: traced(deployments, trace),
    begun: deployments[0]?.time,
    from: begin + since * minute,
    until: now,
    window: window * minute,
    app,
  });
}

/** When a commit was written that a merge brought: an hour before it, two hours before it, and so on. */
export const broughtTime = (merged: number, index: number) => merged - (index + 1) * 60 * minute;

/** In minutes. */
export const hour = 60;
/** Two months of two apps: a promotion every other day, of which one is taken back and one is followed by a hotfix. */
export const months: Step[] = [
  { main: 'c0', set: { a: '0', b: '0' } },
  { publish: true },
  { promote: 'staging' },
  { promote: 'production' },
  ...Array.from({ length: 28 }, (_, index): Step[] => [
    {
      main: `c${index + 1}`,
      set: index % 3 === 0 ? { a: `${index}`, b: `${index}` } : { a: `${index}` },
      after: 20 * hour,
    },
    { publish: true, after: 10 },
    { promote: 'staging', after: 50 },
    { promote: 'production', after: index === 9 ? 8 * 24 * hour : 27 * hour },
    ...(index === 5 ? [{ revert: 'production', after: 25 } as const] : []),
    ...(index === 6 ? [{ release: 'production', app: 'a', after: 5 } as const] : []),
  ]).flat(),
  { edit: 'production', app: 'b', after: 30 },
];
