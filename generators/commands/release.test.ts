import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from './hydrate-commit.ts';
import type { Put } from './put.ts';
import { type ReleaseRequest, release } from './release.ts';
import { rollback } from './rollback.ts';
import { fixtureApp, type Sandbox, sandbox } from './sandbox.fixture.ts';

const production = 'production';
const releasing = (box: Sandbox, request: Partial<ReleaseRequest> = {}) =>
  release(box.context, { environment: production, app: 'a', ...request });
const merge = async (box: Sandbox, { request }: Put) => {
  assert.ok(request);
  await box.context.forge?.merge(request.iid, request.sha);
};
const state = async (box: Sandbox, environment = production) => {
  const row = await box.row(environment, 'a');
  return [await box.value(environment, 'a'), row?.state, row?.held];
};

test('a release ends a hold with what the source offers by now', async (t) => {
  const box = await sandbox(t);
  for (const value of ['1', '2']) await box.deliver({ a: value });
  await rollback(box.context, { environment: production, app: 'a', now: true });
  assert.deepEqual(await state(box), ['1', 'held', true]);
  const put = await releasing(box);
  assert.equal(put.branch, 'env/production-release-a');
  assert.match(put.request?.body ?? '', /Merging this ends the hold\./);
  // A fix arrives in the meantime: the same request, composed anew.
  await box.change({ a: '3' });
  await box.publish();
  await box.mergeTo('staging');
  const again = await releasing(box);
  assert.deepEqual([again.outcome, again.request?.iid], ['updated', put.request?.iid]);
  await merge(box, again);
  assert.deepEqual(await state(box), ['3', 'equal', false]);
  await assert.rejects(releasing(box), /Nothing later of a is offered to production: name a commit of main with --at/);
});

test('a release takes a fix past an environment, and says so', async (t) => {
  const box = await sandbox(t);
  await box.deliver({ a: '1' });
  const fix = await box.change({ a: '2' });
  await box.publish();
  const put = await releasing(box, { at: fix.slice(0, 10), reason: 'the outage of @ops' });
  assert.match(put.request?.body ?? '', /\*\*staging does not run it\*\*: nobody has seen 1\.0 work there\./);
  assert.match(put.request?.body ?? '', /Why: `the outage of @ ops`/);
  await merge(box, put);
  assert.deepEqual(await state(box), ['2', 'newer', false]);
  const ahead = 'it was taken past staging, and stays until staging has caught up';
  assert.equal((await box.row(production, 'a'))?.note, ahead);
  assert.ok((await box.promote(production))[0]?.left.includes(`a: ${ahead}`));
  assert.deepEqual(await state(box, 'staging'), ['1', 'older', false]);
  await assert.rejects(releasing(box, { at: fix, reason: 'again' }), /a stands in production as it was at --at/);
  // Until the path has caught up; from then on it is as ever.
  await box.mergeTo('staging');
  assert.deepEqual(await state(box), ['2', 'equal', false]);
});

test('a release takes a hand edit away', async (t) => {
  const box = await sandbox(t);
  await box.deliver({ a: '1' });
  const person = await box.person(production);
  await person.git.bytes(['rm', '--quiet', 'a/service-a.yaml']);
  await person.git.bytes(['commit', '--quiet', '-m', 'by hand']);
  await person.push();
  assert.equal((await state(box))[1], 'edited');
  const put = await releasing(box, { now: true });
  assert.equal(put.outcome, 'pushed');
  assert.deepEqual(await state(box), ['1', 'equal', false]);
});

test('a release asks what the cluster can do, and who asks wrongly is told', async (t) => {
  const box = await sandbox(t);
  const older = await box.checkout.text(['rev-parse', 'HEAD']);
  const migrating = (version: string) => ({
    'apps/a/app.ts': fixtureApp('a', {
      image: `registry.example.com/a:${version}@sha256:${version.replace('.', '').padEnd(64, '0')}`,
      migration: { args: ['migrate'], deadline: '5m', reversible: false },
    }),
  });
  await box.publish();
  for (const environment of ['staging', production]) await box.mergeTo(environment);
  await box.commit(migrating('2.0'));
  await box.publish();
  for (const environment of ['staging', production]) await box.mergeTo(environment);
  await assert.rejects(
    releasing(box, { at: older, reason: 'back' }),
    /a 2\.0 → 1\.0 crosses a migration that cannot be undone/,
  );

  const unpublished = await box.commit(migrating('2.1'));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(program, 'generators/commands/slipway.mjs'), 'release', ...args], {
      cwd: box.checkout.dir,
      encoding: 'utf8',
    });
  const named = ['--env', production, '--app', 'a', '--reason', 'x'];
  const table: [string[], RegExp][] = [
    [['--env', production], /wants --env E and --app A/],
    [['--env', production, '--app', 'a', '--at', older], /say why with --reason/],
    [['--env', production, '--app', 'zz'], /--app zz: nothing of it was ever published for production; known are a, b/],
    [[...named, '--at', 'abcdef0'], /--at abcdef0: it is no commit of main/],
    [[...named, '--at', unpublished], new RegExp(`--at ${unpublished}: it is never published`)],
    [[...named, '--at', '--all'], /--at needs a value: SHA/],
  ];
  for (const [args, says] of table) {
    const { status, stderr } = run(...args);
    assert.match(stderr, says);
    assert.equal(status, 2, stderr);
  }
});
