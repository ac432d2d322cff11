import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answering, artifact, serving, started, web } from '../world.fixture.ts';
import { logsDir } from './logs.ts';
import { syncedPart } from './synced.ts';
import { visit } from './visit.ts';

test('a version that does not become ready in its time is degraded, by name, reason and last words', async (t) => {
  const { world, commit, until } = await started(t);
  await commit(web('hello', await artifact(world, answering('one'))));
  await until('hello', ({ health }) => health === 'Healthy');
  const sick = serving(
    "say('no', request.url === '/readyz' ? 503 : 200);",
    "console.log('a');console.log('no such table');",
  );
  await commit(web('hello', await artifact(world, sick), { spec: { progressDeadlineSeconds: 2 } }));
  const live = await until('hello', ({ health, message = '' }) => health === 'Degraded' && message.includes('table'));
  assert.equal(
    live.message,
    'hello has not progressed for 2 s: hello-2: its readiness probe fails (GET /readyz answered 503): a / no such table',
  );
  assert.deepEqual(await visit(world, 'hello.dev.localhost'), { status: 200, body: 'one' });
  // Taking it back is all that it needs.
  await commit(web('hello', await artifact(world, answering('one'))));
  await until('hello', ({ health }) => health === 'Healthy');
});

test('a PreSync job runs before anything else changes; when it fails, the app stays as it was and says why', async (t) => {
  const { world, commit, until, repository } = await started(t);
  const job = (name: string, digest: string) => ({
    kind: 'Job',
    metadata: { name, annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', containers: [{ name, image: `registry.example.com/m@${digest}` }] } },
    },
  });
  const migrating = await artifact(world, 'await new Promise((resolve) => setTimeout(resolve, 800));');
  const failing = await artifact(world, "console.log('column exists'); process.exit(1);");
  await commit(web('hello', await artifact(world, answering('one')), { manifests: [job('migrate-1', migrating)] }));
  const before = await until('hello', () => true);
  assert.deepEqual(
    [before.sync, before.health, before.message],
    ['OutOfSync', 'Missing', 'its PreSync job migrate-1 runs'],
  );
  await until('hello', ({ sync, health }) => sync === 'Synced' && health === 'Healthy');
  // It is remembered: a world that starts again does not run it again.
  const place = { world: world.dir, environment: 'dev', app: 'hello' };
  assert.equal(syncedPart(place), await repository.text(['rev-parse', 'env/dev:hello']));

  const two = await artifact(world, answering('two'));
  await commit(web('hello', two, { manifests: [job('migrate-2', failing)] }));
  const failed = await until('hello', ({ message }) => message?.includes('failed') ?? false);
  assert.deepEqual([failed.sync, failed.health], ['OutOfSync', 'Healthy']);
  assert.equal(
    failed.message,
    'the sync failed: its PreSync job migrate-2 failed: it ended with status 1: column exists',
  );
  assert.equal((await visit(world, 'hello.dev.localhost')).body, 'one');
  const revision = await commit(web('hello', two));
  await until('hello', (live) => live.health === 'Healthy' && live.sync === 'Synced' && live.revision === revision);
  assert.equal((await visit(world, 'hello.dev.localhost')).body, 'two');
});

test('all old pods are gone before the first new one starts, where the Deployment says Recreate', async (t) => {
  const { world, commit, until } = await started(t);
  const alone = createServer();
  await new Promise<void>((resolve) => alone.listen(0, '127.0.0.1', resolve));
  const { port } = alone.address() as { port: number };
  await new Promise((resolve) => alone.close(resolve));
  // Two at once cannot have the same port, which no manifest names.
  const one = (text: string) => serving(`say('${text}');`, `createServer().listen(${port}, '127.0.0.1').unref();`);
  const spec = { strategy: { type: 'Recreate' } };
  await commit(web('hello', await artifact(world, one('one')), { spec }));
  await until('hello', ({ health }) => health === 'Healthy');
  const revision = await commit(web('hello', await artifact(world, one('two')), { spec }));
  await until('hello', (live) => live.health === 'Healthy' && live.revision === revision, 20);
  assert.equal((await visit(world, 'hello.dev.localhost')).body, 'two');
  const log = await readFile(join(logsDir(world.dir, 'dev', 'hello'), 'hello-2.log'), 'utf8');
  assert.equal(log, '');
});

test('a branch that goes takes what runs with it, and comes back', async (t) => {
  const { world, commit, until, repository } = await started(t);
  const app = web('hello', await artifact(world, answering('one')));
  await commit(app);
  await until('hello', ({ health }) => health === 'Healthy');
  await repository.bytes(['update-ref', '-d', 'refs/heads/env/dev']);
  for (let tries = 0; tries < 200 && (await visit(world, 'hello.dev.localhost')).status !== 404; tries++)
    await delay(20);
  assert.equal((await visit(world, 'hello.dev.localhost')).status, 404);
  await commit(app);
  await until('hello', ({ health }) => health === 'Healthy');
});
