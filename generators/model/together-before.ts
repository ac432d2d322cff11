import type { Standing } from './course.ts';
import type { ObjectId, Timeline } from './timeline.ts';

/** What an environment would run together, and what its source ran. */
export interface Combination {
  /** The target's part of each app, after the merge. */
  readonly vector: ReadonlyMap<string, ObjectId>;
  /** The apps that the merge moves: the closest are the commits that had most of these. */
  readonly moved: ReadonlySet<string>;
  /** The order of an app's parts in the target and in its source; undefined where nothing was ever published. */
  readonly targetTimeline: (app: string) => Timeline | undefined;
  readonly sourceTimeline: (app: string) => Timeline | undefined;
  /** How many commits `rendered` has. */
  readonly length: number;
  /** What came to stand in the source, commit by commit, newest first. */
  readonly standings: readonly Standing[];
}

/**
 * Which apps kept the source from ever running what the target would: none where some commit of the source's branch
 * held, of every app, a part that belongs to the target's, that is, one that stood in `rendered` while the target's did.
 * Otherwise those that were missing when it came closest, the latest such time. Apps that the source never has do not
 * count. What changed at each commit is looked at once.
 */
export function missingTogether(combination: Combination): string[] {
  const { vector, moved, standings } = combination;
  const belongs = belonging(combination);
  const apps = new Set([...vector.keys()].filter((app) => combination.sourceTimeline(app) !== undefined));
  const fits = new Map<string, boolean>();
  const own = standings.filter(({ name }) => apps.has(name)).reverse();
  let fitting = 0;
  let weight = 0;
  let best = { weight: 0, until: 0 };
  for (const [index, { commit, name, part }] of own.entries()) {
    const fit = belongs(name, part);
    const change = Number(fit) - Number(fits.get(name) ?? false);
    fitting += change;
    weight += change * (moved.has(name) ? apps.size : 1);
    fits.set(name, fit);
    const isWhole = own[index + 1]?.commit !== commit;
    if (isWhole && weight >= best.weight) best = { weight, until: index + 1 };
    if (isWhole && fitting === apps.size) return [];
  }
  if (apps.size === 0) return [];
  const closest = new Map(own.slice(0, best.until).map(({ name, part }) => [name, part]));
  return [...apps].filter((app) => !belongs(app, closest.get(app))).sort();
}

/** Tells whether a part of the source stood in `rendered` at the same time as the target's part of that app. */
function belonging({ vector, targetTimeline, sourceTimeline, length }: Combination) {
  return (app: string, part: ObjectId | undefined): boolean => {
    const target = spanOf(targetTimeline(app), vector.get(app), length);
    const source = spanOf(sourceTimeline(app), part, length);
    return target !== undefined && source !== undefined && target[0] <= source[1] && source[0] <= target[1];
  };
}

/** From a part's place until it is replaced, both inclusive. */
function spanOf(
  timeline: Timeline | undefined,
  part: ObjectId | undefined,
  length: number,
): readonly [from: number, until: number] | undefined {
  const from = part === undefined ? undefined : timeline?.place(part);
  if (timeline === undefined || part === undefined || from === undefined) return undefined;
  return [from, timeline.newest(part, length) ?? from];
}
