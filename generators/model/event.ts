import type { Course, Standing } from './course.ts';
import type { ObjectId, Timeline } from './timeline.ts';

/**
 * What became of one app at one commit of an environment branch: `back` went to an earlier part, `edited` to one that is
 * not ours, `gone` has no folder any more.
 */
export type Turn = 'new' | 'on' | 'back' | 'edited' | 'gone';

export interface Change {
  readonly name: string;
  readonly from: ObjectId | undefined;
  readonly to: ObjectId | undefined;
  readonly turn: Turn;
}

/** What one commit of an environment branch itself did. */
export interface Event {
  readonly environment: string;
  readonly commit: ObjectId;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly changes: readonly Change[];
}

/**
 * What happened in an environment, newest first. Which way an app went is read from the order of `rendered`, never from
 * what a commit says.
 * @param timelineOf the order of an app's parts in this environment
 * @param most so many commits
 * @param within only what came to stand so. @default all
 */
export function eventsOf(
  environment: string,
  course: Course,
  timelineOf: (name: string) => Timeline | undefined,
  most: number,
  within?: (standing: Standing) => boolean,
): Event[] {
  const standings = within ? course.standings.filter(within) : course.standings;
  const byCommit = Map.groupBy(standings, ({ commit }) => commit);
  return [...byCommit].slice(0, most).map(([commit, standings]) => ({
    environment,
    commit,
    time: standings[0]?.time ?? 0,
    changes: standings.map((standing) => changeOf(standing, course.of(standing.name), timelineOf(standing.name))),
  }));
}

/**
 * How many commits did something at the last so many moments, and how many did before: the commits of one push have the
 * same moment.
 */
export function lastMoments(
  { standings }: Course,
  moments: number,
  within: (standing: Standing) => boolean = () => true,
): { readonly commits: number; readonly earlier: number } {
  const byCommit = new Map(standings.filter(within).map(({ commit, time }) => [commit, time]));
  const seen = new Set<number>();
  let commits = 0;
  for (const time of byCommit.values()) {
    if (seen.add(time).size > moments) break;
    commits++;
  }
  return { commits, earlier: byCommit.size - commits };
}

function changeOf(standing: Standing, own: readonly Standing[], timeline: Timeline | undefined): Change {
  const { name, part: to } = standing;
  const before = own.slice(own.indexOf(standing) + 1);
  const from = before[0]?.part;
  const turn = (): Turn => {
    if (to === undefined) return 'gone';
    const here = timeline?.place(to);
    if (here === undefined) return 'edited';
    if (from === undefined) return 'new';
    // What is not ours has no place: what stood before it has.
    const last = placesOf(before, timeline).next().value;
    return here < (last ?? -1) ? 'back' : 'on';
  };
  return { name, from, to, turn: turn() };
}

/** The places of what stood, newest first, without what is not ours; no folder is earlier than every part. */
export function* placesOf(
  standings: readonly Standing[],
  timeline: Timeline | undefined,
): Generator<number, undefined> {
  for (const { part } of standings) {
    const place = part === undefined ? -1 : timeline?.place(part);
    if (place !== undefined) yield place;
  }
}
