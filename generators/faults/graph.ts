import type { Git } from '../git/git.ts';

/** A commit as a model needs it: what it stands on, and what stands at its root, by name. */
export interface Commit {
  readonly parents: readonly string[];
  readonly entries: ReadonlyMap<string, string>;
  /** Milliseconds since 1970. */
  readonly time: number;
}

const nothing: ReadonlyMap<string, string> = new Map();

/** Every branch of a repository with all its commits, read by `git log` and nothing of the program that is held against it. */
export class Graph {
  heads: ReadonlyMap<string, string> = new Map();
  readonly #git: Git;
  readonly #commits = new Map<string, Commit>();

  constructor(git: Git) {
    this.#git = git;
  }

  /** Looks again. @returns what the branches were before */
  async look(): Promise<ReadonlyMap<string, string>> {
    const before = this.heads;
    const refs = await this.#git.lines(['for-each-ref', '--format=%(objectname) %(refname:lstrip=2)', 'refs/heads']);
    this.heads = new Map(refs.map((line) => line.split(' ')).map(([commit = '', name = '']) => [name, commit]));
    const moved = [...new Set(this.heads.values())].filter((commit) => !this.#commits.has(commit));
    if (moved.length === 0) return before;
    const known = [...new Set(before.values())].map((commit) => `^${commit}`);
    const log = await this.#git.lines(['log', '--format=%H %T %ct %P', ...moved, ...known]);
    const fresh = log
      .map((line) => line.split(' ').filter(Boolean) as [string, string, string, ...string[]])
      .filter(([commit]) => !this.#commits.has(commit));
    const trees = await this.#roots(fresh.map(([, tree]) => tree));
    for (const [commit, tree, time, ...parents] of fresh)
      this.#commits.set(commit, { parents, entries: trees.get(tree) ?? nothing, time: Number(time) * 1000 });
    return before;
  }

  commit(id: string | undefined): Commit {
    return (id && this.#commits.get(id)) || { parents: [], entries: nothing, time: 0 };
  }

  /** What stands at a branch's tip, by name. */
  tip(branch: string): ReadonlyMap<string, string> {
    return this.commit(this.heads.get(branch)).entries;
  }

  /** Every commit that can be reached, itself included. */
  reachable(from: string | undefined): Set<string> {
    const found = new Set<string>();
    const waiting = from === undefined ? [] : [from];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(...this.commit(next).parents);
    }
    return found;
  }

  /** The commits of a branch itself, along first parents, newest first. */
  own(from: string | undefined): string[] {
    const found: string[] = [];
    for (let next = from; next !== undefined; next = this.commit(next).parents[0]) found.push(next);
    return found;
  }

  /** What a commit changed against its first parent. */
  changed(id: string): { readonly name: string; readonly to: string | undefined }[] {
    const { parents, entries } = this.commit(id);
    return difference(this.commit(parents[0]).entries, entries);
  }

  /** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects */
  async #roots(ids: readonly string[]): Promise<Map<string, ReadonlyMap<string, string>>> {
    const wanted = [...new Set(ids)];
    const found = new Map<string, ReadonlyMap<string, string>>();
    if (wanted.length === 0) return found;
    const answer = await this.#git.bytes(['cat-file', '--batch'], `${wanted.join('\n')}\n`);
    let at = 0;
    for (const tree of wanted) {
      const start = answer.indexOf(10, at) + 1;
      const end = start + Number(answer.subarray(at, start).toString().split(' ')[2]);
      const entries = new Map<string, string>();
      for (let entry = start; entry < end; ) {
        const zero = answer.indexOf(0, entry);
        const [, name = ''] = answer.subarray(entry, zero).toString().split(' ');
        entries.set(name, answer.subarray(zero + 1, zero + 21).toString('hex'));
        entry = zero + 21;
      }
      found.set(tree, entries);
      at = end + 1;
    }
    return found;
  }
}

/** Where two trees differ, by name, in alphabetical order. */
export function difference(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): { readonly name: string; readonly to: string | undefined }[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.filter((name) => before.get(name) !== after.get(name)).map((name) => ({ name, to: after.get(name) }));
}
