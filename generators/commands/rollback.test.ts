import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from './hydrate-commit.ts';
import type { Put } from './put.ts';
import { type RollbackRequest, rollback } from './rollback.ts';
import { fixtureApp, publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

const production = 'production';
const back = (box: Sandbox, request: Partial<RollbackRequest> = {}) =>
  rollback(box.context, { environment: production, ...request });
const treeOf = (box: Sandbox, app: string, environment = production) =>
  box.remote.text(['rev-parse', `env/${environment}:${app}`]).catch(() => 'nothing');
const merge = async (box: Sandbox, { request }: Put) => {
  assert.ok(request);
  await box.context.forge?.merge(request.iid, request.sha);
};
const state = async (box: Sandbox, app: string, environment = production) => {
  const row = await box.row(environment, app);
  return [await box.value(environment, app), row?.held];
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
  assert.match(first.request?.body ?? '', /Why: `5xx since 02:40 '@ all'`/);
  assert.match(first.request?.body ?? '', /To undo it/);
  assert.equal((await back(box, { app: 'a', reason: '5xx since 02:40 `@all`' })).outcome, 'unchanged');
  await merge(box, first);
  assert.equal(await treeOf(box, 'a'), trees[1]);
  assert.deepEqual(await state(box, 'a'), ['2', true]);
  assert.deepEqual(await state(box, 'b'), ['3', false]);
  // No promotion takes it forward.
  const [promotion] = await box.promote(production);
  assert.deepEqual(promotion?.moves, []);
  assert.match(promotion?.left.join() ?? '', /a is held in production: .*npx slipway release --env production --app a/);

  // Again goes further, and not to what it was taken back from.
  await merge(box, await back(box, { app: 'a' }));
  assert.equal(await treeOf(box, 'a'), trees[0]);
  const last = await back(box, { app: 'a', now: true });
  assert.deepEqual(last.moves, ['a 1.0 → nothing']);
  assert.equal(await treeOf(box, 'a'), 'nothing');
  await assert.rejects(back(box, { app: 'a' }), /Nothing earlier of a stood in production/);
});

test('without an app all that the last step forward moved goes back, then the one before', async (t) => {
  const box = await publishedBox(t);
  for (const values of [{ a: '2', b: '2' }, { a: '3' }, { b: '4' }, { a: '5', b: '5' }]) {
    await box.change(values);
    await box.publish();
  }
  const values = async () => [await box.value('dev', 'a'), await box.value('dev', 'b')];
  const tip = await box.tip('env/dev');
  const dry = await back(box, { environment: 'dev', now: true, dryRun: true });
  assert.equal(dry.moves.length, 1);
  assert.equal(await box.tip('env/dev'), tip);
  // A first environment takes a publish app by app; a promotion is one merge.
  for (const expected of [
    ['5', '4'],
    ['3', '4'],
    ['3', '2'],
    ['2', '2'],
  ]) {
    await back(box, { environment: 'dev', now: true });
    assert.deepEqual(await values(), expected);
  }
});

test('a promotion is taken back as a whole', async (t) => {
  const box = await sandbox(t);
  await box.deliver({ a: '1' });
  await box.deliver({ a: '2', b: '2' });
  const { moves } = await back(box, { now: true });
  assert.equal(moves.length, 2);
  assert.deepEqual([await box.value(production, 'a'), await box.value(production, 'b')], ['1', '1']);
});

test('plain git does the same', async (t) => {
  const [ours, theirs] = [await sandbox(t), await sandbox(t)];
  for (const box of [ours, theirs])
    for (const value of ['1', '2']) {
      await box.change({ a: value, b: value });
      await box.publish();
    }
  await back(ours, { environment: 'dev', app: 'a', now: true });
  const person = await theirs.person('dev');
  const before = await person.git.text(['log', '--first-parent', '--skip=1', '-1', '--format=%H', '--', 'a']);
  await person.git.bytes(['checkout', '--quiet', before, '--', 'a']);
  await person.git.bytes(['commit', '--quiet', '-m', 'a goes back']);
  await person.push();
  const files = (box: Sandbox) => box.remote.text(['show', 'env/dev:a/deployment-a.yaml']);
  assert.equal(await files(ours), await files(theirs));
  for (const box of [ours, theirs]) assert.deepEqual(await state(box, 'a', 'dev'), ['1', true]);
});

