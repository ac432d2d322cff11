import type { ObjectId, Timeline } from './timeline.ts';

/** The rows of the promotion table, and `none`: the source offers nothing. */
export type Relation = 'equal' | 'older' | 'newer' | 'held' | 'edited' | 'none';

export interface State {
  readonly is: Relation;
  /**
   * A later part stood here than the one that runs: somebody went back, and the app stays where it is. Also said when
   * there is nothing to promote (`equal`, `newer`, `none`), since the next part would meet the hold.
   */
  readonly heldBelow?: ObjectId;
}

export interface Situation {
  /** The order of this path in `rendered`; undefined when nothing was ever published for it. */
  readonly timeline: Timeline | undefined;
  /** What stands on the environment branch; undefined for no folder, which is earlier than every part. */
  readonly target: ObjectId | undefined;
  /** What the source offers; undefined for nothing. */
  readonly desired: ObjectId | undefined;
  /** All that ever stood there, in any commit that the branch can reach. */
  readonly seen: ReadonlySet<ObjectId>;
}

/**
 * What an app is in an environment, against what is desired: decided by trees and by the order of `rendered` alone,
 * never by who wrote a commit or what its message says. A part that never stood at this path of `rendered` is not
 * ours: as the target it is `edited`, in the history it is passed over.
 */
export function stateOf({ timeline, target, desired, seen }: Situation): State {
  const place = (part: ObjectId | undefined) => (part === undefined ? -1 : timeline?.place(part));
  const here = place(target);
  if (here === undefined) return { is: 'edited' };

  let latest: { part: ObjectId; place: number } | undefined;
  for (const part of seen) {
    const at = place(part);
    if (at !== undefined && at > here && at > (latest?.place ?? -1)) latest = { part, place: at };
  }
  const hold = latest ? { heldBelow: latest.part } : {};

  const wanted = desired === undefined ? undefined : place(desired);
  if (wanted === undefined) return { is: 'none', ...hold };
  if (wanted === here) return { is: 'equal', ...hold };
  if (wanted < here) return { is: 'newer', ...hold };
  return { is: latest ? 'held' : 'older', ...hold };
}
