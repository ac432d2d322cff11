import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from './hydrate-commit.ts';
import type { Put } from './put.ts';
import { type RollbackRequest, rollback } from './rollback.ts';
import { fixtureApp, type Sandbox, sandbox } from './sandbox.fixture.ts';

const production = 'production';
const back = (box: Sandbox, request: Partial<RollbackRequest> = {}) =>
  rollback(box.context, { environment: production, ...request });
const treeOf = (box: Sandbox, app: string, environment = production) =>
  box.remote.text(['rev-parse', `env/${environment}:${app}`]).catch(() => 'nothing');
const merge = async (box: Sandbox, { request }: Put) => {
  assert.ok(request);
  await box.context.forge?.merge(request.iid, request.sha);
};
const state = async (box: Sandbox, app: string) => {
  const row = await box.row(production, app);
  return [await box.value(production, app), row?.held];
};

test('one app goes back by a merge request, step by step, and stays back', async (t) => {
  const box = await sandbox(t);
  const trees: string[] = [];
  for (const value of ['1', '2', '3']) {
    await box.deliver({ a: value, b: value });
    trees.push(await treeOf(box, 'a'));
  }
  const first = await back(box, { app: 'a', reason: '5xx since 02:40 `@all`' });
  assert.equal(first.outcome, 'opened');
  assert.deepEqual(first.moves, ['a 1.0, new configuration']);
  assert.match(first.request?.title ?? '', /^Roll back production: a/);
  assert.match(first.request?.body ?? '', /Why: `5xx since 02:40 '@all'`/);
  assert.match(first.request?.body ?? '', /To undo it/);
  assert.equal((await back(box, { app: 'a', reason: '5xx since 02:40 `@all`' })).outcome, 'unchanged');
  await merge(box, first);
  assert.equal(await treeOf(box, 'a'), trees[1]);
  assert.deepEqual(await state(box, 'a'), ['2', true]);
  assert.deepEqual(await state(box, 'b'), ['3', false]);
  // Neither a promotion nor a publish takes it forward.
  await box.change({ b: '4' });
  await box.publish();
  for (const environment of ['staging', production]) await box.mergeTo(environment);
  assert.deepEqual(await state(box, 'a'), ['2', true]);

  // Again goes further, and not to what it was taken back from.
  await merge(box, await back(box, { app: 'a' }));
  assert.equal(await treeOf(box, 'a'), trees[0]);
  const last = await back(box, { app: 'a', now: true });
  assert.deepEqual(last.moves, ['a 1.0 → nothing']);
  assert.equal(await treeOf(box, 'a'), 'nothing');
  await assert.rejects(back(box, { app: 'a' }), /Nothing earlier of a stood in production/);
});

test('without an app all that the last promotion moved goes back, then the one before', async (t) => {
  const box = await sandbox(t);
  await box.deliver({ a: '2', b: '2' });
  await box.deliver({ a: '3' });
  await box.deliver({ b: '4' });
  await box.deliver({ a: '5', b: '5' });
  const values = async () => [await box.value(production, 'a'), await box.value(production, 'b')];
  const tip = await box.tip('env/production');
  const dry = await back(box, { now: true, dryRun: true });
  assert.equal(dry.moves.length, 2);
  assert.equal(await box.tip('env/production'), tip);
  await back(box, { now: true });
  assert.deepEqual(await values(), ['3', '4']);
  await back(box, { now: true });
  assert.deepEqual(await values(), ['3', '2']);
  await merge(box, await back(box));
  assert.deepEqual(await values(), ['2', '2']);
});

test('plain git does the same', async (t) => {
  const [ours, theirs] = [await sandbox(t), await sandbox(t)];
  for (const box of [ours, theirs]) for (const value of ['1', '2']) await box.deliver({ a: value, b: value });
  await back(ours, { app: 'a', now: true });
  const person = await theirs.person(production);
  const before = await person.git.text(['log', '--first-parent', '--skip=1', '-1', '--format=%H', '--', 'a']);
  await person.git.bytes(['checkout', '--quiet', before, '--', 'a']);
  await person.git.bytes(['commit', '--quiet', '-m', 'a goes back']);
  await person.push();
  const files = (box: Sandbox) => box.remote.text(['show', 'env/production:a/deployment-a.yaml']);
  assert.equal(await files(ours), await files(theirs));
  assert.deepEqual(await state(ours, 'a'), await state(theirs, 'a'));
  assert.deepEqual(await state(ours, 'a'), ['1', true]);
});