test('a hand edit gives way to what stood there last', async (t) => {
  const box = await publishedBox(t);
  const tree = await treeOf(box, 'a', 'dev');
  const person = await box.person('dev');
  await person.git.bytes(['rm', '--quiet', 'a/service-a.yaml']);
  await person.git.bytes(['commit', '--quiet', '-m', 'by hand']);
  await person.push();
  assert.equal((await box.row('dev', 'a'))?.state, 'edited');
  await back(box, { environment: 'dev', app: 'a', now: true });
  assert.equal(await treeOf(box, 'a', 'dev'), tree);
  assert.deepEqual(await state(box, 'a', 'dev'), ['1', false]);
});

const versioned = (version: string, fields: object = {}) => ({
  'apps/a/app.ts': fixtureApp('a', {
    image: `registry.example.com/a:${version}@sha256:${version.replace('.', '').padEnd(64, '0')}`,
    ...fields,
  }),
});
const published = async (box: Sandbox, files: Readonly<Record<string, string>>) => {
  await box.commit(files);
  await box.publish();
};
/** Of a first environment, which takes what is published. */
const dev = { environment: 'dev', app: 'a', now: true };

test('a version that stood there may be named', async (t) => {
  const box = await sandbox(t);
  for (const version of ['1.1', '1.2', '1.3']) await published(box, versioned(version));
  await assert.rejects(
    back(box, { ...dev, version: '0.9' }),
    /--version 0\.9: no earlier part of a in dev has it; there stood 1\.2, 1\.1\./,
  );
  const { moves } = await back(box, { ...dev, version: '1.1' });
  assert.deepEqual(moves, ['a 1.3 → 1.1']);
  assert.equal((await box.row('dev', 'a'))?.version, '1.1');
});

test('going back over a migration that cannot be undone is refused, with the way forward', async (t) => {
  const box = await sandbox(t);
  const migration = (reversible: boolean) => ({ migration: { args: ['migrate'], deadline: '5m', reversible } });
  await published(box, versioned('1.1', migration(true)));
  await published(box, versioned('1.2', migration(false)));
  await published(box, versioned('1.3', migration(true)));
  const tip = await box.tip('env/dev');
  const came = await box.checkout.text(['rev-parse', '--short=12', 'HEAD']);
  await assert.rejects(back(box, { ...dev, version: '1.1' }), (error: Error) => {
    assert.match(error.message, /^a 1\.3 → 1\.1 crosses a migration that cannot be undone \(1\.2\): 1\.1 cannot run/);
    assert.match(error.message, new RegExp(`Roll forward: mend it on main \\(1\\.3 came with ${came}\\)`));
    return true;
  });
  assert.equal(await box.tip('env/dev'), tip);
  assert.deepEqual((await back(box, dev)).moves, ['a 1.3 → 1.2']);
});

test('it runs by Node alone, without an install, and says what was asked wrongly', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  await box.publish();
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
    [['--env', 'dev', '--app', 'c'], 2, /--app c: it never stood in dev; known are a, b\./],
    [['--env', 'dev', '--version', '1'], 2, /--version goes with --app A/],
    [['--env', 'dev', '--application', 'a'], 2, /--application is not an option of rollback/],
    // Only a forge needs a package.
    [['--env', 'dev', '--app', 'a'], 1, /The client of GitLab is not installed: run npm ci, or go on in its web/],
  ];
  for (const [args, code, says] of table) {
    const { status, stderr } = run(...args);
    assert.match(stderr, says);
    assert.equal(status, code, stderr);
  }
  assert.ok(await box.tip('env/dev-rollback-a'));
  const { status, stdout, stderr } = run('--env', 'dev', '--app', 'a', '--now', '--json');
  assert.equal(status, 0, stderr);
  assert.deepEqual(answerOf<Put>('rollback', stdout).moves, ['a 1.0, new configuration']);
  assert.deepEqual(await state(box, 'a', 'dev'), ['1', true]);
});
