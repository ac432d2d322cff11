import assert from 'node:assert/strict';
import { test } from 'node:test';
import { local } from '../../../generators/forge/local.fixture.ts';
import { client } from './client.fixture.ts';
import { project } from './project.ts';

const accounts = {
  'd-token': { name: 'slipway-statuses', role: 'developer', scopes: ['api'], expires: '2027-01-31' },
} as const;

test('what a project is set to is changed by maintainers, and only to what there is', async (t) => {
  const { url } = await local(t, { asMade: true, accounts });
  const ask = client(url, project.path, 'a-token');
  const forks = 'ci_allow_fork_pipelines_to_run_in_parent_project';
  assert.equal((await ask('GET')).said[forks], true);
  assert.equal((await ask('PUT', '', { [forks]: 'false' })).said[forks], false);
  assert.equal((await ask('GET')).said[forks], false);
  const cleanup = await ask('PUT', '?container_expiration_policy_attributes[enabled]=true');
  assert.equal(cleanup.status, 200);
  assert.deepEqual(cleanup.said.container_expiration_policy, { enabled: true });
  assert.equal((await ask('PUT', '', { [forks]: 'maybe' })).status, 400);
  assert.equal((await ask('PUT', '', {})).status, 400);
  const role = 'ci_pipeline_variables_minimum_override_role';
  assert.equal((await ask('PUT', '', { [role]: 'everybody' })).status, 400);
  assert.equal((await ask('PUT', '', { [role]: 'no_one_allowed' })).said[role], 'no_one_allowed');
  assert.equal((await client(url, project.path, 'd-token')('PUT', '', { [forks]: true })).status, 403);
  assert.deepEqual((await ask('GET', 'job_token_scope')).said, { inbound_enabled: true, outbound_enabled: false });
  assert.equal((await ask('PATCH', 'job_token_scope', { enabled: false })).status, 204);
  assert.equal((await ask('GET', 'job_token_scope')).said.inbound_enabled, false);
});

test('a variable is one for each environment, and masked only where it can be', async (t) => {
  const { url } = await local(t);
  const ask = client(url, project.path, 'a-token');
  const made = { key: 'A_TOKEN', value: 'a-secret-value', environment_scope: 'publish' };
  assert.equal((await ask('POST', 'variables', made)).status, 201);
  const again = await ask('POST', 'variables', made);
  assert.deepEqual([again.status, again.said.message], [400, { key: ['(A_TOKEN) has already been taken'] }]);
  assert.equal((await ask('POST', 'variables', { ...made, environment_scope: '*' })).status, 201);
  const masked = { protected: true, masked: true };
  assert.equal((await ask('PUT', 'variables/A_TOKEN', masked)).status, 409);
  const one = await ask('PUT', 'variables/A_TOKEN?filter[environment_scope]=publish', masked);
  assert.deepEqual([one.said.protected, one.said.masked, one.said.environment_scope], [true, true, 'publish']);
  assert.equal((await ask('PUT', 'variables/B', masked)).status, 404);
  await ask('POST', 'variables', { key: 'SHORT', value: 'x' });
  const short = await ask('PUT', 'variables/SHORT', { masked: true });
  assert.deepEqual([short.status, short.said.message], [400, { value: ['is invalid'] }]);
  assert.equal((await ask('POST', 'variables', { key: 'NONE' })).status, 400);
  assert.equal((await ask('GET', 'variables')).said.length, 3);
});

test('what protects images stands once for a pattern of this project', async (t) => {
  const { url } = await local(t, { asMade: true });
  const ask = client(url, project.path, 'a-token');
  const path = 'registry/protection/repository/rules';
  assert.deepEqual((await ask('GET', path)).said, []);
  const rule = { repository_path_pattern: 'local/slipway/*', minimum_access_level_for_push: 'maintainer' };
  const made = await ask('POST', path, rule);
  assert.deepEqual([made.status, made.said.minimum_access_level_for_delete], [201, null]);
  assert.equal((await ask('POST', path, rule)).status, 422);
  assert.equal((await ask('POST', path, { ...rule, repository_path_pattern: 'other/*' })).status, 422);
  const odd = { ...rule, repository_path_pattern: 'local/slipway/b', minimum_access_level_for_push: 'developer' };
  assert.equal((await ask('POST', path, odd)).status, 400);
});

test('tokens are listed without their values, and to maintainers alone', async (t) => {
  const { url } = await local(t, { accounts });
  const list = await client(url, project.path, 'a-token')('GET', 'access_tokens?state=active');
  const [token] = list.said;
  assert.deepEqual(
    [token.name, token.scopes, token.access_level, token.expires_at],
    ['slipway-statuses', ['api'], 30, '2027-01-31'],
  );
  assert.doesNotMatch(JSON.stringify(list.said), /d-token/);
  assert.equal((await client(url, project.path, 'd-token')('GET', 'access_tokens')).status, 403);
});
