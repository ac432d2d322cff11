import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { Refusal, Unknown } from '../model/refusal.ts';
import { type Fault, faulty } from './faulty.fixture.ts';
import type { Deployment, Mirrored } from './forge.ts';
import { type CommitStatus, githubApi } from './github.fixture.ts';
import { github } from './github.ts';
import { quick } from './local.fixture.ts';

/** A mirror with two commits, and how the world there is seen without the door. */
interface Setting {
  readonly mirrored: Mirrored;
  /** An older and a newer one. */
  readonly commits: readonly [string, string];
  /** Reads a list below the repository. */
  readonly list: (path: string) => Promise<Record<string, unknown>[]>;
}

/** Reads the lists of a GitHub as anybody would. */
const reader = (api: string, repository: string, token: string) => async (path: string) => {
  const headers = { authorization: `token ${token}`, accept: 'application/vnd.github+json' };
  const response = await fetch(`${api}/repos/${repository}/${path}`, { headers });
  return (await response.json()) as Record<string, unknown>[];
};

/** Per deployment to an environment, oldest first, its commit and state. */
async function deployed(list: Setting['list'], environment: string): Promise<string[]> {
  const found = (await list(`deployments?environment=${environment}&per_page=100`)).reverse();
  return Promise.all(
    found.map(async ({ id, sha }) => `${sha} ${(await list(`deployments/${id}/statuses`))[0]?.state}`),
  );
}

const environmentName = () => `test-${Math.random().toString(36).slice(2)}`;
const words = { description: 'counter 1.0.4', url: 'https://counter.example.com' };

/** What every mirror must do, the stand-in and GitHub alike. */
function contract(name: string, skip: string | false, setting: (t: TestContext) => Promise<Setting>): void {
  suite(`the contract of a mirror, kept by ${name}`, { skip, concurrency: 8 }, () => {
    test('a status says the last that was said under its name, and is said once', async (t) => {
      const { mirrored, commits, list } = await setting(t);
      const status = { name: `slipway/${environmentName()}`, url: 'https://example.com/x' };
      const said = async () =>
        (await list(`commits/${commits[0]}/statuses?per_page=100`))
          .filter(({ context }) => context === status.name)
          .map(({ state, description, target_url }) => [state, description, target_url]);
      for (let run = 0; run < 2; run++) {
        await mirrored.setStatus(commits[0], { ...status, state: 'running', description: 'soon' });
      }
      assert.deepEqual(await said(), [['pending', 'soon', status.url]]);
      for (let run = 0; run < 2; run++) {
        await mirrored.setStatus(commits[0], { ...status, state: 'success', description: 'x'.repeat(200) });
      }
      assert.deepEqual((await said())[0], ['success', `${'x'.repeat(139)}…`, status.url]);
      assert.equal((await said()).length, 2);
    });

    test('a deployment follows its state, and stays one', async (t) => {
      const { mirrored, commits, list } = await setting(t);
      const environment = environmentName();
      for (const state of ['in_progress', 'in_progress', 'success', 'success'] as const) {
        await mirrored.deploy({ ...words, environment, commit: commits[0], state });
      }
      assert.deepEqual(await deployed(list, environment), [`${commits[0]} success`]);
      const [{ id } = {}] = await list(`deployments?environment=${environment}`);
      assert.equal((await list(`deployments/${id}/statuses`)).length, 2);
    });

    test('where a newer commit succeeds, the older deployment becomes inactive, and the other way round after a rollback', async (t) => {
      const { mirrored, commits, list } = await setting(t);
      const environment = environmentName();
      const deploy = (commit: string) => mirrored.deploy({ ...words, environment, commit, state: 'success' });
      const [older, newer] = commits;
      await deploy(older);
      await deploy(newer);
      assert.deepEqual(await deployed(list, environment), [`${older} inactive`, `${newer} success`]);
      await deploy(older);
      assert.deepEqual(await deployed(list, environment), [`${older} success`, `${newer} inactive`]);
    });

    test('each environment has its own deployments', async (t) => {
      const { mirrored, commits, list } = await setting(t);
      const [one, two] = [environmentName(), environmentName()];
      for (const environment of [one, two]) {
        await mirrored.deploy({ ...words, environment, commit: commits[0], state: 'success' });
      }
      for (const environment of [one, two])
        assert.deepEqual(await deployed(list, environment), [`${commits[0]} success`]);
    });

    test('a commit that was not pushed there is told as that', async (t) => {
      const { mirrored } = await setting(t);
      const commit = '0123456789'.repeat(4);
      await assert.rejects(mirrored.setStatus(commit, { name: 'x', state: 'success', description: '' }), Unknown);
      await assert.rejects(
        mirrored.deploy({ ...words, environment: environmentName(), commit, state: 'success' }),
        Unknown,
      );
    });
  });
}

