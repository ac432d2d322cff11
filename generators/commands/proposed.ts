import type { MergeRequest } from '../forge/forge.ts';
import { readProposed } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { branchOf, environmentBranch, head, isProposalFor } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import type { EnvironmentHistory, ObjectId } from '../model/timeline.ts';
import type { Context } from './context.ts';

/** What a proposal branch would change of one app. */
export interface Proposing {
  readonly app: string;
  /** Undefined where it would take the app away. */
  readonly part: ObjectId | undefined;
  readonly branch: string;
  /** Absent where no forge was asked. */
  readonly request?: MergeRequest;
}

/** The open requests onto an environment; undefined where the forge is not configured, or cannot be asked. */
export const openedOnto = ({ forge, say }: Context, environment: string): Promise<MergeRequest[] | undefined> =>
  orSaid(say, forge?.opened(environmentBranch(environment)));

/** What was asked; undefined, with a word to whoever waits, where it cannot be. */
export async function orSaid<T>(say: Context['say'], asking: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message);
    return undefined;
  }
}

/**
 * What is proposed, in the order of branches, so that one app's own comes after the one of all: what the branch of each
 * open request changes; without a forge every proposal branch counts that would change something.
 */
export async function proposalsIn(
  { git, refs }: Mirror,
  environment: string,
  target: Pick<EnvironmentHistory, 'tip' | 'entries'>,
  opened: readonly MergeRequest[] | undefined,
): Promise<Proposing[]> {
  const branches = [...refs.keys()].map(branchOf).filter((branch) => isProposalFor(environment, branch));
  const requests = new Map((opened ?? []).map((request) => [request.source, request]));
  // What was closed, or merged, waits for nobody.
  const open = opened ? branches.filter((branch) => requests.has(branch)) : branches;
  const found = await Promise.all(
    open.sort().map(async (branch) => {
      const proposed = await readProposed(git, target.tip, refs.get(head(branch)) as string);
      const request = requests.get(branch);
      // The last link that sets a name says what the branch has there.
      const sets = new Map(
        (proposed?.links ?? []).flatMap((link) => link.sets.map(({ name, id }) => [name, id] as const)),
      );
      return [...sets].flatMap(([app, part]): Proposing[] =>
        target.entries.get(app)?.id === part ? [] : [{ app, part, branch, ...(request ? { request } : {}) }],
      );
    }),
  );
  return found.flat();
}
