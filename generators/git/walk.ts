import { mode } from '../model/mode.ts';
import type { ObjectId } from '../model/timeline.ts';
import type { Git, Input } from './git.ts';

/** What a commit changed under one name, or at one path. */
export interface Change {
  readonly path: string;
  readonly mode: string;
  /** All zeros where there was nothing. */
  readonly was: ObjectId;
  /** All zeros where nothing is left. */
  readonly id: ObjectId;
  readonly deleted: boolean;
}

/** A commit, and what it changed against its first parent. */
export interface Step {
  readonly commit: ObjectId;
  /** The first is the branch that it was made on; none for a root. */
  readonly parents: readonly ObjectId[];
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly changes: readonly Change[];
}

const raw = ['diff-tree', '--stdin', '--raw', '-z', '--no-renames', '--no-abbrev'];

/**
 * The commits that git lists, in its order, each with what it changed at its root: one git names them to another, which
 * looks at them meanwhile. Plumbing commands only, since people's settings change what `git log` prints.
 * @param which of them: what `git rev-list` is told
 */
export async function walk(git: Git, which: readonly string[]): Promise<Step[]> {
  const { out, ended } = git.flow(['rev-list', ...which]);
  const [steps] = await Promise.all([stepsOf(git, out), ended]);
  return steps;
}

/**
 * These commits, each with what it changed against its first parent.
 * @param commits their ids, a line each
 * @param depth whether folders are looked into, or what stands at the root is compared. @default 'root'
 */
export async function stepsOf(git: Git, commits: Input, depth: 'root' | 'files' = 'root'): Promise<Step[]> {
  const flags = ['--root', '--always', '--diff-merges=first-parent', '--format=%x00%H %ct %P'];
  const text = (await git.bytes([...raw, ...flags, ...(depth === 'files' ? ['-r'] : [])], commits)).toString();
  const steps: Step[] = [];
  let changes: Change[] = [];
  for (let at = 0; at < text.length; ) {
    const end = endOf(text, at);
    // Before a commit stands an empty field, before its first change a line break.
    if (text.charCodeAt(at) === newline) at++;
    if (text.charCodeAt(at) === colon) {
      const path = endOf(text, end + 1);
      changes.push(changeIn(text, at, end, path));
      at = path + 1;
    } else {
      if (end > at) {
        const [commit = '', time, ...parents] = text.slice(at, end).split(' ');
        changes = [];
        steps.push({ commit, parents: parents.filter(Boolean), time: Number(time) * 1000, changes });
      }
      at = end + 1;
    }
  }
  return steps;
}

/** A folder before and after. */
export interface Pair {
  readonly was: ObjectId;
  readonly id: ObjectId;
}

/**
 * Compares folders, a level deep.
 * @param tell what each pair differs in, in their order: a name, and what stands there after; undefined for nothing
 */
export async function compareFolders<P extends Pair>(
  git: Git,
  pairs: readonly P[],
  tell: (pair: P, name: string, id: ObjectId | undefined) => void,
): Promise<void> {
  if (pairs.length === 0) return;
  const text = (await git.bytes(raw, pairs.map(({ was, id }) => `${was} ${id}\n`).join(''))).toString();
  const size = pairs[0]?.id.length ?? 0;
  let next = 0;
  let pair = pairs[0] as P;
  for (let at = 0; at < text.length; ) {
    // Each pair stands on a line of its own before its differences.
    if (text.charCodeAt(at) !== colon) {
      pair = pairs[next++] as P;
      at += 2 * size + 2;
    } else {
      const end = at + 2 * size + 18;
      const path = endOf(text, end + 1);
      const gone = text.charCodeAt(end - 1) === deletion;
      tell(pair, text.slice(end + 1, path), gone ? undefined : text.slice(at + size + 16, end - 2));
      at = path + 1;
    }
  }
}

const [newline, colon, deletion] = [10, 58, 68];

const endOf = (text: string, from: number): number => {
  const end = text.indexOf('\0', from);
  return end < 0 ? text.length : end;
};

/**
 * `:100644 100644 <was> <is> M`, from `at` to `end`, and the path behind it.
 * https://git-scm.com/docs/git-diff-tree#_raw_output_format
 */
function changeIn(text: string, at: number, end: number, pathEnd: number): Change {
  const size = (end - at - 18) / 2;
  const was = at + 15;
  return {
    path: text.slice(end + 1, pathEnd),
    mode: modeOf(text, at + 8),
    was: text.slice(was, was + size),
    id: text.slice(was + size + 1, was + 2 * size + 1),
    deleted: text.charCodeAt(end - 1) === deletion,
  };
}

/** Most are folders, of which there need be no copy each. */
const modeOf = (text: string, at: number): string =>
  text.startsWith(mode.folder, at) ? mode.folder : text.slice(at, at + 6);
