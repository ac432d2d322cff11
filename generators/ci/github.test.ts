import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parseArgs } from 'node:util';
import { load } from 'js-yaml';
import type { Promotion } from '../commands/settle.ts';
import { optionsOf, verbs } from '../commands/usage.ts';
import { withExample } from '../example.fixture.ts';

const root = join(import.meta.dirname, '..', '..');
const file = '.github/workflows/slipway.yml';
const text = readFileSync(join(root, file), 'utf8');

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly env?: Readonly<Record<string, string>>;
}
interface Job {
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly permissions: Readonly<Record<string, 'read' | 'write'>>;
  readonly 'timeout-minutes': number;
  readonly steps: readonly Step[];
}
const workflow = load(text) as {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: object;
  readonly jobs: Readonly<Record<string, Job>>;
};
const jobs = Object.entries(workflow.jobs);
const scriptsOf = ({ steps }: Job) => steps.flatMap(({ run }) => (run === undefined ? [] : [run]));
const needsOf = ({ needs = [] }: Job) => (typeof needs === 'string' ? [needs] : needs);
const writes = ({ permissions }: Job) => Object.values(permissions).includes('write');
const onGitHub = "vars.SLIPWAY_MAIN == 'github'";

/** A job that runs only where main lives on GitHub: it says so itself, or cannot run without one that does. */
function isGuarded(name: string): boolean {
  const job = workflow.jobs[name] as Job;
  const condition = job.if ?? '';
  if (condition.includes(onGitHub) && !condition.includes("'pull_request'")) return true;
  // A condition of one's own takes the place of "all that it needs succeeded", unless it asks that itself.
  return needsOf(job).some(
    (needed) =>
      isGuarded(needed) &&
      (!condition.includes('cancelled()') || condition.includes(`needs.${needed}.result == 'success'`)),
  );
}

test('in a mirror nothing runs but what reads on pull requests', () => {
  assert.deepEqual(
    jobs.filter(([name]) => !isGuarded(name)).map(([name]) => name),
    ['check', 'diff'],
  );
  assert.equal(
    workflow.jobs.check?.if,
    `github.event_name == 'pull_request' || (github.event_name == 'push' && ${onGitHub})`,
  );
  assert.equal(workflow.jobs.diff?.if, "github.event_name == 'pull_request'");
});

test('on a pull request a job may read the repository, and nothing of the person who asks runs with more', () => {
  assert.deepEqual(Object.keys(workflow.on).sort(), ['pull_request', 'push', 'schedule']);
  assert.deepEqual(workflow.permissions, {});
  for (const name of ['check', 'diff']) assert.deepEqual(workflow.jobs[name]?.permissions, { contents: 'read' });
  assert.doesNotMatch(text, /secrets\./);
});

test('no job that runs the code of apps has a token that writes', () => {
  const runsApps = /npm test|slipway (diff|render|verify --all|image builds)|image find --all (?!--builds)/;
  const running = jobs.filter(([, job]) => scriptsOf(job).some((script) => runsApps.test(script)));
  assert.deepEqual(
    running.map(([name]) => name),
    ['check', 'diff', 'builds', 'render', 'verify'],
  );
  assert.deepEqual(
    running.filter(([, job]) => writes(job)).map(([name]) => name),
    [],
  );
  // Beside them nobody logs in to the registry, either.
  for (const [name, job] of running) assert.doesNotMatch(scriptsOf(job).join('\n'), /docker login/, name);
  assert.deepEqual(
    jobs.filter(([, job]) => job.permissions.contents === 'write').map(([name]) => name),
    ['publish', 'promote'],
  );
});

test('every job ends by itself, and no script is put together from what somebody else wrote', () => {
  for (const [name, job] of jobs) {
    assert.ok(job['timeout-minutes'] <= 60, name);
    for (const script of scriptsOf(job)) assert.doesNotMatch(script, /\$\{\{/, name);
  }
});

test('actions are pinned by commit, with the version that it is', () => {
  const uses = [...text.matchAll(/^ +(?:- )?uses: (.*)/gm)].map(([, action]) => action);
  assert.ok(uses.length > 5);
  for (const action of uses) assert.match(action as string, /^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
});

test('a checkout leaves no token behind', () => {
  for (const [name, { steps }] of jobs)
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
      assert.equal((step as { with?: Record<string, unknown> }).with?.['persist-credentials'], false, name);
});

test('the verbs of the workflow and their options are those of Slipway', () => {
  const calls = jobs.flatMap(([, job]) =>
    scriptsOf(job).flatMap((script) => [...script.matchAll(/npx slipway ([^|)>]+?)(?=$|[|)>])/gm)]),
  );
  assert.ok(calls.length >= 10);
  for (const [, call = ''] of calls) {
    const [name = '', ...args] = call.trim().split(/\s+/);
    const verb = verbs[name];
    assert.ok(verb, call);
    const options = Object.fromEntries(Object.entries(optionsOf(verb)).map(([key, { type }]) => [key, { type }]));
    assert.doesNotThrow(() => parseArgs({ args, options, allowPositionals: true }), call);
  }
});

test('git gets the token of the job by its helper, and only when it asks', () => {
  const { GITHUB_TOKEN: _, ...settings } = workflow.jobs.publish?.steps.find(({ env }) => env)?.env ?? {};
  const asked = execFileSync('git', ['credential', 'fill'], {
    input: 'protocol=https\nhost=github.com\n\n',
    encoding: 'utf8',
    env: {
      ...{ PATH: process.env.PATH, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' },
      ...Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, `${value}`])),
      GITHUB_TOKEN: 'of-the-job',
    },
  });
  assert.match(asked, /^username=x-access-token\npassword=of-the-job$/m);
});

