import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from './hydrate-commit.ts';
import { appsIndex, sandbox } from './sandbox.fixture.ts';

const slipway = (cwd: string, ...args: string[]) => {
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'owners', ...args], {
    cwd,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
};

test('the committed file of owners is what the apps say: else run npx slipway owners --write', async () => {
  const { out, err } = slipway(program);
  assert.equal(err, '');
  assert.equal(await readFile(join(program, '.gitlab', 'CODEOWNERS'), 'utf8'), out);
});

test('the file is written where GitLab looks for it, and that of an environment is printed', async (t) => {
  const box = await sandbox(t, { a: '1', b: '1' });
  const { dir } = box.checkout;
  assert.match(slipway(dir).err, /No app is of the kind platform/);
  await box.commitQuietly({
    'apps/index.ts': appsIndex(['a', 'b', 'classes']),
    'apps/classes/app.ts':
      "export const app = { kind: 'platform', name: 'classes', owner: 'team-base', scope: 'cluster', provides: 'classes' };\n",
  });
  assert.equal(slipway(dir, '--write').out, 'wrote .gitlab/CODEOWNERS\n');
  const rules = (text: string) => text.split('\n').filter((line) => /^[*/]/.test(line));
  assert.deepEqual(rules(await readFile(join(dir, '.gitlab', 'CODEOWNERS'), 'utf8')), [
    '* @group/team-base',
    '/apps/a/ @group/team-test',
    '/apps/b/ @group/team-test',
    '/apps/classes/ @group/team-base',
  ]);
  const staging = slipway(dir, '--env', 'staging');
  assert.deepEqual(rules(staging.out), ['* @group/team-base', '/a/ @group/team-test', '/b/ @group/team-test']);
  const table: [string[], RegExp][] = [
    [['--env', 'stagin'], /did you mean staging\?/],
    [['--env', 'staging', '--write'], /by merge request/],
  ];
  for (const [args, says] of table) {
    const { status, err } = slipway(dir, ...args);
    assert.equal(status, 2);
    assert.match(err, says);
  }
});
