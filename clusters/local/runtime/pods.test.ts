import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { answering, artifact, started, web } from '../world.fixture.ts';
import { logsDir } from './logs.ts';
import { visit } from './visit.ts';

/** A program that answers each request by `answer(path)`. */
const serving = (answer: string, before = '') => `
import { createServer } from 'node:http';
import { readFileSync, writeFileSync, existsSync, appendFileSync } from 'node:fs';
${before}
const server = createServer(async (request, response) => {
  const say = (text, status = 200) => response.writeHead(status).end(text);
  ${answer}
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

test('a program that hangs is killed by its liveness probe and started again in its place', async (t) => {
  const { world, commit, until } = await started(t);
  const hanging = serving(
    `if (request.url === '/hang') { console.log('about to hang'); for (;;) {} }
     say(String(process.pid));`,
    "process.on('SIGTERM', () => {});",
  );
  const container = {
    livenessProbe: { httpGet: { path: '/', port: 'http' }, periodSeconds: 1, timeoutSeconds: 1, failureThreshold: 2 },
  };
  const pod = { terminationGracePeriodSeconds: 1 };
  await commit(web('hello', await artifact(world, hanging), { container, pod }));
  await until('hello', ({ health }) => health === 'Healthy');
  const before = (await visit(world, 'hello.dev.localhost')).body;
  void visit(world, 'hello.dev.localhost', '/hang').catch(() => {});
  const live = await until('hello', ({ message }) => message?.includes('liveness') ?? false);
  assert.match(
    live.message ?? '',
    /^hello-1: its liveness probe fails \(GET \/ had no answer within 1 s\): about to hang$/,
  );
  await until('hello', ({ health }) => health === 'Healthy');
  const after = (await visit(world, 'hello.dev.localhost')).body;
  assert.match(after, /^\d+$/);
  assert.notEqual(after, before);
});

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

test('a pod is all of its containers: what prepares it, what runs beside it, its files and its variables', async (t) => {
  const { world, commit, until } = await started(t);
  const write = await artifact(
    world,
    "import { writeFileSync } from 'node:fs';\nwriteFileSync(process.argv[2], 'prepared');",
  );
  const beside = await artifact(world, serving("say('beside');"));
  const main = await artifact(
    world,
    serving(`
      if (request.url === '/readyz') return say('');
      const beside = await fetch('http://' + process.env.BESIDE).then((answer) => answer.text());
      say([readFileSync(process.argv[2]), readFileSync(process.env.FILE), process.env.LEVEL, process.env.POD, beside].join());`),
  );
  const image = (digest: string) => `registry.example.com/other@${digest}`;
  const volumeMounts = [
    { name: 'scratch', mountPath: '/scratch' },
    { name: 'files', mountPath: '/etc/hello/settings.txt', subPath: 'settings' },
  ];
  const container = {
    name: 'main',
    args: ['/scratch/note'],
    image: image(main),
    env: [
      { name: 'PORT', value: '3000' },
      { name: 'FILE', value: '/etc/hello/settings.txt' },
      { name: 'BESIDE', value: 'localhost:4000' },
      { name: 'POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
    envFrom: [{ configMapRef: { name: 'hello' } }],
    ports: [{ name: 'http', containerPort: 3000 }],
    readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
    volumeMounts,
  };
  const sidecar = {
    ...{ name: 'beside', image: image(beside), restartPolicy: 'Always' },
    env: [{ name: 'PORT', value: '4000' }],
    ports: [{ containerPort: 4000 }],
    startupProbe: { tcpSocket: { port: 4000 }, periodSeconds: 1 },
  };
  const pod = {
    containers: [container],
    initContainers: [sidecar, { name: 'prepare', image: image(write), args: ['/scratch/note'], volumeMounts }],
    volumes: [
      { name: 'scratch', emptyDir: {} },
      { name: 'files', configMap: { name: 'hello' } },
    ],
  };
  const config = { kind: 'ConfigMap', metadata: { name: 'hello' }, data: { settings: 'set', LEVEL: 'debug' } };
  await commit(web('hello', main, { pod, manifests: [config] }));
  await until('hello', ({ health }) => health === 'Healthy');
  assert.equal((await visit(world, 'hello.dev.localhost')).body, 'prepared,set,debug,hello-1,beside');
});

test('a pod that needs a secret is not run, and names it', async (t) => {
  const { world, commit, until } = await started(t);
  const secretKeyRef = { name: 'hello-db', key: 'password' };
  const container = { env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef } }] };
  await commit(web('hello', await artifact(world, answering('one')), { container }));
  const live = await until('hello', ({ health }) => health === 'Unknown');
  assert.equal(live.message, 'container hello needs the secret hello-db, which this machine does not have');
});

test('a port that somebody else was faster to take is another one at the next start, and no crash', async (t) => {
  const { world, commit, until } = await started(t);
  // It finds its port taken once.
  const unlucky = serving(
    "say('here');",
    `
    if (!existsSync(process.env.NOTE)) {
      writeFileSync(process.env.NOTE, process.env.PORT);
      const { createServer: tcp } = await import('node:net');
      await new Promise((resolve) => tcp().listen(Number(process.env.PORT), process.env.HOST, resolve));
    }`,
  );
  const container = {
    env: [
      { name: 'PORT', value: '3000' },
      { name: 'NOTE', value: '/scratch/note' },
    ],
    volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
  };
  const app = web('hello', await artifact(world, unlucky), { container });
  await commit(app);
  const from = Date.now();
  await until('hello', ({ health }) => health === 'Healthy', 20);
  assert.ok(Date.now() - from < 10_000);
  assert.deepEqual(await visit(world, 'hello.dev.localhost'), { status: 200, body: 'here' });
  const log = await readFile(join(logsDir(world.dir, 'dev', 'hello'), 'hello-1.log'), 'utf8');
  assert.match(log, /EADDRINUSE/);
});

test('a PreSync job runs before anything else changes; when it fails, the app stays as it was and says why', async (t) => {
  const { world, commit, until } = await started(t);
  const job = (name: string, digest: string) => ({
    kind: 'Job',
    metadata: { name, annotations: { 'argocd.argoproj.io/hook': 'PreSync' } },
    spec: {
      backoffLimit: 0,
      template: { spec: { restartPolicy: 'Never', containers: [{ name, image: `registry.example.com/m@${digest}` }] } },
    },
  });
  const migrating = await artifact(world, 'await new Promise((resolve) => setTimeout(resolve, 1500));');
  const failing = await artifact(world, "console.log('column exists'); process.exit(1);");
  await commit(web('hello', await artifact(world, answering('one')), { manifests: [job('migrate-1', migrating)] }));
  const before = await until('hello', () => true);
  assert.deepEqual(
    [before.sync, before.health, before.message],
    ['OutOfSync', 'Missing', 'its PreSync job migrate-1 runs'],
  );
  await until('hello', ({ sync, health }) => sync === 'Synced' && health === 'Healthy');

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

test('a pod that ends is told before, finishes what it was asked, and serves nobody new', async (t) => {
  const { world, commit, until } = await started(t);
  const slow = serving(
    `if (request.url !== '/slow') return say('one');
     setTimeout(() => say('slow'), 1500);`,
    '',
  );
  const note = join(world.dir, 'note');
  const told = `import { writeFileSync } from 'node:fs';\nwriteFileSync(${JSON.stringify(note)}, 'told');`;
  await writeFile(join(world.dir, 'told.mjs'), told);
  const exec = { command: [process.execPath, join(world.dir, 'told.mjs')] };
  const container = { lifecycle: { preStop: { exec } } };
  await commit(web('hello', await artifact(world, slow), { container }));
  await until('hello', ({ health }) => health === 'Healthy');
  const asked = visit(world, 'hello.dev.localhost', '/slow');
  await commit(web('hello', await artifact(world, answering('two'))));
  for (let tries = 0; tries < 200; tries++) {
    if ((await visit(world, 'hello.dev.localhost')).body === 'two') break;
    await delay(20);
  }
  assert.deepEqual(await asked, { status: 200, body: 'slow' });
  await until('hello', ({ health }) => health === 'Healthy');
  assert.equal(await readFile(note, 'utf8'), 'told');
});

test('what upgrades a connection goes through the proxy in both directions', async (t) => {
  const { world, commit, until } = await started(t);
  const shouting = serving(
    "say('');",
    `
    process.nextTick(() => server.on('upgrade', (request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\\r\\nconnection: upgrade\\r\\nupgrade: shout\\r\\n\\r\\n');
      socket.on('data', (data) => socket.write(data.toString().toUpperCase()));
      socket.on('end', () => socket.end());
    }));`,
  );
  await commit(web('hello', await artifact(world, shouting)));
  await until('hello', ({ health }) => health === 'Healthy');
  const socket = connect(Number(new URL(world.proxy).port), '127.0.0.1');
  let said = '';
  socket.on('data', (data) => {
    said += data;
  });
  socket.write('GET / HTTP/1.1\r\nhost: hello.dev.localhost\r\nconnection: upgrade\r\nupgrade: shout\r\n\r\n');
  for (let tries = 0; tries < 100 && !said.includes('shout\r\n\r\n'); tries++) await delay(20);
  socket.write('good morning');
  for (let tries = 0; tries < 100 && !said.endsWith('MORNING'); tries++) await delay(20);
  socket.destroy();
  assert.match(said, /^HTTP\/1\.1 101 Switching Protocols\r\n/);
  assert.match(said, /\r\n\r\nGOOD MORNING$/);
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

test('a program that crashes again and again is started later and later, and its app is degraded', async (t) => {
  const { world, commit, until } = await started(t);
  const crashing = 'console.log(Date.now()); process.exit(1);';
  await commit(web('hello', await artifact(world, crashing)));
  const live = await until('hello', ({ health }) => health === 'Degraded');
  assert.match(live.message ?? '', /^hello-1: it ended with status 1: \d+$/);
  const log = await readFile(join(logsDir(world.dir, 'dev', 'hello'), 'hello-1.log'), 'utf8');
  const [first = 0, second = 0, third = 0] = log.trim().split('\n').map(Number);
  assert.ok(second - first >= 1000, log);
  assert.ok(third - second >= 2000, log);
});
