import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Published } from '../model/metadata.ts';
import { Refusal } from '../model/refusal.ts';
import { type Git, GitError } from './git.ts';
import { renderedFrom } from './sources.ts';

/** What publishing a dry commit would be, by the order of `main`. */
export type Order =
  | { readonly is: 'newer' }
  | { readonly is: 'same'; readonly published: Published }
  | { readonly is: 'superseded'; readonly by: string };

/**
 * Places a dry commit: only commits on the first-parent chain of the remote's `main` are published, so any two are
 * ordered, and a pipeline that finishes late is seen to be late.
 * @param mainTip the remote's `main`
 * @param published what was published, newest first
 * @throws {Refusal} `not on main`, or `diverged from <sha>`
 */
export async function placeOnMain(
  git: Git,
  dry: string,
  mainTip: string | undefined,
  published: AsyncIterable<Published>,
): Promise<Order> {
  const chain = mainTip === undefined ? [] : await git.lines(['rev-list', '--first-parent', mainTip]);
  const place = new Map(chain.map((commit, index) => [commit, index]));
  const here = place.get(dry);
  let newest: string | undefined;
  for await (const one of published) {
    const { drySha } = one;
    const there = place.get(drySha);
    if (newest === undefined) {
      newest = drySha;
      if (drySha === dry) return { is: 'same', published: one };
      // Also when main was rewritten since: what was published after it must not be taken back.
      const known = here !== undefined && there !== undefined;
      if (known ? here > there : await isBefore(git, dry, drySha)) return { is: 'superseded', by: drySha };
    }
    if (there === undefined) continue;
    if (here !== undefined && here > there)
      throw new Refusal(
        `${dry} diverged from ${drySha}, the newest published commit that is still on main. Publish a commit that comes after it.`,
      );
    break;
  }
  if (here === undefined)
    throw new Refusal(
      `${dry} is not on main of the remote (its first-parent chain): merge and push it there, then publish.`,
    );
  return { is: 'newer' };
}

/** Whether a commit is on the first-parent chain of another. */
const isBefore = async (git: Git, dry: string, other: string): Promise<boolean> =>
  (await git.commit(other)) !== undefined && (await git.lines(['rev-list', '--first-parent', other])).includes(dry);

/** Rooms that reach outside, which no render can, and tests: what is not written need not be removed. */
const aside = [
  ...['bench', 'commands', 'faults', 'forge', 'git', 'hermetic', 'live'].map((room) => `:(exclude)generators/${room}`),
  ...[':(exclude)clusters/local', ':(exclude,glob)**/*.test.ts', ':(exclude,glob)**/*.fixture.ts'],
];

/** Writes what every render of a dry commit runs into the folder `dir`: the committed tree, never the work tree. */
export const exportShared = (git: Git, dry: string, dir: string): Promise<void> =>
  exportTree(git, dry, dir, [...renderedFrom.map((path) => (path === 'apps' ? 'apps/index.ts' : path)), ...aside]);

/** Writes at least these folders of a dry commit's `apps/` beside it. */
export async function exportApps(git: Git, dry: string, dir: string, apps: readonly string[]): Promise<void> {
  // git holds every file against every name: from some on, all of them cost less.
  const folders = apps.length > 500 ? ['apps'] : apps.map((app) => `apps/${app}`);
  if (folders.length > 0) await exportTree(git, dry, dir, [...folders, ...aside]);
}

/** Whether two folders ask for the same packages. */
export async function sameLockfile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map((dir) => readFile(join(dir, 'package-lock.json'))));
  return left !== undefined && right !== undefined && left.equals(right);
}

/**
 * Writes what a commit or tree holds, or those of its paths, into the folder `dir`, which must be there.
 * @throws {GitError} when git or tar cannot
 */
export async function exportTree(git: Git, treeish: string, dir: string, paths: readonly string[] = []): Promise<void> {
  const tar = await git.bytes(['archive', '--format=tar', treeish, ...paths]);
  const child = spawn('tar', ['-x', '-C', dir], { stdio: ['pipe', 'ignore', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(tar);
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [status, said] = await Promise.all([ended, text(child.stderr)]);
  if (status !== 0) throw new GitError(['archive'], status, said);
}
