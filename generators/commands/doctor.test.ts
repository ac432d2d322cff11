import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import { gitlab } from '../forge/gitlab.ts';
import type { Finding } from '../model/finding.ts';
import { doctor } from './doctor.ts';
import { program } from './hydrate-commit.ts';
import {
  environmentsFile,
  fixtureApp,
  protectedNames,
  publishedBox,
  type Sandbox,
  sandbox,
} from './sandbox.fixture.ts';

const verdicts = (findings: readonly Finding[]) => findings.map(({ name, verdict }) => `${verdict} ${name}`);
const named = (findings: readonly Finding[], name: string) => findings.find((finding) => finding.name === name);

test('a repository that was published and a forge as it should be: nothing is wrong', async (t) => {
  const box = await publishedBox(t);
  assert.deepEqual(verdicts(await doctor(box.context)), [
    'ok git',
    'ok remote',
    'ok branches',
    'unknown example values',
    'ok protection of main',
    'ok protection of rendered',
    'ok protection of env/dev',
    'ok protection of env/staging',
    'ok protection of env/production',
    'ok proposals to staging',
    'ok proposals to production',
    'ok merge method',
    'ok squash',
    'unknown pipelines',
  ]);
});

test('before the first publish only what is there already is checked', async (t) => {
  const box = await sandbox(t);
  const findings = await doctor(box.context);
  assert.deepEqual(verdicts(findings).slice(2, 7), [
    'unknown branches',
    'unknown example values',
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
  const wrong = (await doctor(box.context)).filter(({ verdict }) => verdict === 'wrong');
  assert.deepEqual(verdicts(wrong), ['wrong protection of env/production']);
  assert.match(wrong[0]?.remedy ?? '', /Protect env\/production by its exact name/);
  const { git } = await box.person('production');
  await git.bytes(['commit', '--quiet', '--amend', '-m', 'rewritten']);
  await git.bytes(['push', '--quiet', '--force', 'origin', 'HEAD:env/production']);
  assert.equal(await box.tip('env/production'), await git.commit('HEAD'));
});

test('the values that a team must put its own for are listed with their places, until it has', async (t) => {
  const box = await sandbox(t);
  const left = named(await doctor(box.context), 'example values');
  assert.equal(left?.verdict, 'unknown');
  assert.match(
    left?.says ?? '',
    /apps\/a\/app\.ts:1:\d+ registry\.example\.com, .*clusters\/environments\.ts:2:36 gitlab\.example\.com, /,
  );
  assert.match(left?.remedy ?? '', /Put your own there/);
  const own = (text: string) => text.replaceAll('example.com', 'acme.dev');
  await box.commitQuietly({
    'clusters/environments.ts': own(environmentsFile()),
    'apps/a/app.ts': own(fixtureApp('a')),
    'apps/b/app.ts': own(fixtureApp('b')),
  });
  assert.equal(named(await doctor(box.context), 'example values')?.verdict, 'ok');
  await box.commitQuietly({ 'clusters/c/eksctl.yaml': 'metadata:\n  name: c\n  account: "000000000000"\n' });
  assert.match(
    named(await doctor(box.context), 'example values')?.says ?? '',
    /^1 value is the example's: clusters\/c\/eksctl\.yaml:3:13 000000000000\.$/,
  );
});

test('a branch that went missing is named', async (t) => {
  const box = await publishedBox(t);
  await box.remote.bytes(['update-ref', '-d', 'refs/heads/env/staging']);
  const found = named(await doctor(box.context), 'branches');
  assert.deepEqual([found?.verdict, found?.says], ['wrong', 'env/staging does not exist at the remote.']);
  await box.publish();
  assert.equal(named(await doctor(box.context), 'branches')?.verdict, 'ok');
});

test('a forge with another merge method is told with what that costs', async (t) => {
  const box = await sandbox(t, { a: '1' }, { method: 'ff' });
  await box.deliver({ a: '2' });
  assert.equal(await box.value('production', 'a'), '2', 'it is survived');
  const wrong = (await doctor(box.context)).filter(({ verdict }) => verdict === 'wrong');
  assert.deepEqual(verdicts(wrong), ['wrong merge method']);
  assert.match(wrong[0]?.says ?? '', /no merge commit/);
});

test('what the token may not read is not checked, and the rest is', async (t) => {
  const box = await publishedBox(t);
  const { CI_SERVER_URL: host, CI_PROJECT_ID: path } = box.variables;
  const forge = gitlab({ host, project: path, token: 'a-reporter' });
  const findings = await doctor({ ...box.context, forge });
  assert.deepEqual(verdicts(findings), [
    'ok git',
    'ok remote',
    'ok branches',
    'unknown example values',
    'unknown protection',
    'ok merge method',
    'ok squash',
    'unknown pipelines',
  ]);
  assert.match(named(findings, 'protection')?.says ?? '', /403/);
  const none = await doctor({ ...box.context, forge: undefined });
  assert.deepEqual(verdicts(none).slice(4), ['unknown protection', 'unknown merge settings']);
});

test('a remote and a forge that cannot be reached are wrong, and hide nothing else', async (t) => {
  const box = await sandbox(t);
  const forge = gitlab({ host: 'http://127.0.0.1:1', project: 'g/p', token: 'x' });
  const findings = await doctor({ ...box.context, remote: join(box.dir, 'nowhere.git'), forge });
  assert.deepEqual(verdicts(findings), [
    'ok git',
    'wrong remote',
    'unknown branches',
    'unknown example values',
    'wrong protection',
    'wrong merge settings',
  ]);
  const protection = await doctor({ ...box.context, remote: join(box.dir, 'nowhere.git') });
  assert.equal(named(protection, 'protection of main')?.verdict, 'ok');
});

test('the command prints a line for each check or JSON, and exits with 1 when one is wrong', async (t) => {
  const box = await publishedBox(t);
  const healthy = await run(box, 'doctor');
  assert.equal(healthy.code, 0);
  assert.equal(healthy.out.trimEnd().split('\n').length, 14);
  assert.match(healthy.out, /^ok {7}git +git is .*\nok {7}remote +/);
  await createRepository(box.remote.dir, ['main']);
  const broken = await run(box, 'doctor', '--json');
  assert.equal(broken.code, 1);
  const { version, checks } = JSON.parse(broken.out) as { version: number; checks: Finding[] };
  assert.equal(version, 1);
  assert.deepEqual(
    checks.filter(({ verdict }) => verdict === 'wrong').map(({ name }) => name),
    protectedNames.slice(1).map((name) => `protection of ${name}`),
  );
  assert.equal((await run(box, 'doctor', '--fix')).code, 2);
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
