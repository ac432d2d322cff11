import type { Standing } from './course.ts';
import type { ObjectId, Timeline } from './timeline.ts';

/** How far what stands in an environment is from the newest that was published for it, offered or not. */
export interface Distance {
  /** So many later parts were published: each by a publish that changed it here, of one commit of `main` or of several. */
  readonly parts: number;
  /** The place in `rendered` at which the first of them was published. */
  readonly place: number;
}

/** Undefined for the newest part, and for what never stood in `rendered`: nobody knows how far that is. */
export function distanceOf(timeline: Timeline | undefined, part: ObjectId | undefined): Distance | undefined {
  const newest = timeline?.parts()[0];
  if (!timeline || part === undefined || newest === undefined) return undefined;
  const missing = timeline.between(part, newest);
  const [first] = missing;
  const place = first === undefined ? undefined : timeline.place(first);
  return place === undefined ? undefined : { parts: missing.length, place };
}

/**
 * The step back that nobody has gone on from. Later steps back, and steps forward that stay below, belong to the same
 * hold.
 * @param standings of one app along the branch itself, newest first
 * @returns undefined where the branch itself never went back: what it is held below came by a merge's second parent
 */
export function stepBack(standings: readonly Standing[], timeline: Timeline | undefined): Standing | undefined {
  let highest = -1;
  let back: Standing | undefined;
  for (const standing of standings.toReversed()) {
    // No folder is earlier than every part; one that is not ours has no place.
    const place = standing.part === undefined ? -1 : timeline?.place(standing.part);
    if (place === undefined) continue;
    if (place >= highest) back = undefined;
    else back ??= standing;
    highest = Math.max(highest, place);
  }
  return back;
}