const commits = ['a'.repeat(40), 'b'.repeat(40)] as const;

/** The stand-in, with two commits, behind a way that breaks as told. */
async function local(t: TestContext, perPage?: number) {
  const api = await githubApi(t);
  for (const commit of commits) api.commits.add(commit);
  const way = await faulty(t, api.url);
  const { repository, token } = api;
  const patience = { ...quick, timeout: 1000 };
  const mirrored = github({ repository, token, api: way.url, patience, perPage });
  return { api, way, mirrored, commits, list: reader(api.url, repository, token) };
}

contract('the stand-in', false, (t) => local(t));

const {
  SLIPWAY_TEST_GITHUB_REPOSITORY: repository = '',
  SLIPWAY_TEST_GITHUB_TOKEN: token = '',
  SLIPWAY_TEST_GITHUB_COMMITS: pushed = '',
  SLIPWAY_TEST_GITHUB_API_URL: api = 'https://api.github.com',
} = process.env;
const missing =
  'set SLIPWAY_TEST_GITHUB_REPOSITORY (owner/name), SLIPWAY_TEST_GITHUB_TOKEN and SLIPWAY_TEST_GITHUB_COMMITS (two of its commits, older,newer) to ask a live GitHub';
contract('a live GitHub', repository && token && pushed ? false : missing, async () => {
  const [older = '', newer = ''] = pushed.split(',');
  return {
    mirrored: github({ repository, token, api }),
    commits: [older, newer],
    list: reader(api, repository, token),
  };
});

const secondary = 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
const faults: Readonly<Record<string, readonly Fault[]>> = {
  'the rate is exceeded': [{ is: 'refused', status: 403, message: secondary, headers: { 'retry-after': '1' } }],
  'GitHub is overloaded': [
    { is: 'refused', status: 502 },
    { is: 'refused', status: 503 },
  ],
  'the connection breaks before': [{ is: 'cut before' }, { is: 'cut before' }],
  'the connection breaks after': [{ is: 'cut after' }],
  'half of the answer comes': [{ is: 'cut within' }],
  'a gateway answers instead, though it was done': [{ is: 'answered otherwise', status: 502 }],
  'the answer comes too late': [{ is: 'late', by: 1500 }],
};

