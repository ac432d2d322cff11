import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, type TestContext, test } from 'node:test';
import { appsIndex, fixtureApp } from '../commands/sandbox.fixture.ts';
import { noRegistry, pushImage, type ServedRegistry, serveRegistry } from '../live/registry.fixture.ts';
import { check, counter, delivery, image } from './job-names.fixture.ts';
import { noRunner } from './pipeline.fixture.ts';
import { type Ran, type Site, site } from './site.fixture.ts';

// The real pipeline from a push to a request, run by gitlab-ci-local: a real registry, images really built by Buildah,
// signed and verified, published by git over HTTP, promoted by the local forge. BuildKit, Trivy and cosign are the
// stand-ins beside; `npm run test:pipeline` runs this.

const noBuildah = spawnSync('buildah', ['--version']).error ? 'buildah is not installed' : false;

describe('the whole pipeline', { skip: noBuildah || noRegistry || noRunner }, () => {
  const ends: (() => unknown)[] = [];
  const scope = { after: (end: () => unknown) => void ends.push(end) };
  let registry: ServedRegistry;
  let there: Site;
  let repository: string;
  before(async () => {
    registry = await serveRegistry(scope);
    there = await site(scope, { registry: registry.host });
    repository = `${registry.host}/local/slipway/counter`;
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  /** Jobs and seconds, for the figures of README.md. */
  const told = (t: TestContext, { passed, seconds }: Ran) =>
    t.diagnostic(`${passed.length} jobs, ${seconds.toFixed(0)} s`);
  const treeOf = (commit: string) => there.work.text(['rev-parse', `${commit}:service`]);
  const tagged = async (tag: string) => {
    const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
    const answer = await fetch(`http://${repository.replace('/', '/v2/')}/manifests/${tag}`, {
      method: 'HEAD',
      headers: { accept },
    });
    return answer.ok ? (answer.headers.get('docker-content-digest') ?? undefined) : undefined;
  };
  /** The digest that an environment runs. */
  const runs = async (environment: string) =>
    /counter:?[\w.]*@(sha256:\w+)/.exec(
      (await there.file(`env/${environment}`, 'counter/deployment-counter.yaml')) ?? '',
    )?.[1];
  /** How often BuildKit was asked to build. */
  const builds = async () =>
    (await readFile(join(there.dir, 'journal'), 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line.startsWith('["buildctl')).length;
  const service = (text: string) => there.commit({ 'service/hello.txt': `${text}\n` });

  test('a merge request for the service builds and scans, pushes nothing, and shows what it changes', async (t) => {
    const commit = await there.commit({ 'service/hello.txt': 'proposed\n' }, 'a-request');
    const ran = await there.run({ source: 'merge_request_event', commit });
    told(t, ran);
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual(
      [...ran.passed].sort(),
      [
        ...check,
        'diff',
        ...counter(['try: [amd64,saas-linux-small-amd64]', 'try: [arm64,saas-linux-small-arm64]', 'try scan']),
      ].sort(),
    );
    assert.equal(await tagged(await treeOf(commit)), undefined);
    assert.equal(await there.tip('rendered'), undefined);
  });

  test('a push of the service is built once, signed, published and proposed', async (t) => {
    const before = await builds();
    const commit = await service('one');
    const ran = await there.run({ source: 'push' });
    told(t, ran);
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual([...ran.passed].sort(), [...check, ...delivery, ...counter(image)].sort());
    assert.equal((await builds()) - before, 2);
    const digest = await tagged(await treeOf(commit));
    assert.ok(digest);
    assert.equal(await runs('dev'), digest);
    assert.equal((await there.forge.opened('env/staging')).length, 1);
    for (const secret of [...Object.values(there.tokens), 'a-password']) assert.ok(!ran.output.includes(secret));
  });

  test('the same once more does nothing twice', async (t) => {
    const [before, rendered, dev] = [await builds(), await there.tip('rendered'), await there.tip('env/dev')];
    const ran = await there.run({ source: 'web' });
    told(t, ran);
    assert.deepEqual(ran.failed, [], ran.output);
    assert.equal(await builds(), before);
    assert.match(ran.said.get(`counter: ${image[1]}`) ?? '', /built and signed before/);
    assert.match(ran.said.get('publish') ?? '', /unchanged/);
    assert.deepEqual([await there.tip('rendered'), await there.tip('env/dev')], [rendered, dev]);
  });

  test('a change outside of the service builds nothing, and keeps its image', async (t) => {
    const [before, digest] = [await builds(), await runs('dev')];
    await there.change('a', '2');
    const ran = await there.run({ source: 'push' });
    told(t, ran);
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual([...ran.passed].sort(), [...check, ...delivery].sort());
    assert.deepEqual([await builds(), await runs('dev'), await there.value('dev', 'a')], [before, digest, '2']);
  });

  test('a tag that a merge request pushed first is not believed: the image is built', async () => {
    const before = await builds();
    const commit = await service('two');
    const poison = await pushImage(repository, { content: 'poison', tag: await treeOf(commit) });
    const ran = await there.run({ source: 'push' });
    assert.deepEqual(ran.failed, [], ran.output);
    assert.equal((await builds()) - before, 2);
    assert.match(ran.said.get('counter: find') ?? '', /signature|signed|believed/);
    assert.notEqual(await runs('dev'), poison);
    assert.equal(await runs('dev'), await tagged(await treeOf(commit)));
  });

  test('cut off between the push and the signature, it signs what it finds, when it is run again', async () => {
    const commit = await service('three');
    const dev = await runs('dev');
    await there.run({ source: 'push', only: counter(['build']) });
    assert.equal(await tagged(await treeOf(commit)), undefined);
    assert.equal(await runs('dev'), dev);
    const ran = await there.run({ source: 'web' });
    assert.deepEqual(ran.failed, [], ran.output);
    assert.equal(await runs('dev'), await tagged(await treeOf(commit)));
  });

  test('cut off between the signature and the publish, it publishes what is signed, and builds nothing', async () => {
    const commit = await service('four');
    await there.run({ source: 'push', only: counter(['sign']) });
    const before = await builds();
    const ran = await there.run({ source: 'web', inputs: { task: 'publish', commit } });
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual([...ran.passed].sort(), ['builds', 'images', 'publish', 'render']);
    assert.equal(await builds(), before);
    assert.equal(await runs('dev'), await tagged(await treeOf(commit)));
  });

  test('of two pipelines that cross, the later commit stays, and the earlier one says so', async () => {
    const earlier = await there.change('a', '3');
    const later = await there.change('b', '4');
    await there.run({ source: 'push', commit: later, only: ['promote'] });
    const rendered = await there.tip('rendered');
    const ran = await there.run({ source: 'push', commit: earlier, only: ['publish'] });
    assert.deepEqual(ran.failed, [], ran.output);
    assert.match(ran.said.get('publish') ?? '', /superseded by/);
    assert.equal(await there.tip('rendered'), rendered);
    assert.deepEqual([await there.value('dev', 'a'), await there.value('dev', 'b')], ['3', '4']);
  });

  test('while the registry is down nothing is published, and the job says what it could not ask', async () => {
    await service('five');
    const rendered = await there.tip('rendered');
    await registry.stop();
    const ran = await there.run({ source: 'push', only: ['publish'] });
    await registry.start();
    assert.deepEqual(ran.failed, ['counter: find']);
    assert.match(ran.said.get('counter: find') ?? '', new RegExp(registry.host));
    assert.equal(await there.tip('rendered'), rendered);
    const again = await there.run({ source: 'push', only: ['publish'] });
    assert.deepEqual(again.failed, [], again.output);
  });

  test('what the scanner finds stops the image before it is signed', async () => {
    const commit = await service('six');
    const dev = await runs('dev');
    const weak = join(there.dir, 'weak.json');
    await there.write(weak, [{ id: 'CVE-2026-1', severity: 'HIGH', package: 'a', fixed: '2' }]);
    const ran = await there.run({ source: 'push', variables: { SLIPWAY_WEAKNESSES: weak } });
    assert.deepEqual(ran.failed, ['counter: scan']);
    assert.equal(await tagged(await treeOf(commit)), undefined);
    assert.equal(await runs('dev'), dev);
  });

  test('a schedule verifies what was published, and scans what runs', async (t) => {
    await there.run({ source: 'web' });
    const ran = await there.run({ source: 'schedule' });
    told(t, ran);
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual([...ran.passed].sort(), [
      'announce',
      'counter: find',
      'counter: scan',
      'excuses',
      'promote',
      'retention',
      'verify',
    ]);
  });

  test('by hand one app is promoted to one environment', async () => {
    const ran = await there.run({ source: 'web', inputs: { task: 'promote', environment: 'staging', app: 'b' } });
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual(ran.passed, ['promote']);
  });

  test('a service of another repository is built there, and hands itself over by one merge request', async () => {
    const shop = await there.project('shop', {
      'shop/Dockerfile': 'FROM scratch\nCOPY hello.txt /\n',
      'shop/hello.txt': 'one\n',
      'shop/package.json': '{ "name": "shop", "version": "2.0.0" }\n',
      '.gitlab-ci.yml': `include:
  - project: local/slipway
    file: /generators/ci/service.yml
    ref: main
    inputs: { name: shop, folder: shop, repository: $CI_REGISTRY_IMAGE, hand_over: shop, slipway_project: local/slipway }
`,
    });
    const [first, image] = [await shop.work.text(['rev-parse', 'HEAD']), `${registry.host}/local/shop`];
    const source = { repository: `${there.url}/local/shop`, commit: first };
    await there.commit({
      'apps/index.ts': appsIndex(['a', 'b', 'counter', 'shop']),
      'apps/shop/app.ts': fixtureApp('shop', { image: `${image}:2.0.1@sha256:${'0'.repeat(64)}`, source }),
    });
    const earlier = await there.push(shop, { 'shop/hello.txt': 'two\n' });
    const later = await there.push(shop, { 'shop/hello.txt': 'three\n' });
    const ran = await there.run({ source: 'push', of: shop });
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual(
      (await there.forge.opened('main')).map(({ source }) => source),
      ['bump/shop'],
    );
    const pins = async (commit: string) => (await there.file('bump/shop', 'apps/shop/app.ts'))?.includes(commit);
    assert.ok(await pins(later));
    // The pipeline of the commit before ends late.
    const late = await there.run({ source: 'push', of: shop, commit: earlier });
    assert.deepEqual(late.failed, [], late.output);
    assert.match(late.said.get('shop: hand over') ?? '', /superseded/);
    assert.ok(await pins(later));
  });

  test('a change of words runs one job', async (t) => {
    await there.commit({ 'README.md': '# Another word\n' });
    const ran = await there.run({ source: 'push' });
    told(t, ran);
    assert.deepEqual([ran.passed, ran.failed], [['words'], []]);
  });
});
