import type { Standing } from './rollback.ts';
import type { ObjectId } from './timeline.ts';

/** An environment branch along its first parents: what came to stand there, when, and what stood at each commit. */
export class Course {
  readonly #places: ReadonlyMap<ObjectId, number>;
  readonly #standings: ReadonlyMap<string, readonly Standing[]>;

  /**
   * @param commits of the branch itself, newest first
   * @param standings of all names, newest first
   */
  constructor(commits: readonly ObjectId[], standings: readonly Standing[]) {
    this.#places = new Map(commits.map((commit, place) => [commit, place]));
    this.#standings = Map.groupBy(standings, ({ name }) => name);
  }

  /** What came to stand under a name, newest first. */
  of(name: string): readonly Standing[] {
    return this.#standings.get(name) ?? [];
  }

  /** What stood under a name at a commit; undefined for nothing, and for what is no commit of this branch itself. */
  partAt(name: string, commit: string | undefined): ObjectId | undefined {
    const at = this.#places.get(commit ?? '');
    if (at === undefined) return undefined;
    return this.of(name).find((standing) => (this.#places.get(standing.commit) ?? 0) >= at)?.part;
  }
}
