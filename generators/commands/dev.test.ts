import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startRedis } from '../../clusters/local/inner/redis.ts';
import { processesIn } from '../../clusters/local/processes.fixture.ts';
import { Services } from './dev-services.ts';
import { program } from './hydrate-commit.ts';
import { appsIndex, fixtureApp, type Sandbox, sandbox } from './sandbox.fixture.ts';

// One loop for all of them, in the order in which a person would do it: they are one story.

const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
let box: Sandbox;
let loop: ChildProcess;
/** Temporary folders of the loop, and nobody else's. */
let temporary: string;
let said = '';
const ends: (() => unknown)[] = [];

const shop = (VALUE: string) =>
  fixtureApp('shop', {
    image: { repository: 'registry.example.com/shop', build: 'service' },
    env: { STORE: 'redis://store:6379', VALUE },
    calls: ['store'],
  });

/** It says what it is, its variable, and how often Redis was asked: in 20 lines what a service is. */
const server = (greeting: string) => `import { createServer } from 'node:http';
import { connect } from 'node:net';
const { HOST, PORT, STORE = '', VALUE } = process.env;
const { hostname, port } = new URL(STORE);
const count = () => new Promise<string>((resolve, reject) => {
  const redis = connect(Number(port), hostname, () => redis.write('INCR asked\\r\\n'));
  redis.once('data', (answer) => resolve(String(answer).trim().slice(1))).once('error', reject).once('data', () => redis.end());
});
createServer(async (request, response) => {
  response.setHeader('connection', 'close');
  response.end(request.url === '/readyz' ? 'ready' : \`${greeting} \${VALUE} \${await count()}\`);
}).listen(Number(PORT), HOST);
process.on('SIGTERM', () => process.exit(0));
`;

