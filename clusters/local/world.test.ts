import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { dump } from 'js-yaml';
import { Git } from '../../generators/git/git.ts';
import { writeCommits } from '../../generators/git/write.ts';
import { argocd } from '../../generators/live/argocd.ts';
import type { Live } from '../../generators/model/gate.ts';
import { head } from '../../generators/model/names.ts';
import { processesIn } from './processes.fixture.ts';
import { buildArtifact } from './runtime/artifact.ts';
import { Pod } from './runtime/pod.ts';
import { visit } from './runtime/visit.ts';
import { findWorld, startWorld, stopWorld, type World } from './world.ts';

Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });

test('what a branch says is run: a program from its artifact, behind its host', async (t) => {
  const { world, commit, until } = await started(t);
  await commit({ ...web('hello', await artifact(world, answering('one'))) });
  await until('hello', ({ health }) => health === 'Healthy');
  for (const host of ['hello.dev.localhost', 'hello.dev.example.com'])
    assert.deepEqual(await visit(world, host), { status: 200, body: 'one' });
  assert.equal((await visit(world, 'other.dev.localhost')).status, 404);
  // A commit for another app is no news for this one: it has been healthy since then.
  const before = await until('hello', () => true);
  const revision = await commit({ 'other/application.yaml': 'kind: Application\n' });
  const after = await until('hello', (live) => live.revision === revision);
  assert.deepEqual([after.health, after.since], ['Healthy', before.since]);
});

test('a new version is rolled over without a failed request, and what is live names the commit it runs', async (t) => {
  const { world, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, answering('one')), 2));
  await until('hello', ({ health }) => health === 'Healthy');
  const second = await artifact(world, answering('two'));
  let asking = true;
  const answers: { status: number; body: string }[] = [];
  const visitors = Array.from({ length: 4 }, async () => {
    while (asking) answers.push(await visit(world, 'hello.dev.localhost'));
  });
  const revision = await commit(web('hello', second, 2));
  await until('hello', (live) => live.health === 'Healthy' && live.revision === revision);
  await delay(100);
  asking = false;
  await Promise.all(visitors);
  assert.deepEqual(
    answers.filter(({ status }) => status !== 200),
    [],
  );
  assert.equal(answers.at(-1)?.body, 'two');
  assert.ok(answers.some(({ body }) => body === 'one'));
});

test('a version that never becomes ready leaves the old one serving, and its last words are told', async (t) => {
  const { world, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, answering('one'))));
  await until('hello', ({ health }) => health === 'Healthy');
  await commit(web('hello', await artifact(world, "console.log('no such table'); process.exit(3);")));
  const live = await until('hello', ({ message }) => message?.includes('no such table') ?? false);
  assert.match(live.message ?? '', /hello-2: it ended with status 3: no such table/);
  assert.notEqual(live.health, 'Healthy');
  assert.deepEqual(await visit(world, 'hello.dev.localhost'), { status: 200, body: 'one' });
});

test('an image that this machine cannot run is not faked', async (t) => {
  const { commit, until } = await started(t);
  await commit(web('hello', `sha256:${'a'.repeat(64)}`));
  const live = await until('hello', ({ message }) => message?.includes('not run here') ?? false);
  assert.equal(live.health, 'Unknown');
});

test('a folder that cannot be read is told, and the other apps go on', async (t) => {
  const { world, commit, until } = await started(t);
  const good = web('hello', await artifact(world, answering('one')));
  await commit({ ...good, 'bad/application.yaml': 'kind: Application', 'bad/deployment-bad.yaml': '{ not: [yaml' });
  await until('hello', ({ health }) => health === 'Healthy');
  const bad = await until('bad', () => true);
  assert.equal(bad.sync, 'Unknown');
});

test('Redis is the real one, with the arguments of its manifest, and its volume outlives its pod', async (t) => {
  if (!has('redis-server')) return t.skip('redis-server is not installed: npm test installs it where it may');
  const { world, commit, until } = await started(t);
  const redis = (label: string) =>
    stateful('redis', ['--port', '6379', '--dir', '/data', '--appendonly', 'yes', '--appendfsync', 'always'], label);
  // Asks Redis at the address that a manifest gives: the service's name.
  const asker = await artifact(world, speaking);
  await commit({ ...redis('1'), ...web('asker', asker, 1, { REDIS: 'redis:6379' }) });
  await until('redis', ({ health }) => health === 'Healthy');
  await until('asker', ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':1');
  const revision = await commit({ ...redis('2'), ...web('asker', asker, 1, { REDIS: 'redis:6379' }) });
  await until('redis', (live) => live.health === 'Healthy' && live.revision === revision);
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':2');
});

