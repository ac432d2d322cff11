import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mappedRegistryRule, mappedRule, mappedSettings, mappedToken, mappedVariable } from './gitlab-settings.ts';

test('what GitLab calls its merge settings', () => {
  const table: [
    Parameters<typeof mappedSettings>[0],
    Pick<ReturnType<typeof mappedSettings>, 'method' | 'squash' | 'pipelines'>,
  ][] = [
    [
      { merge_method: 'merge', squash_option: 'default_off', only_allow_merge_if_pipeline_succeeds: false },
      { method: 'merge commit', squash: 'off by default', pipelines: 'may fail' },
    ],
    [
      { merge_method: 'ff', squash_option: 'always', only_allow_merge_if_pipeline_succeeds: true },
      { method: 'fast-forward', squash: 'always', pipelines: 'must succeed' },
    ],
    [
      { merge_method: 'rebase_merge', squash_option: 'default_on', builds_access_level: 'disabled' },
      { method: 'semi-linear', squash: 'on by default', pipelines: 'none' },
    ],
    [{ merge_method: 'a new one' }, { method: undefined, squash: undefined, pipelines: undefined }],
  ];
  for (const [found, expected] of table) {
    const { method, squash, pipelines } = mappedSettings(found);
    assert.deepEqual({ method, squash, pipelines }, expected);
  }
});

test('what GitLab calls what pipelines may, and who else works in a project', () => {
  // From https://docs.gitlab.com/api/projects/#get-a-single-project
  const { groups, ...found } = mappedSettings({
    ...{ path_with_namespace: 'diaspora/client', namespace: { id: 3, kind: 'group', full_path: 'diaspora' } },
    ...{ ci_allow_fork_pipelines_to_run_in_parent_project: true, ci_push_repository_for_job_token_allowed: false },
    ...{ ci_pipeline_variables_minimum_override_role: 'no_one_allowed', protect_merge_request_pipelines: true },
    ...{ allow_merge_on_skipped_pipeline: null, container_expiration_policy: { enabled: false } },
    shared_with_groups: [{ group_id: 4, group_full_path: 'example/on-call' }],
    ...{
      merge_pipelines_enabled: false,
      merge_trains_enabled: false,
      ci_separated_caches: true,
      merge_method: 'merge',
    },
  });
  assert.deepEqual(
    [...groups],
    [
      [4, 'example/on-call'],
      [3, 'diaspora'],
    ],
  );
  assert.deepEqual(found, {
    ...{ project: 'diaspora/client', premium: true, method: 'merge commit', squash: undefined, pipelines: undefined },
    ...{ skippedCounts: false, jobsPush: false, forksRunHere: true, requestsAreTrusted: true },
    ...{ variablesBy: 'nobody', deletesTags: false, mergesAreTried: false, cachesAreApart: true },
  });
  const silent = mappedSettings({ namespace: { id: 1, kind: 'user', full_path: 'someone' } });
  assert.deepEqual(
    [silent.premium, silent.skippedCounts, silent.variablesBy, silent.groups.size],
    [false, undefined, undefined, 0],
  );
});

test('a merge is tried out by a pipeline of the result or by a train, and nowhere in the tier Free', () => {
  const tried = (found: Parameters<typeof mappedSettings>[0]) => mappedSettings(found).mergesAreTried;
  assert.equal(tried({ merge_method: 'merge', merge_pipelines_enabled: true, merge_trains_enabled: false }), true);
  assert.equal(tried({ merge_method: 'merge', merge_pipelines_enabled: false, merge_trains_enabled: true }), true);
  assert.equal(tried({ merge_method: 'merge' }), false);
  assert.equal(tried({}), undefined, 'a role that is too low');
});

test('whom a rule lets: a role, an account, a group, a deploy key, or nobody', () => {
  // From https://docs.gitlab.com/api/protected_branches/#list-protected-branches
  const none = { user_id: null, group_id: null };
  const found = mappedRule({
    name: 'main',
    push_access_levels: [
      { access_level: 40, access_level_description: 'Maintainers', ...none },
      { access_level: 40, access_level_description: 'Deploy key', deploy_key_id: 1, ...none },
      { access_level: 40, access_level_description: 'slipway-publish', user_id: 7, group_id: null },
    ],
    merge_access_levels: [
      { access_level: null, access_level_description: 'Example Merge Group', user_id: null, group_id: 1234 },
      { access_level: 30, ...none },
      { access_level: 60, ...none },
      { access_level: 0, access_level_description: 'No one', ...none },
    ],
    allow_force_push: false,
    code_owner_approval_required: true,
    inherited: true,
  });
  assert.deepEqual(found, {
    ...{ pattern: 'main', allowsForcePush: false, inherited: true, ownersApprove: true },
    push: [
      { kind: 'role', role: 'maintainer' },
      { kind: 'deploy key', id: 1, name: 'Deploy key' },
      { kind: 'account', id: 7, name: 'slipway-publish' },
    ],
    merge: [
      { kind: 'group', id: 1234, name: 'Example Merge Group' },
      { kind: 'role', role: 'developer' },
      { kind: 'role', role: 'administrator' },
    ],
  });
  assert.deepEqual(mappedRule({ name: 'x' }).push, []);
});

test('a variable loses its value on the way, and a token has none', () => {
  const shown = { variable_type: 'file', key: 'A', value: 'secret', protected: true, masked: false };
  assert.deepEqual(mappedVariable({ ...shown, environment_scope: 'publish' }), {
    ...{ key: 'A', protected: true, masked: false, file: true, environment: 'publish' },
  });
  assert.equal(mappedVariable({ key: 'A' }).environment, '*');
  const token = { user_id: 141, scopes: ['api'], name: 'token', expires_at: '2027-01-31', id: 42, access_level: 40 };
  assert.deepEqual(mappedToken(token), {
    ...{ name: 'token', scopes: ['api'], level: 40, account: 141, expires: '2027-01-31' },
  });
  assert.equal(mappedToken({ name: 'x', user_id: 1, expires_at: null }).expires, undefined);
});

test('a rule of the registry says who may, or nothing', () => {
  const rule = { id: 1, repository_path_pattern: 'flightjs/flight0', minimum_access_level_for_push: 'maintainer' };
  assert.deepEqual(mappedRegistryRule({ ...rule, minimum_access_level_for_delete: null }), {
    ...{ pattern: 'flightjs/flight0', push: 'maintainer', delete: undefined },
  });
});
