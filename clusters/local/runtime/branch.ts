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
  #loose: Seen = { stamp: '', text: undefined };
  #packed: Seen = { stamp: '', text: undefined };

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

  // Synchronously: a turn through the thread pool would cost ten times as much.
  #look(): string | undefined {
    const file = join(this.#repository.dir, head(this.name));
    const stamp = stampOf(file);
    if (stamp === undefined) return this.#inPack();
    if (stamp !== this.#loose.stamp) this.#loose = { stamp, text: readFileSync(file, 'utf8') };
    return this.#loose.text;
  }

  #inPack(): string | undefined {
    const file = join(this.#repository.dir, 'packed-refs');
    const stamp = stampOf(file);
    if (stamp === undefined) return undefined;
    if (stamp !== this.#packed.stamp) {
      const lines = readFileSync(file, 'utf8').split('\n');
      this.#packed = { stamp, text: lines.find((line) => line.endsWith(` ${head(this.name)}`)) };
    }
    return this.#packed.text;
  }
}

interface Seen {
  readonly stamp: string;
  readonly text: string | undefined;
}

/** git never changes such a file: it puts another one in its place. Undefined when there is none. */
function stampOf(file: string): string | undefined {
  const found = statSync(file, { throwIfNoEntry: false, bigint: true });
  return found && `${found.ino} ${found.mtimeNs} ${found.ctimeNs} ${found.size}`;
}
