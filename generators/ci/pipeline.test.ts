import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { load } from 'js-yaml';
import { withExample } from '../example.fixture.ts';
import { check, counter, delivery, image } from './job-names.fixture.ts';
import { type Event, elsewhere, type Pipelines, pipelines } from './pipeline.fixture.ts';

const root = join(import.meta.dirname, '../..');

interface Job {
  readonly image?: { readonly name: string };
  readonly script: readonly string[];
  readonly before_script?: readonly string[];
  readonly timeout?: string;
  readonly interruptible?: boolean;
  readonly retry?: number | { readonly when: readonly string[] };
  readonly environment?: { readonly name: string; readonly action?: string };
  readonly resource_group?: string;
  readonly id_tokens?: object;
  readonly artifacts?: { readonly expire_in?: string };
  readonly stage: string;
}

/** The jobs of a file that gitlab-ci-local has put together. */
function jobsIn(text: string): ReadonlyMap<string, Job> {
  const all = load(text) as Readonly<Record<string, unknown>>;
  const others = ['stages', 'variables', 'workflow', 'include', 'default'];
  const named = Object.entries(all).filter(([name]) => !name.startsWith('.') && !others.includes(name));
  return new Map(named as [string, Job][]);
}

const attempt = ['try: [amd64,saas-linux-small-amd64]', 'try: [arm64,saas-linux-small-arm64]', 'try scan'];
const clock = ['verify', 'excuses', 'retention', 'announce'];

const request: Event = { source: 'merge_request_event' };
const push: Event = { source: 'push' };
const dryRuns = ['nonprod', 'production'].map((cluster) => `${cluster}: dry run`);

const byHand = (task: string): Event => ({ source: 'web', inputs: { task } });
const schedule = (task: string): Event => ({ source: 'schedule', inputs: { task } });

const words = { 'README.md': 'changed', 'clusters/README.md': 'changed' };
const app = { 'apps/counter/app.ts': 'changed', 'README.md': 'changed' };
const service = { 'service/server.ts': 'changed' };

/** What happens × what changed → the jobs that there are. */
const table: readonly (readonly [string, Event, Readonly<Record<string, string>>, readonly string[]])[] = [
  ['a merge request of words', request, words, ['words']],
  ['a merge request for an app', request, app, [...check, 'diff']],
  ['a merge request for the service', request, service, [...check, 'diff', ...counter(attempt)]],
  [
    'a merge request for the words of the service',
    request,
    { 'service/docs/x.md': 'x' },
    [...check, 'diff', ...counter(attempt)],
  ],
  ['a merge request for a page that tests read', request, { 'clusters/runbooks/x.md': 'x' }, [...check, 'diff']],
  [
    'a merge request for a cluster',
    request,
    { 'clusters/nonprod/eksctl.yaml': 'x' },
    [...check, 'diff', 'nonprod: dry run'],
  ],
  ['a merge request for all clusters', request, { 'clusters/environments.ts': 'x' }, [...check, 'diff', ...dryRuns]],
  ['a push of words', push, words, ['words']],
  ['a push of an app', push, app, [...check, ...delivery]],
  [
    'a push of a file whose name ends nearly like one of words',
    push,
    { Dockerfile: 'x', cmd: 'x' },
    [...check, ...delivery],
  ],
  ['a push of the service', push, service, [...check, ...delivery, ...counter(image)]],
  ['a push elsewhere than to main', { source: 'push', branch: 'feature' }, app, []],
  ['a schedule for everything', schedule('pipeline'), {}, [...clock, 'promote', 'counter: find', 'counter: scan']],
  ['a schedule that promotes', schedule('promote'), {}, ['promote']],
  ['a schedule that verifies', schedule('verify'), {}, clock],
  ['a whole pipeline by hand', byHand('pipeline'), {}, [...check.slice(1), ...delivery, ...counter(image)]],
  ['a publish by hand', byHand('publish'), {}, ['builds', 'images', 'render', 'publish']],
  ['a promotion by hand', byHand('promote'), {}, ['promote']],
  ['a verification by hand', byHand('verify'), {}, clock],
  ['a pipeline by hand elsewhere than on main', { ...byHand('publish'), branch: 'feature' }, {}, []],
];

