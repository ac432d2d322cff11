import { spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Published } from '../model/metadata.ts';
import type { Build } from '../model/part.ts';
import { Refusal } from '../model/refusal.ts';
import { type Git, GitError } from './git.ts';
import { entriesOf, isFolder } from './history.ts';

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
    if (newest === undefined) {
      newest = drySha;
      if (drySha === dry) return { is: 'same', published: one };
      // Also when main was rewritten since: what was published after it must not be taken back.
      if ((await git.commit(drySha)) && (await git.lines(['rev-list', '--first-parent', drySha])).includes(dry))
        return { is: 'superseded', by: drySha };
    }
    const there = place.get(drySha);
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

/**
 * What images are built from: every top-level folder with a Dockerfile. The version for people is `major.minor` of its
 * package.json and the number of first-parent commits that touched the folder since that line last changed, so an
 * unrelated commit changes nothing.
 */
export async function buildsAt(git: Git, dry: string): Promise<Record<string, Build>> {
  const builds: Record<string, Build> = {};
  for (const [folder, entry] of await entriesOf(git, dry)) {
    if (!isFolder(entry) || !(await entriesOf(git, dry, `${folder}/`)).has('Dockerfile')) continue;
    const commit = await git.text(['rev-list', '--first-parent', '--max-count=1', dry, '--', folder]);
    builds[folder] = { tree: entry.id, version: await versionOf(git, dry, folder), commit };
  }
  return builds;
}

async function versionOf(git: Git, dry: string, folder: string): Promise<string> {
  const file = `${folder}/package.json`;
  const declared = await declaredVersion(git, dry, file);
  if (!declared)
    throw new Refusal(
      `${file} of ${dry} has no version of the form 1.0.0; images built from ${folder} are named after it.`,
    );
  let since: string | undefined;
  for (const commit of await git.lines(['rev-list', '--first-parent', dry, '--', file])) {
    if ((await declaredVersion(git, commit, file)) !== declared) break;
    since = commit;
  }
  const range = since ? [`${since}..${dry}`] : [dry];
  const count = await git.text(['rev-list', '--count', '--first-parent', ...range, '--', folder]);
  return `${declared}.${count}`;
}

/** `major.minor` of a package.json; undefined where the file or a legal version is missing. */
async function declaredVersion(git: Git, commit: string, file: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await git.text(['show', `${commit}:${file}`])) as { version?: string };
    return /^(\d+\.\d+)\.\d+$/.exec(version ?? '')?.[1];
  } catch {
    return undefined;
  }
}

/** Writes the files of a dry commit that a render runs into `dir`: the committed tree, never the work tree. */
export async function exportDry(git: Git, dry: string, dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  const wanted = ['apps', 'clusters', 'generators', 'package.json', 'package-lock.json'];
  const there = await entriesOf(git, dry);
  const missing = wanted.filter((name) => !there.has(name));
  if (missing.length > 0)
    throw new Refusal(`Commit ${dry} has no ${missing.join(', ')}: it is not a commit of a Slipway repository.`);
  await exportTree(git, dry, dir, wanted);
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
