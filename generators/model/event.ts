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
 */
export function eventsOf(
  environment: string,
  course: Course,
  timelineOf: (name: string) => Timeline | undefined,
  most: number,
): Event[] {
  const byCommit = Map.groupBy(course.standings, ({ commit }) => commit);
  return [...byCommit].slice(0, most).map(([commit, standings]) => ({
    environment,
    commit,
    time: standings[0]?.time ?? 0,
    changes: standings.map((standing) => changeOf(standing, course.of(standing.name), timelineOf(standing.name))),
  }));
}

function changeOf(standing: Standing, own: readonly Standing[], timeline: Timeline | undefined): Change {
  const { name, part: to } = standing;
  const from = own[own.indexOf(standing) + 1]?.part;
  const place = (part: ObjectId) => timeline?.place(part);
  const turn = (): Turn => {
    if (to === undefined) return 'gone';
    const here = place(to);
    if (here === undefined) return 'edited';
    if (from === undefined) return 'new';
    return here < (place(from) ?? -1) ? 'back' : 'on';
  };
  return { name, from, to, turn: turn() };
}
