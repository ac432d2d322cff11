import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Live } from '../model/gate.ts';
import { describe, promote } from './promote.ts';
import { publish } from './publish.ts';
import { appsIndex, deliveredBox, environmentsFile, fixtureApp, publishedBox, sandbox } from './sandbox.fixture.ts';

test('a promotion is a merge request with one commit per app, standing on the tip', async (t) => {
  const box = await publishedBox(t);
  const [promotion] = await box.promote('staging');
  assert.equal(promotion?.outcome, 'opened');
  assert.deepEqual(promotion?.moves, ['a 1.0 added', 'b 1.0 added']);
  const tip = await box.tip('env/staging');
  const subjects = await box.remote.lines(['log', '--format=%s', `${tip}..env/staging-next`]);
  assert.deepEqual(subjects, ['b 1.0 added', 'a 1.0 added']);
  assert.equal(await box.remote.text(['merge-base', 'env/staging', 'env/staging-next']), tip);
});

test('a second run changes nothing, neither the branch nor the request', async (t) => {
  const box = await publishedBox(t);
  await box.promote('staging');
  const before = await box.tip('env/staging-next');
  const [again] = await box.promote('staging');
  assert.equal(again?.outcome, 'unchanged');
  assert.equal(await box.tip('env/staging-next'), before);
});

test('a newer version updates the open request in place', async (t) => {
  const box = await publishedBox(t);
  const [opened] = await box.promote('staging');
  await box.change({ a: '2' });
  await box.publish();
  const [updated] = await box.promote('staging');
  assert.equal(updated?.outcome, 'updated');
  assert.equal(updated?.request?.iid, opened?.request?.iid);
});

test('when the tip moves, the proposal is composed again on the new tip', async (t) => {
  const box = await publishedBox(t);
  await box.promote('staging');
  const person = await box.person('staging');
  await person.git.bytes(['commit', '--quiet', '--allow-empty', '-m', 'a note']);
  await person.push();
  await box.promote('staging');
  assert.equal(await box.remote.text(['merge-base', 'env/staging', 'env/staging-next']), await box.tip('env/staging'));
  await box.mergeTo('staging');
  assert.equal(await box.value('staging', 'a'), '1');
});

test('a request that has become pointless is closed', async (t) => {
  const box = await deliveredBox(t, 'staging');
  await box.change({ a: '2' });
  await box.publish();
  await box.promote('staging');
  const person = await box.person('dev');
  await person.git.bytes(['revert', '--no-edit', 'HEAD']);
  await person.push();
  const [promotion] = await box.promote('staging');
  assert.equal(promotion?.outcome, 'closed');
});

test('production is offered what staging runs, not what dev runs', async (t) => {
  const box = await deliveredBox(t, 'staging');
  await box.change({ a: '2' });
  await box.publish();
  await box.mergeTo('production');
  assert.equal(await box.value('dev', 'a'), '2');
  assert.equal(await box.value('production', 'a'), '1');
});

test('a change that only production sees reaches production', async (t) => {
  const box = await publishedBox(t);
  for (const environment of ['staging', 'production']) await box.mergeTo(environment);
  await box.commit({ 'clusters/environments.ts': environmentsFile({ replicas: 5 }) });
  const { changed } = await box.publish();
  assert.deepEqual(changed, ['production/a', 'production/b']);
  const promotion = await box.mergeTo('production');
  assert.deepEqual(promotion.moves, ['a 1.0, new configuration', 'b 1.0, new configuration']);
  assert.match(await box.remote.text(['show', 'env/production:a/deployment-a.yaml']), /replicas: 5/);
});

test('a rollback in the source leaves the target alone, and says that it is newer', async (t) => {
  const box = await deliveredBox(t, 'staging');
  await box.deliver({ a: '2' });
  const person = await box.person('staging');
  await person.git.bytes(['revert', '--no-edit', '-m', '1', 'HEAD']);
  await person.push();
  const [promotion] = await box.promote('production');
  assert.equal(await box.value('production', 'a'), '2');
  assert.match(promotion?.left.join() ?? '', /a: it is newer than in staging, which went back, and stays/);
});

test('a request lists the commits that touched the app or what it is built from, and no others', async (t) => {
  const box = await sandbox(t);
  const image = { repository: 'registry.example.com/built', build: 'code' };
  const publishAs = async (letter: string) => {
    const digest = `sha256:${letter.repeat(64)}`;
    await publish(box.context, { images: new Map([['built', { repository: image.repository, digest }]]) });
  };
  await box.commit({
    'apps/index.ts': appsIndex(['built']),
    'apps/built/app.ts': fixtureApp('built', { image }),
    'code/Dockerfile': 'FROM scratch\n',
    'code/package.json': '{ "version": "1.0.0" }',
  });
  await publishAs('a');
  await box.mergeTo('staging');
  const other = await box.commit({ 'NOTES.md': 'nothing that runs' });
  const code = await box.commit({ 'code/main.ts': '// new' });
  await publishAs('b');
  const [promotion] = await box.promote('staging');
  assert.deepEqual(promotion?.moves, ['built 1.0.0 → 1.0.1']);
  assert.match(promotion?.request?.body ?? '', new RegExp(`- \\[${code.slice(0, 12)}\\]`));
  assert.doesNotMatch(promotion?.request?.body ?? '', new RegExp(other.slice(0, 12)));
});

test('a removal is promoted like any other part', async (t) => {
  const box = await deliveredBox(t, 'staging');
  await box.remove('a');
  await box.publish();
  const promotion = await box.mergeTo('staging');
  assert.deepEqual(promotion.moves, ['a 1.0 removed']);
  assert.equal(await box.value('staging', 'a'), undefined);
});

