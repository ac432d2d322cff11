import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, suite, type TestContext, test } from 'node:test';
import { type Fault, faulty } from '../forge/faulty.fixture.ts';
import type { Forge } from '../forge/forge.ts';
import { githubApi } from '../forge/github.fixture.ts';
import { github } from '../forge/github.ts';
import type { Live } from '../model/gate.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { announce, describe } from './announce.ts';
import { program } from './hydrate-commit.ts';
import { type Sandbox, sandbox, serveForge } from './sandbox.fixture.ts';

const cleanUps: (() => unknown)[] = [];
after(async () => {
  for (const cleanUp of cleanUps.reverse()) await cleanUp();
});

/** Made once: dev runs two commits, and staging the first of them. */
async function prepare() {
  const box = await sandbox({ after: (cleanUp) => void cleanUps.push(cleanUp) });
  const first = await box.checkout.text(['rev-parse', 'HEAD']);
  await box.publish();
  await box.mergeTo('staging');
  const second = await box.change({ b: '2' });
  await box.publish();
  return { box, first, second };
}
let prepared: ReturnType<typeof prepare> | undefined;

/** That, with forges of one's own: a GitLab, and a GitHub that has every commit of main. */
async function deployed(t: TestContext) {
  prepared ??= prepare();
  const { box, first, second } = await prepared;
  const dir = await mkdtemp(join(tmpdir(), 'slipway-announce-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const { forge, variables } = await serveForge(t, box.remote, join(dir, 'forge.json'));
  const api = await githubApi(t);
  for (const commit of [first, second]) api.commits.add(commit);
  const patience = { attempts: 5, first: 5, longest: 60_000, timeout: 5000 };
  const mirrored = github({ repository: api.repository, token: api.token, api: api.url, patience });
  return { box, dir, first, second, api, variables, forge, context: { ...box.context, forge, mirrored } };
}

/** What GitLab says of a commit, by name. */
async function saidOf(forge: Forge, commit: string): Promise<Record<string, string>> {
  const found = await forge.statuses(commit);
  return Object.fromEntries(found.map(({ name, state, description }) => [name, `${state}: ${description}`]));
}

suite('what is announced', { concurrency: 8 }, () => {
  test('each commit says where it is deployed, the newest of an environment is its deployment on GitHub, and nothing is said twice', async (t) => {
    const { dir, forge, first, second, api, context } = await deployed(t);
    const announced = await announce(context, false);
    assert.deepEqual(announced.failed, []);
    assert.deepEqual(await saidOf(forge, first), {
      'slipway/dev': 'success: deployed to dev: a 1.0',
      'slipway/staging': 'success: deployed to staging: a 1.0, b 1.0',
    });
    assert.deepEqual(await saidOf(forge, second), { 'slipway/dev': 'success: deployed to dev: b 1.0' });
    const [{ url } = {}] = await forge.statuses(second);
    assert.equal(url, 'https://gitlab.example.com/group/slipway/-/tree/env/dev');
    const world = () => ({
      statuses: api.statuses.map(({ sha, context, state }) => [sha, context, state]),
      deployments: api.deployments.map(({ sha, environment, statuses }) => [
        environment,
        sha,
        ...statuses.map(({ state }) => state),
      ]),
    });
    const there = world();
    assert.deepEqual(there, {
      statuses: [
        [second, 'slipway/dev', 'success'],
        [first, 'slipway/dev', 'success'],
        [first, 'slipway/staging', 'success'],
      ],
      deployments: [
        ['dev', second, 'success'],
        ['staging', first, 'success'],
      ],
    });
    const kept = join(dir, 'commit-statuses.json');
    const before = await stat(kept);
    assert.deepEqual(await announce(context, false), announced);
    assert.equal((await stat(kept)).mtimeMs, before.mtimeMs);
    assert.deepEqual(world(), there);
  });

  test('what is live decides how far a commit is, and what it was before is no obstacle', async (t) => {
    const { box, forge, first, second, api, context } = await deployed(t);
    const tip = await box.tip('env/dev');
    const table: [Partial<Live>, string, string][] = [
      [{ health: 'Progressing' }, 'pending: on its way to dev: b 1.0', 'in_progress'],
      [{ health: 'Degraded' }, 'failed: Degraded in dev: b 1.0', 'failure'],
      [{ sync: 'OutOfSync' }, 'pending: on its way to dev: b 1.0', 'in_progress'],
      [{ revision: await box.tip('main') }, 'pending: on its way to dev: b 1.0', 'in_progress'],
      [{}, 'success: deployed to dev: b 1.0', 'success'],
    ];
    for (const [given, said, state] of table) {
      const live = async () =>
        ['a', 'b'].map(
          (app): Live => ({ app, sync: 'Synced', health: 'Healthy', revision: tip, ...(app === 'b' ? given : {}) }),
        );
      await announce({ ...context, live }, false);
      assert.equal((await saidOf(forge, second))['slipway/dev'], said);
      assert.equal((await saidOf(forge, first))['slipway/dev'], 'success: deployed to dev: a 1.0');
      const [deployment, ...more] = api.deployments.filter(({ environment }) => environment === 'dev');
      assert.deepEqual([deployment?.statuses.at(-1)?.state, more], [state, []]);
    }
  });

  test('an environment that cannot be asked is left as it was told, and the others are told', async (t) => {
    const { forge, first, context } = await deployed(t);
    const live = async (environment: string) => {
      if (environment === 'dev') throw new Refusal('Argo CD cannot be asked.');
      return [];
    };
    const { failed } = await announce({ ...context, live }, false);
    assert.deepEqual(failed, ['dev: Argo CD cannot be asked.']);
    assert.deepEqual(await saidOf(forge, first), { 'slipway/staging': 'pending: on its way to staging: a 1.0, b 1.0' });
  });

  test('a commit that GitHub does not have stops nothing else', async (t) => {
    const { forge, first, second, api, context } = await deployed(t);
    api.commits.delete(second);
    const announced = await announce(context, false);
    assert.deepEqual(announced.failed, []);
    assert.match(describe(announced)[0] ?? '', /GitHub does not have this commit: push main there/);
    assert.deepEqual(Object.keys(await saidOf(forge, second)), ['slipway/dev']);
    assert.ok(api.statuses.length === 2 && api.statuses.every(({ sha }) => sha === first));
    assert.deepEqual(
      api.deployments.map(({ environment }) => environment),
      ['staging'],
    );
  });

  test('a forge that refuses does not keep the other from being told', async (t) => {
    const { forge, second, api, context } = await deployed(t);
    const mirrored = github({ repository: api.repository, token: 'wrong', api: api.url });
    const { failed } = await announce({ ...context, mirrored }, false);
    assert.match(failed.join(), /401 Bad credentials.*Check GITHUB_TOKEN/);
    assert.deepEqual(Object.keys(await saidOf(forge, second)), ['slipway/dev']);
  });

  test('without a forge there is nobody to tell, and a dry run says what would be said', async (t) => {
    const { forge, first, context } = await deployed(t);
    const alone = { ...context, forge: undefined, mirrored: undefined };
    await assert.rejects(announce(alone, false), Misuse);
    assert.equal((await announce(alone, true)).announcements.length, 3);
    assert.deepEqual((await announce(context, true)).told, []);
    assert.deepEqual(await saidOf(forge, first), {});
  });

  test('killed at any write and run again, it ends as if it had run once', async (t) => {
    const { box, forge, first, second, api, variables } = await deployed(t);
    const late: Fault = { is: 'late', by: 60_000 };
    for (let round = 0; round < 3; round++) {
      const ways = await Promise.all([faulty(t, variables.CI_SERVER_URL), faulty(t, api.url)]);
      for (const way of ways) way.breaks(/^POST/, late, late, late, late);
      const child = slipway(box, { ...variables, CI_SERVER_URL: ways[0].url }, { ...api, url: ways[1].url });
      const writes = () => ways.every(({ calls }) => calls.some(({ call }) => call.startsWith('POST')));
      while (!writes() && child.process.exitCode === null && round < 2)
        await new Promise((done) => setTimeout(done, 20));
      child.process.kill('SIGKILL');
      await child.ended;
    }
    const { out, err, code } = await slipway(box, variables, api).ended;
    assert.equal(code, 0, err);
    assert.match(out, /success: deployed to dev: b 1\.0/);
    assert.doesNotMatch(out + err, new RegExp(`${api.token}|${variables.SLIPWAY_TOKEN}`));
    assert.equal(api.statuses.length, 3);
    assert.deepEqual(
      api.deployments.map(({ environment, sha, statuses }) => [
        environment,
        sha,
        ...statuses.map(({ state }) => state),
      ]),
      [
        ['dev', second, 'success'],
        ['staging', first, 'success'],
      ],
    );
    assert.deepEqual(Object.keys(await saidOf(forge, first)).sort(), ['slipway/dev', 'slipway/staging']);
  });
});

test('what somebody edited says nothing, and what went back is said of the commit that runs again', async (t) => {
  const { box, forge, first, second, api, context } = await deployed(t);
  await announce(context, false);
  const person = await box.person('dev');
  await person.git.bytes(['revert', '--no-edit', 'HEAD']);
  await person.push();
  await announce(context, false);
  assert.equal((await saidOf(forge, first))['slipway/dev'], 'success: deployed to dev: a 1.0, b 1.0');
  assert.deepEqual(
    api.deployments
      .filter(({ environment }) => environment === 'dev')
      .map(({ sha, statuses }) => [sha, statuses.at(-1)?.state]),
    [
      [second, 'inactive'],
      [first, 'success'],
    ],
  );
  await writeFile(join(person.dir, 'b', 'hydrator.metadata'), JSON.stringify({ drySha: second }));
  await person.git.bytes(['commit', '--quiet', '--all', '-m', 'edit']);
  await person.push();
  const { announcements } = await announce(context, true);
  assert.deepEqual(
    announcements.filter(({ environment }) => environment === 'dev').map(({ description }) => description),
    ['deployed to dev: a 1.0'],
  );
});

/** The command itself, in the sandbox's checkout. */
function slipway(
  box: Sandbox,
  variables: Sandbox['variables'],
  api: { url: string; repository: string; token: string },
) {
  const env = {
    ...process.env,
    ...variables,
    GITHUB_REPOSITORY: api.repository,
    GITHUB_TOKEN: api.token,
    GITHUB_API_URL: api.url,
  };
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const child = spawn(process.execPath, [launcher, 'announce'], {
    cwd: box.checkout.dir,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  const ended = Promise.all([text(child.stdout), text(child.stderr), closed]).then(([out, err, code]) => ({
    out,
    err,
    code,
  }));
  return { process: child, ended };
}