test('a Redis that is killed is started again, with its data; one that is not installed is told by its package', async (t) => {
  if (!has('redis-server')) return t.skip('redis-server is not installed: npm test installs it where it may');
  const { world, commit, until } = await started(t);
  const args = ['--port', '6379', '--dir', '/data', '--appendonly', 'yes', '--appendfsync', 'always'];
  const asker = await artifact(world, speaking);
  await commit({ ...stateful('redis', args, '1'), ...web('asker', asker, 1, { REDIS: 'redis:6379' }) });
  await until('redis', ({ health }) => health === 'Healthy');
  await until('asker', ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':1');
  await visit(world, 'asker.dev.localhost', '/kill');
  await until('redis', ({ message }) => message?.includes('redis-0') ?? false);
  await until('redis', ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'asker.dev.localhost')).body, ':2');

  const path = process.env.PATH;
  process.env.PATH = '/nowhere';
  t.after(() => {
    process.env.PATH = path;
  });
  const pod = new Pod({
    id: 'redis-0',
    template: 'x',
    spec: { containers: [{ name: 'redis', image: 'docker.io/library/redis:8' }] },
    world: world.dir,
    place: 'elsewhere/redis-0',
    reach: (value) => value,
    changed: () => {},
  });
  for (let tries = 0; tries < 100 && !pod.trouble; tries++) await delay(50);
  process.env.PATH = path;
  await pod.stop();
  assert.equal(pod.trouble, "redis-server was not found: install Debian's package redis-server");
});

test('whatever way the world ends, no process of it is left', async (t) => {
  if (process.platform !== 'linux') return t.skip('it looks for processes in /proc, which only Linux has');
  for (const end of ['stop', 'kill'] as const) {
    const { world, commit, until } = await started(t);
    await commit({ ...web('hello', await artifact(world, answering('one')), 2) });
    await until('hello', ({ health }) => health === 'Healthy');
    assert.ok(processesOf(world).length >= 2);
    if (end === 'stop') await stopWorld(world);
    else process.kill(world.pid, 'SIGKILL');
    for (let tries = 0; tries < 100 && processesOf(world).length > 0; tries++) await delay(50);
    assert.deepEqual(processesOf(world), [], end);
    assert.equal(await findWorld(world.dir), undefined);
  }
});

test('two worlds run beside each other, and one folder has one world', async (t) => {
  const { world, checkout } = await started(t);
  const other = (await started(t)).world;
  assert.notEqual(world.proxy, other.proxy);
  const again = await startWorld(checkout, world.dir, ['dev'], { tied: false });
  assert.equal(again.instance, world.instance);
});

test('a world that was stopped comes back with its repository', async (t) => {
  const { world, checkout, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, answering('one'))));
  await until('hello', ({ health }) => health === 'Healthy');
  await stopWorld(world);
  const again = await startWorld(checkout, world.dir, ['dev'], { tied: true });
  t.after(() => stopWorld(again));
  const live = argocd({ server: again.control, token: again.token });
  for (let tries = 0; tries < 200 && (await live('dev'))[0]?.health !== 'Healthy'; tries++) await delay(50);
  assert.deepEqual(await visit(again, 'hello.dev.localhost'), { status: 200, body: 'one' });
});

test('a world that is started from a shallow clone has the files of its HEAD and a whole history', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-shallow-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const full = new Git(join(dir, 'full'));
  await mkdir(full.dir);
  await full.bytes(['init', '--quiet']);
  for (const text of ['1', '2']) {
    await writeFile(join(full.dir, 'README.md'), text);
    await commitAll(full);
  }
  const shallow = new Git(join(dir, 'shallow'));
  await full.bytes(['clone', '--quiet', '--depth=1', `file://${full.dir}`, shallow.dir]);
  const world = await startWorld(shallow, join(dir, 'world'), ['dev'], { tied: true });
  t.after(() => stopWorld(world));
  const repository = new Git(world.repository);
  assert.equal(await repository.text(['rev-parse', '--is-shallow-repository']), 'false');
  assert.equal(await repository.text(['rev-parse', 'main^{tree}']), await full.text(['rev-parse', 'HEAD^{tree}']));
  await repository.bytes(['fsck', '--strict']);
});

