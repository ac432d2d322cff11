import type { Standing } from '../model/course.ts';
import type { Deployed } from '../model/gate.ts';
import type { ObjectId, Timeline } from '../model/timeline.ts';

/** A part that its environment may offer, if it has soaked. */
export interface Candidate {
  readonly part: ObjectId;
  /** When the commit that brought it was made, in milliseconds since 1970. */
  readonly time: number;
}

/**
 * The parts of one app that its environment may offer, newest first. A step back and an edit withdraw all that was
 * newer: what stood before them says nothing of what stands now, so the list ends with the part that was gone back to,
 * and with the one that took an edit away. A part that is not ours is none.
 * @param standings of one name on the environment branch, newest first
 * @param timeline the order of its parts in `rendered`
 */
export function candidatesOf(standings: readonly Standing[], timeline: Timeline): Candidate[] {
  const place = (part: ObjectId | undefined) => (part === undefined ? -1 : timeline.place(part));
  const found: Candidate[] = [];
  for (const [index, { part, time }] of standings.entries()) {
    const here = place(part);
    if (part === undefined || here === undefined) break;
    found.push({ part, time });
    const before = standings[index + 1];
    const there = before && place(before.part);
    if (before && (there === undefined || there > here)) break;
  }
  return found;
}

/**
 * When the environment began to run a candidate or what followed it, without a break until now: by the syncs that
 * succeeded, else by the commit that brought it, and never before that commit.
 * @param index of the candidate
 * @param deployed what was synced, newest first
 * @param partAt the app's part in a synced commit
 */
export function liveSince(
  candidates: readonly Candidate[],
  index: number,
  deployed: readonly Deployed[],
  partAt: (revision: string) => ObjectId | undefined,
): number {
  const held = new Set(candidates.slice(0, index + 1).map(({ part }) => part));
  const brought = candidates[index]?.time ?? Number.POSITIVE_INFINITY;
  const broken = deployed.findIndex(({ revision }) => !held.has(partAt(revision) ?? ''));
  const unbroken = broken < 0 ? deployed : deployed.slice(0, broken);
  // What was synced last may hold nothing of it: then it came later, with nothing to apply.
  const earliest = unbroken.at(-1) ?? deployed[0];
  return Math.max(brought, earliest?.time ?? brought);
}
