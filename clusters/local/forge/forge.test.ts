import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { local } from '../../../generators/forge/local.fixture.ts';
import { writeCommits } from '../../../generators/git/write.ts';
import { head } from '../../../generators/model/names.ts';
import { type Client, client, withToken } from './client.fixture.ts';
import { project } from './project.ts';

/** A project in which a maintainer may do everything, by API and by git over HTTP. */
interface Setting {
  readonly ask: Client;
  /** Pushes a branch with one commit on `from` that writes one file. @returns the commit */
  readonly branch: (name: string, from?: string, path?: string) => Promise<string>;
  /** Pushes as it is told. */
  readonly push: (...args: string[]) => Promise<unknown>;
  readonly git: ReturnType<typeof withToken>;
}

const {
  SLIPWAY_TEST_GITLAB_URL: host = '',
  SLIPWAY_TEST_GITLAB_PROJECT: path = '',
  SLIPWAY_TEST_GITLAB_TOKEN = '',
} = process.env;
const missing =
  'set SLIPWAY_TEST_GITLAB_URL, SLIPWAY_TEST_GITLAB_PROJECT (group/project) and SLIPWAY_TEST_GITLAB_TOKEN (of a maintainer) to ask a live GitLab';

/** What is asked of GitLab beyond what the door needs: the stand-in and the real one answer alike. */
function contract(name: string, skip: string | false, setting: (t: TestContext) => Promise<Setting>): void {
  suite(`the calls of GitLab that people make, answered by ${name}`, { skip }, () => {
    test('a rule protects a branch by name, is changed, found again and taken away', async (t) => {
      const { ask, branch } = await setting(t);
      const one = unique('protected');
      await branch(one);
      const rule = `protected_branches/${encodeURIComponent(one)}`;
      t.after(() => ask('DELETE', rule).catch(gone));
      const made = await ask('POST', 'protected_branches', { name: one, push_access_level: 0, merge_access_level: 30 });
      assert.equal(made.status, 201);
      assert.deepEqual(levelsOf(made.said), { push: [0], merge: [30], force: false });
      const again = await ask('POST', 'protected_branches', { name: one });
      assert.deepEqual([again.status, again.said.message], [409, `Protected branch '${one}' already exists`]);
      assert.equal((await ask('PATCH', rule, { allow_force_push: true })).status, 200);
      assert.deepEqual(levelsOf((await ask('GET', rule)).said), { push: [0], merge: [30], force: true });
      const { said: list } = await ask('GET', `protected_branches?search=${encodeURIComponent(one)}`);
      assert.deepEqual(
        list.map(({ name }: { name: string }) => name),
        [one],
      );
      assert.equal((await ask('GET', branchPath(one))).said.protected, true);
      assert.equal((await ask('DELETE', rule)).status, 204);
      assert.equal((await ask('DELETE', rule)).status, 404);
      assert.equal((await ask('GET', branchPath(one))).said.protected, false);
      assert.equal((await ask('POST', 'protected_branches', { name: one, push_access_level: 7 })).status, 400);
    });

    test('a branch that nobody may push to takes a merge', async (t) => {
      const { ask, branch, push } = await setting(t);
      const [target, source] = [unique('target'), unique('source')];
      const base = await branch(target);
      const tip = await branch(source, base);
      await ask('POST', 'protected_branches', { name: `${target}*`, push_access_level: 0, merge_access_level: 40 });
      t.after(() => ask('DELETE', `protected_branches/${encodeURIComponent(`${target}*`)}`).catch(gone));
      await assert.rejects(
        push(`${tip}:${head(target)}`),
        /You are not allowed to push code to protected branches on this project/,
      );
      const { said } = await ask('POST', 'merge_requests', request(source, target));
      const done = await merge(ask, said.iid, tip);
      assert.deepEqual([done.status, done.said.state], [200, 'merged']);
      assert.notEqual((await ask('GET', branchPath(target))).said.commit.id, base);
    });

    test('branches are listed with their newest commit, and by a part of their name', async (t) => {
      const { ask, branch } = await setting(t);
      const one = unique('listed');
      const tip = await branch(one);
      const { said } = await ask('GET', `repository/branches?search=${one.slice(1)}`);
      assert.deepEqual(
        said.map(({ name, commit, default: isDefault }: Shown) => [name, commit.id, commit.title, isDefault]),
        [[one, tip, one, false]],
      );
      assert.deepEqual((await ask('GET', `repository/branches?search=^${one.slice(1)}`)).said, []);
      assert.equal((await ask('GET', branchPath(one))).said.commit.id, tip);
      const none = await ask('GET', branchPath(`${one}-none`));
      assert.deepEqual([none.status, none.said.message], [404, '404 Branch Not Found']);
    });

    test('what people say under a request is found there', async (t) => {
      const { ask, branch } = await setting(t);
      const [target, source] = [unique('target'), unique('source')];
      await branch(source, await branch(target));
      const { iid } = (await ask('POST', 'merge_requests', request(source, target))).said;
      const notes = `merge_requests/${iid}/notes`;
      for (const body of ['first', 'second']) assert.equal((await ask('POST', notes, { body })).status, 201);
      const written = (await ask('GET', `${notes}?sort=asc&order_by=created_at`)).said.filter(
        ({ system }: { system: boolean }) => !system,
      );
      assert.deepEqual(
        written.map(({ body, noteable_iid }: { body: string; noteable_iid: number }) => [body, noteable_iid]),
        [
          ['first', iid],
          ['second', iid],
        ],
      );
      assert.ok(written[0].author.username);
      assert.equal((await ask('POST', notes, {})).status, 400);
      assert.equal((await ask('GET', 'merge_requests/999999999/notes')).status, 404);
      await ask('PUT', `merge_requests/${iid}`, { state_event: 'close' });
    });

    test('labels are given, taken and asked for', async (t) => {
      const { ask, branch } = await setting(t);
      const [target, source] = [unique('target'), unique('source')];
      await branch(source, await branch(target));
      const given = { ...request(source, target), labels: 'hold,promotion' };
      const { iid, labels } = (await ask('POST', 'merge_requests', given)).said;
      assert.deepEqual(labels, ['hold', 'promotion']);
      const one = `merge_requests/${iid}`;
      const edited = await ask('PUT', one, { add_labels: 'urgent', remove_labels: 'hold' });
      assert.deepEqual(edited.said.labels, ['promotion', 'urgent']);
      const found = async (asked: string) =>
        (await ask('GET', `merge_requests?target_branch=${target}&labels=${asked}`)).said.length;
      assert.deepEqual([await found('urgent,promotion'), await found('urgent,hold'), await found('None')], [1, 0, 0]);
      await ask('PUT', one, { state_event: 'close', labels: '' });
      assert.equal(await found('None'), 1);
    });

    test('a request that is closed is opened again, but not beside another', async (t) => {
      const { ask, branch } = await setting(t);
      const [target, source] = [unique('target'), unique('source')];
      await branch(source, await branch(target));
      const { iid } = (await ask('POST', 'merge_requests', request(source, target))).said;
      const one = `merge_requests/${iid}`;
      const closed = (await ask('PUT', one, { state_event: 'close' })).said;
      assert.equal(closed.state, 'closed');
      assert.ok(closed.closed_at);
      const reopened = (await ask('PUT', one, { state_event: 'reopen' })).said;
      assert.deepEqual([reopened.state, reopened.closed_at], ['opened', null]);
      const twice = await ask('POST', 'merge_requests', request(source, target));
      const words = `Another open merge request already exists for this source branch: !${iid}`;
      assert.deepEqual([twice.status, twice.said.message], [409, [words]]);
      await ask('PUT', one, { state_event: 'close' });
      const other = (await ask('POST', 'merge_requests', request(source, target))).said;
      assert.equal((await ask('PUT', one, { state_event: 'reopen' })).status, 409);
      assert.equal((await ask('GET', one)).said.state, 'closed');
      await ask('PUT', `merge_requests/${other.iid}`, { state_event: 'close' });
    });

    test('a request says whether it can be merged, and why not', async (t) => {
      const { ask, branch, push } = await setting(t);
      const [target, source] = [unique('target'), unique('source')];
      const base = await branch(target);
      const tip = await branch(source, base, 'file');
      const { iid, author } = (await ask('POST', 'merge_requests', request(source, target))).said;
      const one = `merge_requests/${iid}`;
      const status = () => settled(ask, one);
      assert.deepEqual(await status(), ['mergeable', false]);
      await ask('PUT', one, { title: 'Draft: not yet' });
      assert.deepEqual(await status(), ['draft_status', false]);
      await ask('PUT', one, { title: 'ready' });
      await branch(target, base, 'another-file');
      assert.deepEqual(await status(), ['need_rebase', false]);
      await branch(target, base, 'file');
      assert.deepEqual(await status(), ['conflict', true]);
      await push('--force', `${base}:${head(target)}`);
      const done = await merge(ask, iid, tip);
      assert.equal(done.status, 200);
      assert.deepEqual([done.said.merge_user.username, done.said.sha], [author.username, tip]);
      assert.ok(done.said.merged_at);
      assert.equal((await status())[0], 'not_open');
    });

    test('what cannot be is refused in the status and the shape of GitLab', async (t) => {
      const { ask, branch } = await setting(t);
      const one = unique('refused');
      await branch(one);
      const same = await ask('POST', 'merge_requests', request(one, one));
      assert.deepEqual(
        [same.status, same.said],
        [422, { message: ["You can't use same project/branch for source and target"] }],
      );
      const untitled = await ask('POST', 'merge_requests', { source_branch: one, target_branch: 'main' });
      assert.deepEqual([untitled.status, untitled.said], [400, { error: 'title is missing' }]);
      const nothing = await ask('GET', 'merge_requests/999999999');
      assert.deepEqual([nothing.status, nothing.said], [404, { message: '404 Not found' }]);
    });
  });
}

