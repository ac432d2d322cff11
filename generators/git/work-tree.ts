import { rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Misuse } from '../model/refusal.ts';
import type { Git } from './git.ts';

/** What is saved in a work tree at one moment, as a commit that no branch has. */
export interface Saved {
  /** It holds every file that `git add --all` would take; HEAD itself where nothing differs from that. */
  readonly commit: string;
  /** The commit that the work tree stands on. */
  readonly head: string;
  /** Whether something is saved that HEAD does not have. */
  readonly dirty: boolean;
}

/** Nobody's, at no time: the same files on the same HEAD are the same commit. */
const nobody = { NAME: 'work tree', EMAIL: 'work-tree@localhost.invalid', DATE: '@0 +0000' };
const by = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) =>
    Object.entries(nobody).map(([field, value]) => [`GIT_${role}_${field}`, value]),
  ),
);

/** The user's settings for a big index would write beside it, or start a process that stays. */
const settings = ['core.fsmonitor=false', 'core.splitIndex=false', 'core.untrackedCache=false', 'core.safecrlf=false'];

/**
 * The work tree of a checkout, saved as commits, so that whatever reads a commit reads what is not committed, too. Their
 * objects, and the index that they are made with, stand in a temporary folder: of the checkout, its index and its object
 * database nothing is touched, and when this is closed nobody can name such a commit any more.
 */
export class WorkTree {
  /** The checkout with these commits. */
  readonly git: Git;
  /** Where further repositories find their objects and the checkout's: for GIT_ALTERNATE_OBJECT_DIRECTORIES. */
  readonly objects: string;
  readonly #dir: string;
  readonly #index: string;
  readonly #remove: () => void;
  #head: string | undefined;

  private constructor(checkout: Git, dir: string, objects: string, index: string) {
    const own = join(dir, 'objects');
    this.#dir = dir;
    this.#index = index;
    this.objects = `${own}:${objects}`;
    this.git = checkout.with({
      GIT_OBJECT_DIRECTORY: own,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
      GIT_INDEX_FILE: join(dir, 'index'),
    });
    this.#remove = () => rmSync(dir, { recursive: true, force: true });
    process.once('exit', this.#remove);
  }

  static async open(checkout: Git): Promise<WorkTree> {
    const [objects = '', index = ''] = await checkout.lines([
      ...['rev-parse', '--path-format=absolute', '--git-path', 'objects', '--git-path', 'index'],
    ]);
    const dir = await mkdtemp(join(tmpdir(), 'slipway-work-tree-'));
    await mkdir(join(dir, 'objects'));
    return new WorkTree(checkout, dir, objects, index);
  }

  /** @throws {Misuse} where nothing was ever committed */
  async save(): Promise<Saved> {
    const [head, before] = await this.git.lines(['rev-parse', 'HEAD^{commit}', 'HEAD^{tree}']).catch((error: Error) => {
      throw new Misuse(`${this.git.dir} has no commit yet: a work tree is read as what it changes of one.`, {
        cause: error,
      });
    });
    if (!head) throw new Error('HEAD names nothing');
    // What the user's index knows of every file saves reading it; a commit has changed that.
    if (head !== this.#head) await this.#copyIndex();
    this.#head = head;
    await this.git.bytes([...settings.flatMap((setting) => ['-c', setting]), 'add', '--all']);
    const tree = await this.git.text(['write-tree']);
    if (tree === before) return { commit: head, head, dirty: false };
    const commit = await this.git.with(by).text(['commit-tree', tree, '-p', head, '-m', 'What is saved']);
    return { commit, head, dirty: true };
  }

  async close(): Promise<void> {
    process.off('exit', this.#remove);
    await rm(this.#dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }

  async #copyIndex(): Promise<void> {
    const own = join(this.#dir, 'index');
    await rm(own, { force: true });
    const made = await stat(this.#index).catch(() => undefined);
    if (!made) return;
    await copyFile(this.#index, own);
    // A file that was changed after an index was written is looked at again: by this time git tells.
    await utimes(own, made.atime, made.mtime);
  }
}
