import type { Sandbox } from '../commands/sandbox.fixture.ts';
import type { Random } from './random.ts';

/** What the apps' definitions say at one commit: a value per app. */
export type Values = Readonly<Record<string, string>>;

/** A history of `main` in a sandbox. */
export interface History {
  /** The first-parent chain from the first commit that can be published, with what the apps are there. */
  readonly chain: readonly { readonly commit: string; readonly values: Values }[];
  /** Commits that came in by merges: they are reachable from the chain and not on it. */
  readonly merged: readonly string[];
  /** A commit that nobody pushed. */
  readonly unpushed: string;
}

/** The names that its apps may have. */
export const apps = ['a', 'b', 'c'] as const;

/** Makes between 8 and 15 commits on `main`: changes, removals, additions, words, and branches that are merged. */
export async function makeHistory(box: Sandbox, random: Random): Promise<History> {
  const { checkout } = box;
  const git = (...args: string[]) => checkout.bytes(args);
  let values: Record<string, string> = { a: '1', b: '1' };
  let counter = 1;
  const chain = [{ commit: await checkout.text(['rev-parse', 'HEAD']), values: { ...values } }];
  const merged: string[] = [];

  const edit = async (): Promise<string> => {
    const app = random.pick(apps);
    const present = values[app] !== undefined;
    if (random.chance(0.25)) return box.commitQuietly({ 'NOTES.md': `${++counter}` });
    if (present && random.chance(0.3)) {
      delete values[app];
      return box.commitQuietly(box.removed(app));
    }
    values = { ...values, [app]: `${++counter}` };
    return box.commitQuietly(box.changed({ [app]: `${counter}` }));
  };

  const length = 8 + random.below(8);
  while (chain.length < length) {
    if (random.chance(0.25)) {
      await git('switch', '--quiet', '--create', 'feature');
      for (let number = 1 + random.below(2); number > 0; number--) merged.push(await edit());
      await git('switch', '--quiet', 'main');
      // Sometimes main went on meanwhile, with something that does not meet the branch.
      if (random.chance(0.5)) {
        const commit = await box.commitQuietly({ 'MEANWHILE.md': `${++counter}` });
        chain.push({ commit, values: (chain.at(-1) as { values: Record<string, string> }).values });
      }
      await git('merge', '--quiet', '--no-ff', '-m', 'merge feature', 'feature');
      await git('branch', '--quiet', '--delete', 'feature');
      chain.push({ commit: await checkout.text(['rev-parse', 'HEAD']), values: { ...values } });
    } else {
      chain.push({ commit: await edit(), values: { ...values } });
    }
  }
  await git('push', '--quiet', 'origin', 'HEAD:main');
  const unpushed = await box.commitQuietly({ 'NOTES.md': 'mine alone' });
  return { chain, merged, unpushed };
}
