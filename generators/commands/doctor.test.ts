import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { client } from '../../clusters/local/forge/client.fixture.ts';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import { gitlab } from '../forge/gitlab.ts';
import { Git } from '../git/git.ts';
import { type Finding, formatCall, type Sorted, type Sum, sections, sumOf } from '../model/finding.ts';
import { tokenNeeds } from '../model/token.ts';
import type { Context } from './context.ts';
import { doctor } from './doctor.ts';
import { program } from './hydrate-commit.ts';
import {
  environmentsFile,
  fixtureApp,
  protectedNames,
  publishedBox,
  type Sandbox,
  sandbox,
  serveForge,
} from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

const verdicts = (findings: readonly Finding[]) => findings.map(({ name, verdict }) => `${verdict} ${name}`);
/** Without those of the machine, which are the machine's, and of the fixture's files, which has no pipeline. */
const look = async (context: Context) =>
  (await doctor(context, ['repository', 'project', 'examples'])).filter(({ name }) => !ofFiles.includes(name));
const ofFiles = ['history', 'CODEOWNERS', 'pipeline', 'lockfile'];
const named = (findings: readonly Finding[], name: string) => findings.find((finding) => finding.name === name);

test('a repository that was published and a forge as it should be: nothing is wrong', async (t) => {
  const box = await publishedBox(t);
  assert.deepEqual(verdicts(await look(box.context)), [
    'ok remote',
    'ok branches',
    'ok forge',
    'ok protection of main',
    'ok protection of rendered',
    'ok protection of env/dev',
    'ok protection of env/staging',
    'ok protection of env/production',
    'ok proposals to staging',
    'ok proposals to production',
    ...['main', 'rendered', 'env/dev', 'env/staging', 'env/production'].flatMap((branch) => [
      `ok who pushes to ${branch}`,
      `ok who merges into ${branch}`,
    ]),
    "ok owners' approval on main",
    'ok merge method',
    'ok squash',
    'unknown pipelines',
    ...settingNames.map((name) => `ok ${name}`),
    ...['publish', 'promote', 'statuses'].map((where) => `todo variable SLIPWAY_TOKEN (${where})`),
    ...tokenNeeds.filter(({ optional }) => !optional).map(({ name }) => `todo token ${name}`),
    ...examples,
  ]);
});

/** Those of the fixture. */
const examples = ['todo example: domain'];

const settingNames = [
  'skipped pipelines',
  'pushes of jobs',
  'pipelines of forks',
  'requests of protected branches',
  'merged results',
  'caches',
  'variables by hand',
  'cleanup of images',
  'version of GitLab',
  'jobs of other projects',
  'images',
  'environments of clusters',
];

