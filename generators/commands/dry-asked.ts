import type { Git } from '../git/git.ts';
import { WorkTree } from '../git/work-tree.ts';
import { Misuse } from '../model/refusal.ts';
import { uncommitted } from '../model/words.ts';

/** What a verb is to look at: a commit, or what is saved in the work tree. */
export interface DryAsked {
  /** Where it is read. */
  readonly git: Git;
  /** The whole id of a commit; of a work tree one that nobody else can read. */
  readonly dry: string;
  /** What people are told that it is: the commit, or the one that the work tree stands on, with `-dirty`. */
  readonly name: string;
  /** Of a work tree: the commit that it stands on. */
  readonly uncommitted?: string;
  /** Of a work tree: where its objects are. */
  readonly objects?: string;
  /** After that nobody can read what was saved. */
  close(): Promise<void>;
}

/**
 * @param name as it was given. @default HEAD
 * @throws {Misuse} for what is no commit, and for a commit of which the work tree is asked
 */
export async function dryOf(checkout: Git, name: string | undefined, workTree = false): Promise<DryAsked> {
  if (workTree) {
    if (name !== undefined)
      throw new Misuse('--dry and --work-tree: a commit, or what is saved here. Leave one of them out.');
    const tree = await WorkTree.open(checkout);
    try {
      const { commit, head, dirty } = await tree.save();
      const { git, objects } = tree;
      const asked = { git, objects, dry: commit, name: dirty ? uncommitted(head) : head, uncommitted: head };
      return { ...asked, close: () => tree.close() };
    } catch (error) {
      await tree.close();
      throw error;
    }
  }
  const dry = await checkout.commit(name ?? 'HEAD');
  if (dry) return { git: checkout, dry, name: dry, close: async () => {} };
  throw new Misuse(`--dry ${name ?? 'HEAD'} is not a commit of ${checkout.dir}; fetch it, or name another.`);
}
