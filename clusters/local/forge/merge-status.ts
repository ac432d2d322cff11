import type { Git } from '../../../generators/git/git.ts';
import { forkOf, type Method, threeWay } from './merge.ts';

/** GitLab's words for whether a request can be merged. https://docs.gitlab.com/api/merge_requests/#merge-status */
export type DetailedStatus =
  | 'mergeable'
  | 'not_open'
  | 'draft_status'
  | 'commits_status'
  | 'conflict'
  | 'need_rebase'
  | 'ci_still_running'
  | 'ci_must_pass'
  | 'unchecked';

/** How a commit's pipeline went; undefined for none. */
export type Pipeline = 'running' | 'success' | 'failed' | undefined;

export interface Judged {
  readonly open: boolean;
  readonly draft: boolean;
  /** The tips of its branches; undefined for a branch that is gone. */
  readonly source: string | undefined;
  readonly target: string | undefined;
  readonly method: Method;
  /** Of the source's tip. */
  readonly pipeline: Pipeline;
  /** The project merges only what a pipeline passed. */
  readonly mustPass: boolean;
}

/** Whether a request can be merged now, and the first reason why not. It merges in the object database to know. */
export async function detailedStatus(git: Git, judged: Judged): Promise<DetailedStatus> {
  const { open, draft, source, target, method, pipeline, mustPass } = judged;
  if (!open) return 'not_open';
  if (draft) return 'draft_status';
  if (!source || !target || source === target || (await git.isAncestor(source, target))) return 'commits_status';
  const parted = (await forkOf(git, target, source)) === undefined;
  if (parted || (await threeWay(git, target, source)) === undefined) return 'conflict';
  if (method !== 'merge' && !(await git.isAncestor(target, source))) return 'need_rebase';
  return mustPass && pipeline !== 'success' ? unpassed(pipeline) : 'mergeable';
}

const unpassed = (pipeline: Pipeline) => (pipeline === 'running' ? 'ci_still_running' : 'ci_must_pass');

/** What a list says, in which GitLab looks into no branch. */
export const listedStatus = ({ open, draft }: Pick<Judged, 'open' | 'draft'>): DetailedStatus =>
  !open ? 'not_open' : draft ? 'draft_status' : 'unchecked';

/** GitLab's older field, which knows of conflicts only. */
export function mergeStatus(status: DetailedStatus): 'unchecked' | 'can_be_merged' | 'cannot_be_merged' {
  if (status === 'unchecked') return 'unchecked';
  return status === 'conflict' || status === 'commits_status' ? 'cannot_be_merged' : 'can_be_merged';
}
