import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { noRegistry } from '../live/registry.fixture.ts';
import { parseImage } from '../model/image.ts';
import { type ImagePlace, imagePlace, slipway } from './image.fixture.ts';
import { findImage, treeOf } from './image-find.ts';
import { prune, type RetentionReport, retentionReport } from './image-retention.ts';
import { signImage } from './image-sign.ts';
import { publish } from './publish.ts';
import { appsIndex, environmentsFile, fixtureApp, type Sandbox, type Scope, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

const days = 86_400_000;

interface Index {
  readonly manifests: readonly { readonly digest: string }[];
}

suite('images of what was published', { skip: noRegistry }, () => {
  const ends: (() => unknown)[] = [];
  let place: ImagePlace;
  let box: Sandbox;
  const at = (inDays: number) => ({
    ...{ checkout: box.checkout, remote: box.remote.dir, registry: place.doors.registry },
    now: () => Date.now() + inDays * days,
  });

  /** Commits a service, builds it, signs it and publishes it. */
  async function deliver(content: string): Promise<{ digest: string; tree: string }> {
    await box.commit({ 'service/content.ts': content });
    const tree = await treeOf(box.checkout, 'service');
    const { repository, doors } = place;
    const { digest } = await signImage(doors, { repository, tree, digest: await place.build(content) });
    const image = parseImage(`${repository}:${tree}@${digest}`, 'here');
    await publish(box.context, { images: new Map([['built', image]]) });
    return { digest, tree };
  }
  /** An image that was built elsewhere, and is gone. */
  const pinned = (name: string) => `${place.host}/group/${name}:1.0@sha256:${'0'.repeat(64)}`;
  let old: Awaited<ReturnType<typeof deliver>>;
  let current: Awaited<ReturnType<typeof deliver>>;

  before(async () => {
    const scope: Scope = { after: (end) => void ends.push(end) };
    place = await imagePlace(scope);
    box = await sandbox(scope);
    await box.commit({
      'service/Dockerfile': 'FROM scratch\n',
      'service/package.json': '{"version": "1.0.0"}\n',
      'apps/index.ts': appsIndex(['a', 'b', 'built']),
      // Nobody is asked outside of this machine.
      ...Object.fromEntries(
        ['a', 'b'].map((name) => [`apps/${name}/app.ts`, fixtureApp(name, { image: pinned(name) })]),
      ),
      'apps/built/app.ts': fixtureApp('built', { image: { repository: place.repository, build: 'service' } }),
      'clusters/environments.ts': environmentsFile().replace(
        "'registry.example.com'",
        `'registry.example.com', '${place.host}/group'`,
      ),
    });
    old = await deliver('old');
    current = await deliver('current');
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });
  /** Of what is built here; the fixture's other images stand in no registry. */
  const ours = async (inDays = 0, within = 0) => {
    const { images, prunings } = await retentionReport(at(inDays), within);
    const rows = images.filter(({ repository }) => repository === place.repository);
    return { rows, take: prunings.flatMap(({ take }) => take.map(({ digest }) => digest)) };
  };

  test('the report tells every image that an environment named in 90 days, where, and until when', async () => {
    const { rows, take } = await ours();
    assert.deepEqual(
      rows.map(({ digest, state }) => [digest, state]).sort(),
      [
        [old.digest, 'there'],
        [current.digest, 'there'],
      ].sort(),
    );
    const places = rows.find(({ digest }) => digest === old.digest)?.places ?? [];
    assert.deepEqual(
      places.map(({ branch, app, until }) => [branch, app, until !== undefined]),
      [['env/dev', 'built', true]],
    );
    const branches = rows.find(({ digest }) => digest === current.digest)?.places.map(({ branch }) => branch);
    assert.deepEqual(branches, ['env/dev', 'rendered']);
    assert.deepEqual(take, []);
    const later = await ours(100);
    assert.deepEqual(
      later.rows.map(({ digest }) => digest),
      [current.digest],
    );
    assert.deepEqual(later.take, [old.digest]);
  });

  test('what is about to go is told before it goes', async () => {
    assert.deepEqual((await ours(80)).take, []);
    assert.deepEqual((await ours(80, 9 * days)).take, []);
    assert.deepEqual((await ours(80, 11 * days)).take, [old.digest]);
  });

  test('a prune that is tried changes nothing, and a real one takes what is old and leaves what runs', async () => {
    const { registry } = place.doors;
    const { repository } = place;
    const stored = await registry.manifest(repository, current.digest);
    assert.ok(stored);
    // Somebody wants what runs to be deleted, and somebody else keeps a build of a branch.
    await registry.put(repository, `${old.digest.replace(':', '-')}.att`, stored);
    const ofBranch = await place.build('of a branch');
    const branchImage = await registry.manifest(repository, ofBranch);
    assert.ok(branchImage);
    await registry.put(repository, '9'.repeat(40), branchImage);

    const told: string[] = [];
    const would = await prune(at(100), true, (line) => void told.push(line));
    assert.deepEqual(
      would.flatMap(({ take }) => take.map(({ digest }) => digest)),
      [old.digest],
    );
    assert.equal(told.length, 0);
    assert.equal(await registry.has(repository, old.digest), true);

    const oldImage: Index = JSON.parse(String((await registry.manifest(repository, old.digest))?.bytes));
    await prune(at(100), false, (line) => void told.push(line));
    assert.equal(told.length, 1);
    for (const gone of [old.digest, ...oldImage.manifests.map(({ digest }) => digest)])
      assert.equal(await registry.has(repository, gone), false, gone);
    assert.equal(await registry.manifest(repository, `${old.digest.replace(':', '-')}.sig`), undefined);
    assert.deepEqual(await findImage(place.doors, repository, current.tree), { is: 'found', digest: current.digest });
    const { manifests }: Index = JSON.parse(String(stored.bytes));
    for (const { digest } of manifests) assert.equal(await registry.has(repository, digest), true);
    assert.equal(await registry.has(repository, ofBranch), true);
    assert.deepEqual(
      await prune(at(100), false, () => {}),
      await prune(at(100), true, () => {}),
      'nothing is left to do',
    );
  });

  test('what comes back while a prune looks is not deleted', async () => {
    const brought = await deliver('comes back');
    await deliver('after it');
    const { registry } = place.doors;
    let moved = false;
    const looking = {
      ...registry,
      async tags(repository: string) {
        if (!moved) {
          moved = true;
          await box.checkout.bytes(['revert', '--no-edit', 'HEAD']);
          await box.checkout.bytes(['push', '--quiet', 'origin', 'HEAD:main']);
        }
        return registry.tags(repository);
      },
    };
    await prune({ ...at(100), registry: looking }, false, () => {});
    assert.equal(moved, true);
    assert.deepEqual(await findImage(place.doors, place.repository, brought.tree), {
      is: 'found',
      digest: brought.digest,
    });
  });

  test('an image that runs and is gone is missing, and the exit code says so', async () => {
    const { repository, env } = place;
    const lost = await deliver('to be lost');
    await place.doors.registry.remove(repository, lost.digest);
    const run = (...args: string[]) =>
      slipway(box.checkout.dir, { ...env, DOCKER_CONFIG: join(box.dir, 'none') }, 'image', ...args);
    const { status, stdout } = await run('report');
    assert.equal(status, 1);
    assert.match(stdout, new RegExp(`^MISSING  ${repository}@${lost.digest}  env/dev:built, rendered:built$`, 'm'));
    assert.match(stdout, /images, 4 missing; prune would take nothing$/m);
    const json = answerOf<RetentionReport>('image', (await run('report', '--within', '14d', '--json')).stdout);
    assert.equal(json.images.filter(({ state }) => state === 'missing').length, 4);
    assert.equal((await run('report', '--within', 'soon')).status, 2);
    const dry = await run('prune', '--dry-run');
    assert.equal(dry.status, 0, dry.stderr);
    assert.match(dry.stdout, /kept .*: no commit of main has the tree 9+/);
    assert.match(dry.stdout, /^0 images would be deleted$/m);
  });
});