/** Runs a job's script as a runner does, with a Slipway that answers as it is told. */
function runScript(t: TestContext, script: string, slipway: string, env: Readonly<Record<string, string>> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'slipway-github-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  writeFileSync(join(dir, 'npx'), `#!/usr/bin/env bash\n${slipway}\n`, { mode: 0o755 });
  const said = join(dir, 'said');
  writeFileSync(said, '');
  const { status } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: dir,
    env: { PATH: `${dir}:${process.env.PATH}`, GITHUB_OUTPUT: said, GITHUB_STEP_SUMMARY: said, ...env },
  });
  return { status, said: readFileSync(said, 'utf8') };
}

test('an image that is there is named, one that is not is built, and a fault ends the job', (t) => {
  const script = scriptsOf(workflow.jobs.find as Job).find((text) => text.includes('image find')) as string;
  const env = { FOLDER: 'service', REPOSITORY: 'ghcr.io/example/slipway/counter' };
  const asked =
    '[ "$*" = "slipway image find --folder service --repository ghcr.io/example/slipway/counter" ] || exit 9';
  assert.deepEqual(runScript(t, script, `${asked}; echo ghcr.io/a@sha256:1`, env), {
    status: 0,
    said: 'image=ghcr.io/a@sha256:1\n',
  });
  assert.deepEqual(runScript(t, script, `${asked}; exit 3`, env), { status: 0, said: 'image=\n' });
  assert.deepEqual(runScript(t, script, `${asked}; exit 1`, env), { status: 1, said: '' });
});

test("who signs on GitHub is read from GitHub's own variables", withExample, () => {
  const launcher = join(root, 'generators/commands/slipway.mjs');
  const find = ['image', 'find', '--folder', 'service', '--repository', 'ghcr.io/example/slipway/counter'];
  const env = { PATH: process.env.PATH, GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'example' };
  const { status, stderr } = spawnSync(process.execPath, [launcher, ...find], { cwd: root, env, encoding: 'utf8' });
  assert.equal(stderr, 'slipway: GITHUB_REPOSITORY is "example", and must be owner/name.\n');
  assert.equal(status, 2);
});

test('the summary has a page for each request that a person is to open', (t) => {
  if (spawnSync('jq', ['--version']).status !== 0) return t.skip('jq is not there; GitHub has it');
  const script = scriptsOf(workflow.jobs.promote as Job).at(-1) as string;
  const promotions: Pick<Promotion, 'environment' | 'outcome' | 'moves' | 'others'>[] = [
    { environment: 'dev', outcome: 'nothing', moves: [], others: [] },
    {
      ...{ environment: 'staging', outcome: 'proposed', moves: ['counter 1.0.3 → 1.0.4', 'redis 8.2 → 8.4'] },
      others: [{ branch: 'env/staging-release-web', outcome: 'unchanged', moves: ['web 1 → 2'], kind: undefined }],
    },
  ];
  const slipway = `[ "$2" = announce ] || echo '${JSON.stringify({ version: 1, promotions })}'`;
  const page = 'https://github.com/example/slipway/compare/env/staging...env';
  assert.deepEqual(
    runScript(t, script, slipway, { GITHUB_SERVER_URL: 'https://github.com', GITHUB_REPOSITORY: 'example/slipway' }),
    {
      status: 0,
      said:
        `- [env/staging-next](${page}/staging-next?expand=1): counter 1.0.3 → 1.0.4, redis 8.2 → 8.4\n` +
        `- [env/staging-release-web](${page}/staging-release-web?expand=1): web 1 → 2\n`,
    },
  );
});

const { SLIPWAY_ACTIONLINT: actionlint } = process.env;

test('actionlint has nothing to say', {
  skip: actionlint === undefined && 'name actionlint in SLIPWAY_ACTIONLINT',
}, () => {
  const { status, stdout, stderr } = spawnSync(actionlint as string, ['-no-color', file], {
    cwd: root,
    encoding: 'utf8',
  });
  assert.equal(`${stdout}${stderr}`, '');
  assert.equal(status, 0);
});
