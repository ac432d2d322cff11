import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Git, GitError } from '../../../generators/git/git.ts';
import { environmentBranch, head } from '../../../generators/model/names.ts';

/**
 * An environment branch of a bare repository on this machine, looked at again and again. A look that finds what the
 * last one found reads one small file and starts no process; git is asked only when the text behind the name changed.
 * https://git-scm.com/docs/gitrepository-layout
 */
export class Branch {
  readonly name: string;
  readonly #repository: Git;
  /** What stood there when git was asked last. */
  #text: string | undefined;
  #tip: string | undefined;
  #packed: { readonly stamp: string; readonly lines: readonly string[] } = { stamp: '', lines: [] };

  constructor(repository: Git, environment: string) {
    this.name = environmentBranch(environment);
    this.#repository = repository;
  }

  /**
   * The commit that the branch is at; undefined when there is no such branch.
   * @throws {Refusal} when git finds no commit there, once per change: later looks give what stood there before
   */
  async tip(): Promise<string | undefined> {
    const text = this.#look();
    // What points at another branch says nothing about where that one is.
    if (text === this.#text && !text?.startsWith('ref:')) return this.#tip;
    this.#text = text;
    if (text === undefined) {
      this.#tip = undefined;
      return undefined;
    }
    try {
      const revision = `${head(this.name)}^{commit}`;
      this.#tip = await this.#repository.text(['rev-parse', '--verify', '--end-of-options', revision]);
    } catch (error) {
      // What git did not say, it may say the next time.
      if (!(error instanceof GitError)) this.#text = undefined;
      throw error;
    }
    return this.#tip;
  }

  // Synchronously: it is 41 bytes in the page cache, and a turn through the thread pool costs ten times as much.
  #look(): string | undefined {
    try {
      return readFileSync(join(this.#repository.dir, head(this.name)), 'utf8');
    } catch {
      return this.#inPack();
    }
  }

  #inPack(): string | undefined {
    const file = join(this.#repository.dir, 'packed-refs');
    const found = statSync(file, { throwIfNoEntry: false, bigint: true });
    if (!found) return undefined;
    // git replaces the file, so that another content is another file.
    const stamp = `${found.ino} ${found.mtimeNs} ${found.size}`;
    if (stamp !== this.#packed.stamp) this.#packed = { stamp, lines: readFileSync(file, 'utf8').split('\n') };
    return this.#packed.lines.find((line) => line.endsWith(` ${head(this.name)}`));
  }
}
