import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { project } from '../../clusters/local/forge/merge-requests.ts';
import { pipeline } from '../charts/pipeline.ts';
import { program } from '../commands/hydrate-commit.ts';
import { deliveredBox, type Sandbox } from '../commands/sandbox.fixture.ts';
import type { Forge } from '../forge/forge.ts';
import { Git } from '../git/git.ts';
import { noRunner } from './pipeline.fixture.ts';

const runner = createRequire(import.meta.url).resolve('gitlab-ci-local');

test('the pipeline file of an environment names it, and takes the rest from main', () => {
  assert.equal(
    pipeline('staging'),
    `include:
  - project: $CI_PROJECT_PATH
    ref: main
    file: /generators/ci/environment.yml
    inputs:
      environment: staging
`,
  );
});

/** A clone as a runner has it: the branch's commit is checked out, and the forge is its remote, over HTTP. */
class Runner {
  readonly dir: string;
  readonly #bin: string;
  constructor(dir: string, bin: string) {
    this.dir = dir;
    this.#bin = bin;
  }

  static async of(box: Sandbox, branch: string): Promise<Runner> {
    const dir = await mkdtemp(join(box.dir, 'runner-'));
    const git = new Git(dir);
    await git.bytes(['clone', '--quiet', '--branch', branch, box.remote.dir, '.']);
    await git.bytes(['remote', 'set-url', 'origin', `${box.variables.CI_SERVER_URL}/${project.path}.git`]);
    const bin = join(dir, '.git', 'bin');
    await mkdir(bin);
    // The packages are there already; what is asked for is seen to.
    const npm = `#!/bin/sh\ntest "$*" = 'ci --omit=dev --prefer-offline' && ln -s '${program}/node_modules' node_modules\n`;
    await writeFile(join(bin, 'npm'), npm);
    await chmod(join(bin, 'npm'), 0o755);
    return new Runner(dir, bin);
  }

  /** @param variables what GitLab sets for this event; undefined takes one away */
  async run(
    words: readonly string[],
    variables: Readonly<Record<string, string | undefined>> = {},
  ): Promise<{ out: string }> {
    const given = Object.entries(variables).flatMap(([name, value]) =>
      value === undefined ? ['--unset-variable', name] : ['--variable', `${name}=${value}`],
    );
    const args = [runner as string, '--force-shell-executor', '--no-shell-isolation', ...given, ...words];
    const reader = Buffer.from('reader:a-reporter').toString('base64');
    const env = {
      ...process.env,
      PATH: `${this.#bin}:${dirname(process.execPath)}:${process.env.PATH}`,
      // What a job keeps goes with the sandbox.
      TMPDIR: dirname(this.dir),
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: 'http.extraHeader',
      GIT_CONFIG_VALUE_0: `Authorization: Basic ${reader}`,
    };
    return new Promise((resolve) => {
      execFile(process.execPath, args, { cwd: this.dir, env, encoding: 'utf8' }, (_, stdout, stderr) =>
        resolve({ out: `${stdout}${stderr}` }),
      );
    });
  }
}

const onRequest = (body: string, target = 'env/staging') => ({
  CI_PIPELINE_SOURCE: 'merge_request_event',
  CI_COMMIT_BRANCH: undefined,
  CI_MERGE_REQUEST_TARGET_BRANCH_NAME: target,
  CI_MERGE_REQUEST_DESCRIPTION: body,
});

/** Staging runs 1, and 2 is proposed. */
async function proposedBox(t: TestContext): Promise<{ box: Sandbox; body: string }> {
  const box = await deliveredBox(t, 'staging');
  // What tells the forge asks which world it is in, and a sandbox holds what renders alone.
  const local = join('clusters', 'local');
  await cp(join(program, local), join(box.checkout.dir, local), { recursive: true });
  await box.change({ a: '2' });
  await box.publish();
  await box.promote('staging');
  const [request] = await (box.context.forge as Forge).opened('env/staging');
  return { box, body: request?.body ?? '' };
}

const jobsOf = ({ out }: { out: string }) =>
  [...out.matchAll(/^([\w-]+);[\w-]+;/gm)].map(([, name]) => name).filter((name) => name !== 'name');

