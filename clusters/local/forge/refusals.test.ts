import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { local, newBranch } from '../../../generators/forge/local.fixture.ts';
import { head } from '../../../generators/model/names.ts';
import { client } from './client.fixture.ts';
import { type ForgeSettings, isForgePath } from './forge.ts';
import { project } from './project.ts';
import { createRepository } from './repository.ts';

const accounts = {
  'm-token': 'a-maintainer',
  'd-token': { name: 'a-developer', role: 'developer' },
  'g-token': { name: 'a-guest', role: 'guest' },
} as const;

/** A forge with `feature` to be merged into `main`, and callers of each role. */
async function forge(t: TestContext, settings: Partial<ForgeSettings> = {}) {
  const here = await local(t, { accounts, ...settings });
  const base = await newBranch(here.repository, 'main', undefined);
  const tip = await newBranch(here.repository, 'feature', base);
  const as = (token: string) => client(here.url, project.path, token);
  return {
    ...here,
    ...{ base, tip },
    maintainer: as('m-token'),
    developer: as('d-token'),
    reporter: as('a-reporter'),
    guest: as('g-token'),
    nobody: as('wrong'),
  };
}

const proposal = { source_branch: 'feature', target_branch: 'main', title: 'A feature' };

test('each role may do what GitLab lets it, and no more', async (t) => {
  const { tip, base, repository, maintainer, developer, reporter, guest, nobody } = await forge(t);
  assert.equal((await nobody('GET')).status, 401);
  assert.equal((await guest('GET', 'merge_requests')).status, 403);
  assert.equal((await reporter('POST', 'merge_requests', proposal)).status, 403);
  const opened = await developer('POST', 'merge_requests', proposal);
  assert.deepEqual([opened.status, opened.said.author.username], [201, 'a-developer']);
  const said = await reporter('POST', 'merge_requests/1/notes', { body: 'I looked.' });
  assert.deepEqual([said.status, said.said.author.username], [201, 'reporter']);
  assert.equal((await reporter('PUT', 'merge_requests/1', { title: 'x' })).status, 403);
  assert.equal((await developer('POST', 'protected_branches', { name: 'x' })).status, 403);
  const refused = await developer('PUT', 'merge_requests/1/merge', { sha: tip });
  assert.deepEqual([refused.status, refused.said], [401, { message: '401 Unauthorized' }]);
  assert.equal(await repository.commit(head('main')), base);
  const merged = await maintainer('PUT', 'merge_requests/1/merge', { sha: tip });
  assert.deepEqual([merged.status, merged.said.merged_by.username], [200, 'a-maintainer']);
});

test('a developer merges where the rule says so, and sees that it does', async (t) => {
  const { tip, maintainer, developer } = await forge(t);
  const seen = async () => {
    const { developers_can_merge, developers_can_push, can_push } = (await developer('GET', 'repository/branches/main'))
      .said;
    return [developers_can_merge, developers_can_push, can_push];
  };
  assert.deepEqual(await seen(), [false, false, false]);
  await maintainer('PATCH', 'protected_branches/main', { allowed_to_merge: [{ access_level: 30 }] });
  assert.deepEqual(await seen(), [true, false, false]);
  await developer('POST', 'merge_requests', proposal);
  assert.equal((await developer('PUT', 'merge_requests/1/merge', { sha: tip })).status, 200);
});

test('nobody merges where the rule lets nobody, and an automatic merge stays what it was when the rule changes', async (t) => {
  const { tip, base, repository, maintainer } = await forge(t);
  await maintainer('POST', 'merge_requests', proposal);
  await maintainer('POST', `statuses/${tip}`, { state: 'running', name: 'check' });
  const waits = await maintainer('PUT', 'merge_requests/1/merge', { sha: tip, auto_merge: true });
  assert.deepEqual([waits.said.state, waits.said.merge_when_pipeline_succeeds], ['opened', true]);
  await maintainer('DELETE', 'protected_branches/main');
  await maintainer('POST', 'protected_branches', { name: 'ma*', push_access_level: 0, merge_access_level: 0 });
  assert.equal((await maintainer('PUT', 'merge_requests/1/merge', { sha: tip })).status, 401);
  await maintainer('POST', `statuses/${tip}`, { state: 'success', name: 'check' });
  assert.equal(await repository.commit(head('main')), base);
  assert.equal((await maintainer('GET', 'merge_requests/1')).said.state, 'opened');
});

test('a push to the branch ends the wait for its pipeline', async (t) => {
  const { tip, base, repository, maintainer } = await forge(t);
  await maintainer('POST', 'merge_requests', proposal);
  await maintainer('POST', `statuses/${tip}`, { state: 'running', name: 'check' });
  await maintainer('PUT', 'merge_requests/1/merge', { sha: tip, auto_merge: true });
  const waits = async () => (await maintainer('GET', 'merge_requests/1')).said.merge_when_pipeline_succeeds;
  assert.equal(await waits(), true);
  await newBranch(repository, 'feature', tip);
  assert.equal(await waits(), false);
  await maintainer('POST', `statuses/${tip}`, { state: 'success', name: 'check' });
  assert.equal(await repository.commit(head('main')), base);
});

