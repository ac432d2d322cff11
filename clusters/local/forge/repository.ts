import { chmod, copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Git } from '../../../generators/git/git.ts';
import { type Protection, type Rule, ruleFor, rulesOf, writeRules } from './protection.ts';

/**
 * Makes a bare repository in `dir` that refuses, as GitLab would, to rewrite or delete its protected branches. Running
 * it again changes nothing but the list: what is named by its name alone keeps the rule that it has.
 * @param branches protected by name or wildcard
 */
export async function createRepository(dir: string, branches: readonly (string | Protection)[]): Promise<Git> {
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
  const old = await rulesOf(dir);
  const rules: Rule[] = [];
  for (const branch of branches) {
    const given = typeof branch === 'string' ? { name: branch } : branch;
    rules.push(ruleFor(given, [...old, ...rules]));
  }
  await writeRules(dir, rules);
  const hook = join(dir, 'hooks', 'pre-receive');
  await mkdir(join(dir, 'hooks'), { recursive: true });
  await copyFile(join(import.meta.dirname, 'pre-receive.sh'), hook);
  await chmod(hook, 0o755);
  return git;
}
