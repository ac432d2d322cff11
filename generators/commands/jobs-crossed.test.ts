import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Git } from '../git/git.ts';
import { program } from './hydrate-commit.ts';
import { builtHere, builtImage, cloneOf, cutOff, rendered, type Said, slipway } from './jobs.fixture.ts';
import { publishedBox, type Sandbox } from './sandbox.fixture.ts';

// Pipelines run at once, end in any order, and are killed anywhere. What `rendered` and the environments say afterwards
// must be what one pipeline after the other would have made of them.

/** Commits a change and renders it as its pipeline would. @returns the bundle's file */
async function bundleOf(box: Sandbox, clone: Git, files: Readonly<Record<string, string>>, ...args: string[]) {
  const dry = await box.commit(files);
  await clone.bytes(['fetch', '--quiet', box.remote.dir, 'main']);
  const { file } = await rendered(clone, '--dry', dry, ...args);
  const kept = join(box.dir, `${dry}.jsonl`);
  await cp(file, kept);
  return { dry, file: kept };
}

const publish = async (box: Sandbox, file: string): Promise<Said> =>
  slipway((await cloneOf(box)).dir, 'publish', '--from', file);
const treeOf = (box: Sandbox) => box.remote.text(['rev-parse', 'rendered^{tree}']);

test('of two pipelines the older is superseded and no failure, whichever ends first', async (t) => {
  const box = await publishedBox(t);
  const clone = await cutOff(box);
  const older = await bundleOf(box, clone, builtHere(1), '--image', builtImage('a'));
  const newer = await bundleOf(box, clone, builtHere(2), '--image', builtImage('b'));
  const other = await box.copy(t);

  // In turn.
  for (const { file } of [older, newer]) assert.equal((await publish(other, file)).code, 0);
  // The newer first: the older says so, and changes nothing.
  assert.equal((await publish(box, newer.file)).code, 0);
  const refs = await box.remote.text(['for-each-ref']);
  const late = await publish(box, older.file);
  assert.deepEqual([late.code, late.err], [0, '']);
  assert.match(late.out, new RegExp(`^superseded by ${newer.dry}: ${older.dry.slice(0, 12)} is older`));
  const again = await publish(box, newer.file);
  assert.deepEqual([again.code, /^unchanged: /.test(again.out)], [0, true]);
  assert.equal(await box.remote.text(['for-each-ref']), refs);
  for (const made of [box, other])
    assert.match(await made.remote.text(['show', 'env/dev:built/deployment-built.yaml']), /built@sha256:b{64}/);
});

test('two pipelines of one commit with different images: the first is published, the second is refused', async (t) => {
  const box = await publishedBox(t);
  const clone = await cutOff(box);
  const { dry, file } = await bundleOf(box, clone, builtHere(1), '--image', builtImage('a'));
  const other = await rendered(clone, '--dry', dry, '--image', builtImage('b'));
  assert.equal((await publish(box, file)).code, 0);
  const tree = await treeOf(box);
  const { code, err } = await publish(box, other.file);
  assert.equal(code, 1);
  assert.match(
    err,
    /was published with built=.*a{64}; it cannot have a second image\. Make a new commit and publish that/,
  );
  assert.equal(await treeOf(box), tree);
  const same = await publish(box, file);
  assert.deepEqual([same.code, /^unchanged/.test(same.out)], [0, true]);
});

test('a pipeline that was killed before its publish is made up for by its own next run, or by any later commit', async (t) => {
  const box = await publishedBox(t);
  const clone = await cutOff(box);
  // The first commit's image was pushed, and its pipeline got no further.
  const first = await bundleOf(box, clone, { ...box.changed({ a: '2' }), ...builtHere(1) }, '--image', builtImage('a'));
  const other = await box.copy(t);
  assert.equal((await publish(box, first.file)).code, 0, 'run again');
  // Its change arrives with the next commit's publish, which needs the same image again.
  await other.commit({ 'NOTES.md': 'words' });
  const blind = await slipway(other.checkout.dir, 'publish', '--remote', other.remote.dir);
  assert.equal(blind.code, 1);
  assert.match(blind.err, /built has no image for tree/);
  const said = await slipway(other.checkout.dir, 'publish', '--remote', other.remote.dir, '--image', builtImage('a'));
  assert.equal(said.code, 0, said.err);
  for (const made of [box, other]) assert.equal(await made.value('dev', 'a'), '2');
});

/** The remote holds pushes up as long as a file is there, and says that one arrived. */
async function holdUp(box: Sandbox): Promise<{ arrived: () => Promise<void>; go: () => Promise<void> }> {
  const [held, mark] = [join(box.remote.dir, 'held'), join(box.remote.dir, 'arrived')];
  await writeFile(held, '');
  const script = `#!/bin/sh\ncat >/dev/null\n[ -e held ] || exit 0\n: >arrived\nwhile [ -e held ]; do sleep 0.05; done\n`;
  await writeFile(join(box.remote.dir, 'hooks', 'pre-receive'), script, { mode: 0o755 });
  return {
    arrived: async () => {
      while (
        !(await readFile(mark).then(
          () => true,
          () => false,
        ))
      )
        await sleep(20);
    },
    go: () => rm(held),
  };
}

/** Publishes a bundle and is killed while its push is on its way. */
async function killedInPush(t: TestContext, box: Sandbox, file: string): Promise<void> {
  const clone = await cloneOf(box);
  const { arrived, go } = await holdUp(box);
  const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
  const child = spawn(process.execPath, [launcher, 'publish', '--from', file], { cwd: clone.dir, stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  const ended = new Promise((resolve) => child.on('close', resolve));
  await arrived();
  child.kill('SIGKILL');
  await ended;
  // Another pipeline's push, or the same again, goes past it from here on.
  await go();
}

test('a publish that is killed while it pushes is completed by running it again', async (t) => {
  const box = await publishedBox(t);
  const { dry, file } = await bundleOf(box, await cutOff(box), box.changed({ a: '2' }));
  await killedInPush(t, box, file);
  const again = await publish(box, file);
  assert.equal(again.code, 0, again.err);
  assert.match(again.out, /^(published|unchanged)/);
  assert.equal(await box.value('dev', 'a'), '2');
  assert.equal(JSON.parse(await box.remote.text(['show', 'rendered:published.json'])).drySha, dry);
  assert.equal(await box.remote.text(['rev-list', '--count', 'rendered']), '2', 'and was published once');
});

test('the push of a publisher that was killed arrives after a newer commit was published, and is refused', async (t) => {
  const box = await publishedBox(t);
  const clone = await cutOff(box);
  const older = await bundleOf(box, clone, box.changed({ a: '2' }));
  const newer = await bundleOf(box, clone, box.changed({ a: '3' }));
  // Its objects are there, and its refs are moved by hand as the server would: from what it had seen.
  const seen = (await box.tip('rendered')) as string;
  const late = await box.copy(t);
  assert.equal((await publish(late, older.file)).code, 0);
  const hung = (await late.tip('rendered')) as string;
  assert.equal((await publish(box, newer.file)).code, 0);
  const lease = `--force-with-lease=refs/heads/rendered:${seen}`;
  await assert.rejects(
    late.remote.bytes(['push', '--atomic', lease, box.remote.dir, `${hung}:refs/heads/rendered`]),
    /stale info|non-fast-forward|fetch first/,
  );
  assert.equal(await box.value('dev', 'a'), '3');
  const { out, code } = await publish(box, older.file);
  assert.deepEqual([code, /^superseded/.test(out)], [0, true]);
});
