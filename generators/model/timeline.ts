import type { Course } from './course.ts';

/** A git object id. Two folders with the same id hold the same bytes. */
export type ObjectId = string;

/**
 * How one path of `rendered` (`production/counter`) changed along that linear branch: the order that says which of
 * two parts is newer. A commit's index in `rendered` is its place; 0 is the root.
 */
export class Timeline {
  readonly #entries: { readonly index: number; readonly part: ObjectId }[] = [];
  // Made when first asked for: whoever looks at one app needs no other's.
  #placesMade: Map<ObjectId, number> | undefined;

  get #places(): Map<ObjectId, number> {
    this.#placesMade ??= new Map(this.#entries.map(({ index, part }) => [part, index]));
    return this.#placesMade;
  }

  /** Every change, the oldest first. */
  get entries(): readonly { readonly index: number; readonly part: ObjectId }[] {
    return this.#entries;
  }

  /** Appends the next change; `index` must grow. */
  add(index: number, part: ObjectId): void {
    this.#entries.push({ index, part });
    this.#placesMade?.set(part, index);
  }

  /** Where the part stands in the order, or undefined when it never stood at this path: then it is not ours. */
  place(part: ObjectId): number | undefined {
    return this.#places.get(part);
  }

  /** Every part that stood here, the newest first. */
  parts(): ObjectId[] {
    return this.#entries.map(({ part }) => part).reverse();
  }

  /** What came to stand here after one part, up to and with another, in that order; nothing where either never did. */
  between(after: ObjectId, until: ObjectId): ObjectId[] {
    const [from, to] = [this.#places.get(after), this.#places.get(until)];
    if (from === undefined || to === undefined) return [];
    return this.#entries.filter(({ index }) => from < index && index <= to).map(({ part }) => part);
  }

  /** The part at commit `index` of `rendered`; undefined before the first. */
  at(index: number): ObjectId | undefined {
    return this.#entries.findLast((entry) => entry.index <= index)?.part;
  }

  /** The newest commit of `rendered`, of `length` commits, at which the part stands here. */
  newest(part: ObjectId, length: number): number | undefined {
    const found = this.#entries.findLastIndex((entry) => entry.part === part);
    if (found < 0) return undefined;
    return (this.#entries[found + 1]?.index ?? length) - 1;
  }
}

/** Whether two parts of one app, each at its own path, were ever rendered from the same commit. */
export function isCounterpart(
  [one, part]: readonly [Timeline, ObjectId],
  [other, counterpart]: readonly [Timeline, ObjectId],
  length: number,
): boolean {
  const spans = [
    [one.place(part), one.newest(part, length)],
    [other.place(counterpart), other.newest(counterpart, length)],
  ].flatMap(([from, to]) => (from === undefined || to === undefined ? [] : [{ from, to }]));
  const [a, b] = spans;
  return a !== undefined && b !== undefined && a.from <= b.to && b.from <= a.to;
}

/** `rendered` as its readers need it. */
export interface Rendered {
  /** Its commits from the root to the tip. */
  readonly commits: readonly ObjectId[];
  /** By path: `production/counter`, `production/.gitlab-ci.yml`. */
  readonly timelines: ReadonlyMap<string, Timeline>;
}

/** An environment branch as its readers need it: a vector of parts, and everything that ever stood there. */
export interface EnvironmentHistory {
  readonly tip: ObjectId;
  /** What stands at the tip, by name: apps, the pipeline file, and what people keep there. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** All that stood under a name in any commit reachable from the tip, merges' second parents included. */
  readonly seen: ReadonlyMap<string, ReadonlySet<ObjectId>>;
  /** The branch itself, along its first parents. */
  readonly course: Course;
}

export interface Entry {
  /** `040000` for a folder. */
  readonly mode: string;
  readonly id: ObjectId;
}
