import type { Body } from './body.ts';
import { project } from './project.ts';
import { badParameter } from './refused.ts';
import type { MergeRequestsSettings } from './shown-request.ts';

/** What the project of the local forge is set to beside how it merges, by GitLab's names. */
interface PipelineSettings {
  readonly allow_merge_on_skipped_pipeline: boolean;
  readonly ci_push_repository_for_job_token_allowed: boolean;
  readonly ci_allow_fork_pipelines_to_run_in_parent_project: boolean;
  readonly protect_merge_request_pipelines: boolean;
  readonly ci_separated_caches: boolean;
  readonly ci_pipeline_variables_minimum_override_role: 'developer' | 'maintainer' | 'owner' | 'no_one_allowed';
  /** Of `container_expiration_policy`. */
  readonly deletes_tags: boolean;
  /** Whether only jobs of projects that are listed come in. */
  readonly inbound_enabled: boolean;
}

/** As a project is that was set up. */
const setUp: PipelineSettings = {
  allow_merge_on_skipped_pipeline: false,
  ci_push_repository_for_job_token_allowed: false,
  ci_allow_fork_pipelines_to_run_in_parent_project: false,
  protect_merge_request_pipelines: false,
  ci_separated_caches: true,
  ci_pipeline_variables_minimum_override_role: 'maintainer',
  deletes_tags: false,
  inbound_enabled: true,
};

/** As GitLab makes a project today. */
const asMade: PipelineSettings = {
  ...setUp,
  ci_allow_fork_pipelines_to_run_in_parent_project: true,
  protect_merge_request_pipelines: true,
  ci_pipeline_variables_minimum_override_role: 'developer',
};

const flags = [
  'allow_merge_on_skipped_pipeline',
  'ci_push_repository_for_job_token_allowed',
  'ci_allow_fork_pipelines_to_run_in_parent_project',
  'protect_merge_request_pipelines',
  'ci_separated_caches',
] as const;
const roles = ['developer', 'maintainer', 'owner', 'no_one_allowed'] as const;

/**
 * What the project is set to, as GitLab's API has it. What is changed lasts as long as the forge.
 * https://docs.gitlab.com/api/projects/ and https://docs.gitlab.com/api/project_job_token_scopes/
 */
export class ProjectSettings {
  readonly #merging: MergeRequestsSettings;
  #now: PipelineSettings;

  /** @param merging read at each call */
  constructor(merging: MergeRequestsSettings, isAsMade: boolean) {
    this.#merging = merging;
    this.#now = isAsMade ? asMade : setUp;
  }

  show() {
    const url = `${this.#merging.url()}/${project.path}`;
    const mustPass = this.#merging.only_allow_merge_if_pipeline_succeeds ?? false;
    const { deletes_tags, inbound_enabled, ...settings } = this.#now;
    return {
      id: project.id,
      name: project.path.split('/').at(-1) ?? '',
      path: project.path.split('/').at(-1) ?? '',
      path_with_namespace: project.path,
      description: null,
      web_url: url,
      http_url_to_repo: `${url}.git`,
      visibility: 'private' as const,
      archived: false,
      default_branch: 'main',
      merge_method: this.#merging.method ?? 'rebase_merge',
      squash_option: this.#merging.squash_option ?? 'never',
      builds_access_level: mustPass ? 'enabled' : 'disabled',
      only_allow_merge_if_pipeline_succeeds: mustPass,
      container_expiration_policy: { enabled: deletes_tags },
      shared_with_groups: [],
      ...settings,
    };
  }

  change(body: Body) {
    const changed: Record<string, unknown> = {};
    for (const name of flags) if (name in body) changed[name] = flag(body[name], name);
    const role = body.ci_pipeline_variables_minimum_override_role;
    if (role !== undefined) {
      if (!roles.some((one) => one === role))
        throw badParameter('ci_pipeline_variables_minimum_override_role does not have a valid value');
      changed.ci_pipeline_variables_minimum_override_role = role;
    }
    const cleanup = 'container_expiration_policy_attributes[enabled]';
    if (cleanup in body) changed.deletes_tags = flag(body[cleanup], cleanup);
    if (Object.keys(changed).length === 0) throw badParameter('at least one parameter must be provided');
    this.#now = { ...this.#now, ...changed };
    return this.show();
  }

  jobTokenScope = () => ({ inbound_enabled: this.#now.inbound_enabled, outbound_enabled: false });

  limitJobTokens(body: Body): undefined {
    this.#now = { ...this.#now, inbound_enabled: flag(body.enabled, 'enabled') };
  }
}
export type ShownProject = ReturnType<ProjectSettings['show']>;

/** GitLab takes true and 'true'. */
function flag(value: unknown, name: string): boolean {
  if (!['true', 'false'].includes(String(value))) throw badParameter(`${name} is invalid`);
  return String(value) === 'true';
}