// What jobs there are is the example's: a team's own services are others.
describe('the pipeline', withExample, () => {
  let there: Pipelines;
  let jobs: ReadonlyMap<string, Job>;
  const ends: (() => unknown)[] = [];
  const scope = { after: (end: () => unknown) => void ends.push(end) };
  after(async () => {
    for (const end of ends) await end();
  });
  before(async () => {
    there = await pipelines(scope);
    jobs = jobsIn(await there.preview());
  });

  for (const [name, event, files, expected] of table) {
    test(`${name} runs ${expected.length === 0 ? 'nothing' : expected.length === 1 ? expected[0] : `${expected.length} jobs`}`, async () => {
      await there.change(files);
      const listed = await there.jobs(event);
      assert.deepEqual(listed.map((job) => job.name).sort(), [...expected].sort());
      for (const { name, needs } of listed) {
        for (const { job, optional } of needs ?? []) {
          const found = listed.some((other) => other.name === job || other.name.startsWith(`${job}: [`));
          assert.ok(found || optional, `${name} needs ${job}`);
        }
      }
    });
  }

  test('by the clock a promotion waits for the proof alone, after a push for the tests, too', async () => {
    await there.change(app);
    const waits = async (event: Event) =>
      (await there.jobs(event)).find(({ name }) => name === 'promote')?.needs?.map(({ job }) => job);
    assert.deepEqual(await waits(schedule('pipeline')), ['verify']);
    assert.deepEqual(await waits(byHand('promote')), ['verify'], 'which is not there, and optional');
    // None are named: it waits for all stages before its own.
    assert.equal(await waits(push), undefined);
  });

  test('a second service here is five lines, and its folder among what counts as code', async () => {
    await there.change({});
    const service = ['- local: /generators/ci/service.yml', '  inputs:', '    name: worker', '    folder: jobs/worker'];
    const include = [...service, '    repository: $CI_REGISTRY_IMAGE/worker'].map((line) => `  ${line}\n`).join('');
    await there.edit('.gitlab-ci.yml', (text) =>
      text.replace('\nstages:', `\n${include}\nstages:`).replace('\n\n  - local', '\n  - local'),
    );
    await there.git.bytes(['update-ref', 'refs/remotes/origin/changed', 'HEAD']);
    await there.write({ 'jobs/worker/main.ts': 'changed' });
    const listed = (await there.jobs(push)).map(({ name }) => name);
    const worker = image.map((job) => `worker: ${job}`);
    assert.deepEqual(listed.filter((name) => /^(worker|counter): /.test(name)).sort(), [...worker].sort());
    await there.validate(push);
  });

  test('a service in another repository is as many lines, builds there, and hands its image over', async () => {
    await there.change({});
    const shop = await elsewhere(
      scope,
      there,
      `include:
  - project: group/slipway
    file: /generators/ci/service.yml
    ref: main
    inputs: { name: shop, folder: shop, repository: $CI_REGISTRY_IMAGE, hand_over: shop, slipway_project: group/slipway }
`,
    );
    await shop.change({ 'shop/main.ts': 'changed' });
    const names = async (event: Event) => (await shop.jobs(event)).map(({ name }) => name).sort();
    assert.deepEqual(await names(push), [...image, 'hand over'].map((job) => `shop: ${job}`).sort());
    assert.deepEqual(await names(request), attempt.map((job) => `shop: ${job}`).sort());
    await shop.validate(push);
    await shop.change({ 'README.md': 'changed' });
    assert.deepEqual(await names(push), []);
    const wrong = (edit: (text: string) => string) => shop.edit('.gitlab-ci.yml', edit).then(() => shop.jobs(push));
    await assert.rejects(wrong((text) => text.replace('name: shop', 'name: "a b"')));
  });

  test('gitlab-ci-local finds every chain of needs whole, and GitLab’s schema kept', async () => {
    await there.change(service);
    for (const event of [request, push]) await there.validate(event);
  });

  test('no job of a merge request has a token, or names an environment that has one', async () => {
    await there.change({ ...app, ...service });
    const listed = await there.jobs(request);
    for (const { name } of listed) {
      const job = jobs.get(name.replace(/: \[.*$/, ''));
      assert.ok(job, name);
      assert.equal(job.environment, undefined, name);
      assert.equal(job.id_tokens, undefined, name);
      const said = JSON.stringify([job.before_script, job.script]);
      assert.doesNotMatch(said, /TOKEN|PASSWORD|SECRET|DOCKER_CONFIG/, name);
    }
  });

  test('what holds a token runs one at a time, is never cut off, and has it by one environment', () => {
    const holders = [...jobs].filter(([, { environment }]) => environment);
    const named = holders.map(([name]) => name).sort();
    assert.deepEqual(
      named.filter((name) => !name.endsWith(': apply')),
      ['announce', 'counter: hand over', 'promote', 'publish'],
    );
    for (const [name, { environment, resource_group, interruptible }] of holders) {
      // That of a cluster is a deployment, which a person starts.
      if (environment?.name.startsWith('cluster/')) continue;
      // An access makes no deployment: what runs where is not known to GitLab, and said by announce.
      assert.equal(environment?.action, 'access', name);
      if (name === 'announce') continue;
      assert.ok(resource_group, name);
      assert.equal(interruptible, false, name);
    }
  });

  // What each may run beside a secret. A Dockerfile's own commands run in a build: threats.md says what they can reach.
  const trusted: Readonly<Record<string, RegExp>> = {
    npm: /^ci( --prefer-offline)?$/,
    slipway:
      /^(image (find --folder|find --all --builds|join|sign|report)|publish --from|promote|announce|bump|tools [\w ]+ --install|bootstrap "\$CLUSTER")( |$)/,
    trivy: /^(image|sbom) /,
    'buildctl-daemonless.sh': /^build /,
  };

  test('whatever names a secret runs no code of an app', () => {
    const holders: string[] = [];
    for (const [name, { before_script = [], script, environment, id_tokens }] of jobs) {
      // Neither the function's own line, nor the sentence of a variable that is missing.
      const said = [...before_script, ...script].join('\n').replace(/^(slipway\(\) \{|: "\$\{).*\}"?$/gm, '');
      if (!environment && !id_tokens && !/SLIPWAY_TOKEN|REGISTRY_PASSWORD|JOB_TOKEN|AWS_ID|SIGSTORE/.test(said))
        continue;
      holders.push(name);
      const runs = said.matchAll(
        /(?<![\w./"-])(slipway|npm|npx|node|bash|sh|eval|buildctl\S*|trivy|docker|make)\s+([^\n|;&>)]*)/g,
      );
      for (const [line, command = '', args = ''] of runs)
        assert.match(args.trim().replace(/\s+/g, ' '), trusted[command] ?? /^never$/, `${name}: ${line}`);
    }
    const opened = ['find', 'build', 'scan', 'sign', 'hand over'].map((job) => `counter: ${job}`);
    const clusters = ['nonprod', 'production'].flatMap((cluster) =>
      ['plan', 'apply', 'drift'].map((job) => `${cluster}: ${job}`),
    );
    assert.deepEqual(
      holders.sort(),
      [...opened, ...clusters, 'announce', 'images', 'promote', 'publish', 'retention'].sort(),
    );
  });

  test('every job has a time limit, is tried again only for what is nobody’s fault, and leaves nothing for ever', () => {
    assert.ok(jobs.size > 15);
    for (const [name, job] of jobs) {
      assert.match(job.timeout ?? '', /^\d+ (minutes|hours?)$/, name);
      assert.equal(typeof job.interruptible, 'boolean', name);
      const again = typeof job.retry === 'number' ? undefined : job.retry?.when;
      assert.ok(job.retry === 0 || (again && !again.some((why) => /script|always/.test(why))), name);
      if (job.artifacts) assert.match(job.artifacts.expire_in ?? '', /^\d+ (hours|days?)$/, name);
    }
  });

  test('every image is pinned by digest, and written once', () => {
    for (const [name, { image }] of jobs)
      assert.match(image?.name ?? '', /^docker\.io\/[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/, name);
    const files = ['.gitlab-ci.yml', ...globSync('generators/ci/*.yml', { cwd: root })];
    const pins = files.flatMap((file) => readFileSync(join(root, file), 'utf8').match(/\S+@sha256:\w+/g) ?? []);
    assert.equal(new Set(pins).size, pins.length);
    assert.deepEqual(new Set([...jobs.values()].map(({ image }) => image?.name)), new Set(pins));
  });

  test('the malicious versions of the scanner are not the one that runs', () => {
    const { image } = jobs.get('counter: scan') as Job;
    const [, major, minor, patch] = /trivy:(\d+)\.(\d+)\.(\d+)@/.exec(image?.name ?? '') ?? [];
    assert.ok([major, minor, patch].map(Number).join('.') > '0.69.7' || Number(minor) > 69);
  });

  test('every folder that an image is built from counts as code, its words too', () => {
    const text = readFileSync(join(root, '.gitlab-ci.yml'), 'utf8');
    const folders = globSync('*/Dockerfile', { cwd: root }).map((path) => path.split('/')[0]);
    for (const folder of folders) {
      assert.ok(text.includes(`- ${folder}/**/*\n`), folder);
      assert.ok(text.includes(`folder: ${folder}\n`), folder);
    }
  });

  test('every script is clean to shellcheck', async (t) => {
    const has = await promisify(execFile)('shellcheck', ['--version']).catch(() => undefined);
    if (!has) return t.skip('shellcheck is not installed');
    for (const [name, { before_script = [], script, image }] of jobs) {
      // GitLab runs both in one shell, with these settings. What stands in single quotes is for another shell.
      const directive = '# shellcheck disable=SC2016,SC3040';
      const text = [directive, 'set -eo pipefail', ...before_script, ...script, ''].join('\n');
      // The images that are no Debian have no bash.
      const shell = image?.name.includes('/node:') ? 'bash' : 'dash';
      const checked = promisify(execFile)('shellcheck', ['--shell', shell, '-']);
      checked.child.stdin?.end(text);
      await checked.catch((error: { stdout: string }) => assert.fail(`${name}:\n${error.stdout}`));
    }
  });

  test('what an input gives is text, whatever it looks like', async () => {
    const ran = await there.run(byHand('publish'), '--preview', '--input', 'commit=01234567');
    const { variables } = (load(ran) as Record<string, { variables: Record<string, unknown> }>).images ?? {};
    assert.equal(variables?.SLIPWAY_COMMIT, '01234567');
    // Lists alone are written as they are: GitLab puts the text there before YAML is read.
    for (const file of ['.gitlab-ci.yml', ...globSync('generators/ci/*.yml', { cwd: root })]) {
      const bare = readFileSync(join(root, file), 'utf8').match(/^[^'"#\n]*[:-] \$\[\[.*$/gm) ?? [];
      for (const line of bare) assert.match(line, /^ +tags: \$\[\[ inputs\.(near_)?runner \]\]$/, file);
    }
  });

  test('what people give by hand is typed, and reaches a shell as a variable alone', async () => {
    for (const [input, value] of Object.entries({ commit: '$(id)', app: 'a b', environment: "'; id", task: 'all' })) {
      await assert.rejects(there.run(byHand('promote'), '--list', '--input', `${input}=${value}`), input);
    }
    const files = ['.gitlab-ci.yml', ...globSync('generators/ci/*.yml', { cwd: root })];
    for (const file of files) {
      const scripts = readFileSync(join(root, file), 'utf8').match(/^ {2}(before_)?script:\n(( {4}.*)?\n)+/gm) ?? [];
      for (const script of scripts) assert.doesNotMatch(script.replace(/!reference.*/g, ''), /\$\[\[/, file);
    }
  });
});
