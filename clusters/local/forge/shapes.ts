import type {
  AccessTokenSchema,
  BranchSchema,
  CommitStatusSchema,
  ExpandedMergeRequestSchema,
  JobTokenScopeSchema,
  MergeRequestNoteSchema,
  ProjectSchema,
  ProjectVariableSchema,
  ProtectedBranchSchema,
  SimpleUserSchema,
} from '@gitbeaker/rest';
import type { shownTokens } from './accounts.ts';
import type { branch } from './branches.ts';
import type { ShownVariable } from './ci-variables.ts';
import type { ShownStatus } from './commit-statuses.ts';
import type { DetailedStatus } from './merge-status.ts';
import type { ShownNote } from './notes.ts';
import type { ProjectSettings, ShownProject } from './project-settings.ts';
import type { ShownProtectedBranch } from './protected-branches.ts';
import type { Shown } from './shown-request.ts';
import type { ShownUser } from './users.ts';

// What the forge shows, held against what GitLab's client expects. It is the least check of the shapes: it does not
// compile where a field has another type, or where one is missing that is not named here as left out.

/** The fields that a schema names, without its index signature. */
type Known<Schema> = { [Field in keyof Schema as string extends Field ? never : Field]: Schema[Field] };
/** A schema without what the forge leaves out; users everywhere are as the forge shows them. */
type Expected<Schema, LeftOut extends keyof Known<Schema> = never> = Users<Omit<Known<Schema>, LeftOut>>;
/** GitLab gives a user without a picture `null`; the client's types do not know. */
type Users<Given> = {
  [Field in keyof Given]: Extract<Given[Field], { username: string }> extends never
    ? Given[Field]
    : ShownUser | Extract<Given[Field], null>;
};
type Agrees<Given extends Wanted, Wanted> = Given;

export type Shapes = [
  Agrees<ShownUser, Expected<SimpleUserSchema, 'avatar_url' | 'created_at'>>,
  Agrees<Shown, Expected<ExpandedMergeRequestSchema, LeftOutOfRequest | 'detailed_merge_status'>>,
  // GitLab has more words than the client's types know.
  Agrees<Exclude<DetailedStatus, NewerStatus>, ExpandedMergeRequestSchema['detailed_merge_status']>,
  Agrees<ShownNote, Expected<MergeRequestNoteSchema>>,
  Agrees<ShownProtectedBranch, Expected<ProtectedBranchSchema>>,
  Agrees<Awaited<ReturnType<typeof branch>>, Expected<BranchSchema>>,
  // GitLab gives null where the client's types have no value, or a value always.
  Agrees<ShownStatus, Expected<CommitStatusSchema, 'description' | 'target_url'>>,
  Agrees<Pick<ShownStatus, 'description' | 'target_url'>, Record<'description' | 'target_url', string | null>>,
  Agrees<ShownProject, Pick<ProjectSchema, FieldOfProject>>,
  Agrees<ShownVariable, Expected<ProjectVariableSchema>>,
  // A scope is one of some words, and a token may have no end: the client's types do not know.
  Agrees<ShownToken, Expected<AccessTokenSchema, 'scopes' | 'expires_at' | 'access_level'>>,
  Agrees<ReturnType<ProjectSettings['jobTokenScope']>, Expected<JobTokenScopeSchema>>,
];

type ShownToken = ReturnType<typeof shownTokens>[number];

type NewerStatus = 'commits_status' | 'conflict' | 'need_rebase';

type FieldOfProject =
  | 'id'
  | 'name'
  | 'path'
  | 'path_with_namespace'
  | 'description'
  | 'web_url'
  | 'http_url_to_repo'
  | 'visibility'
  | 'archived'
  | 'default_branch'
  | 'merge_method'
  | 'squash_option'
  | 'only_allow_merge_if_pipeline_succeeds'
  | 'allow_merge_on_skipped_pipeline'
  | 'ci_allow_fork_pipelines_to_run_in_parent_project'
  | 'ci_push_repository_for_job_token_allowed';

/** What nobody asks the forge about: reviews, time, milestones, tasks, pipelines of its own, the page's settings. */
type LeftOutOfRequest =
  | 'approvals_before_merge'
  | 'assignee'
  | 'assignees'
  | 'blocking_discussions_resolved'
  | 'changes_count'
  | 'diff_refs'
  | 'discussion_locked'
  | 'downvotes'
  | 'first_contribution'
  | 'first_deployed_to_production_at'
  | 'force_remove_source_branch'
  | 'head_pipeline'
  | 'latest_build_finished_at'
  | 'latest_build_started_at'
  | 'milestone'
  | 'pipeline'
  | 'prepared_at'
  | 'references'
  | 'reviewers'
  | 'should_remove_source_branch'
  | 'subscribed'
  | 'task_completion_status'
  | 'time_stats'
  | 'upvotes'
  | 'user'
  | 'work_in_progress';
