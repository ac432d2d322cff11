import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Git } from '../git/git.ts';
import { formatPreview, type Preview } from '../model/preview.ts';
import { type DiffRequest, diff } from './diff.ts';
import { program } from './hydrate-commit.ts';
import { publish } from './publish.ts';
import { appsIndex, environmentsFile, fixtureApp, publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

const preview = (box: Sandbox, request: Partial<DiffRequest> = {}) =>
  diff(box.context, { images: new Map(), ...request });
const changes = ({ parts }: Preview) => parts.map(({ environment, app, change }) => `${change} ${environment}/${app}`);
const text = (shown: Preview) => formatPreview(shown).slice(0, -1).join('\n');
const inEvery = (change: string, app: string) =>
  ['dev', 'staging', 'production'].map((stage) => `${change} ${stage}/${app}`);
const slipway = (cwd: string, ...args: string[]) =>
  spawnSync(process.execPath, [join(program, 'generators', 'commands', 'slipway.mjs'), ...args], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, FORCE_COLOR: undefined },
  });

test('a changed value is shown by object and field, in every environment that would get it', async (t) => {
  const box = await publishedBox(t);
  await box.commit({
    ...box.changed({ a: '2' }),
    'clusters/environments.ts': environmentsFile({ replicas: 3 }),
  });
  const shown = await preview(box);
  assert.equal(
    text(shown),
    `~ dev/a
  ~ Deployment dev/a
    spec.template.spec.containers[a].env[VALUE].value: "1" → "2"
~ staging/a
  ~ Deployment staging/a
    spec.template.spec.containers[a].env[VALUE].value: "1" → "2"
~ production/a
  ~ Deployment production/a
    spec.replicas: 2 → 3
    spec.template.spec.containers[a].env[VALUE].value: "1" → "2"
~ production/b
  ~ Deployment production/b
    spec.replicas: 2 → 3`,
  );
  assert.equal(shown.base, await box.tip('rendered'));
  assert.equal(text(await preview(box, { environment: 'production', app: 'b' })).split('\n')[0], '~ production/b');
  assert.deepEqual(changes(await preview(box, { environment: 'dev' })), ['changed dev/a']);
});

test('what is shown is what publishing then does, and after it nothing is left to show', async (t) => {
  const box = await sandbox(t);
  const steps: [() => Promise<unknown>, string[]][] = [
    [
      () => box.commit({}),
      [...['dev', 'staging', 'production'].flatMap((stage) => [`added ${stage}/a`, `added ${stage}/b`])],
    ],
    [() => box.change({ a: '2' }), inEvery('changed', 'a')],
    [() => box.change({ c: '1' }), inEvery('added', 'c')],
    [() => box.remove('c'), inEvery('removed', 'c')],
    [() => box.change({ c: '1' }), inEvery('added', 'c')],
    [() => box.commit({ 'NOTES.md': 'words' }), []],
    [
      () => box.commit({ 'clusters/environments.ts': environmentsFile({ replicas: 3 }) }),
      ['a', 'b', 'c'].map((app) => `changed production/${app}`),
    ],
  ];
  for (const [change, expected] of steps) {
    await change();
    const before = await box.tip('rendered');
    const shown = await preview(box);
    assert.deepEqual(changes(shown), expected);
    assert.equal(await box.tip('rendered'), before, 'nothing is written');
    const { changed } = await box.publish();
    const told = [
      ...shown.parts.map(({ environment, app }) => `${environment}/${app}`),
      ...shown.pipelines.map((stage) => `${stage}/.gitlab-ci.yml`),
    ];
    assert.deepEqual(changed.toSorted(), told.toSorted());
    assert.match(
      formatPreview(await preview(box)).join(),
      /^[0-9a-f]{12} against rendered at [0-9a-f]{12}: nothing would change$/,
    );
  }
});

