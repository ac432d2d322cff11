import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Published } from '../model/metadata.ts';
import { program } from './hydrate-commit.ts';
import { type PublishResult, publish } from './publish.ts';
import { appsIndex, environmentsFile, fixtureApp, publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

// One app that cannot be rendered stops a publish and names itself; with keepGoing it stays as it was, and nobody waits
// for it.

const keepGoing = (box: Sandbox): Promise<PublishResult> =>
  publish(box.context, { images: new Map(), keepGoing: true });
const stages = ['dev', 'staging', 'production'];
const treesOf = (box: Sandbox, app: string) =>
  Promise.all(stages.map((stage) => box.remote.text(['rev-parse', `rendered:${stage}/${app}`])));
const published = async (box: Sandbox) =>
  JSON.parse(await box.remote.text(['show', 'rendered:published.json'])) as Published;

const good = (fields = '') =>
  `const VALUE = '2';\n${fields}\nexport const app = ${fixtureApp('a', { env: { VALUE: '2' } }).replace('export const app = ', '')}`;

interface Failing {
  readonly how: string;
  readonly files: Readonly<Record<string, string>>;
  readonly said: RegExp;
  readonly exitCode: 1 | 2;
}
const failing: readonly Failing[] = [
  {
    how: 'throws when it is loaded',
    files: { 'apps/a/app.ts': good("throw new Error('a bad day');") },
    said: /^apps\/a\/app\.ts cannot be rendered: a bad day \(apps\/a\/app\.ts:2\)/,
    exitCode: 1,
  },
  {
    how: 'throws what is no error',
    files: { 'apps/a/app.ts': good("throw 'a bad day';") },
    said: /^apps\/a\/app\.ts cannot be rendered: a bad day/,
    exitCode: 1,
  },
  {
    how: 'throws nothing',
    files: { 'apps/a/app.ts': good('throw null;') },
    said: /^apps\/a\/app\.ts cannot be rendered: null/,
    exitCode: 1,
  },
  {
    how: 'is no TypeScript',
    files: { 'apps/a/app.ts': 'export const app = {;\n' },
    said: /^apps\/a\/app\.ts cannot be rendered: /,
    exitCode: 1,
  },
  {
    how: 'imports what is not there',
    files: { 'apps/a/app.ts': good("import './values.ts';") },
    said: /^apps\/a\/app\.ts cannot be rendered: .*values\.ts/,
    exitCode: 1,
  },
  {
    how: 'imports another app',
    files: { 'apps/a/app.ts': good("import '../b/app.ts';") },
    said: /apps\/a\/app\.ts:2.* imports \.\.\/b\/app\.ts: an app depends on nothing but its own folder/,
    exitCode: 1,
  },
  {
    how: 'exports no app',
    files: { 'apps/a/app.ts': 'export const other = 1;\n' },
    said: /^apps\/a\/app\.ts: /,
    exitCode: 2,
  },
  {
    how: 'has a wrong definition',
    files: { 'apps/a/app.ts': "export const app = { kind: 'web', name: 'a', owner: 'team-x', prot: 80 };\n" },
    said: /^apps\/a\/app\.ts:1: field image is missing\napps\/a\/app\.ts:1: field port is missing\napps\/a\/app\.ts:1: field prot is not known; did you mean port\?/,
    exitCode: 2,
  },
  {
    how: 'reads the clock',
    files: { 'apps/a/app.ts': good('const now = Date.now();') },
    said: /apps\/a\/app\.ts:2.* reads the clock \(Date\.now\)/,
    exitCode: 1,
  },
  {
    how: 'reads the clock and swallows the error',
    files: { 'apps/a/app.ts': good('try { Date.now(); } catch {}') },
    said: /apps\/a\/app\.ts:2.* reads the clock \(Date\.now\)/,
    exitCode: 1,
  },
  {
    how: 'reads the clock when its definition is read',
    files: {
      'apps/a/app.ts': `${good()}Object.defineProperty(app, 'port', { enumerable: true, get: () => Date.now() });\n`,
    },
    said: /apps\/a\/app\.ts:4.* reads the clock \(Date\.now\)/,
    exitCode: 1,
  },
  {
    how: 'has an image that nobody built',
    files: {
      'apps/a/app.ts': fixtureApp('a', { image: { repository: 'registry.example.com/a', build: 'service' } }),
      'service/Dockerfile': 'FROM scratch\n',
      'service/package.json': '{ "version": "1.0.0" }',
    },
    said: /^a has no image for tree [0-9a-f]{40} of [0-9a-f]{40}: when it is built and pushed, slipway image find/,
    exitCode: 1,
  },
  {
    how: 'is built from a folder that is not there',
    files: { 'apps/a/app.ts': fixtureApp('a', { image: { repository: 'registry.example.com/a', build: 'servce' } }) },
    said: /^apps\/a\/app\.ts: field image\.build is "servce": no top-level folder/,
    exitCode: 2,
  },
  {
    how: 'is listed as the module of another',
    files: {
      'apps/index.ts': "export const apps = { a: () => import('./b/app.ts'), b: () => import('./b/app.ts') };\n",
    },
    said: /^apps\/index\.ts: a must be \(\) => import\('\.\/a\/app\.ts'\), and nothing else/,
    exitCode: 2,
  },
];

for (const { how, files, said, exitCode } of failing) {
  test(`an app that ${how} names itself and stops all, or stays as it was and stops nobody`, async (t) => {
    const box = await publishedBox(t);
    const [first, before] = [await box.tip('rendered'), await treesOf(box, 'a')];
    const dry = await box.commit({ ...box.changed({ b: '2' }), ...files });
    await assert.rejects(box.publish(), (error: Error & { exitCode: number }) => {
      assert.match(error.message, said);
      assert.match(error.message, /Nothing was (written|published)/);
      return error.exitCode === exitCode;
    });
    assert.equal(await box.tip('rendered'), first, 'nothing was published');
    assert.equal(await box.value('dev', 'b'), '1');

    const { outcome, kept, changed } = await keepGoing(box);
    assert.equal(outcome, 'published');
    assert.equal(kept.map(({ app }) => app).join(), 'a');
    assert.match(kept[0]?.message ?? '', said);
    assert.deepEqual(
      changed,
      stages.map((stage) => `${stage}/b`),
    );
    assert.deepEqual(await treesOf(box, 'a'), before, 'byte for byte');
    assert.equal(await box.value('dev', 'a'), '1');
    assert.equal(await box.value('dev', 'b'), '2');
    const told = await published(box);
    assert.deepEqual([told.drySha, told.kept, Object.keys(told.keys)], [dry, ['a'], ['b']]);
    assert.match(await box.remote.text(['log', '-1', '--format=%b', 'rendered']), /since it cannot be rendered: a/);
  });
}

test('what was kept is rendered again by the next publish, also where nothing else changed', async (t) => {
  const box = await publishedBox(t);
  await box.commit({ 'apps/a/app.ts': 'export const app = {;\n' });
  await keepGoing(box);
  await box.commit({ 'NOTES.md': 'words' });
  await assert.rejects(box.publish(), /apps\/a\/app\.ts cannot be rendered/);
  assert.deepEqual(
    (await keepGoing(box)).kept.map(({ app }) => app),
    ['a'],
  );

  await box.change({ a: '3' });
  const { changed, kept } = await box.publish();
  assert.deepEqual([changed, kept], [stages.map((stage) => `${stage}/a`), []]);
  assert.equal(await box.value('dev', 'a'), '3');
  const told = await published(box);
  assert.deepEqual([told.kept, Object.keys(told.keys)], [[], ['a', 'b']]);
});

test('an app that is mended back to what it was changes no part', async (t) => {
  const box = await publishedBox(t);
  const before = await treesOf(box, 'a');
  await box.commit({ 'apps/a/app.ts': 'export const app = {;\n' });
  await keepGoing(box);
  await box.commit({ 'apps/a/app.ts': fixtureApp('a', { env: { VALUE: '1' } }) });
  assert.deepEqual((await box.publish()).changed, []);
  assert.deepEqual(await treesOf(box, 'a'), before);
  assert.deepEqual((await published(box)).kept, []);
});

test('all that fail are told at once, in one order, and the exit code says whose fault it is', async (t) => {
  const box = await sandbox(t, { a: '1', b: '1', c: '1' });
  await box.commit({
    'apps/b/app.ts': "throw new Error('b failed');\n",
    'apps/a/app.ts': "throw new Error('a failed');\n",
    'apps/c/app.ts': "export const app = { kind: 'web', name: 'c' };\n",
  });
  await assert.rejects(box.publish(), (error: Error & { exitCode: number }) => {
    assert.match(error.message, /a failed.*b failed.*apps\/c\/app\.ts:1: field owner is missing/s);
    return error.exitCode === 1;
  });
  const { kept } = await keepGoing(box);
  assert.deepEqual(
    kept.map(({ app }) => app),
    ['a', 'b', 'c'],
  );
});

test('an app that fails when it is published first is in no environment until it is mended', async (t) => {
  const box = await sandbox(t);
  await box.commit({ 'apps/a/app.ts': 'export const app = {;\n' });
  const { kept, changed } = await keepGoing(box);
  assert.deepEqual(
    kept.map(({ app }) => app),
    ['a'],
  );
  assert.deepEqual(
    changed.filter((path) => path.endsWith('/b')),
    stages.map((stage) => `${stage}/b`),
  );
  assert.deepEqual(await box.remote.lines(['ls-tree', '--name-only', 'rendered:dev']), ['.gitlab-ci.yml', 'b']);
  assert.equal(await box.row('dev', 'a'), undefined);
  await box.change({ a: '2' });
  assert.deepEqual(
    (await box.publish()).changed,
    stages.map((stage) => `${stage}/a`),
  );
  assert.equal(await box.value('dev', 'a'), '2');
});

test('an app that fails and is taken out of main is removed', async (t) => {
  const box = await publishedBox(t);
  await box.commit({ 'apps/a/app.ts': 'export const app = {;\n' });
  await keepGoing(box);
  await box.remove('a');
  assert.deepEqual(
    (await box.publish()).changed,
    stages.map((stage) => `${stage}/a`),
  );
  assert.equal((await box.row('dev', 'a'))?.version, 'removed');
});

test('what is wrong with all of it stops also those who keep going', async (t) => {
  const box = await publishedBox(t);
  const before = await box.tip('rendered');
  const wrong: [Readonly<Record<string, string>>, RegExp][] = [
    [
      { 'clusters/environments.ts': 'export const repository = 1;\nexport const environments = [];\n' },
      /clusters\/environments\.ts/,
    ],
    [
      { 'clusters/environments.ts': environmentsFile(), 'apps/index.ts': 'export const apps = [];\n' },
      /apps\/index\.ts: `apps` must be a table/,
    ],
    [{ 'apps/index.ts': `const now = Date.now();\n${appsIndex(['a', 'b'])}` }, /apps\/index\.ts:1.* reads the clock/],
  ];
  for (const [files, said] of wrong) {
    await box.commit(files);
    await assert.rejects(keepGoing(box), said);
  }
  assert.equal(await box.tip('rendered'), before);
});

test('an app that reaches another folder by a link is refused: its key would not change with what it reads', async (t) => {
  const box = await sandbox(t);
  const own = join(box.checkout.dir, 'apps', 'a');
  await symlink('../b/app.ts', join(own, 'values.ts'));
  await box.commit({ 'apps/a/app.ts': good("import './values.ts';") });
  await assert.rejects(box.publish(), /apps\/a\/app\.ts.*an app depends on nothing but its own folder/);
  // Where the other app is taken over, its folder is not even there.
  await keepGoing(box);
  await assert.rejects(
    box.publish(await box.commit({})),
    /cannot be rendered: Cannot find module 'apps\/a\/values\.ts'/,
  );
  await rm(join(own, 'app.ts'));
  await symlink('../b/app.ts', join(own, 'app.ts'));
  await assert.rejects(box.publish(await box.commit({})), /^Refusal: apps\/a\/app\.ts cannot be rendered: /);
});

test('whoever keeps going reads what was kept and gets exit code 1, from either half', async (t) => {
  const box = await publishedBox(t);
  await box.commit({ ...box.changed({ b: '2' }), 'apps/a/app.ts': 'export const app = {;\n' });
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'generators', 'commands', 'slipway.mjs'), ...args], {
      cwd: box.checkout.dir,
      encoding: 'utf8',
    });
  const refused = run('publish');
  assert.deepEqual([refused.status, refused.stdout], [1, '']);
  assert.match(
    refused.stderr,
    /^slipway: apps\/a\/app\.ts cannot be rendered: .*--keep-going would publish the other apps/s,
  );

  const file = join(box.dir, 'kept.jsonl');
  await box.checkout.bytes(['fetch', '--quiet', 'origin']);
  const made = run('render', '--all', '--bundle', file, '--keep-going');
  assert.deepEqual([made.status, made.stderr.match(/kept: .*/)?.[0]], [1, 'kept: a']);
  const from = run('publish', '--from', file, '--dry-run');
  assert.deepEqual([from.status, from.stdout.match(/^kept a as it was: /m)?.length], [1, 1]);
  const kept = run('publish', '--keep-going', '--json');
  assert.equal(kept.status, 1);
  assert.deepEqual(
    answerOf<PublishResult>('publish', kept.stdout).kept.map(({ app }: { app: string }) => app),
    ['a'],
  );
  assert.equal(await box.value('dev', 'b'), '2');
});
