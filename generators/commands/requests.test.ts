import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Forge, MergeRequest } from '../forge/forge.ts';
import { describe, type Promotion, promote } from './promote.ts';
import { release } from './release.ts';
import { rollback } from './rollback.ts';
import { deliveredBox, environmentsFile, publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';

// The requests beside the one that promotes: of apps that are held or were edited, and those that people asked for.

const staging = 'staging';
const opened = (box: Sandbox, environment = staging): Promise<MergeRequest[]> =>
  (box.context.forge as Forge).opened(`env/${environment}`);
const sources = async (box: Sandbox, environment = staging) =>
  (await opened(box, environment)).map(({ source }) => source).sort();
const one = async (box: Sandbox, source: string, environment = staging): Promise<MergeRequest> => {
  const found = (await opened(box, environment)).find((request) => request.source === source);
  assert.ok(found, `${source} has no open request`);
  return found;
};
const merge = (box: Sandbox, { iid, sha }: MergeRequest) => (box.context.forge as Forge).merge(iid, sha);
const promoted = async (box: Sandbox, to = staging): Promise<Promotion> => {
  const [promotion] = await box.promote(to);
  assert.ok(promotion);
  return promotion;
};
const others = ({ others }: Promotion) => others.map(({ branch, kind, outcome }) => [branch, kind, outcome]);
const reapply = 'env/staging-release-a';
const next = 'env/staging-next';

/** A new version of the apps, up to the environment that is promoted from. */
async function published(box: Sandbox, values: Readonly<Record<string, string>>): Promise<void> {
  await box.change(values);
  await box.publish();
}

async function edit(box: Sandbox, environment: string, app: string): Promise<void> {
  const person = await box.person(environment);
  const file = join(person.dir, app, `deployment-${app}.yaml`);
  await writeFile(file, (await readFile(file, 'utf8')).replace(/value: '\d+'/, 'value: edited'));
  await person.git.bytes(['commit', '--quiet', '--all', '-m', 'quick fix']);
  await person.push();
}

test('a held app has a re-apply request of its own, in which a fix arrives, and which ends the hold', async (t) => {
  const box = await deliveredBox(t, staging);
  await published(box, { a: '2', b: '2' });
  await box.mergeTo(staging);
  await rollback(box.context, { environment: staging, app: 'a', now: true });

  const first = await promoted(box);
  assert.deepEqual([first.outcome, others(first)], ['nothing', [[reapply, 're-apply', 'opened']]]);
  assert.equal(await box.value(staging, 'a'), '1');
  const again = await promoted(box);
  assert.deepEqual(others(again), [[reapply, 're-apply', 'unchanged']]);

  // The fix, and another app that goes on as ever.
  await published(box, { a: '3', b: '3' });
  const fixed = await promoted(box);
  assert.deepEqual([...fixed.reports.keys()], [next, reapply]);
  assert.match(fixed.reports.get(reapply) ?? '', /\*\*a was taken back\*\* by `A Tester`/);
  assert.deepEqual([fixed.outcome, fixed.moves], ['opened', ['b 1.0, new configuration']]);
  assert.deepEqual(others(fixed), [[reapply, 're-apply', 'updated']]);
  assert.deepEqual(await sources(box), [next, reapply]);
  await merge(box, await one(box, next));
  assert.equal(await box.value(staging, 'a'), '1');
  const moved = await promoted(box);
  assert.deepEqual(others(moved), [[reapply, 're-apply', 'updated']], 'on the new tip');
  await merge(box, await one(box, reapply));
  assert.equal(await box.value(staging, 'a'), '3');
  assert.deepEqual((await box.row(staging, 'a'))?.held, false);
  assert.deepEqual(others(await promoted(box)), []);
});

test('a re-apply request that has become pointless is closed', async (t) => {
  const box = await deliveredBox(t, staging);
  await published(box, { a: '2' });
  await box.mergeTo(staging);
  await rollback(box.context, { environment: staging, app: 'a', now: true });
  await promoted(box);
  assert.deepEqual(await sources(box), [reapply]);
  // Somebody reverts the rollback by hand.
  const person = await box.person(staging);
  await person.git.bytes(['revert', '--no-edit', 'HEAD']);
  await person.push();
  assert.deepEqual(others(await promoted(box)), [[reapply, 're-apply', 'closed']]);
  assert.deepEqual(await sources(box), []);
});

test('an edited app has a repair request, which puts back what stood there last, and no hold is lost by it', async (t) => {
  const box = await deliveredBox(t, staging);
  await published(box, { a: '2' });
  await box.mergeTo(staging);
  await rollback(box.context, { environment: staging, app: 'a', now: true });
  await edit(box, staging, 'a');
  await published(box, { a: '3', b: '3' });
  const promotion = await promoted(box);
  assert.deepEqual(promotion.moves, ['b 1.0, new configuration']);
  assert.deepEqual(others(promotion), [[reapply, 'repair', 'opened']]);
  await merge(box, await one(box, reapply));
  assert.equal(await box.value(staging, 'a'), '1');
  assert.equal((await box.row(staging, 'a'))?.state, 'held');
  // From then on it is a held app like any other, in the same branch.
  assert.deepEqual(others(await promoted(box)), [[reapply, 're-apply', 'opened']]);
});

test('a folder that nobody published under the name of an app is proposed to go', async (t) => {
  const box = await publishedBox(t);
  const person = await box.person(staging);
  await writeFile(join(person.dir, 'a'), 'mine');
  await person.git.bytes(['add', '--all']);
  await person.git.bytes(['commit', '--quiet', '-m', 'a file']);
  await person.push();
  const promotion = await promoted(box);
  assert.deepEqual(others(promotion), [[reapply, 'repair', 'opened']]);
  await merge(box, await one(box, reapply));
  assert.deepEqual((await promoted(box)).moves, ['a 1.0 added', 'b 1.0 added']);
});

test('a first environment has such requests too, and no other', async (t) => {
  const box = await publishedBox(t);
  await published(box, { a: '2' });
  await rollback(box.context, { environment: 'dev', app: 'a', now: true });
  await edit(box, 'dev', 'b');
  await published(box, { a: '3', b: '3' });
  const [dev] = await box.promote();
  assert.deepEqual([dev?.environment, dev?.source, dev?.outcome], ['dev', 'rendered', 'nothing']);
  assert.deepEqual(
    dev?.others.map(({ branch, kind }) => [branch, kind]),
    [
      ['env/dev-release-a', 're-apply'],
      ['env/dev-release-b', 'repair'],
    ],
  );
  await merge(box, await one(box, 'env/dev-release-a', 'dev'));
  assert.equal(await box.value('dev', 'a'), '3');
});

test('a first environment where a request was overtaken is told, also where nothing else is', async (t) => {
  const box = await publishedBox(t);
  await published(box, { a: '2' });
  await rollback(box.context, { environment: 'dev', app: 'a' });
  await published(box, { a: '3' });
  const [dev] = await box.promote();
  assert.deepEqual([dev?.environment, dev?.others], ['dev', []]);
  assert.match(dev?.left.join('\n') ?? '', /!1 was overtaken: a moved in dev/);
});

test('one app alone is promoted by wish, and the others wait for their request', async (t) => {
  const box = await deliveredBox(t, staging);
  await published(box, { a: '2', b: '2' });
  const [promotion] = await promote(box.context, { to: staging, app: 'a' });
  assert.ok(promotion);
  assert.deepEqual(others(promotion), [[reapply, 'one', 'opened']]);
  assert.deepEqual(await sources(box), [reapply]);
  // A later run keeps it, and proposes all that is older beside it.
  const all = await promoted(box);
  assert.deepEqual(all.moves, ['a 1.0, new configuration', 'b 1.0, new configuration']);
  assert.deepEqual(await sources(box), [next, reapply]);
  await merge(box, await one(box, reapply));
  assert.deepEqual([await box.value(staging, 'a'), await box.value(staging, 'b')], ['2', '1']);
  assert.deepEqual((await promoted(box)).moves, ['b 1.0, new configuration']);
  await assert.rejects(promote(box.context, { to: staging, app: 'c' }), /--app c: nothing of it .*known are a, b\./);
});

test('a request that a person asked for follows the tip, is not replaced, and is closed once it stands there', async (t) => {
  const box = await deliveredBox(t, staging);
  const early = await box.checkout.text(['rev-parse', 'HEAD']);
  for (const value of ['2', '3']) {
    await published(box, { a: value, b: value });
    await box.mergeTo(staging);
  }
  await release(box.context, { environment: staging, app: 'a', at: early, reason: 'the oldest' });
  await rollback(box.context, { environment: staging, app: 'b', version: '1.0' });
  const asked = [reapply, 'env/staging-rollback-b'];
  const before = await one(box, reapply);
  assert.deepEqual(others(await promoted(box)), [], 'both stand on the tip');

  const person = await box.person(staging);
  await person.git.bytes(['commit', '--quiet', '--allow-empty', '-m', 'a note']);
  await person.push();
  assert.deepEqual(
    others(await promoted(box))
      .map(([branch, kind, outcome]) => [branch, kind, outcome])
      .sort(),
    [
      [asked[0], 'release', 'updated'],
      [asked[1], 'rollback', 'updated'],
    ],
  );
  const after = await one(box, reapply);
  assert.deepEqual([after.iid, after.title, after.body], [before.iid, before.title, before.body]);
  assert.notEqual(after.sha, before.sha);
  await merge(box, after);
  assert.equal(await box.value(staging, 'a'), '1');

  // What the other one asks for comes by another way.
  await promoted(box);
  await rollback(box.context, { environment: staging, app: 'b', now: true });
  const told = await promoted(box);
  assert.ok(others(told).some(([branch, , outcome]) => branch === asked[1] && outcome === 'closed'));
  // It asks for something else, and the app moves on: whether that is still wanted, a person says.
  await rollback(box.context, { environment: staging, app: 'b' });
  await release(box.context, { environment: staging, app: 'b', now: true });
  const overtaken = await promoted(box);
  assert.match(overtaken.left.join('\n'), /!\d+ was overtaken: b moved in staging since it was asked for/);
  assert.deepEqual(await sources(box), ['env/staging-release-a', 'env/staging-rollback-b']);
});

test('a request that somebody opened first is adopted, and what people write into it stays', async (t) => {
  const box = await deliveredBox(t, staging);
  await published(box, { a: '2' });
  const quiet = { ...box.context, forge: undefined };
  await promote(quiet, { to: staging });
  const theirs = await (box.context.forge as Forge).open({
    source: next,
    target: 'env/staging',
    title: 'please',
    body: 'We need this before noon.',
  });
  const adopted = await promoted(box);
  assert.deepEqual([adopted.outcome, adopted.request?.iid], ['updated', theirs.iid]);
  const text = adopted.request?.body ?? '';
  assert.match(
    text,
    /<!-- slipway: promotion -->\na from dev to staging.*<!-- \/slipway -->\n\nWe need this before noon\.\n$/s,
  );
  const { iid, title } = adopted.request as MergeRequest;
  await (box.context.forge as Forge).update(iid, { title: `Draft: ${title}`, body: `Read this.\n\n${text}` });
  assert.equal((await promoted(box)).outcome, 'unchanged');
  await published(box, { b: '2' });
  const updated = await promoted(box);
  assert.equal(updated.outcome, 'updated');
  assert.match(updated.request?.title ?? '', /^Draft: Promote to staging: a 1\.0, b 1\.0$/, 'a person made it a draft');
  assert.match(updated.request?.body ?? '', /^Read this\.\n.*We need this before noon\.\n$/s);
});

test('what somebody put on a proposal branch is neither overwritten nor closed, and is told', async (t) => {
  const box = await deliveredBox(t, staging);
  await published(box, { a: '2', b: '2' });
  await promoted(box);
  const person = await box.person(staging);
  await person.git.bytes(['switch', '--quiet', '--create', 'mine', `origin/${next}`]);
  const [commit = ''] = await person.git.lines(['log', '-1', '--format=%H', '--', 'a']);
  await person.git.bytes(['revert', '--no-edit', commit]);
  await person.git.bytes(['push', '--quiet', 'origin', `HEAD:${next}`]);
  const mine = await box.tip(next);
  await published(box, { b: '3' });
  const promotion = await promoted(box);
  assert.equal(promotion.outcome, 'theirs');
  assert.equal(await box.tip(next), mine);
  assert.match(describe([promotion], false).join('\n'), /env\/staging-next holds commits that put something else/);
  // Merged, it does what they meant: a is taken out, and held.
  await merge(box, await one(box, next));
  assert.deepEqual([await box.value(staging, 'a'), await box.value(staging, 'b')], ['1', '2']);
  const after = await promoted(box);
  assert.deepEqual([after.moves, others(after)], [['b 1.0, new configuration'], [[reapply, 're-apply', 'opened']]]);
});

test('a closed calendar makes the request a draft, and whoever passes over it leaves a trace', async (t) => {
  const box = await sandbox(t);
  const closed = "calendar: { timeZone: 'Europe/Berlin', closed: ['Fri 16:00 - Mon 07:00'] }, ";
  await box.commit({
    'clusters/environments.ts': environmentsFile().replace("name: 'staging',", `name: 'staging', ${closed}`),
  });
  await box.publish();
  const saturday = Date.parse('2026-11-21T12:00:00Z');
  const at = async (now: number, override?: string) => {
    const [promotion] = await promote({ ...box.context, now: () => now }, { to: staging, override });
    assert.ok(promotion?.request);
    const { outcome, request } = promotion;
    return { outcome, title: request.title, body: request.body, request };
  };
  const first = await at(saturday);
  assert.equal(first.title, 'Draft: Promote to staging: a 1.0, b 1.0');
  assert.match(first.body, /it opens Mon 2026-11-23 07:00 \(Europe\/Berlin\)\.\*\* It is a draft until then\./);
  await assert.rejects(merge(box, first.request), /405/);
  assert.equal((await at(saturday + 3_600_000)).outcome, 'unchanged');

  const passed = await at(saturday, 'incident 4711');
  assert.equal(passed.title, 'Promote to staging: a 1.0, b 1.0');
  assert.match(
    passed.body,
    /passed over: incident 4711\.\*\*\n.*<!-- \/slipway -->\n\nCalendar override: incident 4711\n$/s,
  );
  assert.equal((await at(saturday + 60_000)).outcome, 'unchanged', 'it stays so without being said again');

  // On Monday nobody has to say anything.
  const monday = await at(Date.parse('2026-11-23T08:00:00Z'));
  assert.doesNotMatch(monday.body, /passed over/);
  await merge(box, monday.request);
  assert.equal(await box.value(staging, 'a'), '1');
});

test('an environment that wants it merges its promotions by itself, and nothing else', async (t) => {
  const box = await sandbox(t);
  const auto = (file: string) => file.replace("name: 'staging',", "name: 'staging', auto: true,");
  await box.commit({ 'clusters/environments.ts': auto(environmentsFile()) });
  await box.publish();
  const [first] = await box.promote(staging);
  assert.deepEqual([first?.outcome, first?.request?.state], ['merged', 'merged']);
  assert.equal(await box.value(staging, 'a'), '1');
  await published(box, { a: '2' });
  await promoted(box);
  await rollback(box.context, { environment: staging, app: 'a', now: true });
  assert.deepEqual(others(await promoted(box)), [[reapply, 're-apply', 'opened']]);
  assert.deepEqual([await box.value(staging, 'a'), await sources(box)], ['1', [reapply]]);
});