test('objects that come and go are named, and a change of the environments is one of their pipeline files too', async (t) => {
  const box = await publishedBox(t);
  await box.commit({ 'apps/a/app.ts': fixtureApp('a', store) });
  const [dev] = (await preview(box, { app: 'a' })).parts;
  assert.deepEqual(
    dev?.objects.map(({ change, kind, name }) => `${change} ${kind} ${name}`),
    [
      ...['changed Application a', 'changed ConfigMap a-rules', 'removed Deployment a', 'removed Ingress a'],
      ...['changed NetworkPolicy a', 'changed Service a', 'added StatefulSet a'],
    ],
  );
  const qa = environmentsFile().replace(
    /\];\s*$/,
    "  { ...base, name: 'qa', after: 'dev', domain: 'qa.example.com' },\n];\n",
  );
  await box.commit({ 'clusters/environments.ts': qa });
  const shown = await preview(box, { environment: 'qa' });
  assert.deepEqual([changes(shown), shown.pipelines], [['added qa/a', 'added qa/b'], ['qa']]);
});

test('a commit that is on no main is shown, from a full clone and from a shallow one', async (t) => {
  const box = await publishedBox(t);
  await box.change({ b: '2' });
  await box.publish();
  await box.checkout.bytes(['switch', '--quiet', '--create', 'feature']);
  await box.commitQuietly(box.changed({ a: '2' }));
  await box.checkout.bytes(['push', '--quiet', 'origin', 'feature']);
  assert.deepEqual(changes(await preview(box)), inEvery('changed', 'a'));
  const dir = await mkdtemp(join(box.dir, 'shallow-'));
  await new Git(dir).bytes(['clone', '--quiet', '--depth=1', '--branch=feature', `file://${box.remote.dir}`, '.']);
  const { code, shown } = json(dir);
  assert.equal(code, 0);
  assert.deepEqual(changes(shown), inEvery('changed', 'a'));
});

/** What makes a web app one that keeps data: other objects, under the same name. */
const store = {
  kind: 'store',
  ready: ['true'],
  user: { uid: 999, gid: 999 },
  volume: { path: '/data', size: '1Gi' },
};

function json(dir: string, ...args: string[]): { code: number | null; shown: Preview & { version: number } } {
  const said = slipway(dir, 'diff', '--json', ...args);
  assert.ok(said.stdout, said.stderr);
  return { code: said.status, shown: answerOf('diff', said.stdout) };
}

test('a branch that lacks what is published is told so', async (t) => {
  const box = await publishedBox(t);
  await box.checkout.bytes(['switch', '--quiet', '--create', 'feature']);
  await box.commitQuietly({ 'NOTES.md': 'words' });
  await box.checkout.bytes(['switch', '--quiet', 'main']);
  const newer = await box.change({ a: '2' });
  await box.publish();
  const shown = await preview(box, { dry: 'feature' });
  assert.equal(shown.behind, newer);
  assert.match(text(shown), new RegExp(`^! it does not have ${newer.slice(0, 12)}, which is published`, 'm'));
  assert.deepEqual(changes(shown), inEvery('changed', 'a'));
  assert.equal((await preview(box, { dry: newer })).behind, undefined);
});

test('an image that nobody built yet is marked, and one that is given is shown', async (t) => {
  const box = await sandbox(t);
  await box.commit({
    'apps/index.ts': appsIndex(['built']),
    'apps/built/app.ts': fixtureApp('built', { image: { repository: 'registry.example.com/built', build: 'service' } }),
    'service/Dockerfile': 'FROM scratch\n',
    'service/package.json': '{ "version": "2.1.0" }',
  });
  const image = { repository: 'registry.example.com/built', digest: `sha256:${'a'.repeat(64)}` };
  await publish(box.context, { images: new Map([['built', image]]) });
  assert.deepEqual(changes(await preview(box)), []);
  await box.commit({ 'service/Dockerfile': 'FROM scratch\n# two\n' });
  const shown = await preview(box, { environment: 'dev' });
  const tree = await box.checkout.text(['rev-parse', 'HEAD:service']);
  assert.deepEqual(shown.notBuilt, [{ app: 'built', tree }]);
  const lines = formatPreview(shown);
  const field = lines.find((line) => line.includes('containers[built].image:'));
  assert.equal(field?.split(' → ')[1], `registry.example.com/built:${tree} (not built)`);
  assert.ok(
    lines.some((line) =>
      line.startsWith('! built is not built: on main its pipeline builds it; by hand, publish wants'),
    ),
  );

  const next = { ...image, digest: `sha256:${'b'.repeat(64)}` };
  const given = await preview(box, { environment: 'dev', images: new Map([['built', next]]) });
  assert.deepEqual(given.notBuilt, []);
  assert.match(
    text(given),
    /image: registry\.example\.com\/built@sha256:a{64} → registry\.example\.com\/built@sha256:b{64}$/m,
  );
});

