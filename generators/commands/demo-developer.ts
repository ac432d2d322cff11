import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx';
import { Git } from '../git/git.ts';
import { Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';

/** A text of the service that a commit replaces by another. */
export type Edit = readonly [from: string, to: string];

/** Who works in the demo: with plain git, on a clone of the world's repository. */
export class Developer {
  readonly checkout: Git;

  private constructor(checkout: Git) {
    this.checkout = checkout;
  }

  /** @param dir where the clone shall be */
  static async clone(repository: string, dir: string): Promise<Developer> {
    await $({ quiet: true })`git clone --quiet ${repository} ${dir}`;
    const git = new Git(dir);
    for (const [name, value] of [
      ['user.name', 'A Developer'],
      ['user.email', 'developer@localhost.invalid'],
      ['commit.gpgSign', 'false'],
    ] as const) {
      await git.bytes(['config', name, value]);
    }
    return new Developer(git);
  }

  /** Commits edits, or nothing at all, and pushes to `main`. @returns what changed: the files, and the commit */
  async commit(message: string, ...edits: readonly Edit[]): Promise<string> {
    const files = new Set<string>();
    for (const edit of edits) files.add(await this.#edit(edit));
    await this.#git`git commit --quiet --all --allow-empty -m ${message} && git push --quiet origin main`;
    return `${[...files].join(', ')} at ${short((await this.checkout.commit('HEAD')) ?? '')}`;
  }

  /** Reverts the last merge on a branch, and pushes that. */
  async revert(branch: string): Promise<void> {
    await this
      .#git`git fetch --quiet origin && git switch --quiet ${branch} && git revert --no-edit -m 1 HEAD && git push --quiet origin HEAD && git switch --quiet main`;
  }

  get #git() {
    return $({ cwd: this.checkout.dir, quiet: true });
  }

  /** Replaces a text in the one file that has it, tests aside. @returns the file */
  async #edit([from, to]: Edit): Promise<string> {
    const sources = ['*.ts', ':!*.test.ts', ':!generators', ':!clusters'];
    const files = await this.checkout.lines(['grep', '-lF', from, '--', ...sources]);
    const [file] = files;
    if (!file || files.length > 1)
      throw new Refusal(
        `The demo changes ${JSON.stringify(from)} in one file, and finds it in ${files.join(', ') || 'none'}.`,
      );
    const path = join(this.checkout.dir, file);
    await writeFile(path, (await readFile(path, 'utf8')).replace(from, to));
    return file;
  }
}
