import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { WorkTree } from '../git/work-tree.ts';
import { formatBundle, parseBundle } from '../model/bundle.ts';
import { renderBundle } from './bundle.ts';
import { publish } from './publish.ts';
import { run as render } from './render.ts';
import { appsIndex, fixtureApp, type Sandbox, sandbox } from './sandbox.fixture.ts';

let box: Sandbox;
const ends: (() => unknown)[] = [];
after(() => Promise.all(ends.map((end) => end())));
before(async () => {
  box = await sandbox({ after: (end) => void ends.push(end) });
  await box.commitQuietly({ '.gitignore': 'node_modules/\n*.secret\n' });
});

/** Saves files for the time of one test. */
async function saved(t: TestContext, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(box.checkout.dir, path, '..'), { recursive: true });
    await writeFile(join(box.checkout.dir, path), text);
  }
  t.after(async () => {
    await box.checkout.bytes(['reset', '--quiet', '--hard']);
    await box.checkout.bytes(['clean', '-qfdx']);
  });
}

test('what is saved is one commit whenever it is read, of what git would add', async (t) => {
  await saved(t, {
    'apps/a/app.ts': fixtureApp('a', { env: { VALUE: '7' } }),
    'apps/a/new.txt': 'new',
    'a.secret': 'no',
  });
  await rm(join(box.checkout.dir, 'apps/b/app.ts'));
  const [one, other] = await Promise.all([WorkTree.open(box.checkout), WorkTree.open(box.checkout)]);
  try {
    const { commit, dirty } = await one.save();
    assert.ok(dirty);
    assert.deepEqual(await other.save(), await one.save());
    assert.deepEqual(await one.git.lines(['diff-tree', '-r', '--name-status', 'HEAD', commit]), [
      'M\tapps/a/app.ts',
      'A\tapps/a/new.txt',
      'D\tapps/b/app.ts',
    ]);
    await box.checkout.bytes(['checkout', '--quiet', '--', '.']);
    await rm(join(box.checkout.dir, 'apps/a/new.txt'));
    const head = await box.checkout.commit('HEAD');
    assert.deepEqual(await one.save(), { commit: head, head, dirty: false });
  } finally {
    await Promise.all([one.close(), other.close()]);
  }
});

test('nothing publishes what is not committed: not its commit, not a bundle of it, and no bundle of it is made', async (t) => {
  await saved(t, {
    'apps/index.ts': appsIndex(['built']),
    'apps/built/app.ts': fixtureApp('built', { image: { repository: 'registry.example.com/built', build: 'service' } }),
    'service/Dockerfile': 'FROM scratch\n',
    'service/package.json': '{ "version": "2.1.0" }',
  });
  const tree = await WorkTree.open(box.checkout);
  try {
    const { commit, head } = await tree.save();
    await assert.rejects(publish(box.context, { dry: commit, images: new Map() }), /is not a commit of/);
    // Even where somebody keeps its objects, it is on no main.
    const own = { ...box.context, checkout: tree.git };
    await assert.rejects(publish(own, { dry: commit, images: new Map() }), /is not on main of the remote/);

    const reader = { git: tree.git, blobs: async () => new Map(), deepen: async () => {} };
    const asked = { dry: commit, base: undefined, images: new Map(), unbuilt: true, say: () => {} };
    const bundle = await renderBundle(reader, { ...asked, uncommitted: head });
    const { version, commit: source } = bundle.summary.images.built ?? {};
    assert.deepEqual([version, source], ['2.1.0-dirty', `${head}-dirty`]);
    const lines = async function* () {
      yield* formatBundle(bundle);
    };
    await assert.rejects(parseBundle(lines(), 'b'), /version, images, commit, .* is not what a render writes/);
  } finally {
    await tree.close();
  }
  const values = { 'work-tree': true, all: true, bundle: join(box.dir, 'never.jsonl') };
  await assert.rejects(
    inCheckout(() => render({ values, words: [] })),
    /what a bundle holds is published, so commit/,
  );
  const both = { 'work-tree': true, dry: 'HEAD', env: 'dev' };
  await assert.rejects(
    inCheckout(() => render({ values: both, words: [] })),
    /--dry and --work-tree/,
  );
});

test('a render of the work tree says in every file that it is one', async (t) => {
  await saved(t, { 'apps/a/app.ts': fixtureApp('a', { env: { VALUE: '9' } }) });
  const out = join(box.dir, 'out');
  await inCheckout(() => render({ values: { 'work-tree': true, env: 'dev', app: 'a', out }, words: [] }));
  const text = await readFile(join(out, 'a', 'deployment-a.yaml'), 'utf8');
  assert.match(text, /^# work tree on [0-9a-f]{12}-dirty \(never publishable\)\napiVersion/);
  assert.match(text, /value: '9'/);
});

async function inCheckout<T>(work: () => Promise<T>): Promise<T> {
  const here = process.cwd();
  process.chdir(box.checkout.dir);
  try {
    return await work();
  } finally {
    process.chdir(here);
  }
}