test('an excuse is shown to whoever reviews, and one that has ended fails the review, never a publish', async (t) => {
  const box = await sandbox(t);
  const excused = (until: string) =>
    fixtureApp('a', {
      image: `registry.example.org/a:1.0@sha256:${'0'.repeat(64)}`,
      excuses: [{ policy: 'image-registry', reason: 'its maker alone has it', owner: 'team-a', until }],
    });
  await box.commit({ 'apps/a/app.ts': excused('2099-12-31') });
  const shown = json(box.checkout.dir, '--app', 'a');
  assert.equal(shown.code, 0);
  assert.deepEqual(
    shown.shown.parts.map(({ remarks }) => remarks.map(({ policy, excuse }) => [policy, excuse?.until])),
    Array(3).fill([['image-registry', '2099-12-31']]),
  );
  await box.commit({ 'apps/a/app.ts': excused('2001-12-31') });
  const late = slipway(box.checkout.dir, 'diff');
  assert.equal(late.status, 1);
  assert.match(
    late.stdout,
    /^! apps\/a\/app\.ts: the excuse from image-registry ended on 2001-12-31; team-a renews it/m,
  );
  const { changed } = await box.publish();
  assert.ok(changed.includes('production/a'));
  const manifest = await box.remote.text(['show', 'rendered:dev/a/deployment-a.yaml']);
  assert.equal(
    manifest.match(/slipway\.dev\/excused: image-registry/g)?.length,
    2,
    'the cluster is told, and the pods',
  );
});

test('a change that no cluster would make is told with the way out, and fails the review', async (t) => {
  const box = await sandbox(t);
  const sized = (size: string) => fixtureApp('a', { ...store, volume: { path: '/data', size } });
  await box.commit({ 'apps/a/app.ts': sized('1Gi') });
  await box.publish();
  await box.commit({ 'apps/a/app.ts': sized('2Gi') });
  const said = slipway(box.checkout.dir, 'diff', '--env', 'dev');
  assert.match(said.stdout, /^ {2}! statefulset-a\.yaml: spec\.volumeClaimTemplates.*--cascade=orphan/m);
  assert.equal(said.status, 1);
});

test('an app that cannot be rendered is told beside what the others change, with exit code 1', async (t) => {
  const box = await publishedBox(t);
  await box.commit({ ...box.changed({ b: '2' }), 'apps/a/app.ts': 'export const app = {;\n' });
  const { code, shown } = json(box.checkout.dir);
  assert.deepEqual([code, shown.version, changes(shown)], [1, 1, inEvery('changed', 'b')]);
  assert.match(shown.failed[0]?.message ?? '', /^apps\/a\/app\.ts cannot be rendered/);
  assert.equal(json(box.checkout.dir, '--app', 'b').code, 0, 'nobody asked for a');
  const said = slipway(box.checkout.dir, 'diff', '--app', 'a');
  assert.equal(said.status, 1);
  assert.match(said.stdout, /^! apps\/a\/app\.ts cannot be rendered: .*\n.*nothing would change\n$/);
});

test('colours are for terminals, and nobody gets them who has refused them', async (t) => {
  const box = await sandbox(t);
  const run = (variables: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [join(program, 'generators', 'commands', 'slipway.mjs'), 'diff', '--env', 'dev'], {
      cwd: box.checkout.dir,
      encoding: 'utf8',
      env: { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, ...variables },
    }).stdout;
  const plain = run({});
  assert.ok(!plain.includes('\u001b'));
  assert.match(plain, /^\+ dev\/a$/m);
  assert.ok(run({ FORCE_COLOR: '1' }).includes('\u001b[32m+ dev/a\u001b[39m'));
  assert.equal(run({ NO_COLOR: '1' }), plain);
});