before(async () => {
  box = await sandbox({ after: (end) => void ends.push(end) }, { a: '1' });
  const store = {
    kind: 'store',
    ready: ['true'],
    user: { uid: 999, gid: 999 },
    volume: { path: '/data', size: '1Gi' },
  };
  const image = `docker.io/library/redis:8@sha256:${'a'.repeat(64)}`;
  await box.commitQuietly({
    'apps/index.ts': appsIndex(['a', 'shop', 'store']),
    'apps/shop/app.ts': shop('1'),
    'apps/store/app.ts': fixtureApp('store', { ...store, image, port: 6379, args: ['--dir', '/data'] }),
    'service/Dockerfile': 'FROM scratch\n',
    'service/package.json': '{ "version": "1.0.0", "type": "module", "main": "server.ts" }',
    'service/server.ts': server('hello'),
    '.gitignore': 'node_modules/\n',
  });
  temporary = join(box.dir, 'temporary');
  await mkdir(temporary);
  // As if one had been killed earlier.
  await mkdir(join(temporary, 'slipway-dev-former'));
  await writeFile(join(temporary, 'slipway-dev-former', 'pid'), '99999999');
  // And its number were somebody else's by now.
  await mkdir(join(temporary, 'slipway-dev-reused'));
  await writeFile(join(temporary, 'slipway-dev-reused', 'pid'), `${process.pid}\nnode slipway.mjs dev`);
  loop = spawn(process.execPath, [launcher, 'dev', '--port', '0'], {
    cwd: box.checkout.dir,
    env: { ...process.env, TMPDIR: temporary, FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const output of [loop.stdout, loop.stderr]) {
    output?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
  }
});

after(async () => {
  loop.kill('SIGKILL');
  await Promise.all(ends.map((end) => end()));
});

/** What is said from now on until a line is, which is waited for. */
async function until(line: RegExp, from = 0): Promise<string> {
  for (const end = Date.now() + 120_000; Date.now() < end; await delay(20)) {
    const text = said.slice(from);
    if (line.test(text)) return text;
    assert.equal(loop.exitCode, null, said);
  }
  assert.fail(`${line} was not said: ${said}`);
}

async function save(path: string, text: string, line: RegExp): Promise<string> {
  const from = said.length;
  await writeFile(join(box.checkout.dir, path), text);
  return until(line, from);
}

const answer = async (): Promise<string> => {
  const url = /shop runs: (\S+)/.exec(said)?.[1] ?? '';
  return (await fetch(url)).text();
};

test('what is built here runs beside a real Redis, as its definition says', async () => {
  await until(/shop runs: .* \(service\/, after/);
  await until(/nothing differs from [0-9a-f]{12}/);
  assert.deepEqual([await answer(), await answer()], ['hello 1 1', 'hello 1 2']);
  const left = (await readdir(temporary)).filter((name) => /-(former|reused)$/.test(name));
  assert.deepEqual(left, [], 'what an earlier one left is removed');
});

test('a saved change of the service answers at the same address, and Redis has what it had', async () => {
  await save('service/server.ts', server('good evening'), /shop runs what was saved/);
  assert.equal(await answer(), 'good evening 1 3');
});

test('a service that does not start is told with its file and line, and the one before goes on', async () => {
  const told = await save('service/server.ts', `${server('never')}\nconst = 1;\n`, /goes on/);
  assert.match(told, /! service\/server\.ts:\d+: SyntaxError.* \(status 1\); the one before goes on/);
  assert.equal(await answer(), 'good evening 1 4');
  await save('service/server.ts', server('hello'), /shop runs what was saved/);
});

test('a saved change of a definition is shown as diff shows it, each environment folded, and the service gets it', async () => {
  const from = said.length;
  const told = await save('apps/shop/app.ts', shop('2'), /3 parts of 1 app differ from/);
  assert.match(
    told,
    /^~ dev\/shop, staging\/shop, production\/shop\n {2}~ Deployment shop\n(?: .*\n)* {4}spec\.template\.spec\.containers\[shop\]\.env\[VALUE\]\.value: "1" → "2"$/m,
  );
  await until(/shop runs what was saved/, from);
  assert.equal(await answer(), 'hello 2 5');
});

test('a broken definition is told with file, field and value, and the loop goes on', async () => {
  const broken = await save('apps/a/app.ts', fixtureApp('a', { port: 'none' }), /! apps\/a\/app\.ts/);
  assert.match(broken, /! apps\/a\/app\.ts(:\d+)?: field port is "none": must be a whole number/);
  await until(/ a cannot be rendered; of the rest \d+ parts of 1 app differ/, said.length - broken.length);
  assert.match(await save('apps/a/app.ts', 'export const = 1;\n', /! apps\/a\/app\.ts/), /\(apps\/a\/app\.ts:1\)/);
  const fixed = await save('apps/a/app.ts', fixtureApp('a', { env: { VALUE: '1' } }), /3 parts of 1 app differ from/);
  assert.doesNotMatch(fixed, /!|~/);
});

test('what is committed differs no more', async () => {
  const from = said.length;
  await box.commitQuietly({});
  await until(/HEAD is [0-9a-f]{12} now\n(?:.*\n)*.*as in HEAD again; nothing differs from/, from);
});

test('killed, it leaves no process and nothing in the repository', async () => {
  const gone = new Promise((resolve) => loop.once('exit', resolve));
  const before = processesIn(box.dir);
  assert.ok(before.length > 3 || process.platform !== 'linux', `${before}`);
  loop.kill('SIGKILL');
  await gone;
  for (const end = Date.now() + 20_000; processesIn(box.dir).length > 0 && Date.now() < end; ) await delay(50);
  assert.deepEqual(processesIn(box.dir), []);
  assert.equal(await box.checkout.text(['status', '--porcelain', '--ignored']), '');
});

test('an app or environment that there is not is refused before anything runs', () => {
  for (const [args, says] of [
    [['shp'], /^slipway: shp is not an app; did you mean shop\?$/m],
    [['--env', 'nope'], /^slipway: --env nope: not an environment; known are dev, staging, production\.$/m],
  ] as const) {
    const env = { ...process.env, TMPDIR: temporary };
    const cwd = box.checkout.dir;
    const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, 'dev', '--port', '0', ...args], {
      cwd,
      env,
    });
    assert.deepEqual([status, /runs/.test(String(stdout))], [2, false]);
    assert.match(String(stderr), says);
  }
});

test('without Redis it says how to install it', async () => {
  const path = process.env.PATH;
  const dir = join(box.dir, 'bin');
  await mkdir(dir);
  await symlink('/bin/sh', join(dir, 'sh'));
  process.env.PATH = dir;
  try {
    await assert.rejects(
      startRedis(join(box.dir, 'redis')),
      /redis-server was not found: install it \(apt-get install/,
    );
    const told: string[] = [];
    const tell = (line: string) => void told.push(line);
    const services = new Services({ root: box.checkout.dir, dir, port: 0, logs: false, tell });
    const image = `docker.io/library/redis:8@sha256:${'a'.repeat(64)}`;
    const shop = { app: 'shop', folder: 'service', ready: '/', env: {}, calls: [{ app: 'store', image }] };
    await services.run([shop], new Set());
    assert.match(told.join(), /^! redis-server was not found: .*\); so shop does not run\.$/);
  } finally {
    process.env.PATH = path;
  }
});
