import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Git } from '../git/git.ts';
import { Hydration, program } from './hydrate-commit.ts';
import { publish } from './publish.ts';
import { appsIndex, environmentsFile, fixtureApp, publishedBox, sandbox } from './sandbox.fixture.ts';

test('publishing makes rendered and every environment branch, and moves the first environment alone', async (t) => {
  const box = await sandbox(t);
  const result = await box.publish();
  assert.equal(result.outcome, 'published');
  assert.deepEqual(await branches(box.remote), ['env/dev', 'env/production', 'env/staging', 'main', 'rendered']);
  assert.deepEqual(await names(box.remote, 'env/dev'), ['.gitlab-ci.yml', 'a', 'b']);
  assert.deepEqual(await names(box.remote, 'env/staging'), ['.gitlab-ci.yml']);
  assert.deepEqual(await names(box.remote, 'rendered'), ['dev', 'production', 'published.json', 'staging']);
  await box.remote.bytes(['fsck', '--strict']);
});

test('a part on an environment branch is the same git tree as in rendered', async (t) => {
  const box = await publishedBox(t);
  assert.equal(
    await box.remote.text(['rev-parse', 'env/dev:a']),
    await box.remote.text(['rev-parse', 'rendered:dev/a']),
  );
});

test('the environments share no history, so git refuses to merge one into another', async (t) => {
  const box = await publishedBox(t);
  const person = await box.person('staging');
  await assert.rejects(person.git.bytes(['merge', 'origin/env/dev']), /unrelated histories/);
});

test('publishing the same commit twice changes nothing', async (t) => {
  const box = await publishedBox(t);
  const before = await refs(box.remote);
  const again = await box.publish();
  assert.equal(again.outcome, 'unchanged');
  assert.deepEqual(await refs(box.remote), before);
});

test('a commit that changes one app moves one part per environment, in one commit on dev', async (t) => {
  const box = await publishedBox(t);
  const before = await box.tip('env/dev');
  await box.change({ a: '2' });
  const { changed } = await box.publish();
  assert.deepEqual(changed, ['dev/a', 'staging/a', 'production/a']);
  assert.equal(await box.remote.text(['rev-list', '--count', `${before}..env/dev`]), '1');
  assert.equal(await box.value('dev', 'a'), '2');
});

test('rendered and the first environment move in one push', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  const hook = '#!/bin/sh\ncat >pushed.$$\n';
  await writeFile(join(box.remote.dir, 'hooks', 'post-receive'), hook, { mode: 0o755 });
  const { environments } = await box.publish();
  assert.deepEqual(
    environments.map(({ environment, outcome, moved }) => [environment, outcome, moved.length]),
    [
      ['dev', 'moved', 1],
      ['staging', 'unchanged', 0],
      ['production', 'unchanged', 0],
    ],
  );
  const pushes = (await readdir(box.remote.dir)).filter((name) => name.startsWith('pushed.'));
  assert.equal(pushes.length, 1);
  const moved = await readFile(join(box.remote.dir, pushes[0] ?? ''), 'utf8');
  assert.deepEqual([...moved.matchAll(/refs\/heads\/\S+/g)].flat().sort(), [
    'refs/heads/env/dev',
    'refs/heads/rendered',
  ]);
  const said = await box.remote.text(['log', '-1', '--format=%(trailers:key=Rendered-Sha,valueonly)', 'env/dev']);
  assert.equal(said.trim(), await box.tip('rendered'), 'and names a commit that is there');
});