test('a project as GitLab makes one is put right by the calls that the findings say', async (t) => {
  const box = await publishedBox(t);
  await createRepository(box.remote.dir, [{ name: 'main', push: 40, force: true }]);
  const { forge, variables } = await serveForge(t, box.remote, join(box.dir, 'new.json'), { asMade: true });
  const ask = client(variables.CI_SERVER_URL, variables.CI_PROJECT_ID, variables.SLIPWAY_TOKEN);
  await ask('POST', 'variables', { key: 'RENOVATE_TOKEN', value: 'a-secret', environment_scope: 'renovate' });
  const again = () => look({ ...box.context, forge });
  const wrong = (findings: readonly Finding[]) => findings.filter(({ verdict }) => verdict === 'wrong');
  const first = wrong(await again());
  assert.deepEqual(verdicts(first), [
    ...protectedNames.map((name) => `wrong protection of ${name}`),
    'wrong who pushes to main',
    'wrong pipelines of forks',
    'wrong requests of protected branches',
    'wrong variables by hand',
    'wrong images',
    'wrong variable RENOVATE_TOKEN (renovate)',
  ]);
  for (const { name, fix } of first) {
    // To take a right away needs Premium, or the page: Free changes no level by a call.
    if (name === 'who pushes to main') continue;
    assert.ok(fix, name);
    const answer = await ask(fix.method, fix.path.replace(/^\//, ''), fix.body);
    assert.ok(answer.status < 300, `${formatCall(fix)}: ${answer.status} ${JSON.stringify(answer.said)}`);
  }
  assert.deepEqual(verdicts(wrong(await again())), ['wrong who pushes to main']);
  // What was made right holds.
  const { git } = await box.person('production');
  await git.bytes(['commit', '--quiet', '--amend', '-m', 'rewritten']);
  await assert.rejects(
    git.bytes(['push', '--quiet', '--force', 'origin', 'HEAD:env/production']),
    /not allowed to force/,
  );
});

test('tokens that can do more than they must, or that nobody explained, are named', async (t) => {
  const box = await publishedBox(t);
  const year = { expires: new Date(Date.now() + 300 * 86_400_000).toISOString().slice(0, 10) };
  const { forge } = await serveForge(t, box.remote, join(box.dir, 'tokens.json'), {
    accounts: {
      a: { name: 'slipway-publish', role: 'maintainer', scopes: ['write_repository'], ...year },
      b: { name: 'slipway-promote', role: 'maintainer', scopes: ['api', 'write_repository'], ...year },
      c: { name: 'slipway-statuses', role: 'developer', scopes: ['api'] },
      d: { name: 'old script', role: 'maintainer', scopes: ['api'] },
      e: { name: 'a reader', role: 'reporter', scopes: ['read_api'] },
    },
  });
  const findings = (await look({ ...box.context, forge })).filter(({ name }) => /token/.test(name));
  assert.deepEqual(verdicts(findings).slice(0, 3), [
    'ok token slipway-publish',
    'wrong token slipway-promote',
    'wrong token slipway-statuses',
  ]);
  assert.match(named(findings, 'token slipway-promote')?.says ?? '', /the role developer is enough/);
  assert.match(named(findings, 'token slipway-statuses')?.says ?? '', /never ends/);
  assert.equal(named(findings, 'other tokens')?.says, 'old script can write, and Slipway has no use for it.');
});

test('before the first publish only what is there already is checked', async (t) => {
  const box = await sandbox(t);
  const findings = await look(box.context);
  assert.deepEqual(verdicts(findings).slice(1, 6), [
    'unknown branches',
    'ok forge',
    'ok protection of main',
    'ok protection of rendered',
    'unknown protection of environments',
  ]);
  assert.match(named(findings, 'branches')?.says ?? '', /Nothing was published yet/);
});

test('a branch that lost its protection is named, and can indeed be rewritten', async (t) => {
  const box = await publishedBox(t);
  await createRepository(
    box.remote.dir,
    protectedNames.filter((name) => name !== 'env/production'),
  );
  const wrong = (await look(box.context)).filter(({ verdict }) => verdict === 'wrong');
  assert.deepEqual(verdicts(wrong), ['wrong protection of env/production']);
  assert.match(wrong[0]?.remedy ?? '', /Protect env\/production by its exact name/);
  const { git } = await box.person('production');
  await git.bytes(['commit', '--quiet', '--amend', '-m', 'rewritten']);
  await git.bytes(['push', '--quiet', '--force', 'origin', 'HEAD:env/production']);
  assert.equal(await box.tip('env/production'), await git.commit('HEAD'));
});

test('the values that a team must put its own for are listed by what they say, until it has', async (t) => {
  const box = await sandbox(t);
  const left = async () => (await look(box.context)).filter(({ section }) => section === 'examples');
  const [domain, ...more] = await left();
  assert.deepEqual([domain?.name, domain?.verdict, more], ['example: domain', 'todo', []]);
  const places = domain?.places ?? [];
  assert.ok(places.includes('apps/a/app.ts:1 registry.example.com'), places.join());
  assert.ok(places.includes('clusters/environments.ts:2 gitlab.example.com'), places.join());
  assert.match(domain?.remedy ?? '', /Put there a domain that you can delegate/);
  const own = (text: string) => text.replaceAll('example.com', 'acme.dev');
  await box.commitQuietly({
    'clusters/environments.ts': own(environmentsFile()),
    'apps/a/app.ts': own(fixtureApp('a')),
    'apps/b/app.ts': own(fixtureApp('b')),
    // What a test makes up is no value of anybody.
    'apps/a/app.test.ts': "export const address = '203.0.113.7';\n",
  });
  assert.deepEqual(verdicts(await left()), ['ok example values']);
  await box.commitQuietly({
    'clusters/c/eksctl.yaml': 'metadata:\n  name: c\n  account: "000000000000"\n',
    'apps/a/receivers.ts': "export const address = 'https://hooks.example/x';\n",
  });
  assert.deepEqual(
    (await left()).map(({ name, says, places }) => [name, `${says} ${places}`]),
    [
      ['example: AWS account', "1 place has the example's. clusters/c/eksctl.yaml:3 000000000000"],
      ['example: domain', "1 place has the example's. apps/a/receivers.ts:1 hooks.example"],
    ],
  );
});

test('what lacks in the repository is named with the command that mends it, and is fine then', async (t) => {
  const box = await sandbox(t, { a: '1', classes: '1' });
  const files = async () => {
    const found = (await doctor(box.context, ['repository'])).filter(({ name }) => ofFiles.includes(name));
    return found.map(({ name, verdict, run }) => [verdict, name, run].filter(Boolean).join(' '));
  };
  const platform =
    "export const app = { kind: 'platform', name: 'classes', owner: 'team-base', scope: 'cluster', provides: 'classes' };\n";
  const { devDependencies, ...less } = JSON.parse(await readFile(join(box.checkout.dir, 'package.json'), 'utf8'));
  await box.commitQuietly({ 'apps/classes/app.ts': platform, 'package.json': JSON.stringify(less) });
  const [first = '', ...others] = await files();
  assert.equal(first, 'ok history');
  assert.equal(others[1], 'wrong pipeline', 'what never was is not in the history');
  assert.deepEqual(
    [others[0], others[2]],
    ['wrong CODEOWNERS npx slipway owners --write', 'wrong lockfile npm install --package-lock-only --ignore-scripts'],
  );
  await box.commitQuietly({
    'package.json': JSON.stringify({ ...less, devDependencies }),
    '.gitlab-ci.yml': 'stages: [check]\n',
  });
  await run(box, 'owners', '--write');
  assert.deepEqual(
    await files(),
    ofFiles.map((name) => `ok ${name}`),
  );
  assert.equal((await run(box, 'doctor')).code, 0);
  const shallow = join(box.dir, 'shallow');
  await box.checkout.bytes(['clone', '--quiet', '--depth', '1', `file://${box.remote.dir}`, shallow]);
  const found = await doctor({ ...box.context, checkout: new Git(shallow) }, ['repository']);
  assert.equal(named(found, 'history')?.run, 'git fetch --unshallow');
});

test('a branch that went missing is named', async (t) => {
  const box = await publishedBox(t);
  await box.remote.bytes(['update-ref', '-d', 'refs/heads/env/staging']);
  const found = named(await look(box.context), 'branches');
  assert.deepEqual([found?.verdict, found?.says], ['wrong', 'env/staging does not exist at the remote.']);
  await box.publish();
  assert.equal(named(await look(box.context), 'branches')?.verdict, 'ok');
});

test('a forge with another merge method is told with what that costs', async (t) => {
  const box = await sandbox(t, { a: '1' }, { method: 'ff' });
  await box.deliver({ a: '2' });
  assert.equal(await box.value('production', 'a'), '2', 'it is survived');
  const wrong = (await look(box.context)).filter(({ verdict }) => verdict === 'wrong');
  assert.deepEqual(verdicts(wrong), ['wrong merge method']);
  assert.match(wrong[0]?.says ?? '', /no merge commit/);
});

test('what the token may not read is not checked, and the rest is', async (t) => {
  const box = await publishedBox(t);
  const { CI_SERVER_URL: host, CI_PROJECT_ID: path } = box.variables;
  const forge = gitlab({ host, project: path, token: 'a-reporter' });
  const findings = await look({ ...box.context, forge });
  assert.deepEqual(verdicts(findings), [
    'ok remote',
    'ok branches',
    'ok forge',
    'unknown protection',
    'unknown rights on branches',
    'ok merge method',
    'ok squash',
    'unknown pipelines',
    ...settingNames.slice(0, 9).map((name) => `ok ${name}`),
    'unknown jobs of other projects',
    'unknown images',
    'unknown environments of clusters',
    'unknown secrets of pipelines',
    'unknown tokens',
    ...examples,
  ]);
  assert.match(named(findings, 'protection')?.says ?? '', /403/);
  const none = await look({ ...box.context, forge: undefined });
  assert.deepEqual(verdicts(none).slice(2), ['unknown forge', ...examples]);
});

test('a remote and a forge that cannot be reached are wrong, and hide nothing else', async (t) => {
  const box = await sandbox(t);
  const forge = gitlab({ host: 'http://127.0.0.1:1', project: 'g/p', token: 'x' });
  const findings = await look({ ...box.context, remote: join(box.dir, 'nowhere.git'), forge });
  assert.deepEqual(verdicts(findings), ['wrong remote', 'unknown branches', 'wrong forge', ...examples]);
  const protection = await look({ ...box.context, remote: join(box.dir, 'nowhere.git') });
  assert.equal(named(protection, 'protection of main')?.verdict, 'ok');
});

test('the command prints what matters first, or JSON, and exits with 1 when something is wrong', async (t) => {
  const box = await publishedBox(t);
  const printed = await run(box, 'doctor');
  const headings = printed.out.split('\n').filter((line) => /^[A-Z]/.test(line));
  assert.deepEqual(headings, Object.values(sections));
  assert.match(printed.out, /\n\d wrong, \d+ to do, \d+ unknown, 4\d ok \(--all says what of each\)\n$/);
  // The fixture has neither.
  assert.match(printed.out, /This repository\n {2}wrong {4}CODEOWNERS\n/);
  assert.match(
    printed.out,
    /\n {2}wrong {4}pipeline\n {11}There is no \.gitlab-ci\.yml.*\n {11}.*take upstream's \.gitlab-ci\.yml\.\n/,
  );
  assert.match(printed.out, /\n {2}ok {7}forge, protection of main, /);
  const all = await run(box, 'doctor', '--all');
  assert.match(all.out, /\n {2}ok {7}git\n {11}git is .*\n/);
  await createRepository(box.remote.dir, ['main']);
  const broken = await run(box, 'doctor', '--json');
  assert.equal(broken.code, 1);
  const { version, checks, summary } = answerOf<{ version: number; checks: Sorted[]; summary: Sum }>(
    'doctor',
    broken.out,
  );
  assert.equal(version, 1);
  assert.deepEqual(summary, sumOf(checks));
  assert.deepEqual(
    checks.filter(({ section, verdict }) => section === 'project' && verdict === 'wrong').map(({ name }) => name),
    protectedNames.slice(1).map((name) => `protection of ${name}`),
  );
  assert.equal((await run(box, 'doctor', '--fix')).code, 2);
  const bare = { ...box, checkout: { dir: box.dir } } as Sandbox;
  const outside = await run(bare, 'doctor');
  assert.match(
    outside.out,
    /^This machine\n(?:.*\n)*This repository\n {2}wrong {4}repository\n.* is not in a git checkout/,
  );
  const other = new Git(join(box.dir, 'other'));
  await new Git(box.dir).bytes(['init', '--quiet', other.dir]);
  const strange = await run({ ...box, checkout: other } as Sandbox, 'doctor');
  assert.equal(strange.out.match(/is no Slipway repository/g)?.length, 1);
  assert.doesNotMatch(strange.out, /CODEOWNERS/);
});

async function run(box: Sandbox, ...args: string[]): Promise<{ code: number | null; out: string }> {
  const child = spawn(process.execPath, [join(program, 'generators', 'commands', 'slipway.mjs'), ...args], {
    cwd: box.checkout.dir,
    env: { ...process.env, ...box.variables },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, code] = await Promise.all([text(child.stdout), ended]);
  return { code, out };
}
