import { type Git, GitError } from '../../../generators/git/git.ts';

/** GitLab's `merge_method`: a merge commit, one with semi-linear history, fast-forward only. */
export type Method = 'merge' | 'rebase_merge' | 'ff';

/** GitLab's `squash_option`: whether a request may become one commit before it is merged. */
export type SquashOption = 'never' | 'default_off' | 'default_on' | 'always';

/** Whether a request is squashed: the project may say so, or leave it to who merges. */
export function isSquashed(option: SquashOption, asked: unknown): boolean {
  if (option === 'never' || option === 'always') return option === 'always';
  return asked === undefined ? option === 'default_on' : String(asked) === 'true';
}

/** A request that is to be merged, by commits. */
export interface Merging {
  readonly source: string;
  readonly target: string;
  readonly method: Method;
  readonly squash: boolean;
  /** Of the merge commit. */
  readonly message: string;
  /** Of the one commit that a squash makes. */
  readonly title: string;
}

/** What a merge made, in GitLab's field names. */
export interface Merged {
  /** Where the target's branch is to stand. */
  readonly tip: string;
  readonly merge_commit_sha: string | null;
  readonly squash_commit_sha: string | null;
}

/**
 * Merges as GitLab does, without a checkout and without moving a branch. A squash makes one commit where the branches
 * parted, and that is merged by the project's method.
 * https://docs.gitlab.com/user/project/merge_requests/methods/
 * @returns undefined where GitLab says that the branch cannot be merged: there are conflicts, or it has to be rebased
 */
export async function merged(git: Git, merging: Merging): Promise<Merged | undefined> {
  const { source, target, method, squash, message, title } = merging;
  const linear = await git.isAncestor(target, source);
  if (method !== 'merge' && !linear) return undefined;
  const base = await forkOf(git, target, source);
  if (base === undefined) return undefined;
  const one = squash ? await commit(git, `${source}^{tree}`, [base], `${title}\n`) : undefined;
  const tip = one ?? source;
  const squash_commit_sha = one ?? null;
  if (method === 'ff') return { tip, merge_commit_sha: null, squash_commit_sha };
  const tree = linear ? `${source}^{tree}` : await threeWay(git, target, tip);
  if (tree === undefined) return undefined;
  const made = await commit(git, tree, [target, tip], message);
  return { tip: made, merge_commit_sha: made, squash_commit_sha };
}

/**
 * What GitLab's button Rebase makes of a branch: its commits, one after the other, as changes of the target's tip. Merge
 * commits are left out, and so is what changes nothing any more.
 * https://docs.gitlab.com/topics/git/git_rebase/
 * @returns undefined where there are conflicts
 */
export async function rebased(git: Git, source: string, target: string): Promise<string | undefined> {
  if (source === target || (await git.isAncestor(target, source))) return source;
  const commits = await git.lines(['rev-list', '--reverse', '--topo-order', '--no-merges', source, `^${target}`]);
  let tip = target;
  for (const one of commits) {
    const tree = await picked(git, one, tip);
    if (tree === undefined) return undefined;
    if (tree !== (await git.text(['rev-parse', `${tip}^{tree}`]))) tip = await again(git, one, tree, tip);
  }
  return tip;
}

/** Where two branches parted; undefined where they share nothing. */
export async function forkOf(git: Git, one: string, other: string): Promise<string | undefined> {
  try {
    return await git.text(['merge-base', one, other]);
  } catch (error) {
    if (error instanceof GitError && error.status === 1) return undefined;
    throw error;
  }
}

/** The tree of a merge; undefined where there are conflicts. https://git-scm.com/docs/git-merge-tree */
export async function threeWay(git: Git, ours: string, theirs: string): Promise<string | undefined> {
  try {
    return await git.text(['merge-tree', '--write-tree', '--no-messages', ours, theirs]);
  } catch (error) {
    if (error instanceof GitError && error.status === 1) return undefined;
    throw error;
  }
}

/** The tree that a commit's change makes of another; undefined where there are conflicts. */
async function picked(git: Git, one: string, onto: string): Promise<string | undefined> {
  // A git before 2.40 takes no --merge-base: what it is to start from is the parent of both sides instead.
  const base = (await git.commit(`${one}^`)) ?? (await commit(git, await git.text(['mktree']), [], 'nothing\n'));
  const sides = [onto, one].map((side) => commit(git, `${side}^{tree}`, [base], 'a side\n'));
  const [ours = '', theirs = ''] = await Promise.all(sides);
  return threeWay(git, ours, theirs);
}

/** A commit once more, by its author, with another tree and parent. */
async function again(git: Git, one: string, tree: string, parent: string): Promise<string> {
  const format = '--format=%an%x00%ae%x00%ad%x00%B';
  const shown = await git.text(['show', '--no-patch', '--date=raw', format, one]);
  const [GIT_AUTHOR_NAME = '', GIT_AUTHOR_EMAIL = '', GIT_AUTHOR_DATE = '', message = ''] = shown.split('\0');
  return commit(git.with({ GIT_AUTHOR_NAME, GIT_AUTHOR_EMAIL, GIT_AUTHOR_DATE }), tree, [parent], message);
}

function commit(git: Git, tree: string, parents: readonly string[], message: string): Promise<string> {
  const person = ['-c', 'user.name=Local Person', '-c', 'user.email=person@localhost.invalid'];
  return git.text([...person, 'commit-tree', ...parents.flatMap((parent) => ['-p', parent]), '-F', '-', tree], message);
}
