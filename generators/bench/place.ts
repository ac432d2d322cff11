import { symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Git, GitError } from '../git/git.ts';
import { head, main } from '../model/names.ts';
import type { Scratch } from './scratch.ts';

/** Where one run of one side takes place: a server that nobody has used, and a fresh clone of its `main`. */
export interface Place {
  readonly dir: string;
  readonly remote: Git;
  readonly checkout: Git;
}

/**
 * Makes a place for one run. None of it is in the clock of any side.
 * @param program the checkout whose installed packages are used
 * @param template what the server has; its `main` becomes `commit`
 */
export async function makePlace(scratch: Scratch, program: string, template: Git, commit: string): Promise<Place> {
  const dir = await scratch.folder('place');
  const remote = await serverLike(template, join(dir, 'remote.git'));
  await remote.bytes(['update-ref', head(main), commit]);
  const checkout = new Git(join(dir, 'checkout'));
  await new Git(dir).bytes(['clone', '--quiet', '--branch', main, addressOf(remote), checkout.dir]);
  await symlink(join(program, 'node_modules'), join(checkout.dir, 'node_modules'));
  return { dir, remote, checkout };
}

/** A server's copy of a repository, which serves what GitLab does: clones without blobs, and objects by their ids. */
export async function serverLike(template: Git, dir: string): Promise<Git> {
  const server = new Git(dir);
  await new Git(dirname(dir)).bytes(['clone', '--quiet', '--mirror', template.dir, dir]);
  await server.bytes(['remote', 'remove', 'origin']).catch(() => {});
  const settings = {
    'uploadpack.allowFilter': 'true',
    'uploadpack.allowAnySHA1InWant': 'true',
    'receive.autogc': 'false',
  };
  for (const [name, value] of Object.entries(settings)) await server.bytes(['config', name, value]);
  return server;
}

/** The same transport for both sides: a local path would let git copy files instead of talking to a server. */
export const addressOf = ({ dir }: Git) => `file://${dir}`;

/** How many files of a commit hold a text; `paths` are git's own patterns. */
export async function filesWith(git: Git, text: string, commit: string, paths: readonly string[]): Promise<number> {
  try {
    const args = ['grep', '--files-with-matches', '--fixed-strings', '-e', text, commit, '--', ...paths];
    return (await git.lines(args)).length;
  } catch (error) {
    // That is how it says "in none".
    if (error instanceof GitError && error.status === 1) return 0;
    throw error;
  }
}
