import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtHere, builtImage, cloneOf, cutOff, rendered, slipway, slipwayWith } from './jobs.fixture.ts';
import { publishedBox, type Sandbox } from './sandbox.fixture.ts';

// What the two jobs are given, and what they may do.

const treeOf = (box: Sandbox) => box.remote.text(['rev-parse', 'rendered^{tree}']);

test('a clone too shallow to count the version of what is built here says what to fetch, and writes no bundle', async (t) => {
  const box = await publishedBox(t);
  await box.commit(builtHere(1));
  await box.commit(builtHere(2));
  await box.commit({ 'NOTES.md': 'words' });
  const bundle = ['render', '--all', '--bundle', 'rendered.jsonl', '--image', builtImage('a')];
  for (const depth of ['--depth=1', '--depth=2']) {
    const shallow = await cutOff(box, depth);
    const { code, err } = await slipway(shallow.dir, ...bundle);
    assert.equal(code, 1);
    assert.match(err, /^slipway: The version of service is counted in .* this clone is shallow: .*GIT_DEPTH: 0/);
    assert.ok(!(await readdir(shallow.dir)).includes('rendered.jsonl'));
  }
  const enough = await cutOff(box, '--depth=4');
  const { file } = await rendered(enough, '--image', builtImage('a'));
  const { code, err } = await slipway((await cloneOf(box)).dir, 'publish', '--from', file);
  assert.equal(code, 0, err);
  assert.equal((await box.row('dev', 'built'))?.version, '2.1.1');
});

test('images are said to the half that renders, one by one or in a file, and the other is told so', async (t) => {
  const box = await publishedBox(t);
  await box.commit(builtHere(1));
  const clone = await cutOff(box);
  const without = await slipway(clone.dir, 'render', '--all', '--bundle', 'rendered.jsonl');
  assert.equal(without.code, 1);
  assert.match(without.err, /built has no image for tree [0-9a-f]{40} .*slipway image find --all --out FILE finds it/);
  const list = join(clone.dir, 'images.txt');
  await writeFile(list, `# found in the registry\n${builtImage('a')}\n`);
  const { file } = await rendered(clone, '--images', list);
  const again = ['render', '--all', '--bundle', file, '--images', list, '--image', builtImage('b')];
  const two = await slipway(clone.dir, ...again);
  assert.deepEqual([two.code, /built is given two images/.test(two.err)], [2, true], two.err);
  const missing = await slipway(clone.dir, 'render', '--all', '--bundle', file, '--images', 'none.txt');
  assert.deepEqual([missing.code, /--images none\.txt cannot be read: .*image find/.test(missing.err)], [2, true]);

  for (const images of [
    ['--image', builtImage('a')],
    ['--images', list],
  ]) {
    const both = await slipway(box.checkout.dir, 'publish', '--from', file, ...images);
    assert.equal(both.code, 2);
    assert.match(both.err, /give them to slipway render --all/);
  }
  const { code, err } = await slipway(box.checkout.dir, 'publish', '--from', file, '--dry', 'HEAD~1');
  assert.equal(code, 2);
  assert.match(err, /the bundle was rendered from [0-9a-f]{40}\. Leave --dry out/);
  assert.equal((await slipway(box.checkout.dir, 'publish', '--from', file)).code, 0);
  assert.match(await box.remote.text(['show', 'rendered:dev/built/deployment-built.yaml']), /built@sha256:a{64}/);
});

test('a bundle that lacks an image is refused, and says how one is found', async (t) => {
  const box = await publishedBox(t);
  await box.commit(builtHere(1));
  const { file } = await rendered(await cutOff(box), '--image', builtImage('a'));
  const lines = (await readFile(file, 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  delete lines.at(-1).summary.images.built.reference;
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  const before = await treeOf(box);
  const { code, err } = await slipway((await cloneOf(box)).dir, 'publish', '--from', file);
  assert.equal(code, 1);
  assert.match(err, /built has no image for tree .*slipway image find --all --out FILE finds it/);
  assert.equal(await treeOf(box), before);
});

/** Stops a process that loads an app, a cluster or a chart, starts anything but git, or opens a connection itself. */
const stop = `
import child from 'node:child_process';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import net from 'node:net';
const { spawn } = child;
child.spawn = (file, ...rest) => {
  if (file === 'git') return spawn(file, ...rest);
  throw new Error('it starts ' + file);
};
net.Socket.prototype.connect = () => {
  throw new Error('it reaches the network');
};
syncBuiltinESMExports();
registerHooks({
  load(url, context, next) {
    if (/\\/(apps|clusters(?!\\/local)|generators\\/charts|cdk8s[\\w-]*)\\//.test(url)) throw new Error('it loads ' + url);
    return next(url, context);
  },
});
`;

test('publishing a bundle runs no code of any commit, and nothing but git reaches the remote', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  const { file } = await rendered(await cutOff(box));
  const preload = join(box.dir, 'stop.mjs');
  await writeFile(preload, stop);
  const env = { NODE_OPTIONS: `--import=${preload}` };
  const clone = await cloneOf(box);
  const whole = await slipwayWith(env, clone.dir, 'publish');
  assert.equal(whole.code, 1);
  assert.match(whole.err, /it starts tar/, 'a publish that renders is stopped');
  const { code, err } = await slipwayWith(env, clone.dir, 'publish', '--from', file);
  assert.equal(code, 0, err);
  assert.equal(await box.value('dev', 'a'), '2');
});
