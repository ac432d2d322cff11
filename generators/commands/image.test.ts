import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { Git } from '../git/git.ts';
import { noRegistry, pushImage } from '../live/registry.fixture.ts';
import { formatBuildList } from '../model/build-list.ts';
import { parseImage } from '../model/image.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { type ImagePlace, imagePlace, slipway } from './image.fixture.ts';
import { findImage, findImages, type ImageDoors, treeOf, type Wanted } from './image-find.ts';
import { type SignRequest, signImage } from './image-sign.ts';
import { publish } from './publish.ts';
import { appsIndex, environmentsFile, fixtureApp, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

let tree = 0;
/** A tree that no other test has. */
const newTree = () => String(++tree).padStart(40, '0');

suite('images in a real registry', { skip: noRegistry }, () => {
  const ends: (() => unknown)[] = [];
  let place: ImagePlace;
  before(async () => {
    place = await imagePlace({ after: (end) => void ends.push(end) });
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  /** Puts a tag on a digest, as anybody may who may push. */
  async function tag(digest: string, name: string): Promise<void> {
    const stored = await place.doors.registry.manifest(place.repository, digest);
    assert.ok(stored);
    await place.doors.registry.put(place.repository, name, stored);
  }
  const signed = async (content: string, request: Partial<SignRequest> = {}) => {
    const digest = await place.build(content);
    const { repository, doors } = place;
    return signImage(doors, { repository, tree: newTree(), digest, ...request });
  };
  const at = async (name: string) => (await place.doors.registry.manifest(place.repository, name))?.digest;

  test('the image of a tree is found when it was signed for this tree', async () => {
    const { doors, repository } = place;
    const own = newTree();
    assert.deepEqual(await findImage(doors, repository, own), { is: 'absent' });
    const { digest, outcome, did } = await signed('found', { tree: own, version: '1.0.1' });
    assert.equal(outcome, 'signed');
    assert.deepEqual(did, ['signature', `tag ${own}`, 'tag 1.0.1']);
    assert.deepEqual(await findImage(doors, repository, own), { is: 'found', digest });
  });

  test('a tag that somebody else pushed is told and not believed, whatever it is on, and signing puts it right', async () => {
    const { doors, others, repository, said } = place;
    const older = await signed('an older image of ours');
    const byOther = await place.build('signed by somebody else');
    const poisons: readonly (readonly [string, (own: string) => Promise<string>, RegExp])[] = [
      ['unsigned', () => place.build('unsigned'), /no signatures/],
      [
        'signed by another key',
        async (own) => {
          await others.cosign.sign({ repository, digest: byOther }, { tree: own });
          return byOther;
        },
        /no matching signatures/,
      ],
      ['an older image of ours', async () => older.digest, /annotation/],
      [
        'one platform of ours',
        async () => pushImage(repository, { content: 'an older image of ours' }),
        /no signatures/,
      ],
    ];
    for (const [what, poison, why] of poisons) {
      const own = newTree();
      const digest = await poison(own);
      await tag(digest, own);
      const found = await findImage(doors, repository, own);
      assert.equal(found.is, 'doubtful', what);
      assert.match(found.is === 'doubtful' ? found.why : '', why, what);
      said.length = 0;
      const right = await signed(`the right one instead of ${what}`, { tree: own });
      assert.match(said.join('\n'), /which is not ours .*: somebody pushed that tag, and it is put right/, what);
      assert.deepEqual(await findImage(doors, repository, own), { is: 'found', digest: right.digest }, what);
    }
  });

  test('a tag that moves between the look and the proof changes nothing: what was proven is what is given', async () => {
    const { doors, repository } = place;
    const own = newTree();
    const { digest } = await signed('before it moved', { tree: own });
    const evil = await place.build('after it moved');
    const moving: ImageDoors = {
      ...doors,
      registry: {
        ...doors.registry,
        async manifest(...args) {
          const seen = await doors.registry.manifest(...args);
          await tag(evil, own);
          return seen;
        },
      },
    };
    assert.deepEqual(await findImage(moving, repository, own), { is: 'found', digest });
    assert.equal(await at(own), evil);
    assert.equal((await findImage(doors, repository, own)).is, 'doubtful');
  });

  test('signing that is killed anywhere leaves no tag on what is not whole, and the next run finishes it', async (t) => {
    const { doors, repository } = place;
    const dir = await folder(t);
    const sbom = join(dir, 'sbom.json');
    await writeFile(sbom, JSON.stringify({ bomFormat: 'CycloneDX', specVersion: '1.5', version: 1 }));
    const copyTo = `${place.host}/elsewhere/counter`;
    for (let cut = 0; ; cut++) {
      const own = newTree();
      const digest = await pushImage(repository, { content: `killed at ${cut}` });
      const request = { repository, tree: own, digest, version: `2.0.${cut}`, sbom, copyTo };
      let left = cut;
      const step = async <T>(work: () => Promise<T>): Promise<T> => {
        if (left-- === 0) throw new Error('killed');
        return work();
      };
      const { cosign, registry } = doors;
      const mortal: ImageDoors = {
        ...doors,
        cosign: {
          ...cosign,
          sign: (...args) => step(() => cosign.sign(...args)),
          attest: (...args) => step(() => cosign.attest(...args)),
          copy: (...args) => step(() => cosign.copy(...args)),
        },
        registry: { ...registry, put: (...args) => step(() => registry.put(...args)) },
      };
      const ended = await signImage(mortal, request).then(
        () => true,
        (error: Error) => error.message !== 'killed',
      );
      if ((await findImage(doors, repository, own)).is === 'found') {
        assert.equal(await cosign.attestationDoubt({ repository, digest }), undefined);
        assert.equal(await cosign.doubt({ repository: copyTo, digest }, { tree: own }), undefined);
      }
      await signImage(doors, request);
      assert.deepEqual(await findImage(doors, repository, own), { is: 'found', digest });
      assert.equal(await at(request.version), digest);
      if (ended) {
        assert.deepEqual(await findImage(doors, copyTo, own), { is: 'found', digest });
        const again = await signImage(doors, request);
        assert.deepEqual([again.outcome, again.did], ['unchanged', ['copy']]);
        assert.equal(cut, 5);
        break;
      }
    }
  });

  test('a version is never taken from one image of ours for another', async () => {
    const first = await signed('version three', { version: '3.0.0' });
    await assert.rejects(signed('not version three', { version: '3.0.0' }), /no version means two images/);
    assert.equal(await at('3.0.0'), first.digest);
    const evil = await place.build('not ours at all');
    await tag(evil, '3.0.1');
    const right = await signed('version three one', { version: '3.0.1' });
    assert.equal(await at('3.0.1'), right.digest);
    // An image of ours under the tag of a version that it never was is somebody else's deed, too.
    await tag(first.digest, '3.0.2');
    assert.equal((await signed('version three two', { version: '3.0.2' })).outcome, 'signed');
  });

  test('of two pipelines that built one tree to different bytes, the first stays', async () => {
    const { doors, repository } = place;
    const own = newTree();
    const first = await signed('built first', { tree: own });
    const second = await signed('built second', { tree: own });
    assert.deepEqual(second, { outcome: 'stands', digest: first.digest, did: [] });
    assert.deepEqual(await findImage(doors, repository, own), { is: 'found', digest: first.digest });
  });

  test('the same bytes may be the image of two trees and have two versions', async () => {
    const { doors, repository } = place;
    const [one, other] = [newTree(), newTree()];
    const digest = await place.build('of two trees');
    await signImage(doors, { repository, tree: one, digest, version: '4.0.0' });
    await signImage(doors, { repository, tree: other, digest, version: '4.0.1' });
    for (const own of [one, other]) assert.deepEqual(await findImage(doors, repository, own), { is: 'found', digest });
  });

  test('what is not in the registry, or no digest and no version, is refused before anything is signed', async () => {
    const { doors, repository } = place;
    const digest = `sha256:${'0'.repeat(64)}`;
    const base = { repository, tree: newTree(), digest };
    await assert.rejects(signImage(doors, base), /has no sha256:0+: push it by its digest/);
    for (const wrong of [
      { digest: 'latest' },
      { digest: 'sha256:0' },
      { version: 'a b' },
      { version: '0'.repeat(40) },
      { version: 'sha256-0.sig' },
    ]) {
      await assert.rejects(
        signImage(doors, { ...base, ...wrong }),
        (error) => error instanceof Misuse,
        JSON.stringify(wrong),
      );
    }
  });

  test('a signature that is written over by somebody else is told, and nothing is tagged', async () => {
    const { doors, repository } = place;
    const own = newTree();
    const digest = await place.build('signed over');
    const cosign = { ...doors.cosign, sign: async () => {} };
    await assert.rejects(
      signImage({ ...doors, cosign }, { repository, tree: own, digest }),
      /the signature is not believed/,
    );
    assert.equal(await at(own), undefined);
  });

  const wanted = (app: string, own: string, published?: string): Wanted => ({
    ...{ app, repository: place.repository, tree: own, commit: 'c0ffee'.padEnd(40, '0'), published },
  });

  test('what is still being built is waited for, and what waits is said', async () => {
    const { doors, said } = place;
    const own = newTree();
    said.length = 0;
    const finding = findImages(doors, [wanted('counter', own)], { wait: 20_000, every: 50, now: Date.now });
    const { digest } = await signed('built meanwhile', { tree: own });
    const { images, missing } = await finding;
    assert.equal(images.get('counter'), `${place.repository}:${own}@${digest}`);
    assert.equal(missing.size, 0);
    assert.match(
      said.join('\n'),
      /^waiting since \d\d:\d\d:\d\d UTC, for 20 s more at most, for counter \(127.*:0{12}\)$/m,
    );
    // Whoever looks while it waits need not wait to know what to do.
    assert.match(
      said[0] ?? '',
      /^counter: .* was not built yet\. The pipeline of c0ffee000000 builds it: .*retry its failed/,
    );
  });

  test('what does not come is missing, and says why', async () => {
    const own = newTree();
    const poisoned = newTree();
    await tag(await place.build('nobody signed this'), poisoned);
    const both = [wanted('late', own), wanted('poisoned', poisoned)];
    const { images, missing } = await findImages(place.doors, both, { wait: 30, every: 10, now: Date.now });
    assert.equal(images.size, 0);
    assert.match(missing.get('late') ?? '', /has no image of tree 0+: it was not built yet/);
    assert.match(missing.get('poisoned') ?? '', /is not believed \(no signatures found\): somebody pushed that tag/);
  });

  test('what was published is taken, unless the registry says that it is gone; one that is down says nothing', async () => {
    const { doors, repository, said } = place;
    const own = newTree();
    const { digest } = await signed('published', { tree: own });
    const now = Date.now;
    const published = `${repository}:${own}@${digest}`;
    const found = await findImages(doors, [wanted('counter', own, published)], { now });
    assert.equal(found.images.get('counter'), published);
    const gone = `${repository}:${own}@sha256:${'0'.repeat(64)}`;
    said.length = 0;
    assert.equal((await findImages(doors, [wanted('counter', own, gone)], { now })).images.get('counter'), published);
    assert.match(said.join('\n'), /was published, and the registry does not have it any more/);
    await place.stop();
    try {
      said.length = 0;
      assert.equal((await findImages(doors, [wanted('counter', own, gone)], { now })).images.get('counter'), gone);
      assert.match(said.join('\n'), /cannot be asked .* taken without a look/);
      await assert.rejects(
        findImages(doors, [wanted('counter', newTree())], { now, wait: 30, every: 10 }),
        (error) => error instanceof Refusal && /cannot be asked/.test(error.message),
      );
    } finally {
      await place.start();
    }
  });

  test('join, sign and find, as the pipeline calls them', async (t) => {
    const { repository, env } = place;
    const dir = await folder(t);
    const git = new Git(dir);
    await git.bytes(['init', '--quiet', '--initial-branch=main']);
    await mkdir(join(dir, 'api'));
    await writeFile(join(dir, 'api', 'Dockerfile'), 'FROM scratch\n');
    await writeFile(join(dir, 'api', 'package.json'), '{"version": "5.1.0"}\n');
    await git.bytes(['add', '--all']);
    await git.bytes(['commit', '--quiet', '-m', 'an api']);
    const own = await treeOf(git, 'api');
    const digests = [];
    for (const architecture of ['amd64', 'arm64'])
      digests.push(await pushImage(repository, { architecture, content: 'api' }));
    await writeFile(join(dir, 'amd64.json'), JSON.stringify({ 'containerimage.digest': digests[0] }));
    await writeFile(join(dir, 'arm64.txt'), `${digests[1]}\n`);
    const here = ['--folder', 'api', '--repository', repository];
    const run = (...args: string[]) => slipway(dir, env, 'image', ...args);

    const absent = await run('find', ...here);
    assert.deepEqual([absent.status, absent.stdout], [3, '']);
    assert.match(absent.stderr, /has no image of tree \w+: it was not built yet/);
    const half = await run('join', ...here, 'amd64.json');
    assert.deepEqual([half.status, half.stdout], [1, '']);
    assert.match(half.stderr, /image for linux\/arm64 is missing/);
    const joined = await run('join', ...here, '--version', '5.1.0', 'amd64.json', 'arm64.txt');
    assert.equal(joined.status, 0, joined.stderr);
    const digest = joined.stdout.trim();
    assert.match(digest, /^sha256:[0-9a-f]{64}$/);
    const pushed = await run('find', ...here);
    assert.equal(pushed.status, 3, 'what is joined is not signed');
    const done = await run('sign', ...here, '--digest', digest);
    assert.equal(done.status, 0, done.stderr);
    assert.equal(done.stdout, `${repository}@${digest}\n`);
    assert.match(done.stderr, /tag 5\.1\.0/);
    const found = await run('find', ...here);
    assert.deepEqual([found.status, found.stdout, found.stderr], [0, `${repository}@${digest}\n`, '']);
    // Another pipeline was later with other bytes: what it hands over is what counts.
    const late = await run('sign', ...here, '--digest', await place.build('built again'));
    assert.deepEqual([late.status, late.stdout], [0, `${repository}@${digest}\n`]);
    const told = answerOf<{ reference?: string; found: boolean }>(
      'image',
      (await run('find', ...here, '--json')).stdout,
    );
    assert.deepEqual(told, {
      version: 1,
      found: true,
      repository,
      tree: own,
      digest,
      reference: `${repository}@${digest}`,
    });
    const wrong = await run('find', '--folder', 'none', '--repository', repository);
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /HEAD has no such folder/);
    assert.equal((await run('find', ...here, 'x')).status, 2);
    assert.equal((await run('join', ...here)).status, 2);
    const tagged = await run('find', '--folder', 'api', '--repository', `${repository}:latest`);
    assert.match(tagged.stderr, /write the repository alone/);
  });

  test('beside a login a list is read that was made elsewhere, and no code of an app runs', async (t) => {
    const { repository, env } = place;
    const box = await sandbox(t);
    await box.commit({
      'service/Dockerfile': 'FROM scratch\n',
      'service/package.json': '{"version": "7.0.0"}\n',
      'apps/index.ts': appsIndex(['built']),
      'apps/built/app.ts': fixtureApp('built', { image: { repository, build: 'service' } }),
    });
    const [list, out] = [join(box.dir, 'builds.json'), join(box.dir, 'images.txt')];
    const run = (...args: string[]) => slipway(box.checkout.dir, env, 'image', ...args);
    assert.equal((await run('builds', '--out', list)).status, 0);
    const own = await treeOf(box.checkout, 'service');
    const { digest } = await signed('of a list', { tree: own });
    const find = ['find', '--all', '--builds', list, '--out', out];
    assert.equal((await run(...find)).status, 0);
    assert.equal(await readFile(out, 'utf8'), `built=${repository}:${own}@${digest}\n`);

    const ran = join(box.dir, 'ran');
    const hostile = `import { writeFileSync } from 'node:fs';\nwriteFileSync('${ran}', '');\nthrow new Error('it ran');\n`;
    const dry = await box.commit({ 'apps/index.ts': hostile, 'apps/built/app.ts': hostile });
    assert.match((await run(...find)).stderr, new RegExp(`and ${dry} is asked for: make it with --dry`));
    assert.match((await run('find', '--all')).stderr, /cannot be loaded/, 'without a list they do run');
    await writeFile(
      list,
      formatBuildList({ dry, builds: [{ app: 'built', repository, folder: 'service', tree: own }] }),
    );
    const found = await run(...find);
    assert.equal(found.status, 0, found.stderr);
    await assert.rejects(readFile(ran));
  });

  test('every app that is built here is found: what was published of the same tree, else what is signed', async (t) => {
    const { repository, env, host } = place;
    const box = await sandbox(t);
    const image = { repository, build: 'service' };
    await box.commit({
      'service/Dockerfile': 'FROM scratch\n',
      'service/package.json': '{"version": "6.0.0"}\n',
      'apps/index.ts': appsIndex(['a', 'b', 'built']),
      'apps/built/app.ts': fixtureApp('built', { image }),
      'clusters/environments.ts': environmentsFile().replace(
        "'registry.example.com'",
        `'registry.example.com', '${host}/group'`,
      ),
    });
    const own = await treeOf(box.checkout, 'service');
    const out = join(box.dir, 'images.txt');
    const run = () => slipway(box.checkout.dir, env, 'image', 'find', '--all', '--out', out);
    const none = await run();
    assert.equal(none.status, 3, none.stderr);
    assert.match(none.stderr, /^built: .* has no image of tree/m);
    await assert.rejects(readFile(out));
    const { digest } = await signed('the service', { tree: own });
    const reference = `${repository}:${own}@${digest}`;
    assert.equal((await run()).status, 0);
    assert.equal(await readFile(out, 'utf8'), `built=${reference}\n`);

    const published = { ...parseImage(reference, 'here'), tag: 'as-published' };
    await publish(box.context, { images: new Map([['built', published]]) });
    assert.equal((await run()).status, 0);
    assert.equal(await readFile(out, 'utf8'), `built=${repository}:as-published@${digest}\n`);
    const changed = await box.commit({ 'service/new.ts': 'a change\n' });
    const other = await run();
    assert.equal(other.status, 3, 'another tree is another image');
    assert.ok(other.stderr.includes(`The pipeline of ${changed.slice(0, 12)} builds it`), other.stderr);
  });
});

test('a folder is one of the repository', async () => {
  const git = new Git(import.meta.dirname);
  for (const folderName of ['--all', '/etc', '../x', 'none', 'package.json']) {
    await assert.rejects(treeOf(git, folderName), (error) => error instanceof Misuse, folderName);
  }
});

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-image-test-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
