import assert from 'node:assert/strict';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { suite, type TestContext, test } from 'node:test';
import { faulty } from '../forge/faulty.fixture.ts';
import { digestOf, imageIndex, mediaType } from '../model/image-index.ts';
import { registryAddress } from '../model/registry-address.ts';
import { noRegistry, pushImage, serveRegistry } from './registry.fixture.ts';
import { registry } from './registry.ts';
import { dockerLogins, type Login } from './registry-credentials.ts';

const nobody = async () => undefined;
const quick = { attempts: 4, first: 5, timeout: 2000 };

suite('a real registry', { skip: noRegistry }, () => {
  /** A registry, and a way to it on which calls break. */
  async function served(t: TestContext) {
    const real = await serveRegistry(t);
    const way = await faulty(t, `http://${real.host}`);
    const name = 'group/counter';
    return { ...real, way, direct: `${real.host}/${name}`, repository: `${way.url.slice('http://'.length)}/${name}` };
  }

  test('what was pushed is found by its digest and by its tag, with the bytes that the digest says', async (t) => {
    const { repository, direct } = await served(t);
    const digest = await pushImage(direct, { tag: 'one' });
    const door = registry(nobody, quick);
    const byTag = await door.manifest(repository, 'one');
    assert.equal(byTag?.digest, digest);
    assert.equal(byTag.mediaType, mediaType.manifest);
    assert.deepEqual(await door.manifest(repository, digest), byTag);
    assert.equal(await door.has(repository, digest), true);
    const { config } = JSON.parse(String(byTag.bytes)) as { config: { digest: string } };
    assert.match(String(await door.blob(repository, config.digest)), /"architecture":"amd64"/);
  });

  test('what is not there is an answer, in a repository that nobody pushed to as well', async (t) => {
    const { repository, direct } = await served(t);
    const door = registry(nobody, quick);
    assert.equal(await door.manifest(repository, 'none'), undefined);
    assert.deepEqual(await door.tags(repository), []);
    await pushImage(direct, { tag: 'one' });
    assert.equal(await door.has(repository, digestOf('none')), false);
    assert.equal(await door.manifest(repository, 'none'), undefined);
  });

  test('an index is put by its digest, and tagged, and putting it again changes nothing', async (t) => {
    const { repository, direct } = await served(t);
    const door = registry(nobody, quick);
    const architectures = ['amd64', 'arm64'];
    const images = [];
    for (const architecture of architectures) {
      const digest = await pushImage(direct, { architecture });
      const size = (await door.manifest(repository, digest))?.bytes.length ?? 0;
      images.push({ digest, size, architecture, os: 'linux', mediaType: mediaType.manifest });
    }
    const { digest, bytes } = imageIndex(images, ['linux/amd64', 'linux/arm64']);
    for (const reference of [digest, 'tree', 'tree'])
      await door.put(repository, reference, { mediaType: mediaType.index, bytes });
    assert.equal((await door.manifest(repository, 'tree'))?.digest, digest);
    assert.deepEqual(await door.tags(repository), ['tree']);
  });

  test('every tag is listed, however many pages there are', async (t) => {
    const { repository, direct } = await served(t);
    const tags = ['a', 'b', 'c', 'd', 'e'];
    for (const tag of tags) await pushImage(direct, { tag });
    // Debian's registry gives all at once; a page is what another one would give.
    const pages = await listen(t, (request, response) => {
      const { searchParams, pathname } = new URL(request.url ?? '/', 'http://localhost');
      const from = tags.indexOf(searchParams.get('last') ?? '') + 1;
      const next = `<${pathname}?last=${tags[from + 1]}&n=2>; rel="next"`;
      response.writeHead(200, from + 2 < tags.length ? { link: next } : {});
      response.end(JSON.stringify({ tags: tags.slice(from, from + 2) }));
    });
    assert.deepEqual(await registry(nobody, quick).tags(`${pages}/group/counter`), tags);
    assert.deepEqual((await registry(nobody, quick).tags(repository)).sort(), tags);
  });

  test('what is taken away is gone with its tags, and taking it away again is no fault', async (t) => {
    const { repository, direct } = await served(t);
    const digest = await pushImage(direct, { tag: 'old' });
    const door = registry(nobody, quick);
    await door.remove(repository, digest);
    await door.remove(repository, digest);
    assert.equal(await door.manifest(repository, 'old'), undefined);
    assert.equal(await door.has(repository, digest), false);
  });

  test('a registry that fails for a moment is asked again', async (t) => {
    const { repository, direct, way } = await served(t);
    const digest = await pushImage(direct, { tag: 'one' });
    const door = registry(nobody, quick);
    way.breaks(/^GET .*manifests\/one/, { is: 'refused', status: 500 }, { is: 'cut before' }, { is: 'cut within' });
    assert.equal((await door.manifest(repository, 'one'))?.digest, digest);
    way.breaks(/^HEAD /, { is: 'refused', status: 429, headers: { 'retry-after': '0' } });
    assert.equal(await door.has(repository, digest), true);
  });

  test('a tag whose answer was lost is looked up, not put again', async (t) => {
    const { repository, direct, way } = await served(t);
    const digest = await pushImage(direct);
    const door = registry(nobody, quick);
    const stored = await door.manifest(repository, digest);
    assert.ok(stored);
    way.breaks(/^PUT /, { is: 'cut after' });
    await door.put(repository, 'tree', stored);
    assert.equal((await door.manifest(repository, 'tree'))?.digest, digest);
    assert.equal(way.calls.filter(({ call }) => call.startsWith('PUT ')).length, 1);
  });

  test('a registry that stays down is a refusal that names it', async (t) => {
    const { repository, stop } = await served(t);
    await stop();
    const door = registry(nobody, quick);
    await assert.rejects(
      door.manifest(repository, 'one'),
      /^Refusal: 127\.0\.0\.1:\d+\/group\/counter: the registry cannot be asked \(GET manifests\/one: .*\), 4 times/,
    );
  });

  test('an index whose images are not there is refused in the words of the registry', async (t) => {
    const { repository } = await served(t);
    const of = (architecture: string) => ({
      ...{ digest: digestOf(architecture), mediaType: mediaType.manifest, size: 1, os: 'linux', architecture },
    });
    const { digest, bytes } = imageIndex([of('amd64')], ['linux/amd64']);
    await assert.rejects(
      registry(nobody, quick).put(repository, digest, { mediaType: mediaType.index, bytes }),
      /answered 400 to PUT manifests\/sha256:\w+: MANIFEST/,
    );
  });
});