test('a branch that nobody may push to is not rebased', async (t) => {
  const { base, repository, tip, maintainer, developer } = await forge(t);
  await newBranch(repository, 'main', base);
  await maintainer('POST', 'protected_branches', { name: 'feature', push_access_level: 40 });
  await maintainer('POST', 'merge_requests', proposal);
  const refused = await developer('PUT', 'merge_requests/1/rebase');
  assert.deepEqual([refused.status, refused.said.message], [403, '403 Forbidden - Cannot push to source branch']);
  assert.equal(await repository.commit(head('feature')), tip);
  assert.equal((await maintainer('PUT', 'merge_requests/1/rebase')).status, 202);
  assert.notEqual(await repository.commit(head('feature')), tip);
});

test('where pipelines must succeed, a request waits for its own', async (t) => {
  const { tip, maintainer } = await forge(t, { only_allow_merge_if_pipeline_succeeds: true });
  await maintainer('POST', 'merge_requests', proposal);
  const status = async () => (await maintainer('GET', 'merge_requests/1')).said.detailed_merge_status;
  const merge = async () => (await maintainer('PUT', 'merge_requests/1/merge', { sha: tip })).status;
  assert.deepEqual([await status(), await merge()], ['ci_must_pass', 405]);
  for (const [state, says] of [
    ['running', 'ci_still_running'],
    ['failed', 'ci_must_pass'],
  ]) {
    await maintainer('POST', `statuses/${tip}`, { state, name: 'check' });
    assert.deepEqual([await status(), await merge()], [says, 405]);
  }
  await maintainer('POST', `statuses/${tip}`, { state: 'success', name: 'check' });
  assert.deepEqual([await status(), await merge()], ['mergeable', 200]);
});

test('who asks too often waits for the next minute, and nobody else does', async (t) => {
  let now = Date.UTC(2026, 0, 1, 0, 0, 20);
  const { maintainer, developer } = await forge(t, { rateLimit: 3, now: () => new Date(now) });
  for (let asked = 0; asked < 3; asked++) assert.equal((await maintainer('GET')).status, 200);
  const { status, said, headers } = await maintainer('GET');
  assert.deepEqual([status, said], [429, 'Retry later\n']);
  const seen = ['retry-after', 'ratelimit-limit', 'ratelimit-observed', 'ratelimit-remaining', 'ratelimit-reset'];
  assert.deepEqual(
    seen.map((name) => headers.get(name)),
    ['40', '3', '4', '0', String(Date.UTC(2026, 0, 1, 0, 1) / 1000)],
  );
  assert.equal((await developer('GET')).status, 200);
  now += 40_000;
  assert.equal((await maintainer('GET')).status, 200);
});

test('what cannot be read is refused before anything is done', async (t) => {
  const { url, maintainer } = await forge(t);
  const send = (body: string, type = 'application/json') =>
    fetch(`${url}/api/v4/projects/1/merge_requests`, {
      method: 'POST',
      headers: { 'private-token': 'm-token', 'content-type': type },
      body,
    });
  assert.equal((await send('{')).status, 400);
  assert.equal((await send('[]')).status, 400);
  const large = await send(JSON.stringify({ ...proposal, description: 'x'.repeat(17 * 1024 * 1024) }));
  assert.deepEqual([large.status, await large.json()], [413, { error: '413 Request Entity Too Large' }]);
  const long = await maintainer('POST', 'merge_requests', { ...proposal, title: 'x'.repeat(256) });
  assert.deepEqual(
    [long.status, long.said],
    [400, { message: { title: ['is too long (maximum is 255 characters)'] } }],
  );
  assert.deepEqual((await maintainer('GET', 'merge_requests')).said, []);
  const form = await send('source_branch=feature&target_branch=main&title=by+form&labels[]=a&labels[]=b', formType);
  assert.deepEqual([form.status, ((await form.json()) as { labels: unknown }).labels], [201, ['a', 'b']]);
});

const formType = 'application/x-www-form-urlencoded';

test('what the forge does not know is told in JSON, and pages are no matter of it', async (t) => {
  const { url, maintainer } = await forge(t);
  const method = await maintainer('DELETE', 'merge_requests/1');
  assert.deepEqual([method.status, method.said], [405, { error: '405 Not Allowed' }]);
  const path = await maintainer('GET', 'pipelines');
  assert.deepEqual([path.status, path.said], [404, { error: '404 Not Found' }]);
  const other = await client(url, 'other/project', 'm-token')('GET');
  assert.deepEqual([other.status, other.said], [404, { message: '404 Project Not Found' }]);
  for (const page of ['/', `/${project.path}/-/merge_requests/1`, '/other/project.git/info/refs', '/api/v4%']) {
    const response = await fetch(`${url}${page}`);
    assert.deepEqual([response.status, await response.json()], [404, { error: '404 Not Found' }], page);
    assert.equal(isForgePath(page), false, page);
  }
  for (const known of ['/api/v4/projects/1', `/${project.path}.git/info/refs`]) assert.ok(isForgePath(known));
});

test('a token as Bearer is as good as in its own header', async (t) => {
  const { url } = await forge(t);
  const { status } = await fetch(`${url}/api/v4/projects/1`, { headers: { authorization: 'Bearer d-token' } });
  assert.equal(status, 200);
});

test('several rules that match are one rule to a caller: the most permissive', async (t) => {
  const { dir } = await local(t);
  const repository = await createRepository(`${dir}/two.git`, [
    { name: 'main', push: 0, merge: 0 },
    { name: 'm*', push: 30 },
  ]);
  const { developer } = await forge(t, { repository });
  assert.equal((await developer('GET', 'repository/branches/main')).said.can_push, true);
});