test('only who has the token may ask, and only this machine can', async (t) => {
  const { world } = await started(t);
  await assert.rejects(argocd({ server: world.control, token: 'wrong' })('dev'), /answered 401.*ARGOCD_AUTH_TOKEN/);
  assert.equal(new URL(world.control).hostname, '127.0.0.1');
  assert.equal(new URL(world.proxy).hostname, '127.0.0.1');
});

test('the same tree gives the same artifact, byte for byte, in another world and on another day', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-artifact-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const checkout = new Git(join(dir, 'checkout'));
  const service = join(checkout.dir, 'service');
  await mkdir(join(service, 'vendor', 'dep'), { recursive: true });
  await checkout.bytes(['init', '--quiet']);
  // A dependency that needs no network, and an attribute file that would change bytes if it were obeyed.
  await writeFile(join(service, 'vendor', 'dep', 'package.json'), '{"name":"dep","version":"1.0.0"}');
  const about = { name: 'x', version: '1.0.0', dependencies: { dep: 'file:vendor/dep' } };
  const packages = {
    '': about,
    'node_modules/dep': { resolved: 'vendor/dep', link: true },
    'vendor/dep': { version: '1.0.0' },
  };
  await writeFile(join(service, 'package.json'), JSON.stringify({ ...about, main: 'a.js' }));
  await writeFile(join(service, 'package-lock.json'), JSON.stringify({ ...about, lockfileVersion: 3, packages }));
  await writeFile(join(service, 'crlf.txt'), 'a\r\nb\r\n');
  await writeFile(join(service, '.gitattributes'), '* text=auto eol=crlf export-subst\n');
  const sha = await commitAll(checkout);
  const digests = [await buildArtifact(join(dir, 'one'), checkout, sha, 'service')];
  await delay(1100);
  digests.push(await buildArtifact(join(dir, 'two'), checkout, sha, 'service'));
  assert.equal(digests[0], digests[1]);

  const file = join(dir, 'one', 'artifacts', `${digests[0]?.slice(7)}.tar`);
  assert.equal(
    `sha256:${createHash('sha256')
      .update(await readFile(file))
      .digest('hex')}`,
    digests[0],
  );
  const names = execFileSync('tar', ['-tf', file], { encoding: 'utf8' });
  assert.match(names, /^node_modules\/dep$/m);
  assert.match(names, /^crlf\.txt$/m);

  // The next commit locks the same packages: they are taken over, and they are in it all the same.
  await writeFile(join(service, 'a.js'), '// more');
  const next = await buildArtifact(join(dir, 'one'), checkout, await commitAll(checkout), 'service');
  assert.notEqual(next, digests[0]);
  assert.match(
    execFileSync('tar', ['-tf', join(dir, 'one', 'artifacts', `${next.slice(7)}.tar`)], { encoding: 'utf8' }),
    /^node_modules\/dep$/m,
  );
});

interface Started {
  readonly world: World;
  readonly checkout: Git;
  /** Puts these files, and no others, on env/dev. @returns the commit */
  readonly commit: (files: Readonly<Record<string, string>>) => Promise<string>;
  /** Waits until what is live of an app is as asked. */
  readonly until: (app: string, holds: (live: Live) => boolean) => Promise<Live>;
}

async function started(t: TestContext): Promise<Started> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-world-'));
  const checkout = new Git(join(dir, 'checkout'));
  await mkdir(checkout.dir);
  await checkout.bytes(['init', '--quiet']);
  await writeFile(join(checkout.dir, 'README.md'), 'x');
  await commitAll(checkout);
  const world = await startWorld(checkout, join(dir, 'world'), ['dev'], { tied: true });
  t.after(async () => {
    await stopWorld(world);
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });
  const repository = new Git(world.repository);
  const live = argocd({ server: world.control, token: world.token });
  return {
    world,
    checkout,
    commit: async (files) => {
      const tip = await repository.commit(head('env/dev'));
      const writes = Object.entries(files).map(([path, bytes]) => ({ path, bytes }));
      const [commit = ''] = await writeCommits(repository, tip, [{ message: 'x\n', writes }], Date.now());
      await repository.bytes(['update-ref', head('env/dev'), commit]);
      return commit;
    },
    until: async (app, holds) => {
      let found: Live | undefined;
      for (let tries = 0; tries < 400; tries++) {
        found = (await live('dev')).find((candidate) => candidate.app === app);
        if (found && holds(found)) return found;
        await delay(50);
      }
      throw new Error(`${app} is ${JSON.stringify(found)}; ${await readFile(join(world.dir, 'world.log'), 'utf8')}`);
    },
  };
}

