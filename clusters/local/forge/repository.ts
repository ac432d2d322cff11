import { chmod, copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Git } from '../../../generators/git/git.ts';

const protection = 'protected-branches';

/**
 * Makes a bare repository in `dir` that refuses, as GitLab would, to rewrite or delete its protected branches. Running
 * it again changes nothing but the list.
 * @param branches protected by exact name
 */
export async function createRepository(dir: string, branches: readonly string[]): Promise<Git> {
  await mkdir(dir, { recursive: true });
  const git = new Git(dir);
  await git.bytes(['init', '--quiet', '--bare', '--initial-branch=main', dir]);
  const settings = {
    // A reader may leave file contents out, and ask for them later by id: what GitLab allows too.
    'uploadpack.allowFilter': 'true',
    'uploadpack.allowAnySHA1InWant': 'true',
    'gc.auto': '0',
  };
  for (const [name, value] of Object.entries(settings)) await git.bytes(['config', name, value]);
  await writeFile(join(dir, protection), branches.map((branch) => `${branch}\n`).join(''));
  const hook = join(dir, 'hooks', 'pre-receive');
  await mkdir(join(dir, 'hooks'), { recursive: true });
  await copyFile(join(import.meta.dirname, 'pre-receive.sh'), hook);
  await chmod(hook, 0o755);
  return git;
}

/** The branches that nobody may rewrite or delete. */
export async function protectedBranches(dir: string): Promise<string[]> {
  return (await readFile(join(dir, protection), 'utf8')).split('\n').filter((line) => line !== '');
}