test('many apps are rendered by two processes as by one', async (t) => {
  const names = Array.from({ length: 120 }, (_, index) => `app${String(index).padStart(3, '0')}`);
  const box = await sandbox(t, Object.fromEntries(names.map((name) => [name, '1'])));
  const dry = (await box.checkout.commit('HEAD')) ?? '';
  const input = { builds: {}, images: {}, known: {}, taken: [] };
  const rendered = async (apps: readonly string[], taken: readonly string[]) => {
    const hydration = new Hydration(box.checkout, dry, () => {});
    try {
      return await hydration.render({ input: { ...input, taken }, apps, take: (part) => part });
    } finally {
      hydration.close();
    }
  };
  const halves = await rendered(names, []);
  const halfway = names.length / 2;
  const [first, second] = [names.slice(0, halfway), names.slice(halfway)];
  const [one, other] = [await rendered(first, second), await rendered(second, first)];
  assert.deepEqual(halves.parts, [...one.parts, ...other.parts]);
  const outlines = { ...one.summary.outlines, ...other.summary.outlines };
  assert.deepEqual(halves.summary, { ...one.summary, outlines });
  assert.deepEqual(halves.summary.apps, names);
});

test('a commit that changes no part is recorded in rendered and moves no environment', async (t) => {
  const box = await publishedBox(t);
  const before = await refs(box.remote);
  const dry = await box.commit({ 'NOTES.md': 'words' });
  const result = await box.publish();
  const after = await refs(box.remote);
  assert.deepEqual(result.changed, []);
  assert.notEqual(after.get('rendered'), before.get('rendered'));
  assert.equal(after.get('env/dev'), before.get('env/dev'));
  assert.match(await box.remote.text(['show', 'rendered:published.json']), new RegExp(dry));
});

test('an older pipeline that finishes late is superseded', async (t) => {
  const box = await publishedBox(t);
  const older = await box.change({ a: '2' });
  const newer = await box.change({ a: '3' });
  await box.publish(newer);
  const before = await refs(box.remote);
  const late = await box.publish(older);
  assert.equal(late.outcome, 'superseded');
  assert.equal(late.by, newer);
  assert.deepEqual(await refs(box.remote), before);
  assert.equal(await box.value('dev', 'a'), '3');
});

test('a commit that is not on main of the remote is refused', async (t) => {
  const box = await publishedBox(t);
  await box.commitQuietly({ 'NOTES.md': 'mine alone' });
  await assert.rejects(box.publish(), /is not on main of the remote/);
});

test('a commit of a merged branch is no commit of the first-parent chain and is refused', async (t) => {
  const box = await publishedBox(t);
  await box.checkout.bytes(['switch', '--quiet', '--create', 'feature']);
  const inner = await box.commitQuietly({ 'feature.md': 'one' });
  await box.checkout.bytes(['switch', '--quiet', 'main']);
  await box.checkout.bytes(['merge', '--quiet', '--no-ff', '-m', 'merge feature', 'feature']);
  await box.checkout.bytes(['push', '--quiet', 'origin', 'HEAD:main']);
  await assert.rejects(box.publish(inner), /is not on main of the remote/);
  assert.equal((await box.publish()).outcome, 'published');
});

test('after main was rewritten, what was published after it is not taken back, and the next commit goes on', async (t) => {
  const box = await sandbox(t);
  const base = await box.checkout.text(['rev-parse', 'HEAD']);
  const early = await box.commit({ 'NOTES.md': '1' });
  const published = await box.commit({ 'NOTES.md': '2' });
  await box.publish(published);
  await box.change({ a: '2' });
  await box.publish();
  // Somebody with the right to do so rewrote main: the second published commit is gone.
  await box.remote.bytes(['update-ref', 'refs/heads/main', published]);
  await box.checkout.bytes(['reset', '--quiet', '--hard', published]);
  assert.equal((await box.publish(base)).outcome, 'superseded');
  assert.equal((await box.publish(early)).outcome, 'superseded');
  const next = await box.change({ a: '3' });
  assert.equal((await box.publish(next)).outcome, 'published');
  assert.equal(await box.value('dev', 'a'), '3');
});