test('a commit, an environment and an app that there are not are named with those that there are', async (t) => {
  const box = await publishedBox(t);
  await box.remove('b');
  await box.publish();
  const table: [Partial<DiffRequest>, RegExp][] = [
    [{ dry: 'nowhere' }, /--dry nowhere is not a commit of/],
    [{ environment: 'prod' }, /--env prod: not an environment; known are dev, staging, production/],
    [{ app: 'zzz' }, /--app zzz: not an app; known are a, b\./],
    [{ app: '.gitlab-ci.yml' }, /not an app/],
  ];
  for (const [request, said] of table) {
    await assert.rejects(preview(box, request), (error: Error & { exitCode: number }) => {
      assert.match(error.message, said);
      return error.exitCode === 2;
    });
  }
});

test('what a change makes is kept in a file: as text, or as a page that shows what anybody wrote and runs none of it', async (t) => {
  const box = await publishedBox(t);
  const hostile = '<img src=x onerror=alert(1)>';
  await box.commit({ 'apps/a/app.ts': fixtureApp('a', { env: { VALUE: hostile } }) });
  const [page, plain] = [join(box.dir, 'diff.html'), join(box.dir, 'diff.txt')];
  const said = slipway(box.checkout.dir, 'diff', '--env', 'dev', '--out', plain);
  assert.deepEqual([said.status, await readFile(plain, 'utf8')], [0, said.stdout]);
  assert.equal(slipway(box.checkout.dir, 'diff', '--env', 'dev', '--out', page).status, 0);
  const html = await readFile(page, 'utf8');
  assert.match(html, /^<!doctype html>/);
  assert.match(html, /<span class="changed">~ dev\/a<\/span>\n<span class="changed"> {2}~ Deployment dev\/a<\/span>\n/);
  assert.ok(html.includes('&#60;img src=x') && !html.includes('<img') && !html.includes('<script'));
  const late = slipway(box.checkout.dir, 'diff', '--env', 'dev', '--out', join(box.dir, 'no', 'diff.html'));
  assert.equal(late.status, 1);
  assert.match(late.stderr, /^slipway: --out .*diff\.html cannot be written/);
  // What fails a review is in the file all the same.
  await box.commit({ 'apps/b/app.ts': 'export const app = {;\n' });
  assert.equal(slipway(box.checkout.dir, 'diff', '--out', plain).status, 1);
  assert.match(await readFile(plain, 'utf8'), /^! apps\/b\/app\.ts cannot be rendered/m);
});

/** All that a work tree's reading could have changed of a checkout. */
async function state(box: Sandbox): Promise<unknown> {
  const git = join(box.checkout.dir, '.git');
  return {
    status: await box.checkout.text(['status', '--porcelain', '--ignored']),
    index: (await readFile(join(git, 'index'))).toString('base64'),
    objects: (await readdir(join(git, 'objects'), { recursive: true })).toSorted(),
    refs: await box.checkout.text(['for-each-ref']),
    files: (await readdir(git)).toSorted(),
    temporary: (await readdir(tmpdir())).filter((name) => name.startsWith('slipway-work-tree-')),
  };
}

test('what is saved and not committed is shown as it would be published, and nothing of the checkout is touched', async (t) => {
  const box = await publishedBox(t);
  const files = {
    ...box.changed({ a: '2', c: '1' }),
    '.gitignore': '*.secret\n',
    'apps/c/key.secret': 'nobody reads it',
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(box.checkout.dir, path, '..'), { recursive: true });
    await writeFile(join(box.checkout.dir, path), text);
  }
  await box.checkout.bytes(['add', 'apps/c/app.ts']);
  const before = await state(box);
  const shown = await preview(box, { workTree: true, environment: 'dev' });
  assert.deepEqual(await state(box), before);
  assert.deepEqual(
    shown.parts.map(({ app, change }) => `${change} ${app}`),
    ['changed a', 'added c'],
  );
  const head = await box.checkout.commit('HEAD');
  assert.deepEqual([shown.drySha, shown.workTree], [`${head}-dirty`, true]);
  assert.match(
    formatPreview(shown).at(-1) ?? '',
    /^work tree on [0-9a-f]{12}-dirty \(never publishable\) against rendered at [0-9a-f]{12}: 2 parts would change$/,
  );
});
