import type { MergeRequest } from '../forge/forge.ts';
import { readDeeds, readMerges } from '../git/chronicle.ts';
import type { Mirror } from '../git/mirror.ts';
import { writtenAt } from '../git/write.ts';
import { environmentBranch } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { ObjectId } from '../model/timeline.ts';
import type { Brought } from '../model/where-table.ts';
import type { Moment } from '../model/whereabouts.ts';
import type { Context } from './context.ts';

/** The merge requests that a forge has a commit of; none where there is no forge, or it cannot be asked. */
export async function requestsOf({ forge }: Context, commit: ObjectId): Promise<MergeRequest[]> {
  try {
    return (await forge?.broughtBy(commit)) ?? [];
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
}

/**
 * Who brought what commits did: by the commit itself where a person made it, or a publish in a first environment. Of a
 * fast-forward or a squash only the forge knows, and is asked where it is configured.
 */
export async function broughtBy(
  context: Context,
  { git }: Mirror,
  moments: readonly (Moment & { readonly environment: string })[],
  first: ReadonlySet<string>,
): Promise<Map<ObjectId, Brought>> {
  const commits = moments.map(({ commit }) => commit);
  const [deeds, merges] = await Promise.all([readDeeds(git, commits), readMerges(git, commits)]);
  const machine = writtenAt(0).name;
  const entries = [...new Map(moments.map((one) => [one.commit, one.environment]))].map(
    async ([commit, environment]): Promise<readonly [ObjectId, Brought]> => {
      const { by: author = '', words = '', request } = deeds.get(commit) ?? {};
      const own = { by: author, words };
      if (request !== undefined) return [commit, { ...own, request }];
      if (merges.has(commit)) return [commit, own];
      if (first.has(environment) && author === machine) return [commit, { by: 'publish', words }];
      const asked = await requestsOf(context, commit);
      const came = asked?.find(({ target, merged }) => merged && target === environmentBranch(environment));
      if (came?.merged) {
        const { by, at } = came.merged;
        return [commit, { ...(by ? { by } : {}), words: came.title, request: came.iid, at }];
      }
      return [commit, author === machine ? { words } : own];
    },
  );
  return new Map(await Promise.all(entries));
}
