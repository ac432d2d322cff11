import { deploymentsOf } from './deployment.ts';
import { type Dora, dora } from './dora.ts';
import { traced, type Written } from './lead-time.ts';
import type { Told } from './story.fixture.ts';

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
