import type { Standing } from './course.ts';
import { newestOwn } from './foreign.ts';
import type { ObjectId, Timeline } from './timeline.ts';

/**
 * What an edit is taken back to: the last part of ours that stood there along the branch's own commits, else the newest
 * that a merge brought; undefined where none ever did, and the folder goes.
 * @param standings of one name, newest first
 * @param seen all that ever stood there
 */
export const lastOwn = (
  standings: readonly Standing[],
  timeline: Timeline | undefined,
  seen: ReadonlySet<ObjectId>,
): ObjectId | undefined =>
  standings.find(({ part }) => part !== undefined && timeline?.place(part) !== undefined)?.part ??
  newestOwn(timeline, seen);