test('what is older than the newest published commit that is still on main has diverged', async (t) => {
  const box = await sandbox(t);
  const root = await box.checkout.text(['rev-list', '--max-parents=0', 'HEAD']);
  const older = await box.change({ a: '2' });
  const kept = await box.change({ a: '3' });
  await box.publish(kept);
  // Somebody with the right to do so took main elsewhere, published there, and took it back.
  await box.checkout.bytes(['checkout', '--quiet', '--detach', root]);
  const elsewhere = await box.commitQuietly({ 'apps/index.ts': appsIndex([], { a: 'gone', b: 'gone' }) });
  await box.checkout.bytes(['push', '--quiet', 'origin', `${elsewhere}:refs/heads/elsewhere`]);
  await box.remote.bytes(['update-ref', 'refs/heads/main', elsewhere]);
  assert.equal((await box.publish(elsewhere)).outcome, 'published');
  await box.remote.bytes(['update-ref', 'refs/heads/main', kept]);
  const before = await refs(box.remote);
  await assert.rejects(box.publish(older), new RegExp(`${older} diverged from ${kept}`));
  assert.deepEqual(await refs(box.remote), before);
});

test('an app that is taken out is removed by a part of its own, and may come back', async (t) => {
  const box = await publishedBox(t);
  const first = await box.remote.text(['rev-parse', 'env/dev:a']);
  await box.remove('a');
  await box.publish();
  assert.deepEqual(await names(box.remote, 'env/dev:a'), ['hydrator.metadata']);
  assert.match(await box.remote.text(['show', 'env/dev:a/hydrator.metadata']), /"removed": true/);
  assert.equal((await box.row('dev', 'a'))?.version, 'removed');
  // The very same definition again: its part has another place in the order, so it is another tree.
  await box.change({ a: '1' });
  await box.publish();
  assert.equal(await box.value('dev', 'a'), '1');
  assert.notEqual(await box.remote.text(['rev-parse', 'env/dev:a']), first);
  assert.equal((await box.row('dev', 'a'))?.state, 'equal');
});

test('a dry run moves no branch and says what would move', async (t) => {
  const box = await publishedBox(t);
  await box.change({ b: '2' });
  const before = await refs(box.remote);
  const result = await publish(box.context, { images: new Map(), dryRun: true });
  assert.deepEqual(result.changed, ['dev/b', 'staging/b', 'production/b']);
  assert.deepEqual(result.environments.find(({ environment }) => environment === 'dev')?.moved, [
    'b 1.0, new configuration',
  ]);
  assert.deepEqual(await refs(box.remote), before);
});

test('publishers that run at once lose nothing', async (t) => {
  const box = await publishedBox(t);
  const commits = [await box.change({ a: '2' }), await box.change({ b: '2' }), await box.change({ a: '3' })];
  const results = await Promise.all(commits.map((dry) => box.publish(dry)));
  assert.ok(results.every(({ outcome }) => outcome === 'published' || outcome === 'superseded'));
  assert.equal(await box.value('dev', 'a'), '3');
  assert.equal(await box.value('dev', 'b'), '2');
  await box.remote.bytes(['fsck', '--strict']);
});

test('a run that was killed after rendered moved is completed by the next', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  const before = (await box.tip('env/dev')) ?? '';
  await box.publish();
  // As if the kill had come before env/dev was pushed.
  await box.remote.bytes(['update-ref', 'refs/heads/env/dev', before]);
  assert.equal((await box.publish()).outcome, 'unchanged');
  assert.equal(await box.value('dev', 'a'), '2');
});

