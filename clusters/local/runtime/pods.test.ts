import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { answering, artifact, serving, started, web } from '../world.fixture.ts';
import { logsDir } from './logs.ts';
import { visit } from './visit.ts';

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

test('who is told to listen everywhere at its port listens on this machine alone, at the port that it has here', async (t) => {
  const { world, commit, until } = await started(t);
  const program = `
import { createServer } from 'node:http';
const [host, port] = process.argv[2].replace('--listen=', '').split(':');
createServer((_, response) => response.end(process.argv[2])).listen(port, host);
`;
  await commit(web('hello', await artifact(world, program), { container: { args: ['--listen=:3000'] } }));
  await until('hello', ({ health }) => health === 'Healthy');
  assert.match((await visit(world, 'hello.dev.localhost')).body, /^--listen=127\.0\.0\.1:\d+$/);
});