async function commitAll(git: Git): Promise<string> {
  await git.bytes(['add', '--all']);
  await git.bytes(['-c', 'user.name=x', '-c', 'user.email=x@localhost', 'commit', '--quiet', '-m', 'x']);
  return git.text(['rev-parse', 'HEAD']);
}

/** A program as an artifact of the world. @returns its digest */
async function artifact(world: World, program: string): Promise<string> {
  const dir = await mkdtemp(join(world.dir, 'program-'));
  await writeFile(join(dir, 'package.json'), '{"main":"main.mjs"}');
  await writeFile(join(dir, 'main.mjs'), program);
  const tar = execFileSync('tar', ['-c', '-C', dir, 'package.json', 'main.mjs']);
  const hex = createHash('sha256').update(tar).digest('hex');
  await mkdir(join(world.dir, 'artifacts'), { recursive: true });
  await writeFile(join(world.dir, 'artifacts', `${hex}.tar`), tar);
  return `sha256:${hex}`;
}

const answering = (text: string) => `
import { createServer } from 'node:http';
const server = createServer((_, response) => response.end(${JSON.stringify(text)}));
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

/** Counts in the Redis at $REDIS, and answers what Redis said. */
const speaking = `
import { createServer } from 'node:http';
import { connect } from 'node:net';
createServer((request, response) => {
  if (request.url === '/readyz') return response.end();
  const [host, port] = process.env.REDIS.split(':');
  const ask = request.url === '/kill' ? 'SHUTDOWN NOSAVE' : 'INCR hits';
  const socket = connect(Number(port), host, () => socket.write(ask + '\\r\\n'));
  socket.once('close', () => response.end());
  socket.once('data', (data) => { response.end(data.toString().trim()); socket.destroy(); });
  socket.once('error', (error) => response.writeHead(503).end(error.message));
}).listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => process.exit(0));
`;

const files = (app: string, manifests: readonly object[]) =>
  Object.fromEntries([
    [`${app}/application.yaml`, 'kind: Application\n'],
    ...manifests.map((manifest) => [
      `${app}/${(manifest as { kind: string }).kind.toLowerCase()}-${app}.yaml`,
      dump(manifest),
    ]),
  ]);

function web(name: string, digest: string, replicas = 1, env: Readonly<Record<string, string>> = {}) {
  const container = {
    name,
    image: `registry.example.com/${name}@${digest}`,
    env: Object.entries({ PORT: '3000', ...env }).map(([key, value]) => ({ name: key, value })),
    ports: [{ name: 'http', containerPort: 3000 }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' }, periodSeconds: 1 },
  };
  const backend = { service: { name, port: { name: 'http' } } };
  return files(name, [
    {
      kind: 'Deployment',
      metadata: { name },
      spec: {
        replicas,
        strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
        template: { spec: { terminationGracePeriodSeconds: 5, containers: [container] } },
      },
    },
    {
      kind: 'Service',
      metadata: { name },
      spec: { selector: { 'app.kubernetes.io/name': name }, ports: [{ port: 80, targetPort: 'http' }] },
    },
    {
      kind: 'Ingress',
      metadata: { name },
      spec: { rules: [{ host: `${name}.dev.example.com`, http: { paths: [{ path: '/', backend }] } }] },
    },
  ]);
}

function stateful(name: string, args: readonly string[], label: string) {
  const container = {
    name,
    image: `docker.io/library/redis:8@sha256:${'b'.repeat(64)}`,
    args,
    ports: [{ containerPort: 6379 }],
    readinessProbe: { exec: { command: ['redis-cli', '-e', '-p', '6379', 'ping'] } },
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  };
  return files(name, [
    {
      kind: 'StatefulSet',
      metadata: { name },
      spec: {
        replicas: 1,
        template: {
          metadata: { labels: { label } },
          spec: { terminationGracePeriodSeconds: 5, containers: [container] },
        },
      },
    },
    {
      kind: 'Service',
      metadata: { name },
      spec: { selector: { 'app.kubernetes.io/name': name }, ports: [{ port: 6379 }] },
    },
  ]);
}

/** Processes that work in the world's folder, and the world's own. */
const processesOf = ({ dir, pid }: World) => [...processesIn(dir), ...(existsSync(`/proc/${pid}`) ? [pid] : [])];

function has(command: string): boolean {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`]);
    return true;
  } catch {
    return false;
  }
}
