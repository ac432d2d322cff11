import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Bundle } from '../model/bundle.ts';
import type { Published } from '../model/metadata.ts';
import { cloneOf, cutOff, rendered, type Said, slipway } from './jobs.fixture.ts';
import { publish } from './publish.ts';
import { environmentsFile, fixtureApp, publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';

// The two halves as two jobs run them: one renders in a clone that can reach nothing, the other publishes from another
// clone. What must hold is that nobody can tell from `rendered` which way it was published.

const published = async (box: Sandbox) =>
  JSON.parse(await box.remote.text(['show', 'rendered:published.json'])) as Published;
const treeOf = (box: Sandbox) => box.remote.text(['rev-parse', 'rendered^{tree}']);
const paths = ({ parts }: Bundle) => parts.map(({ environment, app }) => `${environment}/${app}`);

/** Publishes the same commit whole, on the same state, and gives what `rendered` is then. */
async function wholePublish(box: Sandbox, dry: string, before: string | undefined): Promise<string> {
  const now = await box.tip('rendered');
  const environments = ['env/dev', 'env/staging', 'env/production'];
  const tips = await Promise.all(environments.map((branch) => box.tip(branch)));
  const move = (ref: string, to: string | undefined) =>
    box.remote.bytes(to ? ['update-ref', `refs/heads/${ref}`, to] : ['update-ref', '-d', `refs/heads/${ref}`]);
  await move('rendered', before);
  await publish(box.context, { dry, images: new Map() });
  const tree = await treeOf(box);
  await move('rendered', now);
  for (const [index, branch] of environments.entries()) await move(branch, tips[index]);
  return tree;
}

async function deltaIsWhole(t: TestContext, change: (box: Sandbox) => Promise<string>, parts: readonly string[]) {
  const box = await publishedBox(t, { a: '1', b: '1', c: '1' });
  const before = await box.tip('rendered');
  const dry = await change(box);
  const { file, bundle } = await rendered(await cutOff(box));
  assert.deepEqual(paths(bundle), parts);
  const elsewhere = await cloneOf(box);
  const said = await slipway(elsewhere.dir, 'publish', '--from', file);
  assert.equal(said.code, 0, said.err);
  assert.equal(await treeOf(box), await wholePublish(box, dry, before));
  return { box, bundle, said };
}

test('a first bundle, rendered without network and credential, is published as a whole publish would be', async (t) => {
  const box = await sandbox(t);
  const { file, bundle } = await rendered(await cutOff(box));
  assert.equal(bundle.base, undefined);
  assert.equal(bundle.parts.length, 6);
  const { code, err } = await slipway((await cloneOf(box)).dir, 'publish', '--from', file);
  assert.equal(code, 0, err);
  const from = await treeOf(box);
  assert.equal(from, await wholePublish(box, bundle.drySha, undefined));
  assert.equal(await box.value('dev', 'a'), '1');
});

test('one changed app of three is rendered alone, and the others are taken over', async (t) => {
  const { box, bundle } = await deltaIsWhole(t, (made) => made.change({ b: '2' }), [
    'dev/b',
    'staging/b',
    'production/b',
  ]);
  assert.deepEqual(bundle.taken, ['a', 'c']);
  assert.equal(await box.value('dev', 'b'), '2');
});

test('a commit that no render reads renders nothing, and is recorded', async (t) => {
  const { box, bundle, said } = await deltaIsWhole(t, (made) => made.commit({ 'NOTES.md': 'words' }), []);
  assert.deepEqual(bundle.taken, ['a', 'b', 'c']);
  assert.match(said.out, /0 parts changed/);
  assert.equal((await published(box)).drySha, bundle.drySha);
});

test('an environment that changed renders everything again', async (t) => {
  const every = ['a', 'b', 'c'].flatMap((app) => ['dev', 'staging', 'production'].map((stage) => `${stage}/${app}`));
  await deltaIsWhole(
    t,
    (made) => made.commit({ 'clusters/environments.ts': environmentsFile({ replicas: 5 }) }),
    every,
  );
});

test('an app that was taken out is removed, though no app is rendered', async (t) => {
  const { box } = await deltaIsWhole(t, (made) => made.remove('b'), []);
  assert.equal((await box.row('dev', 'b'))?.version, 'removed');
});

test('a clone without rendered renders everything, and what comes of it is the same', async (t) => {
  const box = await publishedBox(t);
  const before = await box.tip('rendered');
  const dry = await box.change({ a: '2' });
  const { file, bundle, said } = await rendered(await cutOff(box, '--single-branch'));
  assert.equal(bundle.parts.length, 6);
  assert.deepEqual(bundle.taken, []);
  assert.match(said.err, /6 parts rendered/);
  await slipway((await cloneOf(box)).dir, 'publish', '--from', file);
  assert.equal(await treeOf(box), await wholePublish(box, dry, before));
});

test('a shallow clone renders what a full one does, and another shallow clone publishes it', async (t) => {
  const box = await publishedBox(t);
  const before = await box.tip('rendered');
  await box.change({ b: '2' });
  const dry = await box.change({ a: '2' });
  const { file, bundle } = await rendered(await cutOff(box, '--depth=1', '--no-single-branch'));
  assert.equal(bundle.parts.length, 6);
  const said = await slipway((await cloneOf(box, '--depth=1')).dir, 'publish', '--from', file);
  assert.equal(said.code, 0, said.err);
  assert.equal(await treeOf(box), await wholePublish(box, dry, before));
});

test('a bundle that stands on an older publish is published after rendered moved, and says what its commit says', async (t) => {
  const box = await publishedBox(t, { a: '1', b: '1', c: '1' });
  await box.change({ a: '2' });
  const behind = await cutOff(box);
  // Meanwhile somebody published that, and in `main` it is taken back while b changes.
  await box.publish();
  const before = await box.tip('rendered');
  const dry = await box.change({ a: '1', b: '2' });
  await behind.bytes(['fetch', '--quiet', box.remote.dir, 'main']);
  const { file, bundle } = await rendered(behind, '--dry', dry);
  assert.deepEqual(bundle.taken, ['a', 'c'], 'a is what it was at the base');
  const said = await slipway((await cloneOf(box)).dir, 'publish', '--from', file);
  assert.equal(said.code, 0, said.err);
  assert.equal(await box.value('dev', 'a'), '1');
  assert.equal(await box.value('dev', 'b'), '2');
  assert.equal(await box.value('dev', 'c'), '1');
  assert.equal(await treeOf(box), await wholePublish(box, dry, before));
});

test('a bundle of a commit that is not on main is refused', async (t) => {
  const box = await publishedBox(t);
  const clone = await cutOff(box);
  const before = await treeOf(box);
  await writeFile(join(clone.dir, 'apps', 'a', 'app.ts'), fixtureApp('a', { env: { VALUE: 'mine' } }));
  await clone.bytes(['commit', '--quiet', '--all', '-m', 'mine alone']);
  const { file } = await rendered(clone);
  const here = await slipway(clone.dir, 'publish', '--from', file, '--remote', box.remote.dir);
  assert.deepEqual([here.code, here.out], [1, '']);
  assert.match(here.err, /is not on main of the remote/);
  const { code, err } = await slipway((await cloneOf(box)).dir, 'publish', '--from', file);
  assert.deepEqual([code, await treeOf(box)], [2, before]);
  assert.match(err, /is not a commit of/);
});

/** A bundle of a change of `b` that was changed before it is published. */
async function tampered(t: TestContext, change: (lines: Record<string, never>[]) => unknown): Promise<[Sandbox, Said]> {
  const box = await publishedBox(t);
  await box.change({ b: '2' });
  const { file } = await rendered(await cutOff(box));
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  const parsed = lines.map((line) => JSON.parse(line));
  change(parsed);
  await writeFile(file, parsed.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const before = await treeOf(box);
  const said = await slipway((await cloneOf(box)).dir, 'publish', '--from', file);
  assert.equal(await treeOf(box), before, 'nothing was published');
  return [box, said];
}

test('a bundle that takes over an app whose sources changed is refused', async (t) => {
  const [, { code, err }] = await tampered(t, (lines) => {
    const [header, ...rest] = lines as unknown as [{ taken: string[] }, ...{ parts: number }[]];
    header.taken.push('b');
    lines.splice(1, 3);
    Object.assign(rest.at(-1) as object, { parts: 0 });
  });
  assert.equal(code, 1);
  assert.match(err, /The bundle says of b that it is unchanged since [0-9a-f]{40}: it was not rendered from/);
});

test('a bundle that stands on what is no commit of rendered is refused', async (t) => {
  const [box, { code, err }] = await tampered(t, (lines) =>
    Object.assign(lines[0] as object, { base: 'f'.repeat(40) }),
  );
  assert.equal(code, 1);
  assert.match(err, /The bundle stands on f{40}, which is no commit of rendered: render it again/);
  const main = await box.remote.text(['rev-parse', 'main']);
  const [, other] = await tampered(t, (lines) => Object.assign(lines[0] as object, { base: main }));
  assert.match(other.err, /which is no commit of rendered/);
});

test('a bundle that was cut off, or never finished, is refused, and --from names it', async (t) => {
  const [, { code, err }] = await tampered(t, (lines) => lines.pop());
  assert.equal(code, 1);
  assert.match(err, /rendered\.jsonl is not whole: render it again/);
  const box = await sandbox(t);
  const missing = await slipway(box.checkout.dir, 'publish', '--from', 'missing.jsonl');
  assert.equal(missing.code, 1);
  assert.match(missing.err, /--from missing\.jsonl cannot be read: .*Make it with slipway render --all/);
});

test('a bundle that cannot be written leaves nothing, and one that is refused does not replace the one before', async (t) => {
  const box = await sandbox(t);
  const clone = await cutOff(box);
  const { file } = await rendered(clone);
  const before = await readFile(file, 'utf8');
  await writeFile(join(clone.dir, 'apps', 'a', 'app.ts'), 'export const app = {};\n');
  await clone.bytes(['commit', '--quiet', '--all', '-m', 'wrong']);
  assert.equal((await slipway(clone.dir, 'render', '--all', '--bundle', file)).code, 2);
  assert.equal(await readFile(file, 'utf8'), before);
  const nowhere = await slipway(
    clone.dir,
    'render',
    '--all',
    '--bundle',
    join(box.dir, 'no', 'b.jsonl'),
    '--dry',
    'HEAD~1',
  );
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /--bundle .*b\.jsonl cannot be written/);
  assert.deepEqual(
    (await readdir(clone.dir)).filter((name) => name.includes('jsonl')),
    ['rendered.jsonl'],
  );
});

for (const [what, edit] of [
  ['a manifest', ['dev/a/deployment-a.yaml', (text: string) => text.replace("value: '1'", 'value: edited')]],
  [
    'published.json',
    ['published.json', (text: string) => text.replace(/"a": "[0-9a-f]{32}"/, `"a": "${'0'.repeat(32)}"`)],
  ],
] as const) {
  test(`${what} that somebody changed in rendered is refused and not written over, and a git revert repairs it`, async (t) => {
    const box = await publishedBox(t);
    const [path, change] = edit;
    const person = await cloneOf(box, '--branch', 'rendered');
    const file = join(person.dir, path);
    await writeFile(file, change(await readFile(file, 'utf8')));
    await person.bytes(['commit', '--quiet', '--all', '-m', 'a quick fix']);
    await person.bytes(['push', '--quiet', 'origin', 'HEAD:rendered']);
    const before = await box.tip('rendered');
    await box.change({ b: '2' });
    await assert.rejects(box.publish(), (error: Error) => {
      assert.match(error.message, /changed by (somebody else|hand)/);
      assert.match(error.message, /revert that commit on rendered, then publish again/);
      return true;
    });
    const { file: bundle } = await rendered(await cutOff(box));
    assert.equal((await slipway((await cloneOf(box)).dir, 'publish', '--from', bundle)).code, 1);
    assert.equal(await box.tip('rendered'), before);

    await person.bytes(['revert', '--no-edit', 'HEAD']);
    await person.bytes(['push', '--quiet', 'origin', 'HEAD:rendered']);
    assert.equal((await box.publish()).outcome, 'published');
    assert.equal(await box.value('dev', 'b'), '2');
    assert.equal(await box.value('dev', 'a'), '1');
  });
}
