import type { Standing } from './course.ts';
import type { Metadata } from './metadata.ts';
import { environmentBranch } from './names.ts';
import type { RequestText } from './request.ts';
import type { ObjectId, Timeline } from './timeline.ts';
import { move, quote, versionOf } from './words.ts';

/** One app that goes back. */
export interface Retreat {
  readonly name: string;
  readonly from: ObjectId | undefined;
  /** An earlier part that stood here; undefined where nothing did. */
  readonly to: ObjectId | undefined;
}

/**
 * What stood here before, and is earlier in `rendered`: the newest of it first, and at last nothing. Parts that are not
 * ours are passed over, as a hold passes over them.
 * @param standings of one name, newest first: the first is what stands there now
 */
export function earlier(standings: readonly Standing[], timeline: Timeline | undefined): (ObjectId | undefined)[] {
  const place = (part: ObjectId | undefined) => (part === undefined ? -1 : timeline?.place(part));
  const [now, ...before] = standings;
  // Whatever of ours stood here is earlier than a hand edit.
  const here = place(now?.part) ?? Number.POSITIVE_INFINITY;
  const parts = [...before.map(({ part }) => part), undefined];
  const found = parts.filter((part) => (place(part) ?? here) < here);
  return [...new Set(found)];
}

/**
 * The names that the newest step forward moved, of what still stands: taking them back undoes the last promotion that
 * nobody has undone yet.
 * @param standings of all names, newest first
 */
export function lastMoved(
  standings: readonly Standing[],
  timelineOf: (name: string) => Timeline | undefined,
): string[] {
  const byName = Map.groupBy(standings, ({ name }) => name);
  const place = (name: string, part: ObjectId | undefined) =>
    part === undefined ? -1 : (timelineOf(name)?.place(part) ?? -1);
  // What stands may have been put back; it came by the step forward that brought it first.
  const forward = [...byName].flatMap(([name, own]) => {
    const came = own.find(
      ({ part }, index) => part === own[0]?.part && place(name, part) > place(name, own[index + 1]?.part),
    );
    return came ? [came] : [];
  });
  const newest = standings.find((standing) => forward.includes(standing))?.commit;
  return forward.filter(({ commit }) => commit === newest).map(({ name }) => name);
}

/** What each retreat is, in a line: `counter 1.0.4 → 1.0.3`. */
export const retreatOf = (name: string, from: Metadata | undefined, to: Metadata | undefined): string =>
  to === undefined ? `${name} ${versionOf(from)} → nothing` : move(name, from, to);

/** What such a request says that it does; `verify` holds it against the branch. */
export const rollbackClaim = (environment: string, moves: readonly string[]): string =>
  `Puts back on ${environmentBranch(environment)} what stood there before: ${moves.join(', ')}.`;

/** The text of a request that rolls back, for the person who must press Merge. */
export function rollbackText(environment: string, moves: readonly string[], reason: string | undefined): RequestText {
  const branch = environmentBranch(environment);
  const body = [
    rollbackClaim(environment, moves),
    ...(reason ? ['', `Why: \`${quote(reason, 500)}\``] : []),
    '',
    'Each is, tree by tree, a part that stood on this branch: nothing is rendered and no gate is asked. After the merge these apps are held: later promotions leave them there, and say so, until the merge is reverted or a later part is released.',
    '',
    '### To undo it',
    `\`git revert -m 1 <merge commit>\` on \`${branch}\`.`,
  ];
  const text = `${body.join('\n')}\n`;
  return { title: `Roll back ${environment}: ${moves.join(', ')}`.slice(0, 255), body: text, report: text };
}