/** A server on loopback. @returns its host and port */
async function listen(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const login: Login = { user: 'job', password: 'a-secret' };
const basic = `Basic ${Buffer.from('job:a-secret').toString('base64')}`;

test('a registry that sends to its token service gets a token of that service, once for all calls of a kind', async (t) => {
  const asked: string[] = [];
  let tokens = 0;
  const host: string = await listen(t, ({ url = '', headers, method }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://localhost');
    if (pathname === '/jwt/auth') {
      asked.push(`${searchParams.get('service')} ${searchParams.getAll('scope').join(' ')}`);
      if (headers.authorization !== basic) return void response.writeHead(401).end();
      return void response.end(JSON.stringify({ token: `token-${++tokens}` }));
    }
    if (headers.authorization === `Bearer token-${tokens}`) return void response.end(JSON.stringify({ tags: ['a'] }));
    const scope = `repository:group/counter:${method === 'DELETE' ? 'delete' : 'pull'}`;
    const challenge = `Bearer realm="http://${host}/jwt/auth",service="container_registry",scope="${scope}"`;
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  const door = registry(async () => login, quick);
  for (let count = 0; count < 3; count++) assert.deepEqual(await door.tags(`${host}/group/counter`), ['a']);
  await door.remove(`${host}/group/counter`, digestOf('x'));
  assert.deepEqual(asked, [
    'container_registry repository:group/counter:pull',
    'container_registry repository:group/counter:delete',
  ]);
  // The token of the first kind has ended meanwhile.
  assert.deepEqual(await door.tags(`${host}/group/counter`), ['a']);
  assert.equal(asked.length, 3);
});

test('a registry that wants name and password gets them, and one that nobody logged in to says so without them', async (t) => {
  const host = await listen(t, ({ headers }, response) => {
    if (headers.authorization === basic) return void response.end(JSON.stringify({ tags: null }));
    const errors = [{ code: 'UNAUTHORIZED', message: 'authentication required' }];
    response.writeHead(401, { 'www-authenticate': 'Basic realm="registry"' }).end(JSON.stringify({ errors }));
  });
  assert.deepEqual(await registry(async () => login, quick).tags(`${host}/a`), []);
  await assert.rejects(
    registry(nobody, quick).tags(`${host}/a`),
    /answered 401 to GET tags\/list.*UNAUTHORIZED: authentication required.*docker login/,
  );
  const wrong = async () => ({ user: 'job', password: 'not-this' });
  await assert.rejects(registry(wrong, quick).tags(`${host}/a`), (error: Error) => {
    assert.doesNotMatch(error.message, /not-this|bm90LXRoaXM/);
    return /answered 401/.test(error.message);
  });
});

test('no password goes to a token service by plain HTTP', async (t) => {
  const host = await listen(t, (_, response) => {
    response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://192.0.2.1/token",service="x"' }).end();
  });
  await assert.rejects(
    registry(async () => login, quick).tags(`${host}/a`),
    /no address by HTTPS: no password is sent/,
  );
});

test('bytes that do not have the digest which was asked for are not believed', async (t) => {
  const host = await listen(t, (_, response) => response.end('something else'));
  const door = registry(nobody, quick);
  await assert.rejects(door.manifest(`${host}/a`, digestOf('x')), /Nothing of it is believed/);
  await assert.rejects(door.blob(`${host}/a`, digestOf('x')), /Nothing of it is believed/);
});

test('only loopback is asked by plain HTTP', () => {
  const table: readonly (readonly [string, string])[] = [
    ['127.0.0.1:5000/a', 'http://127.0.0.1:5000'],
    ['localhost:5000/a', 'http://localhost:5000'],
    ['localhost/a', 'http://localhost'],
    ['localhost.example.com/a', 'https://localhost.example.com'],
    ['127.0.0.1.example.com/a', 'https://127.0.0.1.example.com'],
    ['registry.gitlab.com/example/slipway/counter', 'https://registry.gitlab.com'],
    ['docker.io/library/redis', 'https://registry-1.docker.io'],
  ];
  for (const [repository, url] of table) assert.equal(registryAddress(repository).url, url, repository);
  for (const repository of ['counter', 'group/counter', '/counter', '']) {
    assert.throws(() => registryAddress(repository), /names no registry/, repository);
  }
});

suite("Docker's config.json", () => {
  async function logins(t: TestContext, config: unknown, env: NodeJS.ProcessEnv = {}) {
    const dir = await mkdtemp(join(tmpdir(), 'slipway-docker-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    if (config !== undefined)
      await writeFile(join(dir, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config));
    return { dir, of: dockerLogins({ ...env, DOCKER_CONFIG: dir }) };
  }
  const auth = Buffer.from('job:with:colon').toString('base64');

  test('gives the login of a host, and of no other', async (t) => {
    const auths = {
      'registry.example.com': { auth },
      'https://index.docker.io/v1/': { auth },
      'https://b.example.com': { username: 'u', password: 'p' },
    };
    const { of } = await logins(t, { auths });
    assert.deepEqual(await of('registry.example.com'), { user: 'job', password: 'with:colon' });
    assert.deepEqual(await of('docker.io'), { user: 'job', password: 'with:colon' });
    assert.deepEqual(await of('b.example.com'), { user: 'u', password: 'p' });
    assert.equal(await of('other.example.com'), undefined);
  });

  test('is not needed', async (t) => {
    const { of } = await logins(t, undefined);
    assert.equal(await of('registry.example.com'), undefined);
  });

  test('that is broken is refused without its words, since they are passwords', async (t) => {
    const { of } = await logins(t, '{"auths": {"a": {"auth": "c2VjcmV0" ');
    await assert.rejects(of('registry.example.com'), (error: Error) => {
      assert.doesNotMatch(error.message, /c2VjcmV0/);
      return /is no JSON object/.test(error.message);
    });
    const half = await logins(t, { auths: { 'registry.example.com': { auth: 'bm9jb2xvbg==' } } });
    await assert.rejects(half.of('registry.example.com'), (error: Error) => !error.message.includes('nocolon'));
  });

  test('may name a helper, which is asked by its own protocol', async (t) => {
    const { dir } = await logins(t, {});
    const helper = join(dir, 'docker-credential-fixture');
    await writeFile(
      helper,
      '#!/bin/sh\nread -r host\n[ "$1 $host" = "get ecr.example.com" ] || { echo "credentials not found in native keychain"; exit 1; }\necho \'{"Username":"AWS","Secret":"s"}\'\n',
    );
    await chmod(helper, 0o755);
    const PATH = [dir, process.env.PATH].join(delimiter);
    const { of } = await logins(
      t,
      { credHelpers: { 'ecr.example.com': 'fixture', 'x.example.com': 'fixture' } },
      { PATH },
    );
    assert.deepEqual(await of('ecr.example.com'), { user: 'AWS', password: 's' });
    assert.equal(await of('x.example.com'), undefined);
    const hostile = await logins(t, { credsStore: '../evil' }, { PATH });
    await assert.rejects(hostile.of('a.example.com'), /is not the name of a credential helper/);
  });
});
