import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually } from './eventually.fixture.ts';
import { redisMissing, startRedis } from './redis.fixture.ts';
import { startService } from './service.fixture.ts';

const here = import.meta.dirname;
// Apart from this folder, nothing but what was built is found.
const dir = await mkdtemp(join(tmpdir(), 'counter-built-'));
after(() => rm(dir, { recursive: true, force: true }));
await promisify(execFile)(process.execPath, [join(here, 'build.ts'), dir]);

test('what the image runs is the service: it answers, and finds its page and its documentation', async () => {
  const dockerfile = await readFile(join(here, 'Dockerfile'), 'utf8');
  const command: string[] = JSON.parse(/^CMD (.*)$/m.exec(dockerfile)?.[1] ?? '[]');
  const { scripts } = JSON.parse(await readFile(join(here, 'package.json'), 'utf8'));
  const [, variable] = /^ENV (MALLOC_ARENA_MAX=\d+)$/m.exec(dockerfile) ?? [];
  const started = command.join(' ').replace('server.cjs', 'dist/server.cjs');
  assert.equal(scripts['start:built'], `${variable} node ${started}`);

  const { url: at, stop, kill } = await startService({}, { cwd: dir, args: command });
  try {
    assert.deepEqual(await (await fetch(`${at}/healthz`)).json(), { status: 'UP' });
    for (const page of ['/', '/docs']) {
      const answer = await fetch(at + page, { headers: { Accept: 'text/html' } });
      assert.equal(answer.status, 200);
      const assets = Array.from((await answer.text()).matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g), ([, url]) => url);
      assert(assets.length >= 3);
      for (const asset of assets) assert.equal((await fetch(at + asset)).status, 200, asset);
    }
    assert.equal(await stop(), 0);
  } finally {
    await kill();
  }
});

test('the bill beside it names the packages that stand in it, in the versions of the lockfile, and no time', async () => {
  const bill = JSON.parse(await readFile(join(dir, 'counter.cdx.json'), 'utf8'));
  const { packages } = JSON.parse(await readFile(join(here, 'package-lock.json'), 'utf8'));
  const locked = Object.entries<{ version: string }>(packages).map(
    ([path, { version }]) => `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`,
  );
  const components: { name: string; version: string }[] = bill.components;
  const unknown = components.map(({ name, version }) => `${name}@${version}`).filter((one) => !locked.includes(one));
  assert.deepEqual(unknown, []);
  const named = new Set(components.map(({ name }) => name));
  // esbuild names the file of every CommonJS module.
  const program = await readFile(join(dir, 'server.cjs'), 'utf8');
  const modules = new Set(
    Array.from(program.matchAll(/"[^"]*node_modules\/((?:@[^/"]+\/)?[^/"]+)\/[^"]+"\(/g), ([, name]) => name as string),
  );
  assert(modules.size > 50);
  assert.deepEqual([...modules].filter((name) => !named.has(name)).sort(), []);
  // npm's own bill without development misses what a package of development needs, too.
  for (const name of ['express', 'redis', 'qs', 'swagger-ui-dist']) assert(named.has(name), name);
  for (const name of ['esbuild', 'supertest', '@grpc/grpc-js']) assert(!named.has(name), name);
  assert.deepEqual(Object.keys(bill), ['bomFormat', 'specVersion', 'version', 'metadata', 'components']);
  assert.deepEqual(Object.keys(bill.metadata), ['component']);
});

test('what the image runs misses no command of Redis that was left out', { skip: redisMissing }, async () => {
  const redis = await startRedis();
  await redis.ask('CONFIG', 'SET', 'requirepass', 'secret');
  const env = { REDIS_URL: `redis://:secret@127.0.0.1:${redis.port}` };
  const { url: at, kill } = await startService(env, { cwd: dir, args: ['server.cjs'] });
  try {
    await eventually(async () => assert.equal((await fetch(`${at}/readyz`)).status, 200));
    const hits = async (path: string, init?: RequestInit) => {
      const answer = await fetch(at + path, { headers: { Accept: 'application/json' }, ...init });
      return ((await answer.json()) as { hits: number }).hits;
    };
    assert.equal(await hits('/'), 1);
    const again = { method: 'POST', headers: { 'Idempotency-Key': 'once' } };
    assert.deepEqual([await hits('/api/hits', again), await hits('/api/hits', again)], [2, 2]);
    assert.equal(await hits('/api/hits'), 2);
  } finally {
    await kill();
    await redis.remove();
  }
});
