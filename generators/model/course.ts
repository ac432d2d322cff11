import type { ObjectId } from './timeline.ts';

/** So many milliseconds the clocks of two branches may be apart: a forge merges one, a job writes the other. */
export const skew = 5 * 60_000;

/** What came to stand under a name at a commit of an environment branch itself; undefined where its folder went. */
export interface Standing {
  readonly commit: ObjectId;
  readonly name: string;
  readonly part: ObjectId | undefined;
  /** When that commit was made, in milliseconds since 1970. */
  readonly time: number;
}

/** An environment branch along its first parents: what came to stand there, when, and what stood at each commit. */
export class Course {
  /** Of the branch itself, newest first. */
  readonly commits: readonly ObjectId[];
  /** Of all names, newest first. */
  readonly standings: readonly Standing[];
  // Made when first asked for: not every reader asks.
  #placesMade: ReadonlyMap<ObjectId, number> | undefined;
  #byNameMade: ReadonlyMap<string, readonly Standing[]> | undefined;

  /**
   * @param commits of the branch itself, newest first
   * @param standings of all names, newest first
   */
  constructor(commits: readonly ObjectId[], standings: readonly Standing[]) {
    this.commits = commits;
    this.standings = standings;
  }

  get #places(): ReadonlyMap<ObjectId, number> {
    this.#placesMade ??= new Map(this.commits.map((commit, place) => [commit, place]));
    return this.#placesMade;
  }

  get #byName(): ReadonlyMap<string, readonly Standing[]> {
    this.#byNameMade ??= Map.groupBy(this.standings, ({ name }) => name);
    return this.#byNameMade;
  }

  /**
   * The same with times that follow the order of the branch, none after now: a clock may have gone wrong.
   * @param now milliseconds since 1970
   */
  inOrder(now: number): Course {
    return new Course(this.commits, inOrder(this.standings, now));
  }

  /** What came to stand under a name, newest first: the first of it stands there now. */
  of(name: string): readonly Standing[] {
    return this.#byName.get(name) ?? [];
  }

  /** The commits that brought what stands, or took away what does not. */
  latest(): Standing[] {
    return [...this.#byName.values()].flatMap(([standing]) => standing ?? []);
  }

  /** How many commits of the branch itself came after one; undefined for what is none of them. */
  place(commit: ObjectId): number | undefined {
    return this.#places.get(commit);
  }

  /** What stood under a name at a commit; undefined for nothing, and for what is no commit of this branch itself. */
  partAt(name: string, commit: string | undefined): ObjectId | undefined {
    const at = this.#places.get(commit ?? '');
    if (at === undefined) return undefined;
    return this.of(name).find((standing) => (this.#places.get(standing.commit) ?? 0) >= at)?.part;
  }
}

/** What says that it is earlier than what it stands on is a second later; what says the same as that is of its moment. */
function inOrder(standings: readonly Standing[], now: number): readonly Standing[] {
  let said: number | undefined;
  let last = Number.NEGATIVE_INFINITY;
  return standings
    .toReversed()
    .map((one) => {
      const time = Math.min(one.time, now);
      if (time !== said) last = time < last ? Math.min(last + 1000, now) : time;
      said = time;
      return last === one.time ? one : { ...one, time: last };
    })
    .reverse();
}
