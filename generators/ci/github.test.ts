import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { load } from 'js-yaml';

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
  const runsApps = /npm test|slipway (diff|render|verify --all)|image find --all/;
  const running = jobs.filter(([, job]) => scriptsOf(job).some((script) => runsApps.test(script)));
  assert.deepEqual(
    running.map(([name]) => name),
    ['check', 'diff', 'images', 'render', 'verify'],
  );
  assert.deepEqual(
    running.filter(([, job]) => writes(job)).map(([name]) => name),
    [],
  );
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
