import { readDeeds, readMade } from '../git/chronicle.ts';
import { metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Arrivals, howOf } from '../model/arrival.ts';
import type { Standing } from '../model/course.ts';
import { eventsOf, lastMoments } from '../model/event.ts';
import { type Happening, happeningsOf, type Known } from '../model/happening.ts';
import type { Stage } from '../model/metadata.ts';
import type { Entry, EnvironmentHistory, Rendered } from '../model/timeline.ts';

/** What was read of the branches, as far as it tells what happened. */
export interface Read {
  readonly stages: readonly Stage[];
  readonly rendered: Rendered;
  /** By environment; one without a branch is missing, and one that nobody asks for may be. */
  readonly environments: ReadonlyMap<string, EnvironmentHistory>;
}

/** Which happenings are told. */
export interface Asked {
  /** What happened at so many moments in each environment. */
  readonly moments: number;
  /** Only what came to stand so there. @default all */
  readonly within?: ((environment: string, standing: Standing) => boolean) | undefined;
}

/**
 * What happened in some environments, newest first: who, when, what, and in whose words. Messages and provenance are read
 * of what is told alone, so that a long history costs no more than a short one.
 */
export async function happenings(
  mirror: Mirror,
  read: Read,
  names: readonly string[],
  { moments, within = () => true }: Asked,
): Promise<{ happenings: Happening[]; earlier: number }> {
  const arrivals = new Map(
    names.flatMap((name) => {
      const one = arrivalsOf(read, name);
      return one ? [[name, one] as const] : [];
    }),
  );
  let earlier = 0;
  const events = [...arrivals].flatMap(([name, { course, timelineOf }]) => {
    const own = (standing: Standing) => within(name, standing);
    const last = lastMoments(course, moments, own);
    earlier += last.earlier;
    return eventsOf(name, course, timelineOf, last.commits, own);
  });
  const parts = events.flatMap(({ changes }) => changes.flatMap(({ from, to }) => [from ?? [], to ?? []].flat()));
  const commits = events.map(({ commit }) => commit);
  const edits = events.flatMap(({ changes }) => changes.filter(({ turn }) => turn === 'edited'));
  const [deeds, made, metadata, folders] = await Promise.all([
    readDeeds(mirror.git, commits),
    readMade(mirror.git, commits),
    metadataOf(mirror, parts),
    mirror.trees(edits.flatMap(({ from, to }) => [from ?? [], to ?? []].flat())),
  ]);
  const filesIn = (part: string | undefined) => folders.get(part ?? '') ?? new Map<string, Entry>();
  const known: Known = {
    deed: (commit) => deeds.get(commit),
    made: (environment, commit) => {
      const how = made.get(commit);
      // A first environment takes what is published by itself, at that moment.
      const isFirst = read.stages.find(({ name }) => name === environment)?.after === undefined;
      return how === 'composed' && isFirst ? undefined : how;
    },
    metadata: (part) => metadata.get(part),
    files: (from, to) => {
      const [old, now] = [filesIn(from), filesIn(to)];
      const names = new Set([...old.keys(), ...now.keys()]);
      return [...names].filter((name) => old.get(name)?.id !== now.get(name)?.id).sort();
    },
    how: (event, change) => howOf(arrivals.get(event.environment) as Arrivals, event, change),
  };
  return { happenings: happeningsOf(events, known), earlier };
}

/** An environment, as far as it says how something came there; undefined for one without a branch. */
function arrivalsOf({ stages, rendered, environments }: Read, environment: string): Arrivals | undefined {
  const { timelines, commits } = rendered;
  const course = environments.get(environment)?.course;
  if (!course) return undefined;
  const after = stages.find(({ name }) => name === environment)?.after;
  const source =
    after === undefined
      ? undefined
      : {
          course: environments.get(after)?.course,
          timelineOf: (name: string) => timelines.get(`${after}/${name}`),
          length: commits.length,
        };
  return { course, timelineOf: (name) => timelines.get(`${environment}/${name}`), source };
}
