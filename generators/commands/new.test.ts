import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { kinds } from '../model/scaffold.ts';
import { program } from './hydrate-commit.ts';
import { type Sandbox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';

const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
const slipway = ({ checkout }: Sandbox, args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: checkout.dir,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
};

for (const kind of kinds)
  test(`a new app of kind ${kind} is listed, and is published as it was written`, async (t) => {
    const box = await sandbox(t, { zebra: '1' });
    const made = slipway(box, ['new', 'app', 'middle-one', '--kind', kind]);
    assert.equal(made.status, 0, made.err);
    assert.match(made.out, /wrote apps\/middle-one\/app\.ts\n/);
    await box.commit({});
    const { changed } = await box.publish();
    assert.deepEqual(
      changed.filter((path) => path.endsWith('/middle-one')),
      ['dev/middle-one', 'staging/middle-one', 'production/middle-one'],
    );
  });

test('what is there already stays as it is, and a wrong word is answered with the nearest one', async (t) => {
  const box = await sandbox(t, { shop: '1' });
  const table: [args: string[], message: RegExp][] = [
    [['app', 'shop'], /apps\/index\.ts lists shop already/],
    [['app', 'Shop'], /NAME "Shop" must be a DNS label/],
    [['app', 'a', '--owner', 'The Team'], /--owner "The Team" must be a DNS label/],
    [['app', 'a', '--kind', 'wrker'], /--kind wrker is not a kind of app; did you mean worker\?/],
    [['app', 'a', '--kind', 'platform'], /--kind platform is not a kind of app; known are web, worker/],
    [['app'], /slipway new wants app NAME, for example npx slipway new app shop; see/],
    [['service', 'a'], /slipway new wants app NAME, not "service a"/],
  ];
  const before = await readFile(join(box.checkout.dir, 'apps', 'index.ts'), 'utf8');
  for (const [args, message] of table) {
    const { status, err } = slipway(box, ['new', ...args]);
    assert.match(err, message);
    assert.equal(status, 2);
  }
  const dry = slipway(box, ['new', 'app', 'a', '--dry-run', '--json']);
  assert.deepEqual(answerOf('new', dry.out), {
    version: 1,
    app: 'a',
    kind: 'web',
    files: ['apps/a/app.ts', 'apps/index.ts'],
  });
  assert.equal(await readFile(join(box.checkout.dir, 'apps', 'index.ts'), 'utf8'), before);
  assert.equal(await box.checkout.text(['status', '--porcelain']), '');
});

test('a pin is bumped in the definition of an app', async (t) => {
  const box = await sandbox(t, { shop: '1' });
  const file = join(box.checkout.dir, 'apps', 'shop', 'app.ts');
  const [image = ''] = /[\w./-]+:[\w.]+@sha256:\w+/.exec(await readFile(file, 'utf8')) ?? [];
  const next = image.replace(/:[^:@]+@sha256:.*/, `:2.0@sha256:${'b'.repeat(64)}`);
  const dry = slipway(box, ['bump', 'shop', next, '--dry-run']);
  assert.match(dry.out, /\(dry run\)/);
  assert.ok((await readFile(file, 'utf8')).includes(image));
  const { status, out } = slipway(box, ['bump', 'shop', next]);
  assert.equal(out, `apps/shop/app.ts: ${image} → ${next}\n`);
  assert.equal(status, 0);
  assert.ok((await readFile(file, 'utf8')).includes(next));
  const unknown = slipway(box, ['bump', 'shpo', next]);
  assert.match(unknown.err, /shpo is not an app; did you mean shop\?/);
  assert.equal(unknown.status, 2);
});
