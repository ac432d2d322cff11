import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { Git } from '../git/git.ts';
import { writeCommits } from '../git/write.ts';
import { head } from '../model/names.ts';
import { Unknown, Unreadable } from '../model/refusal.ts';
import type { Forge } from './forge.ts';
import { gitlab, idOf } from './gitlab.ts';
import { local, newBranch, quick, twoBranches } from './local.fixture.ts';

/** A forge with a repository behind it, in which the contract may make branches. */
interface Setting {
  readonly forge: Forge;
  /** Makes a branch with one commit on `from`. @returns the commit */
  readonly branch: (name: string, from: string | undefined) => Promise<string>;
  readonly commit: (branch: string) => Promise<string | undefined>;
}

/** What every forge must do, the stand-in and the real one alike. */
function contract(name: string, skip: string | false, setting: (t: TestContext) => Promise<Setting>): void {
  suite(`the contract of a forge, kept by ${name}`, { skip }, () => {
    test('a request is opened, found, updated and closed', async (t) => {
      const { forge, branch } = await setting(t);
      const [target, source] = names();
      await branch(source, await branch(target, undefined));
      assert.equal(await find(forge, source, target), undefined);
      const opened = await forge.open({ source, target, title: 'One', body: 'text' });
      assert.equal(opened.state, 'opened');
      assert.equal((await find(forge, source, target))?.iid, opened.iid);
      const updated = await forge.update(opened.iid, { title: 'Two', body: '| a | b |\n|---|---|\n' });
      assert.deepEqual([updated.title, updated.body.trim()], ['Two', '| a | b |\n|---|---|']);
      assert.equal((await forge.close(opened.iid)).state, 'closed');
      assert.equal(await find(forge, source, target), undefined);
    });

    test('a request is found by its number, whatever became of it', async (t) => {
      const { forge, branch } = await setting(t);
      const [target, source] = names();
      await branch(source, await branch(target, undefined));
      const { iid } = await forge.open({ source, target, title: 'One', body: 'text' });
      const found = await forge.request(iid);
      assert.deepEqual([found?.source, found?.target, found?.title, found?.state], [source, target, 'One', 'opened']);
      await forge.close(iid);
      assert.equal((await forge.request(iid))?.state, 'closed');
      assert.equal(await forge.request(987_654_321), undefined);
    });

    test('a commit is known by the request that it came by, and who merged that and when', async (t) => {
      const { forge, branch, commit } = await setting(t);
      const [target, source] = names();
      const tip = await branch(source, await branch(target, undefined));
      const before = new Date(Date.now() - 600_000).toISOString();
      const { iid } = await forge.open({ source, target, title: 'One', body: '' });
      const [waiting] = await forge.broughtBy(tip);
      assert.deepEqual([waiting?.iid, waiting?.merged], [iid, undefined]);
      await forge.merge(iid, tip);
      const merged = (await commit(target)) as string;
      for (const one of [tip, merged]) {
        const found = (await forge.broughtBy(one)).find((request) => request.iid === iid);
        assert.equal(found?.merged?.commit, merged);
        assert.ok(found.merged.by);
        assert.ok(found.merged.at > before, found.merged.at);
      }
      assert.deepEqual((await forge.request(iid))?.merged?.commit, merged);
      assert.deepEqual(await forge.broughtBy('0123456789'.repeat(4)), []);
    });

    test('opening one that is open gives that one, with the new text', async (t) => {
      const { forge, branch } = await setting(t);
      const [target, source] = names();
      await branch(source, await branch(target, undefined));
      const first = await forge.open({ source, target, title: 'One', body: '' });
      const second = await forge.open({ source, target, title: 'Two', body: '' });
      assert.equal(second.iid, first.iid);
      assert.equal(second.title, 'Two');
      await forge.close(first.iid);
    });

    test('a merge makes a merge commit with the proposal as second parent, if the proposal is still what was seen', async (t) => {
      const { forge, branch, commit } = await setting(t);
      const [target, source] = names();
      const base = await branch(target, undefined);
      const tip = await branch(source, base);
      const opened = await forge.open({ source, target, title: 'One', body: '' });
      await assert.rejects(forge.merge(opened.iid, base), /SHA does not match HEAD/);
      assert.equal(await commit(target), base);
      assert.equal((await forge.merge(opened.iid, tip)).state, 'merged');
      assert.notEqual(await commit(target), tip);
      assert.equal(await commit(`${target}^2`), tip);
      assert.equal(await commit(`${target}^1`), base);
      await assert.rejects(forge.merge(opened.iid, tip), /405/);
    });

    test('a proposal that does not stand on the tip is not merged', async (t) => {
      const { forge, branch, commit } = await setting(t);
      const [target, source] = names();
      const base = await branch(target, undefined);
      const tip = await branch(source, base);
      const moved = await branch(target, base);
      const opened = await forge.open({ source, target, title: 'One', body: '' });
      await assert.rejects(forge.merge(opened.iid, tip), /cannot be merged|405|422/);
      assert.equal(await commit(target), moved);
      await forge.close(opened.iid);
    });

    test('of more requests than fit on a page every one is found', async (t) => {
      const { forge, branch } = await setting(t);
      const [target, source] = names();
      const base = await branch(target, undefined);
      const count = 2 * many + 1;
      const sources = Array.from({ length: count }, (_, index) => `${source}-${index}`);
      const opened: number[] = [];
      for (const name of sources) {
        await branch(name, base);
        opened.push((await forge.open({ source: name, target, title: 'One of many', body: '' })).iid);
      }
      assert.deepEqual((await forge.opened(target)).map(({ iid }) => iid).sort(byNumber), opened.sort(byNumber));
      for (const iid of opened) await forge.close(iid);
    });

    test('closing what is closed leaves it closed', async (t) => {
      const { forge, branch } = await setting(t);
      const [target, source] = names();
      await branch(source, await branch(target, undefined));
      const { iid } = await forge.open({ source, target, title: 'One', body: '' });
      await forge.close(iid);
      assert.equal((await forge.close(iid)).state, 'closed');
    });

    test('a draft is not merged', async (t) => {
      const { forge, branch, commit } = await setting(t);
      const [target, source] = names();
      const base = await branch(target, undefined);
      const tip = await branch(source, base);
      const { iid } = await forge.open({ source, target, title: 'Draft: not yet', body: '' });
      await assert.rejects(forge.merge(iid, tip), /405|422/);
      assert.equal(await commit(target), base);
      await forge.close(iid);
    });

    test('what waits for its pipeline is merged when that succeeds', async (t) => {
      const { forge, branch, commit } = await setting(t);
      const [target, source] = names();
      const base = await branch(target, undefined);
      const tip = await branch(source, base);
      const { iid } = await forge.open({ source, target, title: 'Later', body: '' });
      await assert.rejects(forge.merge(iid, tip, { auto: true }), /405|422/);
      const check = { name: 'a check', description: '' };
      await forge.setStatus(tip, { ...check, state: 'running' });
      assert.equal((await forge.merge(iid, tip, { auto: true })).state, 'opened');
      assert.equal(await commit(target), base);
      await forge.setStatus(tip, { ...check, state: 'success' });
      await until(async () => (await find(forge, source, target)) === undefined);
      assert.equal(await commit(`${target}^2`), tip);
    });

    test('a status says the last that was said under its name, whatever was said before', async (t) => {
      const { forge, branch } = await setting(t);
      const [target] = names();
      const commit = await branch(target, undefined);
      const states = ['pending', 'running', 'success', 'failed', 'canceled'] as const;
      const name = 'slipway/staging';
      for (const before of states) {
        for (const state of states) {
          const words = `${state} after ${before}`;
          await forge.setStatus(commit, { name, state: before, description: 'before' });
          await forge.setStatus(commit, { name, state, description: words, url: 'https://example.com/x' });
          const [said, ...more] = (await forge.statuses(commit)).filter((status) => status.name === name);
          assert.deepEqual([said?.state, said?.description, said?.url], [state, words, 'https://example.com/x']);
          assert.ok(said?.author);
          assert.deepEqual(more, []);
        }
      }
    });

    test('each name has its own status, also where they do not fit on a page', async (t) => {
      const { forge, branch } = await setting(t);
      const [target] = names();
      const commit = await branch(target, undefined);
      const all = Array.from({ length: 2 * many + 1 }, (_, index) => `check/${String(index).padStart(3, '0')}`);
      for (const name of all) await forge.setStatus(commit, { name, state: 'success', description: name });
      assert.deepEqual((await forge.statuses(commit)).map(({ name }) => name).sort(), all);
    });

    test('a long description is cut to what a forge takes', async (t) => {
      const { forge, branch } = await setting(t);
      const [target] = names();
      const commit = await branch(target, undefined);
      const status = { name: 'long', state: 'success', description: '🦉'.repeat(300) } as const;
      await forge.setStatus(commit, status);
      assert.equal((await forge.statuses(commit))[0]?.description, `${'🦉'.repeat(254)}…`);
    });

    test('a commit that it does not have is told as that', async (t) => {
      const { forge } = await setting(t);
      const status = { name: 'x', state: 'success', description: '' } as const;
      await assert.rejects(forge.setStatus('0123456789'.repeat(4), status), Unknown);
    });

    test('it tells that it merges as it does, and which rules protect branches', async (t) => {
      const { forge } = await setting(t);
      const { method, squash, pipelines } = await forge.settings();
      assert.equal(method, 'semi-linear');
      assert.ok(squash !== undefined && pipelines !== undefined);
      const main = (await forge.protectionRules()).find(({ pattern }) => pattern === 'main');
      assert.deepEqual([main?.allowsForcePush, main?.inherited], [false, false]);
      assert.ok([...(main?.push ?? []), ...(main?.merge ?? [])].every(({ kind }) => kind));
    });

    test('it tells what its pipelines may, and no value of a variable or token', async (t) => {
      const { forge } = await setting(t);
      const settings = await forge.settings();
      for (const flag of [
        'skippedCounts',
        'jobsPush',
        'forksRunHere',
        'requestsAreTrusted',
        'mergesAreTried',
        'cachesAreApart',
        'deletesTags',
      ] as const)
        assert.equal(typeof settings[flag], 'boolean', flag);
      assert.ok(settings.variablesBy);
      assert.match(settings.project, /^[\w.-]+(\/[\w.-]+)+$/);
      assert.match(await forge.version(), /^\d+\.\d+/);
      assert.equal(typeof (await forge.jobTokensAreLimited()), 'boolean');
      for (const variable of await forge.variables())
        assert.deepEqual(Object.keys(variable).sort(), ['environment', 'file', 'key', 'masked', 'protected']);
      for (const { name, scopes, level, account } of await forge.tokens())
        assert.ok(name && scopes.length > 0 && level >= 10 && account > 0, name);
      for (const { pattern } of await forge.registryRules()) assert.ok(pattern);
    });

    test('what cannot be done is told with what was asked and the next step', async (t) => {
      const { forge } = await setting(t);
      await assert.rejects(
        forge.open({ source: 'nowhere-1', target: 'nowhere-2', title: 'x', body: '' }),
        /Could not open a merge request onto nowhere-2 .* 4\d\d/,
      );
      await assert.rejects(
        forge.update(999_999_999, { title: 'x', body: '' }),
        /Could not update merge request !999999999 .* 404/,
      );
    });
  });
}

