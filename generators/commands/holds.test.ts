import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { publishedBox, type Sandbox } from './sandbox.fixture.ts';

// Every case is made with real git on a clone, as a person would. What must hold at the end is the same for all: what
// was taken back stays so, whatever is published and promoted afterwards, and nobody else is held up.

test('a revert of the tip of env/dev stays, and later publishes leave it there and move the others', async (t) => {
  const box = await publishedBox(t);
  await box.change({ a: '2' });
  await box.publish();
  await revert(box, 'dev', ['HEAD']);
  await box.change({ a: '3', b: '2' });
  const { environments } = await box.publish();
  assert.equal(await box.value('dev', 'a'), '1');
  assert.equal(await box.value('dev', 'b'), '2');
  const held = environments.find(({ environment }) => environment === 'dev')?.steps.find(({ name }) => name === 'a');
  assert.equal(held?.state.is, 'held');
  const row = await box.row('dev', 'a');
  assert.equal(row?.held, true);
  assert.match(row?.note ?? '', /somebody went back/);
  // Who, with which words, and how far behind what is published it is by now.
  assert.match(row?.heldBy?.words ?? '', /^Revert "a /);
  assert.notEqual(row?.heldBy?.by ?? '', '');
  assert.equal(row?.behind, 2);
  assert.deepEqual([(await box.row('dev', 'b'))?.behind, (await box.row('dev', 'b'))?.heldBy], [undefined, undefined]);
});

test('a revert of an older commit is clean when another app changed since, and holds that app alone', async (t) => {
  const box = await delivered(t);
  await box.deliver({ a: '2' });
  await box.deliver({ b: '2' });
  const person = await box.person('production');
  const [merge = ''] = await person.git.lines(['log', '--merges', '--skip=1', '-1', '--format=%H']);
  await person.git.bytes(['revert', '--no-edit', '-m', '1', merge]);
  await person.push();
  await leavesHeld(box, 'production', { a: '1', b: '2' }, 'a');
});

test('a revert of a merge takes back all of a promotion, and all of it is held', async (t) => {
  const box = await delivered(t);
  await box.deliver({ a: '2', b: '2' });
  await revert(box, 'production', ['-m', '1', 'HEAD']);
  assert.equal(await box.value('production', 'a'), '1');
  assert.equal((await box.row('production', 'a'))?.held, true);
  assert.equal((await box.row('production', 'b'))?.held, true);
  const [promotion] = await box.promote('production');
  assert.equal(promotion?.outcome, 'nothing');
  assert.equal(promotion?.left.filter((line) => line.includes('is held')).length, 2);
});

test('one app of a promotion is reverted alone: a promotion is one commit per app', async (t) => {
  const box = await delivered(t);
  await box.deliver({ a: '2', b: '2' });
  const person = await box.person('production');
  const [commit = ''] = await person.git.lines(['log', '-1', '--format=%H', '--no-merges', '--', 'a']);
  await person.git.bytes(['revert', '--no-edit', commit]);
  await person.push();
  await leavesHeld(box, 'production', { a: '1', b: '2' }, 'a');
});

test('after two reverts, one revert of a revert is half-way back and still held', async (t) => {
  const box = await delivered(t);
  await box.deliver({ a: '2' });
  await box.deliver({ a: '3' });
  const person = await box.person('production');
  for (const merge of await person.git.lines(['log', '--merges', '--max-count=2', '--format=%H'])) {
    await person.git.bytes(['revert', '--no-edit', '-m', '1', merge]);
  }
  await person.push();
  assert.equal(await box.value('production', 'a'), '1');
  await revert(box, 'production', ['HEAD']);
  assert.equal(await box.value('production', 'a'), '2');
  await leavesHeld(box, 'production', { a: '2' }, 'a');
  // The second revert taken back too: the app runs the latest part again, and the hold is gone.
  const again = await box.person('production');
  const [first = ''] = await again.git.lines(['log', '--no-merges', '--skip=2', '-1', '--format=%H']);
  await again.git.bytes(['revert', '--no-edit', first]);
  await again.push();
  assert.equal(await box.value('production', 'a'), '3');
  assert.equal((await box.row('production', 'a'))?.held, false);
});

test('a revert of the revert lifts the hold, and the next version goes the whole way', async (t) => {
  const box = await delivered(t);
  await box.deliver({ a: '2' });
  await revert(box, 'production', ['-m', '1', 'HEAD']);
  assert.equal((await box.row('production', 'a'))?.held, true);
  await revert(box, 'production', ['HEAD']);
  assert.equal((await box.row('production', 'a'))?.held, false);
  await box.deliver({ a: '3' });
  assert.equal(await box.value('production', 'a'), '3');
});

test('a revert that is pulled in by a merge holds like any other', async (t) => {
  const box = await delivered(t);
  await box.deliver({ a: '2' });
  const person = await box.person('production');
  await person.git.bytes(['switch', '--quiet', '--create', 'rollback']);
  await person.git.bytes(['revert', '--no-edit', '-m', '1', 'HEAD']);
  await person.git.bytes(['switch', '--quiet', 'env/production']);
  await person.git.bytes(['merge', '--quiet', '--no-ff', '-m', 'roll back', 'rollback']);
  await person.push();
  await leavesHeld(box, 'production', { a: '1' }, 'a');
});

test('an app that somebody took out of an open request is held there', async (t) => {
  const box = await delivered(t);
  await box.change({ a: '2', b: '2' });
  await box.publish();
  await box.promote('staging');
  const person = await box.person('staging');
  await person.git.bytes(['switch', '--quiet', '--create', 'proposal', 'origin/env/staging-next']);
  const [commit = ''] = await person.git.lines(['log', '-1', '--format=%H', '--', 'a']);
  await person.git.bytes(['revert', '--no-edit', commit]);
  await person.git.bytes(['switch', '--quiet', 'env/staging']);
  await person.git.bytes(['merge', '--quiet', '--no-ff', '-m', 'without a', 'proposal']);
  await person.push();
  await leavesHeld(box, 'staging', { a: '1', b: '2' }, 'a');
});

test('a folder that somebody deleted stays deleted', async (t) => {
  const box = await delivered(t);
  const person = await box.person('production');
  await person.git.bytes(['rm', '-r', '--quiet', 'a']);
  await person.git.bytes(['commit', '--quiet', '-m', 'out with it']);
  await person.push();
  await leavesHeld(box, 'production', { a: undefined, b: '1' }, 'a');
});

test('a hand edit freezes one app only, and its revert thaws it', async (t) => {
  const box = await delivered(t);
  const person = await box.person('staging');
  const file = join(person.dir, 'a', 'deployment-a.yaml');
  await writeFile(file, (await readFile(file, 'utf8')).replace("value: '1'", 'value: edited'));
  await person.git.bytes(['commit', '--quiet', '--all', '-m', 'quick fix']);
  await person.push();

  await box.change({ a: '2', b: '2' });
  await box.publish();
  const promotion = await box.mergeTo('staging');
  assert.match(promotion.left.join(), /a was edited by hand in staging and is frozen/);
  assert.equal(await box.value('staging', 'a'), 'edited');
  assert.equal(await box.value('staging', 'b'), '2');
  assert.equal((await box.row('staging', 'a'))?.state, 'edited');
  // What was edited is offered to nobody: production keeps its part, and the request says why.
  const [onward] = await box.promote('production');
  assert.match(onward?.left.join() ?? '', /a is not offered: it was edited by hand in staging/);

  const [edit = ''] = await person.git.lines(['log', '-1', '--format=%H']);
  await person.git.bytes(['pull', '--quiet', '--no-rebase']);
  await person.git.bytes(['revert', '--no-edit', edit]);
  await person.push();
  await box.mergeTo('staging');
  assert.equal(await box.value('staging', 'a'), '2');
});

test('a folder that was deleted stays away also when the same commit is published again', async (t) => {
  const box = await publishedBox(t);
  await box.change({ b: '2' });
  await box.publish();
  const person = await box.person('dev');
  await person.git.bytes(['rm', '-r', '--quiet', 'a']);
  await person.git.bytes(['commit', '--quiet', '-m', 'out with it']);
  await person.push();
  const tip = await box.tip('env/dev');
  // It sees the tips alone, and on a tip without its past everything looks new.
  assert.equal((await box.publish()).outcome, 'unchanged');
  assert.equal(await box.tip('env/dev'), tip);
});

test('a file that people keep at the root of an environment branch is left alone', async (t) => {
  const box = await delivered(t);
  const person = await box.person('production');
  await writeFile(join(person.dir, 'CODEOWNERS'), '* @oncall\n');
  await person.git.bytes(['add', '--all']);
  await person.git.bytes(['commit', '--quiet', '-m', 'owners']);
  await person.push();
  await box.deliver({ a: '2' });
  assert.equal(await box.value('production', 'a'), '2');
  assert.equal(await box.remote.text(['show', 'env/production:CODEOWNERS']), '* @oncall');
});

test('a removed app that was reverted back in is held, and the removal waits', async (t) => {
  const box = await delivered(t);
  await box.remove('a');
  await box.publish();
  assert.equal(await box.value('dev', 'a'), undefined);
  await revert(box, 'dev', ['HEAD']);
  await leavesHeld(box, 'dev', { a: '1' }, 'a');
});

test('a history that was rewritten to an older own commit is simply the older state', async (t) => {
  const box = await delivered(t);
  const older = (await box.tip('env/dev')) ?? '';
  await box.change({ a: '2' });
  await box.publish();
  // Protection is what prevents this; history cannot show it.
  await box.remote.bytes(['update-ref', 'refs/heads/env/dev', older]);
  await box.publish();
  assert.equal(await box.value('dev', 'a'), '2');
});

test('the remote refuses to rewrite or delete an environment branch', async (t) => {
  const box = await delivered(t);
  const person = await box.person('production');
  await assert.rejects(
    person.git.bytes(['push', '--force', 'origin', 'HEAD~1:env/production']),
    /not allowed to force push/,
  );
  await assert.rejects(person.git.bytes(['push', 'origin', ':env/production']), /protected branches/);
  await rm(person.dir, { recursive: true });
});

/** A sandbox whose first version runs everywhere. */
async function delivered(t: TestContext): Promise<Sandbox> {
  const box = await publishedBox(t);
  for (const environment of ['staging', 'production']) await box.mergeTo(environment);
  return box;
}

async function revert(box: Sandbox, environment: string, args: readonly string[]): Promise<void> {
  const person = await box.person(environment);
  await person.git.bytes(['revert', '--no-edit', ...args]);
  await person.push();
}

/** Publishes and promotes a new version of everything; the held app stays, and is said to be held. */
async function leavesHeld(
  box: Sandbox,
  environment: string,
  values: Readonly<Record<string, string | undefined>>,
  held: string,
): Promise<void> {
  const check = async () => {
    for (const [app, value] of Object.entries(values))
      assert.equal(await box.value(environment, app), value, `${app} in ${environment}`);
    const row = await box.row(environment, held);
    assert.equal(row?.held, true, `${held} is held in ${environment}`);
  };
  await check();
  for (let run = 0; run < 2; run++) {
    await box.publish();
    for (const promotion of await box.promote()) {
      if (promotion.environment !== environment) continue;
      assert.ok(!promotion.moves.some((move) => move.startsWith(`${held} `)), promotion.moves.join());
    }
  }
  await check();
}