suite('on a way to GitHub that breaks', { concurrency: 16 }, () => {
  const status = { name: 'slipway/staging', state: 'success', ...words } as const;
  const deployment: Deployment = { environment: 'production', commit: commits[0], state: 'success', ...words };
  for (const [what, plan] of Object.entries(faults)) {
    for (const breaks of [/^GET/, /^POST/]) {
      const where = `${breaks.source.slice(1)}: ${what}`;
      test(`one status is said, ${where}`, async (t) => {
        const { api, way, mirrored } = await local(t);
        way.breaks(breaks, ...plan);
        await mirrored.setStatus(commits[0], status);
        assert.deepEqual(
          api.statuses.map(({ context, state }) => [context, state]),
          [['slipway/staging', 'success']],
        );
      });
      test(`one deployment is made, ${where}`, async (t) => {
        const { api, way, mirrored } = await local(t);
        way.breaks(breaks, ...plan);
        await mirrored.deploy(deployment);
        assert.deepEqual(
          api.deployments.map(({ sha, statuses }) => [sha, statuses.map(({ state }) => state)]),
          [[commits[0], ['success']]],
        );
      });
    }
    test(`the state of a deployment is said once, its POST: ${what}`, async (t) => {
      const { api, way, mirrored } = await local(t);
      await mirrored.deploy({ ...deployment, state: 'in_progress' });
      way.breaks(/^POST .*statuses/, ...plan);
      await mirrored.deploy(deployment);
      const states = api.deployments.map(({ statuses }) => statuses.map(({ state }) => state));
      assert.deepEqual(states, [['in_progress', 'success']]);
    });
  }

  test('two runs at once end with one deployment', async (t) => {
    const { api, mirrored } = await local(t);
    const other = github({ repository: api.repository, token: api.token, api: api.url, patience: quick });
    await Promise.all([mirrored.deploy(deployment), other.deploy(deployment)]);
    await mirrored.deploy(deployment);
    assert.deepEqual(await deployed(reader(api.url, api.repository, api.token), 'production'), [
      `${commits[0]} success`,
    ]);
  });

  test('what others deployed stays as it is', async (t) => {
    const { api, mirrored, list } = await local(t);
    const theirs = {
      ref: commits[0],
      environment: 'production',
      task: 'deploy',
      auto_merge: false,
      required_contexts: [],
    };
    await fetch(`${api.url}/repos/${api.repository}/deployments`, {
      method: 'POST',
      headers: { authorization: `token ${api.token}` },
      body: JSON.stringify({ ...theirs, production_environment: true }),
    });
    await mirrored.deploy(deployment);
    assert.deepEqual(await deployed(list, 'production'), [`${commits[0]} undefined`, `${commits[0]} success`]);
  });

  test('a status of long ago is found pages away', async (t) => {
    const { api, mirrored } = await local(t, 2);
    await mirrored.setStatus(commits[0], status);
    const others = api.statuses as CommitStatus[];
    for (let index = 0; index < 5; index++) others.push({ ...(others[0] as CommitStatus), context: `other/${index}` });
    await mirrored.setStatus(commits[0], status);
    assert.equal(others.length, 6);
  });

  test('a rate limit of an hour is not waited for, and told', async (t) => {
    const { way, mirrored } = await local(t);
    way.breaks(/^POST/, { is: 'refused', status: 403, message: secondary, headers: { 'retry-after': '3600' } });
    await assert.rejects(mirrored.setStatus(commits[0], status), /403 .*secondary rate limit.*Run again in 3600 s/);
  });

  test('a GitHub that stays broken is told with the next step', async (t) => {
    const { way, mirrored } = await local(t);
    way.breaks(/./, ...Array.from({ length: 60 }, (): Fault => ({ is: 'cut before' })));
    await assert.rejects(
      mirrored.setStatus(commits[0], status),
      (error: Error) => error instanceof Refusal && /Could not set the status .*the server is up/.test(error.message),
    );
  });

  test('a token is in no message', async (t) => {
    const { api, way } = await local(t);
    const wrong = github({ repository: api.repository, token: 'very-secret', api: way.url, patience: quick });
    way.breaks(/./, { is: 'refused', status: 401, message: 'very-secret is no token' });
    await assert.rejects(wrong.setStatus(commits[0], status), (error: Error) => {
      assert.match(error.message, /401 … is no token.*Check GITHUB_TOKEN/);
      const cause = error.cause as Error;
      assert.doesNotMatch(`${error.stack}${cause.stack}${JSON.stringify(cause)}`, /very-secret/);
      assert.equal(cause.cause, undefined);
      return true;
    });
  });
});