/** How many fit on a page, in the contract. */
const many = 4;
const byNumber = (a: number, b: number) => a - b;

async function until(done: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await done())) {
    assert.ok(Date.now() < end, 'it did not come to pass within a minute');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

const find = async (forge: Forge, source: string, target: string) =>
  (await forge.opened(target)).find((request) => request.source === source);

const names = (): [string, string] => {
  const unique = Math.random().toString(36).slice(2);
  return [`test-target-${unique}`, `test-source-${unique}`];
};

contract('the local forge', false, async (t) => {
  const { repository, url } = await local(t);
  return {
    forge: gitlab({ host: url, project: project.path, token: 'a-token', perPage: many }),
    branch: (name, from) => newBranch(repository, name, from),
    commit: (branch) => repository.commit(head(branch)),
  };
});

const {
  SLIPWAY_TEST_GITLAB_URL: host = '',
  SLIPWAY_TEST_GITLAB_PROJECT: path = '',
  SLIPWAY_TEST_GITLAB_TOKEN: token = '',
} = process.env;
const missing =
  'set SLIPWAY_TEST_GITLAB_URL, SLIPWAY_TEST_GITLAB_PROJECT (group/project) and SLIPWAY_TEST_GITLAB_TOKEN to ask a live GitLab';
contract('a live GitLab', host && path && token ? false : missing, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-gitlab-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = new Git(dir);
  await git.bytes(['init', '--quiet', '--bare']);
  // By environment, never in the arguments of a process.
  Object.assign(process.env, {
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: `http.${host}/.extraHeader`,
    GIT_CONFIG_VALUE_0: `Authorization: Basic ${Buffer.from(`oauth2:${token}`).toString('base64')}`,
  });
  const url = `${host}/${path}.git`;
  return {
    forge: gitlab({ host, project: path, token, perPage: many }),
    branch: async (name, from) => {
      const [commit = ''] = await writeCommits(
        git,
        from,
        [{ message: `${name}\n`, writes: [{ path: name, bytes: String(Math.random()) }] }],
        Date.now(),
      );
      await git.bytes(['push', '--quiet', url, `${commit}:${head(name)}`]);
      return commit;
    },
    commit: async (branch) => {
      const [name = '', parent = ''] = branch.split(/(?=\^)/);
      await git.bytes(['fetch', '--quiet', url, `+${head(name)}:${head(name)}`]);
      return git.commit(`${head(name)}${parent}`);
    },
  };
});

