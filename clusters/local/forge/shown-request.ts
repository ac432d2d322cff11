import type { Git } from '../../../generators/git/git.ts';
import { isDraft } from '../../../generators/model/marked.ts';
import { type Account, owner } from './accounts.ts';
import type { Method, SquashOption } from './merge.ts';
import { type DetailedStatus, mergeStatus, type Pipeline } from './merge-status.ts';
import { project } from './project.ts';
import { shownUser } from './users.ts';

type User = Pick<Account, 'id' | 'username'>;

/** What is kept of a merge request, in GitLab's field names; the rest of what GitLab tells is read from git. */
export interface Kept {
  iid: number;
  title: string;
  description: string;
  source_branch: string;
  target_branch: string;
  state: 'opened' | 'merged' | 'closed';
  labels?: string[];
  /** @default the account `slipway` */
  author?: User;
  /** The source's tip when it was merged or closed. */
  sha?: string;
  merge_commit_sha: string | null;
  /** It is merged once the pipeline of `auto_merge_sha` succeeds, by `merge_user`. */
  merge_when_pipeline_succeeds?: boolean;
  auto_merge_sha?: string;
  merge_user?: User;
  merged_at?: string;
  /** Its own commits, as they were when it was merged. */
  commits?: readonly string[];
  closed_by?: User;
  closed_at?: string;
  /** The one commit that its commits became. */
  squash_commit_sha?: string | null;
  /** Why it could not be rebased. */
  merge_error?: string | null;
  created_at: string;
  updated_at: string;
}

export interface MergeRequestsSettings {
  readonly repository: Git;
  /** Where they are kept between runs. */
  readonly file: string;
  /** How people reach the forge: `http://127.0.0.1:8081`. */
  readonly url: () => string;
  readonly now: () => Date;
  /** GitLab's `merge_method`. @default rebase_merge: a merge commit with semi-linear history */
  readonly method?: Method | undefined;
  /** GitLab's `squash_option`. @default never */
  readonly squash_option?: SquashOption | undefined;
  /** Only what a pipeline passed is merged. @default false */
  readonly only_allow_merge_if_pipeline_succeeds?: boolean | undefined;
}

/** What else the forge knows of a request. */
export interface Beside {
  /** How the pipeline of a commit went; undefined for none. */
  readonly pipeline: (commit: string) => Pipeline;
  /** How often people wrote under a request. */
  readonly notes: (iid: number) => number;
}

/**
 * A merge request as the API gives it. https://docs.gitlab.com/api/merge_requests/
 * @param notes how often people wrote under it
 * @param tip the source branch's, which counts while the request is open
 */
export function shown(
  settings: MergeRequestsSettings,
  kept: Kept,
  { tip, status, notes }: { tip: string | undefined; status: DetailedStatus; notes: number },
) {
  const { auto_merge_sha, commits: _, author = owner, merge_user, closed_by, ...rest } = kept;
  const url = settings.url();
  const user = (one: User | undefined) => (one ? shownUser(one, url) : null);
  const squash = settings.squash_option === 'always' || settings.squash_option === 'default_on';
  return {
    ...rest,
    id: kept.iid,
    project_id: project.id,
    source_project_id: project.id,
    target_project_id: project.id,
    sha: kept.sha ?? tip ?? '',
    web_url: `${url}/${project.path}/-/merge_requests/${kept.iid}`,
    reference: `!${kept.iid}`,
    draft: isDraft(kept.title),
    labels: kept.labels ?? [],
    author: shownUser(author, url),
    merge_user: user(merge_user),
    merged_by: kept.state === 'merged' ? user(merge_user) : null,
    merged_at: kept.merged_at ?? null,
    closed_by: user(closed_by),
    closed_at: kept.closed_at ?? null,
    // A push ends the wait, as in GitLab: nobody said that what came with it may be merged.
    merge_when_pipeline_succeeds: kept.merge_when_pipeline_succeeds === true && auto_merge_sha === (kept.sha ?? tip),
    squash_commit_sha: kept.squash_commit_sha ?? null,
    merge_error: kept.merge_error ?? null,
    squash,
    merge_status: mergeStatus(status),
    detailed_merge_status: status,
    has_conflicts: status === 'conflict',
    user_notes_count: notes,
  };
}
export type Shown = ReturnType<typeof shown>;