/** How a job ended. The runner's own exit code takes every failure for allowed where one code is. */
const ended = (job: string, { out }: { out: string }) =>
  new RegExp(`^ ?(PASS|WARN|FAIL) +${job}\\b`, 'm').exec(out)?.[1];

test('a request is judged by what main has, and its branch once more after the merge', {
  skip: noRunner,
}, async (t) => {
  const { box, body } = await proposedBox(t);
  const forge = box.context.forge as Forge;
  const runner = await Runner.of(box, 'env/staging-next');
  assert.deepEqual(jobsOf(await runner.run(['--list-csv'], onRequest(body))), ['request']);
  assert.deepEqual(jobsOf(await runner.run(['--list-csv'])), [], 'the push of a proposal');
  const honest = await runner.run([], onRequest(body));
  assert.equal(ended('request', honest), 'PASS', honest.out);
  assert.match(honest.out, /onto env\/staging is verified, from env\/staging-next: a 1\.0, new configuration\n/);

  const lie = await runner.run([], onRequest(body.replace('| a | 1.0 | 1.0 |', '| a | 1.0 | 1.1 |')));
  assert.equal(ended('request', lie), 'FAIL', lie.out);
  assert.match(lie.out, /it says "a 1\.0 → 1\.1", and the branch does not do that/);
  const astray = await runner.run([], onRequest(body, 'env/production'));
  assert.equal(ended('request', astray), 'FAIL', astray.out);
  assert.match(astray.out, /carries the pipeline file of env\/staging/);

  // GitLab merges it on trial: what is judged is what was proposed.
  const git = new Git(runner.dir);
  const source = await git.text(['rev-parse', 'HEAD']);
  await git.bytes(['switch', '--quiet', '--detach', 'origin/env/staging']);
  await git.bytes(['merge', '--quiet', '--no-ff', '-m', 'on trial', source]);
  const trial = await runner.run([], { ...onRequest(body), CI_MERGE_REQUEST_SOURCE_BRANCH_SHA: source });
  assert.equal(ended('request', trial), 'PASS', trial.out);

  const [{ iid = 0, sha = '' } = {}] = await forge.opened('env/staging');
  await forge.merge(iid, sha);
  const merged = await Runner.of(box, 'env/staging');
  assert.deepEqual(jobsOf(await merged.run(['--list-csv'])), ['branch', 'statuses']);
  const { SLIPWAY_TOKEN, CI_PROJECT_ID } = box.variables;
  const told = await merged.run([], { SLIPWAY_TOKEN, CI_PROJECT_ID });
  assert.deepEqual([ended('branch', told), ended('statuses', told)], ['PASS', 'PASS'], told.out);
  assert.match(told.out, /env\/staging at [0-9a-f]{12} is proven: 3 parts/);
  assert.match(told.out, /[0-9a-f]{12} success: .*staging/);
  const quiet = await merged.run(['statuses']);
  assert.match(quiet.out, /is no variable of the environment statuses: nobody is told/);
  assert.equal(ended('statuses', quiet), 'WARN', quiet.out);
});

test("a person's own request warns, and what somebody pushed past every request is found", {
  skip: noRunner,
}, async (t) => {
  const box = await deliveredBox(t, 'staging');
  const person = await box.person('staging');
  await person.git.bytes(['revert', '--no-edit', '-m', '1', 'HEAD']);
  await person.git.bytes(['push', '--quiet', 'origin', 'HEAD:take-it-back']);
  const own = await (await Runner.of(box, 'take-it-back')).run([], onRequest('It broke.'));
  assert.equal(ended('request', own), 'WARN', own.out);
  assert.match(own.out, /unverified: no proposal branch of env\/staging stands there: it is a person's own request/);

  await writeFile(join(person.dir, 'mine.txt'), 'what people keep\n');
  await mkdir(join(person.dir, 'a'), { recursive: true });
  await writeFile(join(person.dir, 'a', 'deployment-a.yaml'), 'kind: Evil\n');
  await person.git.bytes(['add', '.']);
  await person.git.bytes(['commit', '--quiet', '-m', 'quick fix']);
  await person.push();
  const found = await (await Runner.of(box, 'env/staging')).run(['branch']);
  assert.equal(ended('branch', found), 'FAIL', found.out);
  assert.match(found.out, /edited: staging\/a\/deployment-a\.yaml/);
});