test('a token that may not is told which scope is missing, and is not repeated', async (t) => {
  const { url } = await local(t);
  const forge = gitlab({ host: url, project: project.path, token: 'wrong-secret' });
  await assert.rejects(
    forge.opened('b'),
    (error: Error) => /401.*scope api/.test(error.message) && !error.message.includes('wrong-secret'),
  );
});

test('a forge that is down is told by its address', async () => {
  const forge = gitlab({ host: 'http://127.0.0.1:1', project: 'g/p', token: 'x', patience: quick });
  await assert.rejects(
    forge.opened('b'),
    /Could not list merge requests in http:\/\/127\.0\.0\.1:1 \(project g\/p\).*server is up/,
  );
});

test('settings that a role may not read are told apart from a forge that fails', async (t) => {
  const { url } = await local(t);
  const forge = (token: string, path: string = project.path) => gitlab({ host: url, project: path, token });
  assert.equal((await forge('a-reporter').settings()).method, 'semi-linear');
  await assert.rejects(forge('a-reporter').protectionRules(), (error: Error) => {
    assert.ok(error instanceof Unreadable);
    return /Could not read the protected branches in .* 403 .*a role that may do this/.test(error.message);
  });
  await assert.rejects(forge('a-token', 'other/project').settings(), Unreadable);
  // The tier Free has none, and says that there is no such thing.
  await assert.rejects(forge('a-token').protectedEnvironments(), Unreadable);
  await assert.rejects(
    forge('wrong').protectionRules(),
    (error: Error) => !(error instanceof Unreadable) && /401/.test(error.message),
  );
});