test('two clones in other folders, time zones and locales render the same bytes', async (t) => {
  const box = await sandbox(t);
  await box.commit({ 'NOTES.md': 'x' });
  const trees: string[] = [];
  const saved = { ...process.env };
  t.after(() => Object.assign(process.env, saved));
  for (const [TZ, LC_ALL, LANG] of [
    ['Pacific/Kiritimati', 'tr_TR.UTF-8', 'tr_TR.UTF-8'],
    ['America/St_Johns', 'C', 'C'],
  ]) {
    Object.assign(process.env, { TZ, LC_ALL, LANG });
    const dir = await mkdtemp(join(tmpdir(), 'slipway-elsewhere-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    await cp(box.remote.dir, join(dir, 'remote.git'), { recursive: true });
    const checkout = new Git(join(dir, `clone ${TZ?.length}`));
    await new Git(dir).bytes(['clone', '--quiet', join(dir, 'remote.git'), checkout.dir]);
    await publish({ ...box.context, checkout, remote: 'origin' }, { images: new Map() });
    trees.push(await new Git(join(dir, 'remote.git')).text(['rev-parse', 'rendered^{tree}', 'env/dev^{tree}']));
  }
  assert.equal(trees[0], trees[1]);
});

test('a commit that locks other packages is rendered with its own', async (t) => {
  const box = await sandbox(t);
  const read = async (file: string) => JSON.parse(await readFile(join(box.checkout.dir, file), 'utf8'));
  const { devDependencies, ...manifest } = await read('package.json');
  const { packages, ...rest } = (await read('package-lock.json')) as { packages: Record<string, { dev?: true }> };
  // What only tests and benchmarks use would take half a minute to install.
  const needed = Object.fromEntries(Object.entries(packages).filter(([, { dev }]) => !dev));
  const own = { ...needed, '': { ...needed[''], devDependencies: undefined } };
  assert.ok(Object.keys(own).length < Object.keys(packages).length, Object.keys(devDependencies).join());
  await box.commit({
    'package.json': JSON.stringify(manifest),
    'package-lock.json': JSON.stringify({ ...rest, packages: own }),
  });
  const said: string[] = [];
  await publish({ ...box.context, say: (line) => said.push(line) }, { images: new Map() });
  assert.match(said.join(), /locks other packages than are installed here: installing its own/);
  assert.equal(await box.value('dev', 'a'), '1');
});

test('what is not committed is not published', async (t) => {
  const box = await sandbox(t);
  await writeFile(join(box.checkout.dir, 'apps', 'index.ts'), 'export const apps = "broken";');
  assert.equal((await box.publish()).outcome, 'published');
  assert.equal(await box.value('dev', 'a'), '1');
});

test('a wrong definition is refused with file and field, and nothing is written', async (t) => {
  const box = await sandbox(t);
  const before = await refs(box.remote);
  await box.commit({
    'apps/a/app.ts': "export const app = { kind: 'web', name: 'a', owner: 'team-x', prot: 80 };\n",
  });
  await assert.rejects(box.publish(), (error: Error & { exitCode: number }) => {
    assert.match(error.message, /apps\/a\/app\.ts:1: field prot is not known; did you mean port\?/);
    assert.match(error.message, /apps\/a\/app\.ts:1: field port is missing/);
    return error.exitCode === 2;
  });
  before.delete('main');
  const after = await refs(box.remote);
  after.delete('main');
  assert.deepEqual(after, before);
});

test('a definition that throws is named by its file', async (t) => {
  const box = await sandbox(t);
  await box.commit({ 'apps/index.ts': 'export const apps = {};\nthrow new Error("a bad day");\n' });
  await assert.rejects(box.publish(), /cannot be rendered: Error: a bad day \(apps\/index\.ts:2\)/);
});

test('an image that is built here needs a digest once, and later commits of the same tree take it over', async (t) => {
  const box = await sandbox(t);
  const first = await box.commit({
    'apps/index.ts': appsIndex(['built']),
    'apps/built/app.ts': fixtureApp('built', {
      image: { repository: 'registry.example.com/built', build: 'service' },
    }),
    'service/Dockerfile': 'FROM scratch\n',
    'service/package.json': '{ "version": "2.1.0" }',
  });
  await assert.rejects(box.publish(), /built has no image for tree [0-9a-f]{40}/);
  const image = { repository: 'registry.example.com/built', digest: `sha256:${'a'.repeat(64)}` };
  const images = new Map([['built', image]]);
  await publish(box.context, { images });
  assert.equal((await box.row('dev', 'built'))?.version, '2.1.0');
  assert.equal((await box.row('dev', 'built'))?.commit, first);

  const stale = new Map([['built', { ...image, tag: 'f'.repeat(40) }]]);
  await assert.rejects(
    publish(box.context, { dry: await box.commit({}), images: stale }),
    /built from tree f{40}, and service is/,
  );
  const other = new Map([['built', { ...image, digest: `sha256:${'b'.repeat(64)}` }]]);
  await assert.rejects(publish(box.context, { dry: first, images: other }), /cannot have a second image/);
  await box.commit({ 'clusters/environments.ts': environmentsFile({ replicas: 3 }) });
  const { changed } = await box.publish();
  assert.deepEqual(changed, ['production/built'], 'an unrelated commit rolls nothing else');

  await box.commit({ 'service/Dockerfile': 'FROM scratch\n# two\n' });
  await assert.rejects(box.publish(), /has no image/);
  await publish(box.context, { images: other });
  assert.equal((await box.row('dev', 'built'))?.version, '2.1.1');
  // Back to the first tree: its image is known from an older publish.
  await box.commit({ 'service/Dockerfile': 'FROM scratch\n' });
  assert.equal((await box.publish()).outcome, 'published');
  assert.match(
    await box.remote.text(['show', 'env/dev:built/deployment-built.yaml']),
    /registry\.example\.com\/built@sha256:a{64}/,
  );
});

test('an image for an app that takes none, or from another repository, is refused', async (t) => {
  const box = await sandbox(t);
  const image = { repository: 'registry.example.com/other', digest: `sha256:${'a'.repeat(64)}` };
  await assert.rejects(
    publish(box.context, { images: new Map([['a', image]]) }),
    /the image of a is not built here; apps\/a\/app\.ts pins it/,
  );
  await assert.rejects(publish(box.context, { images: new Map([['zzz', image]]) }), /zzz is not an app/);
});

test('a remote that cannot be reached is named', async (t) => {
  const box = await sandbox(t);
  await assert.rejects(
    publish({ ...box.context, remote: join(box.dir, 'nowhere.git') }, { images: new Map() }),
    /nowhere\.git cannot be read/,
  );
});

test('a shallow clone publishes like a full one', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  await box.change({ a: '3' });
  const shallow = new Git(join(box.dir, 'shallow'));
  await new Git(box.dir).bytes(['clone', '--quiet', '--depth=1', `file://${box.remote.dir}`, shallow.dir]);
  const result = await publish({ ...box.context, checkout: shallow, remote: 'origin' }, { images: new Map() });
  assert.equal(result.outcome, 'published');
  assert.equal(await box.value('dev', 'a'), '3');
});

async function refs(git: Git): Promise<Map<string, string>> {
  const lines = await git.lines(['for-each-ref', '--format=%(refname:lstrip=2) %(objectname)', 'refs/heads']);
  return new Map(lines.map((line) => line.split(' ') as [string, string]));
}

const branches = async (git: Git) => [...(await refs(git)).keys()].sort();
const names = (git: Git, tree: string) => git.lines(['ls-tree', '--name-only', tree]);

test('a publisher that is overtaken after its own push calls nothing edited', async (t) => {
  const box = await publishedBox(t);
  const first = await box.change({ a: '2' });
  const second = await box.change({ a: '3' });
  // Where a branch is missing the environments do not move in the push that appends.
  await box.remote.bytes(['update-ref', '-d', 'refs/heads/env/staging']);
  // The server tells nobody of the first push before somebody else has published the next commit.
  const command = `'${process.execPath}' '${join(program, 'generators/commands/slipway.mjs')}' publish --dry ${second}`;
  const hook = `#!/bin/sh
read -r old new ref
[ "$ref" = refs/heads/rendered ] && [ ! -e overtaken ] || exit 0
touch overtaken
cd '${box.checkout.dir}' && env -u GIT_DIR -u GIT_QUARANTINE_PATH ${command} --remote '${box.remote.dir}' >&2
`;
  await writeFile(join(box.remote.dir, 'hooks', 'post-receive'), hook, { mode: 0o755 });
  const { outcome, environments } = await box.publish(first);
  assert.equal(outcome, 'published');
  assert.deepEqual(
    environments.flatMap(({ steps }) => steps.map(({ state }) => state.is)).filter((is) => is === 'edited'),
    [],
  );
  assert.equal(await box.value('dev', 'a'), '3');
});