test('a hand edit gives way to what stood there last', async (t) => {
  const box = await sandbox(t);
  await box.deliver({ a: '2' });
  const tree = await treeOf(box, 'a');
  const person = await box.person(production);
  await person.git.bytes(['rm', '--quiet', 'a/service-a.yaml']);
  await person.git.bytes(['commit', '--quiet', '-m', 'by hand']);
  await person.push();
  assert.equal((await box.row(production, 'a'))?.state, 'edited');
  await back(box, { app: 'a', now: true });
  assert.equal(await treeOf(box, 'a'), tree);
  assert.deepEqual(await state(box, 'a'), ['2', false]);
});

const versioned = (version: string, fields: object = {}) => ({
  'apps/a/app.ts': fixtureApp('a', {
    image: `registry.example.com/a:${version}@sha256:${version.replace('.', '').padEnd(64, '0')}`,
    ...fields,
  }),
});
const deliver = async (box: Sandbox, files: Readonly<Record<string, string>>) => {
  await box.commit(files);
  await box.publish();
  for (const environment of ['staging', production]) await box.mergeTo(environment);
};

test('a version that stood there may be named', async (t) => {
  const box = await sandbox(t);
  for (const version of ['1.1', '1.2', '1.3']) await deliver(box, versioned(version));
  await assert.rejects(
    back(box, { app: 'a', version: '0.9' }),
    /--version 0\.9: no earlier part of a in production has it; there stood 1\.2, 1\.1\./,
  );
  const { moves } = await back(box, { app: 'a', version: '1.1', now: true });
  assert.deepEqual(moves, ['a 1.3 → 1.1']);
  assert.equal((await box.row(production, 'a'))?.version, '1.1');
});

test('going back over a migration that cannot be undone is refused, with the way forward', async (t) => {
  const box = await sandbox(t);
  const migration = (reversible: boolean) => ({ migration: { args: ['migrate'], deadline: '5m', reversible } });
  await deliver(box, versioned('1.1', migration(true)));
  await deliver(box, versioned('1.2', migration(false)));
  await deliver(box, versioned('1.3', migration(true)));
  const tip = await box.tip('env/production');
  const came = await box.checkout.text(['rev-parse', '--short=12', 'HEAD']);
  await assert.rejects(back(box, { app: 'a', version: '1.1', now: true }), (error: Error) => {
    assert.match(error.message, /^a 1\.3 → 1\.1 crosses a migration that cannot be undone \(1\.2\): 1\.1 cannot run/);
    assert.match(error.message, new RegExp(`Roll forward: mend it on main \\(1\\.3 came with ${came}\\)`));
    return true;
  });
  assert.equal(await box.tip('env/production'), tip);
  assert.deepEqual((await back(box, { now: true })).moves, ['a 1.3 → 1.2']);
});

test('it runs by Node alone, without an install, and says what was asked wrongly', async (t) => {
  const box = await sandbox(t);
  for (const value of ['1', '2']) await box.deliver({ a: value });
  await cp(join(program, 'clusters', 'local'), join(box.checkout.dir, 'clusters', 'local'), { recursive: true });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(box.checkout.dir, 'generators/commands/slipway.mjs'), 'rollback', ...args], {
      cwd: box.checkout.dir,
      encoding: 'utf8',
      env: { ...process.env, ...box.variables, NODE_PATH: '' },
    });
  const table: [string[], number, RegExp][] = [
    [[], 2, /wants --env E/],
    [['--env', 'prod'], 2, /--env prod: not an environment; known are dev, staging, production/],
    [['--env', 'production', '--app', 'c'], 2, /--app c: it never stood in production; known are a, b\./],
    [['--env', 'production', '--version', '1'], 2, /--version goes with --app A/],
    [['--env', 'production', '--application', 'a'], 2, /--application is not an option of rollback/],
    // Only a forge needs a package.
    [
      ['--env', 'production', '--app', 'a'],
      1,
      /The client of GitLab is not installed: run npm ci, or go on in its web/,
    ],
  ];
  for (const [args, code, says] of table) {
    const { status, stderr } = run(...args);
    assert.match(stderr, says);
    assert.equal(status, code, stderr);
  }
  assert.ok(await box.tip('env/production-rollback-a'));
  const { status, stdout, stderr } = run('--env', 'production', '--app', 'a', '--now', '--json');
  assert.equal(status, 0, stderr);
  assert.deepEqual((JSON.parse(stdout) as Put).moves, ['a 1.0, new configuration']);
  assert.deepEqual(await state(box, 'a'), ['1', true]);
});
