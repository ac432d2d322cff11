import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { openMirror } from '../git/mirror.ts';
import { writeCommits } from '../git/write.ts';
import type { Inspection } from '../model/inspection.ts';
import { program } from './hydrate-commit.ts';
import { publish } from './publish.ts';
import { appsIndex, fixtureApp, publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { verifyProposal } from './verify-proposal.ts';

const store = (size: string, fields: object = {}) =>
  fixtureApp('db', {
    kind: 'store',
    port: 5432,
    ready: ['ask'],
    user: { uid: 70, gid: 71 },
    volume: { path: '/data', size },
    single: true,
    ...fields,
  });
const leave = {
  policy: 'fixed-stateful-set',
  reason: 'its volume was copied and the set deleted by hand',
  owner: 'team-test',
  until: '2099-12-31',
};
const withStore = (text: string) => ({ 'apps/index.ts': appsIndex(['a', 'b', 'db']), 'apps/db/app.ts': text });
/** The tree id of a part that stands on a branch. */
const part = (box: Sandbox, branch: string, path: string) => box.remote.text(['rev-parse', `${branch}:${path}`]);

/** A commit that puts one part on top of another commit. */
async function putOn(box: Sandbox, from: string, app: string, id: string): Promise<string> {
  const writes = [{ path: app, mode: '040000', id }];
  const [commit = ''] = await writeCommits(box.remote, from, [{ message: 'by hand\n', writes }], Date.now());
  await box.remote.bytes(['update-ref', 'refs/heads/by-hand', commit]);
  return commit;
}

async function verifiedOnto(box: Sandbox, environment: string, proposal: string): Promise<Inspection> {
  await box.checkout.bytes(['fetch', '--quiet', 'origin', 'by-hand']);
  const mirror = await openMirror(box.checkout, box.remote.dir);
  return verifyProposal(mirror, { environment, proposal }).finally(() => mirror.close());
}

const tips = (box: Sandbox) => box.remote.text(['for-each-ref', '--format=%(refname) %(objectname)']);

test('a publish refuses what no cluster of a first environment will do, and writes nothing', async (t) => {
  const box = await sandbox(t);
  await box.commit(withStore(store('1Gi')));
  await box.publish();
  await box.commit(withStore(store('2Gi')));
  const before = await tips(box);
  await assert.rejects(box.publish(), (error: Error) => {
    assert.match(
      error.message,
      /^apps\/db\/app\.ts: in dev: statefulset-db\.yaml: spec\.volumeClaimTemplates\[0\]\.spec\.resources\.requests\.storage: /,
    );
    assert.match(
      error.message,
      /--cascade=orphan.* It was "1Gi"\. It is "2Gi" \(fixed-stateful-set\)\.\nNothing was published/s,
    );
    return true;
  });
  assert.equal(await tips(box), before);

  // The others go on, and the app stays as it was until it is right.
  await box.commit({ ...withStore(store('2Gi')), 'apps/a/app.ts': fixtureApp('a', { env: { VALUE: '7' } }) });
  const kept = await publish(box.context, { images: new Map(), keepGoing: true });
  assert.deepEqual(
    kept.kept.map(({ app }) => app),
    ['db'],
  );
  assert.equal(await box.value('dev', 'a'), '7');
  const set = () => box.remote.text(['show', 'env/dev:db/statefulset-db.yaml']);
  assert.match(await set(), /storage: 1Gi/);

  // Whoever has made it possible by hand says so.
  await box.commit(withStore(store('2Gi', { excuses: [leave] })));
  await box.publish();
  assert.match(await set(), /storage: 2Gi/);
  assert.match(await set(), /slipway\.dev\/excused: fixed-stateful-set/);
  assert.doesNotMatch((await set()).split('template:')[1] ?? '', /excused/);
  await box.commit(withStore(store('2Gi')));
  await box.publish();
  assert.doesNotMatch(await set(), /excused/);
});

test('what changes otherwise needs no look at what stands there', async (t) => {
  const box = await sandbox(t);
  await box.commit(withStore(store('1Gi')));
  await box.publish();
  await box.commit(withStore(store('1Gi', { env: { VALUE: '2' } })));
  const { changed } = await box.publish();
  assert.deepEqual(changed, ['dev/db', 'staging/db', 'production/db']);
});

test('who was overtaken asks again, of what stands there by then', async (t) => {
  const box = await sandbox(t);
  await box.commit(withStore(store('1Gi')));
  await box.publish();
  const between = await box.commit(withStore(store('2Gi', { excuses: [leave] })));
  const last = await box.commit(withStore(store('1Gi')));
  // While the last is being written, somebody publishes what came before it.
  let overtaken = false;
  const now = () => {
    if (!overtaken) {
      overtaken = true;
      const launcher = join(program, 'generators', 'commands', 'slipway.mjs');
      const args = [launcher, 'publish', '--dry', between];
      const { status, stderr } = spawnSync(process.execPath, args, { cwd: box.checkout.dir, encoding: 'utf8' });
      assert.equal(status, 0, stderr);
    }
    return Date.now();
  };
  const late = publish({ ...box.context, now }, { dry: last, images: new Map() });
  await assert.rejects(late, /It was "2Gi"\. It is "1Gi" \(fixed-stateful-set\)/);
  assert.ok(overtaken);
  assert.match(await box.remote.text(['show', 'env/dev:db/statefulset-db.yaml']), /storage: 2Gi/);
});

test('a publish removes an app, or much at once, only with a reason', async (t) => {
  const box = await publishedBox(t);
  await box.commit({ 'apps/index.ts': appsIndex(['b']) });
  const before = await tips(box);
  await assert.rejects(
    box.publish(),
    /^Refusal: in dev: a is removed, and nobody said why\. .*removed in apps\/index\.ts \(app-removed\)\.\nNothing was published\.$/s,
  );
  assert.equal(await tips(box), before);
  await box.commit({ 'apps/index.ts': appsIndex(['b'], { a: '' }) });
  await assert.rejects(box.publish(), /apps\/index\.ts: field removed\.a is "": it must say why it goes/);
  await box.commit({ 'apps/index.ts': appsIndex(['b'], { A: 'gone' }) });
  await assert.rejects(box.publish(), /"A" is not the name of an app/);
  await box.commit({ 'apps/index.ts': appsIndex(['b'], { a: 'b does it now' }) });
  const { changed } = await box.publish();
  assert.deepEqual(changed, ['dev/a', 'staging/a', 'production/a']);
});

test('a promotion leaves out what its cluster will not do, says why, and takes the others', async (t) => {
  const box = await sandbox(t);
  await box.commit(withStore(store('1Gi')));
  await box.publish();
  await box.mergeTo('staging');
  await box.commit({
    ...withStore(store('1Gi', { in: { staging: { volume: { path: '/data', size: '3Gi' } } } })),
    'apps/a/app.ts': fixtureApp('a', { env: { VALUE: '7' } }),
    'apps/b/app.ts': fixtureApp('b', { env: { VALUE: '7' } }),
  });
  // dev itself changes nothing that it cannot.
  await box.publish();
  const [promotion] = await box.promote('staging');
  assert.deepEqual(promotion?.moves, ['a 1.0, new configuration', 'b 1.0, new configuration']);
  assert.match(
    promotion?.left.join('\n') ?? '',
    /^db cannot go on: in staging: statefulset-db\.yaml: spec\.volumeClaimTemplates\[0\].*\(fixed-stateful-set\)\.$/,
  );
  assert.match(promotion?.request?.body ?? '', /### Left out\n- db cannot go on: /);
  // Whoever takes it into the request all the same is told by its pipeline.
  const forced = await putOn(box, promotion?.request?.sha as string, 'db', await part(box, 'rendered', 'staging/db'));
  const [policy] = (await verifiedOnto(box, 'staging', forced)).verdicts;
  assert.deepEqual([policy?.fault, policy?.path], ['policy', 'staging/db']);
  assert.match(policy?.says ?? '', /^in staging: statefulset-db\.yaml: .*\(fixed-stateful-set\)\.$/);
});

test('a promotion takes much away at once only with a reason', async (t) => {
  const box = await sandbox(t, { a: '1', b: '1', c: '1' });
  await box.deliver({ a: '2' });
  // Each publish alone takes away less than a promotion of all of them does.
  const index = appsIndex(['b', 'c'], { a: 'b does it now' });
  await box.commit({ 'apps/index.ts': index });
  await box.publish();
  await box.commit({ 'apps/index.ts': appsIndex(['b', 'c']) });
  await box.publish();
  const [without] = await box.promote('staging');
  assert.deepEqual(without?.moves, []);
  assert.match(without?.left.join('\n') ?? '', /^a cannot go on: a is removed, and nobody said why\./);
  await box.commit({ 'apps/index.ts': index });
  await box.publish();
  const [promotion] = await box.promote('staging');
  assert.deepEqual(promotion?.moves, ['a 1.0 removed']);
});

test('a request says first that it crosses a migration that cannot be undone', async (t) => {
  const box = await sandbox(t);
  const migrating = (version: string, reversible: boolean) => ({
    'apps/a/app.ts': fixtureApp('a', {
      image: `registry.example.com/a:${version}@sha256:${version.replace('.', '').padEnd(64, '0')}`,
      migration: { args: ['migrate'], deadline: '5m', reversible },
    }),
  });
  await box.publish();
  await box.mergeTo('staging');
  for (const [version, reversible] of [
    ['1.1', true],
    ['1.2', false],
    ['1.3', true],
  ] as const) {
    await box.commit(migrating(version, reversible));
    await box.publish();
  }
  const [promotion] = await box.promote('staging');
  const body = promotion?.request?.body ?? '';
  assert.match(
    body,
    /^<!-- .* -->\n\*\*a crosses a migration that cannot be undone\*\* \(1\.2\): 1\.0 cannot run on what it leaves\..*forward/,
  );
  assert.match(body, /### To undo it\nNot a: see the first lines\./);
  const before = await part(box, 'env/staging', 'a');
  await box.context.forge?.merge(promotion?.request?.iid as number, promotion?.request?.sha as string);
  const back = await putOn(box, (await box.tip('env/staging')) as string, 'a', before);
  assert.deepEqual(
    (await verifiedOnto(box, 'staging', back)).verdicts.map(({ fault, says }) => `${fault}: ${says}`),
    ['irreversible: it goes back over a migration that cannot be undone (1.2): roll forward'],
  );
  await box.commit(migrating('1.4', true));
  await box.publish();
  const [next] = await box.promote('staging');
  assert.doesNotMatch(next?.request?.body ?? '', /cannot be undone/);
});