/** A forge of this test alone ended before, with all that it kept. */
const gone = () => {};

interface Shown {
  readonly name: string;
  readonly commit: { readonly id: string; readonly title: string };
  readonly default: boolean;
}

const unique = (name: string) => `test-${name}-${Math.random().toString(36).slice(2)}`;
const branchPath = (name: string) => `repository/branches/${encodeURIComponent(name)}`;
const request = (source: string, target: string) => ({ source_branch: source, target_branch: target, title: 'ready' });

const levelsOf = (rule: {
  push_access_levels: { access_level: number }[];
  merge_access_levels: { access_level: number }[];
  allow_force_push: boolean;
}) => ({
  push: rule.push_access_levels.map(({ access_level }) => access_level),
  merge: rule.merge_access_levels.map(({ access_level }) => access_level),
  force: rule.allow_force_push,
});

/** GitLab looks into the branches some moments after they changed. */
async function settled(ask: Client, one: string): Promise<[string, boolean]> {
  for (let tried = 0; ; tried++) {
    const { detailed_merge_status: status, has_conflicts } = (await ask('GET', one)).said;
    const looks = ['unchecked', 'checking', 'preparing', 'approvals_syncing'].includes(status);
    if (!looks || tried > 60) return [status, has_conflicts];
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

async function merge(ask: Client, iid: number, sha: string) {
  await settled(ask, `merge_requests/${iid}`);
  return ask('PUT', `merge_requests/${iid}/merge`, { sha });
}

/** Commits made in a repository of one's own and pushed over HTTP. */
async function pusher(t: TestContext, at: string, name: string, token: string): Promise<Omit<Setting, 'ask'>> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-pusher-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = withToken(dir, at, token);
  await git.bytes(['init', '--quiet', '--bare']);
  const push = (...args: string[]) => git.bytes(['push', '--quiet', `${at}/${name}.git`, ...args]);
  return {
    git,
    push,
    async branch(branch, from, file = branch) {
      const writes = [{ path: file, bytes: String(Math.random()) }];
      const [commit = ''] = await writeCommits(git, from, [{ message: `${branch}\n`, writes }], Date.now());
      await push('--force', `${commit}:${head(branch)}`);
      return commit;
    },
  };
}

contract('the local forge', false, async (t) => {
  const { url } = await local(t);
  return { ask: client(url, project.path, 'a-token'), ...(await pusher(t, url, project.path, 'a-token')) };
});

contract('a live GitLab', host && path && SLIPWAY_TEST_GITLAB_TOKEN ? false : missing, async (t) => ({
  ask: client(host, path, SLIPWAY_TEST_GITLAB_TOKEN),
  ...(await pusher(t, host, path, SLIPWAY_TEST_GITLAB_TOKEN)),
}));