test('what a forge calls the id of a commit is one, or it is left out', () => {
  const id = '0123456789'.repeat(4);
  const said = [id, id.padEnd(64, '0'), `${id}\n`, id.slice(1), '--output=x', 'HEAD', '', null, undefined];
  assert.deepEqual(
    said.flatMap((one) => idOf(one) ?? []),
    said.slice(0, 2),
  );
});

test('where it fast-forwards, the target becomes the proposal and no merge commit is made', async (t) => {
  const { repository, forge } = await local(t, { method: 'ff' });
  await twoBranches(repository);
  const b = await repository.commit(head('b'));
  const writes = [{ path: 'more', bytes: '' }];
  const [a = ''] = await writeCommits(repository, b, [{ message: 'y\n', writes }], Date.now());
  await repository.bytes(['update-ref', head('a'), a]);
  assert.equal((await forge.settings()).method, 'fast-forward');
  const { iid } = await forge.open({ source: 'a', target: 'b', title: 'x', body: '' });
  assert.equal((await forge.merge(iid, a)).state, 'merged');
  assert.equal(await repository.commit(head('b')), a);
  // Nothing in git says who took it.
  const [brought] = await forge.broughtBy(a);
  assert.deepEqual([brought?.iid, brought?.merged?.by, brought?.merged?.commit], [iid, 'slipway', a]);
});

