import type { PipelineSettings, RegistryRule } from '../model/pipeline-settings.ts';
import type { Grant, ProtectionRule } from '../model/protection.ts';
import type { MergeSettings } from '../model/setup.ts';
import type { ProjectToken } from '../model/token.ts';
import type { Variable } from '../model/variable.ts';
import type { ProjectSettings } from './forge.ts';

// GitLab's names of what a project is set to, one mapping for each thing.

const methods: Readonly<Record<string, MergeSettings['method']>> = {
  merge: 'merge commit',
  rebase_merge: 'semi-linear',
  ff: 'fast-forward',
};
const squashes: Readonly<Record<string, MergeSettings['squash']>> = {
  never: 'never',
  default_off: 'off by default',
  default_on: 'on by default',
  always: 'always',
};
const overriders: Readonly<Record<string, PipelineSettings['variablesBy']>> = {
  developer: 'developer',
  maintainer: 'maintainer',
  owner: 'owner',
  no_one_allowed: 'nobody',
};

interface ShownProject {
  readonly path_with_namespace?: string;
  readonly merge_method?: string;
  readonly squash_option?: string;
  readonly only_allow_merge_if_pipeline_succeeds?: boolean;
  readonly builds_access_level?: unknown;
  readonly allow_merge_on_skipped_pipeline?: boolean | null;
  readonly ci_push_repository_for_job_token_allowed?: boolean;
  readonly ci_allow_fork_pipelines_to_run_in_parent_project?: boolean;
  readonly protect_merge_request_pipelines?: boolean;
  readonly ci_pipeline_variables_minimum_override_role?: unknown;
  readonly container_expiration_policy?: { readonly enabled?: boolean };
  readonly ci_separated_caches?: boolean;
  readonly merge_pipelines_enabled?: boolean;
  readonly merge_trains_enabled?: boolean;
  readonly namespace?: { readonly id?: number; readonly kind?: string; readonly full_path?: string };
  readonly shared_with_groups?: readonly { readonly group_id: number; readonly group_full_path: string }[] | null;
}

/** A role that is too low gets a project without these fields. https://docs.gitlab.com/api/projects/#get-a-single-project */
export function mappedSettings(found: ShownProject): ProjectSettings {
  const must = found.only_allow_merge_if_pipeline_succeeds;
  const own = found.namespace?.kind === 'group' ? found.namespace : undefined;
  const groups = (found.shared_with_groups ?? []).map(({ group_id, group_full_path }) => [group_id, group_full_path]);
  return {
    project: found.path_with_namespace ?? '',
    // GitLab shows this field where the feature is: with Premium and above.
    premium: found.merge_pipelines_enabled !== undefined,
    groups: new Map([...groups, ...(own ? [[own.id, own.full_path]] : [])] as [number, string][]),
    method: methods[found.merge_method ?? ''],
    squash: squashes[found.squash_option ?? ''],
    pipelines:
      found.builds_access_level === 'disabled'
        ? 'none'
        : must === undefined
          ? undefined
          : must
            ? 'must succeed'
            : 'may fail',
    // Once it was null where nobody had chosen.
    skippedCounts: found.allow_merge_on_skipped_pipeline === null ? false : found.allow_merge_on_skipped_pipeline,
    jobsPush: found.ci_push_repository_for_job_token_allowed,
    forksRunHere: found.ci_allow_fork_pipelines_to_run_in_parent_project,
    requestsAreTrusted: found.protect_merge_request_pipelines,
    // Not shown where the feature is not: the tier Free tries out no merge.
    mergesAreTried:
      found.merge_method === undefined
        ? undefined
        : found.merge_pipelines_enabled === true || found.merge_trains_enabled === true,
    cachesAreApart: found.ci_separated_caches,
    variablesBy: overriders[String(found.ci_pipeline_variables_minimum_override_role)],
    deletesTags: found.container_expiration_policy?.enabled,
  };
}

interface ShownAccess {
  readonly access_level?: number | null;
  readonly access_level_description?: string;
  readonly user_id?: number | null;
  readonly group_id?: number | null;
  readonly deploy_key_id?: number | null;
}

interface ShownRule {
  readonly name: string;
  readonly allow_force_push?: boolean;
  readonly inherited?: unknown;
  readonly code_owner_approval_required?: boolean;
  readonly push_access_levels?: readonly ShownAccess[];
  readonly merge_access_levels?: readonly ShownAccess[];
}

/** https://docs.gitlab.com/api/protected_branches/#list-protected-branches */
export const mappedRule = (found: ShownRule): ProtectionRule => ({
  pattern: found.name,
  allowsForcePush: found.allow_force_push === true,
  inherited: found.inherited === true,
  push: (found.push_access_levels ?? []).flatMap(granted),
  merge: (found.merge_access_levels ?? []).flatMap(granted),
  ownersApprove: found.code_owner_approval_required === true,
});

/** A deploy key has the level 40, too: whom it names comes first. Level 0 is nobody. */
function granted(found: ShownAccess): Grant[] {
  const name = (id: number) => found.access_level_description || String(id);
  const { user_id, group_id, deploy_key_id, access_level } = found;
  if (deploy_key_id) return [{ kind: 'deploy key', id: deploy_key_id, name: name(deploy_key_id) }];
  if (user_id) return [{ kind: 'account', id: user_id, name: name(user_id) }];
  if (group_id) return [{ kind: 'group', id: group_id, name: name(group_id) }];
  if (!access_level) return [];
  return [
    { kind: 'role', role: access_level >= 60 ? 'administrator' : access_level >= 40 ? 'maintainer' : 'developer' },
  ];
}

/** Without its value, which comes along. https://docs.gitlab.com/api/project_level_variables/ */
export const mappedVariable = (found: {
  key: string;
  protected?: boolean;
  masked?: boolean;
  variable_type?: string;
  environment_scope?: unknown;
}): Variable => ({
  key: found.key,
  protected: found.protected === true,
  masked: found.masked === true,
  file: found.variable_type === 'file',
  environment: typeof found.environment_scope === 'string' ? found.environment_scope : '*',
});

/** https://docs.gitlab.com/api/project_access_tokens/ */
export const mappedToken = (found: {
  name: string;
  scopes?: readonly string[];
  access_level?: number;
  user_id: number;
  expires_at?: string | null;
}): ProjectToken => ({
  name: found.name,
  scopes: found.scopes ?? [],
  level: found.access_level ?? 0,
  account: found.user_id,
  expires: found.expires_at ?? undefined,
});

/** https://docs.gitlab.com/api/container_repository_protection_rules/ */
export const mappedRegistryRule = (found: {
  repository_path_pattern: string;
  minimum_access_level_for_push?: string | null;
  minimum_access_level_for_delete?: string | null;
}): RegistryRule => ({
  pattern: found.repository_path_pattern,
  push: found.minimum_access_level_for_push ?? undefined,
  delete: found.minimum_access_level_for_delete ?? undefined,
});
