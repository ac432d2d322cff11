import type { MainRevert } from './commits.ts';
import type { ObjectId, Timeline } from './timeline.ts';

/** Places of `rendered` at which a part has what is looked for: from the first, up to and without the second. */
export type Span = readonly [from: number, until: number];

/** A commit of main from which on something is there, or is not any more. */
export interface Turning {
  /** Its place on main's first-parent chain. */
  readonly at: number;
  readonly sha: ObjectId;
  readonly has: boolean;
}

/**
 * From which commits of main on a change is in it: where it came, and every revert that takes it back, or takes such a
 * revert back, and so on.
 * @param commits the commit, and the merges that brought it onto main, if any did: whoever takes one back takes all
 * @param chain places on main's first-parent chain
 * @param reverts what commits of that chain say, oldest first
 */
export function turningsOf(
  commits: readonly ObjectId[],
  chain: ReadonlyMap<ObjectId, number>,
  reverts: readonly MainRevert[],
): Turning[] {
  const came = commits.find((commit) => chain.has(commit));
  if (came === undefined) return [];
  const first = chain.get(came) as number;
  const placed = reverts.map((revert) => ({ revert, at: chain.get(revert.sha) ?? -1 }));
  const hasAt = (place: number) => {
    const known = placed.flatMap(({ revert, at }) => (at <= place ? [revert] : []));
    return commits.every((commit) => stands(commit, known));
  };
  // Who took it back within the merge that brings it never let it in.
  const turnings: Turning[] = [{ at: first, sha: came, has: hasAt(first) }];
  for (const { revert, at } of placed) {
    const last = turnings.at(-1) as Turning;
    if (at > last.at && hasAt(at) !== last.has) turnings.push({ at, sha: revert.sha, has: !last.has });
  }
  return turnings;
}

/** Whether nobody took a commit back, or whoever did was taken back. A commit can only name earlier ones. */
const stands = (commit: ObjectId, reverts: readonly MainRevert[]): boolean =>
  !reverts.some(
    ({ sha, commits = [sha], reverts: undone }, index) =>
      undone === commit && commits.every((one) => stands(one, reverts.slice(index + 1))),
  );

/**
 * At which places of `rendered` what was published has a change.
 * @param published by place: the place on main of what was published there; undefined for what is not on main any more
 */
export function spansOf(turnings: readonly Turning[], published: readonly (number | undefined)[]): Span[] {
  const spans: [number, number][] = [];
  let before = false;
  for (const [place, at] of published.entries()) {
    const has: boolean = at === undefined ? before : (turnings.findLast((turning) => turning.at <= at)?.has ?? false);
    if (has && !before) spans.push([place, Number.POSITIVE_INFINITY]);
    if (!has && before) (spans.at(-1) as [number, number])[1] = place;
    before = has;
  }
  return spans;
}

/** The spans of single parts, as of a version or an image: each until the next part. */
export function spansOfParts(timeline: Timeline, isIt: (part: ObjectId) => boolean): Span[] {
  const parts = timeline.parts().toReversed();
  return parts.flatMap((part, index): Span[] => {
    if (!isIt(part)) return [];
    const next = parts[index + 1];
    const until = next === undefined ? undefined : timeline.place(next);
    return [[timeline.place(part) as number, until ?? Number.POSITIVE_INFINITY]];
  });
}

/** The same spans without those of removals: what is left of an app that was taken out has nothing of it. */
export function withoutRemovals(
  spans: readonly Span[],
  timeline: Timeline,
  isRemoved: (part: ObjectId) => boolean,
): Span[] {
  const gaps = spansOfParts(timeline, isRemoved);
  return spans.flatMap(([from, until]) => {
    const left: Span[] = [];
    let start = from;
    for (const [gone, back] of gaps) {
      // A removal that is itself what is looked for.
      if (gone <= from || gone >= until) continue;
      if (gone > start) left.push([start, gone]);
      start = back;
    }
    return start < until ? [...left, [start, until]] : left;
  });
}

/** A part that came after the one that brought something, with both that tell whether it is still in its files. */
export interface Later {
  readonly part: ObjectId;
  /** What brought it, and what stood before that. */
  readonly arrival: ObjectId;
  readonly before: ObjectId;
}

/** Of a part that has something by its place: undefined where it is the one that brought it, or nothing was before. */
export function laterIn(spans: readonly Span[], timeline: Timeline, part: ObjectId): Later | undefined {
  const place = timeline.place(part);
  const own = place === undefined ? undefined : spans.find((span) => isWithin([span], place));
  if (!own) return undefined;
  const [arrival, before] = [timeline.at(own[0]), timeline.at(own[0] - 1)];
  if (arrival === undefined || before === undefined || arrival === part) return undefined;
  return { part, arrival, before };
}

/**
 * Whether a later part's files are those from before what it should have, which changed some.
 * @param files by part, without what says where they come from: of each its id
 */
export function isAsBefore({ part, arrival, before }: Later, files: (part: ObjectId) => string): boolean {
  return files(part) === files(before) && files(arrival) !== files(before);
}

export const isWithin = (spans: readonly Span[], place: number) =>
  spans.some(([from, until]) => from <= place && place < until);