test('what is kept of merge requests outlives the forge', async (t) => {
  const { repository, forge, file } = await local(t);
  await twoBranches(repository);
  await forge.open({ source: 'a', target: 'b', title: 'kept', body: '' });
  const again = await local(t, { repository, file });
  assert.equal((await find(again.forge, 'a', 'b'))?.title, 'kept');
});

test('what is said of commits outlives the forge, and what is said already is not said again', async (t) => {
  const { repository, forge, file } = await local(t);
  const commit = await newBranch(repository, 'a', undefined);
  const status = { name: 'slipway/staging', state: 'success', description: 'deployed' } as const;
  await forge.setStatus(commit, status);
  const kept = join(dirname(file), 'commit-statuses.json');
  const before = await stat(kept);
  const again = await local(t, { repository, file });
  await again.forge.setStatus(commit, status);
  assert.equal((await stat(kept)).mtimeMs, before.mtimeMs);
  assert.deepEqual(await again.forge.statuses(commit), [{ ...status, url: undefined, author: 'slipway' }]);
});

test('what an account says is known as its word, and a Reporter says nothing', async (t) => {
  const { repository, url } = await local(t, { accounts: { 'b-token': 'somebody' } });
  const commit = await newBranch(repository, 'a', undefined);
  const as = (token: string) => gitlab({ host: url, project: project.path, token });
  const status = { name: 'check', state: 'running', description: 'x' } as const;
  await as('b-token').setStatus(commit, status);
  assert.equal((await as('a-token').statuses(commit))[0]?.author, 'somebody');
  await assert.rejects(as('a-reporter').setStatus(commit, { ...status, state: 'success' }), /403/);
  // Another account does not end what this one began: it begins its own.
  await as('a-token').setStatus(commit, { ...status, description: 'y' });
  assert.deepEqual(
    (await as('a-token').statuses(commit)).map(({ author, description }) => [author, description]),
    [['slipway', 'y']],
  );
});

test('a merge that a role may not make is told with the next step, and is not made', async (t) => {
  const accounts = { 'd-token': { name: 'somebody', role: 'developer' } } as const;
  const { repository, url } = await local(t, { accounts });
  const base = await newBranch(repository, 'main', undefined);
  const tip = await newBranch(repository, 'a', base);
  const forge = gitlab({ host: url, project: project.path, token: 'd-token' });
  const { iid } = await forge.open({ source: 'a', target: 'main', title: 'x', body: '' });
  await assert.rejects(forge.merge(iid, tip), /Could not merge merge request !1 .* 401 .*a role that may do this/);
  assert.equal(await repository.commit(head('main')), base);
});
