import type { MergeRequest } from '../forge/forge.ts';
import { entriesOf, readProposed } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { isByHand, readMarked } from '../model/marked.ts';
import { head, isProposalFor, proposalBranch } from '../model/names.ts';
import { isComposed, tended } from '../model/proposed.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import type { Proposal } from './proposal.ts';

export interface Tending {
  readonly environment: string;
  readonly target: EnvironmentHistory;
  readonly rendered: Rendered;
  /** The open requests onto the environment branch. */
  readonly opened: readonly MergeRequest[];
}

/** The open requests that a person asked for: to release an app, to roll back, to promote one app alone. */
export const byHand = (environment: string, opened: readonly MergeRequest[]): readonly MergeRequest[] =>
  opened.filter(
    ({ source, body }) =>
      isProposalFor(environment, source) && source !== proposalBranch(environment) && isByHand(readMarked(body).kind),
  );

/**
 * What becomes of the requests that a person asked for: those that have no point any more are closed, the others follow
 * the tip, and where what they touch has moved a person is told.
 */
export async function tend(
  { git, refs }: Mirror,
  { environment, target, rendered, opened }: Tending,
): Promise<{ proposals: Proposal[]; left: string[] }> {
  const proposals: Proposal[] = [];
  const left: string[] = [];
  for (const { source: branch, iid } of byHand(environment, opened)) {
    const there = refs.get(head(branch));
    const proposed = there === undefined ? undefined : await readProposed(git, target.tip, there);
    if (!proposed || !isComposed(proposed, environment, rendered.timelines)) {
      left.push(
        `!${iid} is left alone: ${branch} ${there ? 'holds something else than parts of rendered' : 'is gone'}`,
      );
      continue;
    }
    const state = tended(proposed, await entriesOf(git, proposed.base), target);
    if (state.is === 'pointless') proposals.push({ branch, commits: [] });
    if (state.is === 'behind') proposals.push({ branch, commits: state.commits });
    if (state.is === 'overtaken')
      left.push(
        `!${iid} was overtaken: ${state.names.join(', ')} moved in ${environment} since it was asked for; ask for it again, or close it`,
      );
  }
  return { proposals, left };
}