test('the gate lets pass what the source runs and is ready, and says what it waits for', async (t) => {
  const box = await publishedBox(t);
  const revision = await box.tip('env/dev');
  const old = await box.remote.text(['rev-parse', 'env/dev~2']);
  const now = Date.now() + 3_600_000;
  const healthy: Live = { app: 'a', sync: 'Synced', health: 'Healthy', revision, since: now - 3_600_000 };
  const cases: [Partial<Live>, RegExp | undefined][] = [
    [{}, undefined],
    [{ health: 'Progressing', message: '0 of 1 pods' }, /dev has it Synced and Progressing: 0 of 1 pods/],
    [{ sync: 'OutOfSync' }, /dev has it OutOfSync and Healthy/],
    [{ revision: old }, /dev does not run this part of a yet/],
    [{ revision: 'HEAD; rm -rf /' }, /dev does not run this part of a yet/],
    [{ since: now - 10_000 }, /dev has it Synced and Healthy since \S+Z, and 60 s are asked/],
    [{ since: undefined }, /does not say since when/],
  ];
  for (const [live, waits] of cases) {
    const context = {
      ...box.context,
      now: () => now,
      live: async () => [
        { ...healthy, ...live },
        { ...healthy, app: 'b' },
      ],
    };
    const [promotion] = await promote(context, { to: 'staging', dryRun: true });
    assert.equal(promotion?.moves.includes('a 1.0 added'), waits === undefined, JSON.stringify(live));
    if (waits) assert.match(promotion?.left.join() ?? '', waits);
    assert.ok(promotion?.moves.includes('b 1.0 added'), 'the other app goes on');
  }
});

test('an app that still soaks does not have the request of the others rewritten at every run', async (t) => {
  const box = await publishedBox(t);
  const revision = await box.tip('env/dev');
  const healthy = { sync: 'Synced', health: 'Healthy', revision };
  let clock = Date.now() + 3_600_000;
  const running = [
    { ...healthy, app: 'a', since: clock - 3_600_000 },
    { ...healthy, app: 'b', since: clock - 10_000 },
  ];
  const live = async () => running;
  const context = { ...box.context, live, now: () => clock };
  const [opened] = await promote(context, { to: 'staging' });
  assert.deepEqual([opened?.outcome, opened?.moves], ['opened', ['a 1.0 added']]);
  assert.match(opened?.request?.body ?? '', /b waits: dev has it Synced and Healthy since/);
  clock += 7000;
  const [again] = await promote(context, { to: 'staging' });
  assert.equal(again?.outcome, 'unchanged');
});

test('a gate that cannot be asked does not agree', async (t) => {
  const box = await publishedBox(t);
  const { Refusal } = await import('../model/refusal.ts');
  const context = { ...box.context, live: () => Promise.reject(new Refusal('Argo CD cannot be asked.')) };
  const [promotion] = await promote(context, { to: 'staging' });
  assert.equal(promotion?.outcome, 'nothing');
  assert.match(describe([promotion as never], false).join('\n'), /a waits: Argo CD cannot be asked/);
});

test('several environments may come after one, and each goes its own pace', async (t) => {
  const box = await sandbox(t);
  const regions = ['america', 'europe'];
  const of = (name: string) => `  { ...base, name: '${name}', after: 'staging', domain: '${name}.example.com' },\n];`;
  const file = regions.reduce((file, name) => file.replace(/\];\s*$/, of(name)), environmentsFile());
  await box.commit({ 'clusters/environments.ts': file.replace(/.*name: 'production'.*\n/, '') });
  await box.publish();
  await box.mergeTo('staging');
  assert.deepEqual(
    (await box.promote()).map(({ environment, source, outcome }) => [environment, source, outcome]),
    [
      ['staging', 'dev', 'nothing'],
      ['america', 'staging', 'opened'],
      ['europe', 'staging', 'opened'],
    ],
  );
  await box.mergeTo('europe');
  await box.change({ a: '2' });
  await box.publish();
  await box.mergeTo('staging');
  await box.mergeTo('europe');
  assert.deepEqual(
    [await box.value('america', 'a'), await box.value('europe', 'a')],
    [undefined, '2'],
    'one region waits, the other does not',
  );
  // A hold in one region holds nothing in the other.
  const person = await box.person('europe');
  await person.git.bytes(['revert', '--no-edit', '-m', '1', 'HEAD']);
  await person.push();
  await box.mergeTo('america');
  assert.deepEqual([await box.value('america', 'a'), await box.value('europe', 'a')], ['2', '1']);
  assert.equal((await box.row('europe', 'a'))?.held, true);
  assert.equal((await box.row('america', 'a'))?.held, false);
});

test('a branch that the remote refuses to move is told by its name, and nothing is opened', async (t) => {
  const box = await publishedBox(t);
  const hook = join(box.remote.dir, 'hooks', 'update');
  const refuses =
    '#!/bin/sh\ncase "$1" in *-next) echo "GitLab: You are not allowed to push code to protected branches on this project."; exit 1;; esac\n';
  await writeFile(hook, refuses, { mode: 0o755 });
  await assert.rejects(box.promote('staging'), /refused env\/staging-next: .*not allowed to push code to protected/);
  assert.deepEqual(await box.context.forge?.opened('env/staging'), []);
});

test('an unknown environment, and the first one, are no targets', async (t) => {
  const box = await sandbox(t);
  await assert.rejects(box.promote('staging'), /Nothing was published/);
  await box.publish();
  await assert.rejects(box.promote('prod'), /--to prod: not an environment; known are dev, staging, production/);
  await assert.rejects(box.promote('dev'), /it comes first/);
});
