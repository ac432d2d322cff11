import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { constants, globSync } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { withExample } from '../example.fixture.ts';
import { program } from './hydrate-commit.ts';
import { sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';
import { verbs } from './usage.ts';

const launcher = join(program, 'generators', 'commands', 'slipway.mjs');

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

async function slipway(
  args: readonly string[],
  cwd = program,
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  const child = spawn(process.execPath, [launcher, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

test('every verb has a help with its options and an example', async () => {
  const all = await slipway(['--help']);
  assert.equal(all.code, 0);
  for (const name of Object.keys(verbs)) {
    assert.match(all.out, new RegExp(`^ {2}${name} `, 'm'));
    const { code, out } = await slipway([name, '--help']);
    assert.equal(code, 0);
    assert.match(out, new RegExp(`^slipway ${name}.*:`));
    assert.match(out, /--help/);
    assert.match(out, /Examples:\n {2}\w/);
  }
});

test('help loads neither cdk8s nor zx', async () => {
  const probe = `
    import { createRequire } from 'node:module';
    const { main } = await import(${JSON.stringify(join(program, 'generators', 'commands', 'main.ts'))});
    await main(['publish', '--help']);
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    if (loaded.some((file) => file.includes('node_modules'))) { console.error(loaded); process.exit(9); }`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', probe], {
    cwd: program,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  assert.equal(await new Promise((resolve) => child.on('close', resolve)), 0);
});

test('what is called wrongly is refused with one sentence, the next step, and exit code 2', async () => {
  const table: [string[], RegExp][] = [
    [['pubish'], /pubish is not a verb; did you mean publish\?/],
    [['zzz'], /zzz is not a verb; npx slipway help lists them\./],
    [
      ['publish', '--dryrun'],
      /--dryrun is not an option of publish; did you mean --dry-run\? See npx slipway publish --help/,
    ],
    [['publish', '--dry'], /--dry needs a value: SHA, the commit/],
    [['--env', 'dev\u001b[31m'], /^slipway: --env stands without a verb \(dev \[31m is its value\)/],
    [['\u001b]0;x\u0007'], /: \]0;x +is not a verb/],
    // Neither sets anything up: demo is an app here, and no verb.
    [['--app', 'demo', 'pubish'], /pubish is not a verb/],
    [['publish', 'HEAD'], /publish takes no word "HEAD"/],
    [['publish', '--image', 'counter'], /--image counter: write NAME=REF@sha256/],
    [['publish', '--image', 'counter=r/c:1'], /the digest is missing; a tag can move/],
    [['publish', '--image', 'counter=R/c@sha256:12'], /"R\/c@sha256:12" is not an image reference/],
    [['publish', '--dry', 'no-such-commit'], /--dry no-such-commit is not a commit/],
    [['render'], /--env is missing/],
    [['render', '--env', 'prod'], /--env prod: not an environment; known are dev, staging, production/],
    [['render', '--env', 'dev', '--app', 'count'], /--app count: not an app; known are \w+/],
    [['local'], /slipway local wants one of up, build, status, down/],
    [['local', 'start'], /slipway local wants one of/],
  ];
  for (const [args, message] of table) {
    const { code, out, err } = await slipway(args);
    assert.equal(code, 2, `${args.join(' ')}: ${err}`);
    assert.match(err, message);
    assert.match(err, /^slipway: [^\n]+\n$/, 'one line, no stack');
    assert.equal(out, '');
  }
});

test('what cannot be done is told with the address and exit code 1, and --debug adds the stack', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-cli-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const nowhere = await slipway(['status', '--remote', join(dir, 'nowhere.git')]);
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.err, /nowhere\.git cannot be read.*or give another with --remote/);
  assert.doesNotMatch(nowhere.err, /\n\s+at /);
  const debug = await slipway(['status', '--debug', '--remote', join(dir, 'nowhere.git')]);
  assert.match(debug.err, /\n\s+at .*mirror\.ts/);
  const begin = await slipway([], dir);
  assert.deepEqual([begin.code, /npm/.test(begin.out)], [0, false], 'no script of a package runs here');
  const outside = await slipway(['status'], dir);
  assert.equal(outside.code, 1);
  assert.match(outside.err, /is not in a git checkout of a Slipway repository/);
  const world = await slipway(['status', '--remote', 'local'], program, { SLIPWAY_WORLD: join(dir, 'world') });
  assert.equal(world.code, 1);
  assert.match(world.err, /No local world runs in .*world: start one with npx slipway local up/);
  assert.equal((await slipway(['local', 'down'], program, { SLIPWAY_WORLD: join(dir, 'world') })).code, 0);
});

test('render prints the manifests of HEAD, or writes one file for each', withExample, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-render-test-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const printed = await slipway(['render', '--env', 'staging', '--app', 'counter']);
  assert.equal(printed.code, 0);
  assert.match(printed.out, /^---\n# counter\/application\.yaml\n/);
  assert.match(printed.out, /kind: Deployment/);
  assert.match(printed.err, /counter: not built; its image is named by its tree id [0-9a-f]{40}/);
  assert.equal((await slipway(['render', '--env', 'staging', '--out', dir])).code, 0);
  // What each app is made of is not this test's affair: one folder an app, one file an object.
  const files = globSync('*/*', { cwd: dir });
  assert.ok(
    ['counter/application.yaml', 'counter/service-counter.yaml', 'redis/statefulset-redis.yaml'].every((file) =>
      files.includes(file),
    ),
  );
  for (const file of files) assert.match(file, /^([a-z-]+)\/(application|[a-z]+-\1(-[a-z-]+)?)\.yaml$/);
  assert.ok(printed.out.includes(await readFile(join(dir, 'counter', 'service-counter.yaml'), 'utf8')));
});

test('publish and promote speak JSON when asked', async (t) => {
  const box = await sandbox(t);
  const json = async (...args: string[]) =>
    answerOf<never>(args[0] as string, (await slipway([...args, '--json'], box.checkout.dir)).out);
  const { code, out } = await slipway([], box.checkout.dir);
  assert.equal(code, 0);
  assert.match(
    out,
    /^Nothing is published yet, .*\n {2}npm ci --ignore-scripts\nThen publish\n {2}npx slipway publish\n/,
  );
  const published = (await json('publish')) as { outcome: string };
  assert.equal(published.outcome, 'published');
  const { promotions } = (await json('promote', '--dry-run')) as { promotions: { moves: string[] }[] };
  const [staging] = promotions;
  assert.deepEqual(staging?.moves, ['a 1.0 added', 'b 1.0 added']);
  const again = await slipway(['publish'], box.checkout.dir);
  assert.deepEqual([again.code, again.out.split(':')[0]], [0, 'unchanged']);
});

test('a reader that stops early is no error', withExample, async () => {
  const command = `"${process.execPath}" "${launcher}" render --env dev | head -1`;
  const { stdout, stderr, status } = spawnSync('bash', ['-o', 'pipefail', '-c', command], {
    ...{ cwd: program, encoding: 'utf8' },
  });
  assert.deepEqual([status, stdout], [0, '---\n']);
  assert.doesNotMatch(stderr, /EPIPE/);
  // What failed stays failed, and says so with its code, whoever does not read it.
  const failing = `"${process.execPath}" "${launcher}" render --env prod --debug 2>&1 | true`;
  assert.equal(spawnSync('bash', ['-o', 'pipefail', '-c', failing], { cwd: program }).status, 2);
});

test('Ctrl-C ends it at once, which a shell calls 130, and leaves nothing; what was left is removed', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-interrupted-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const begun = join(dir, 'begun');
  // A remote that never answers.
  const temporary = join(dir, 'temporary');
  await mkdir(join(temporary, 'slipway-mirror-former'), { recursive: true });
  await writeFile(join(temporary, 'slipway-mirror-former', 'pid'), '99999999');
  const env = { ...process.env, TMPDIR: temporary, GIT_SSH_COMMAND: `touch ${begun}; exec sleep 60 #` };
  const child = spawn(process.execPath, [launcher, 'status', '--remote', 'ssh://nowhere.invalid/a.git'], {
    ...{ cwd: program, env, detached: true, stdio: 'ignore' },
  });
  const ended = new Promise<string | null>((resolve) => child.on('close', (_, signal) => resolve(signal)));
  while (!globSync(begun).length) await new Promise((resolve) => setTimeout(resolve, 20));
  // As a terminal does: to the whole group.
  process.kill(-(child.pid as number), 'SIGINT');
  assert.equal(await ended, 'SIGINT');
  assert.deepEqual(await readdir(temporary), []);
});

test('nothing is left in the folder for temporary files', async (t) => {
  const box = await sandbox(t);
  const dir = await mkdtemp(join(tmpdir(), 'slipway-empty-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  assert.equal((await slipway(['publish'], box.checkout.dir, { TMPDIR: dir })).code, 0);
  assert.equal((await slipway(['promote', '--to', 'dev'], box.checkout.dir, { TMPDIR: dir })).code, 2);
  assert.deepEqual(
    globSync('**', { cwd: dir }).filter((path) => path !== '.' && path !== ''),
    [],
  );
});

test('a Node that does not read TypeScript hands over to the one that was brought along', async (t) => {
  const nodes = (process.env.PATH ?? '').split(':').map((dir) => join(dir, 'node'));
  const old = nodes.find((node) =>
    /^v(20|21|22\.([0-9]|1[0-7])\.)/.test(spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''),
  );
  if (!old) return t.skip('this machine has no Node from 20 to 22.17 beside the one that was brought along');
  const { stdout, status } = spawnSync(old, [launcher, 'publish', '--help'], { encoding: 'utf8' });
  assert.deepEqual([status, stdout.split(' ')[1]], [0, 'publish']);
  assert.equal(spawnSync(old, [launcher, 'pubish'], { encoding: 'utf8' }).status, 2);
});

test('npx slipway starts the launcher', async () => {
  const { bin } = JSON.parse(await readFile(join(program, 'package.json'), 'utf8')) as { bin: { slipway: string } };
  assert.equal(join(program, bin.slipway), launcher);
  await access(launcher, constants.X_OK);
});
