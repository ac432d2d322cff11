import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Forge } from '../forge/forge.ts';
import { openMirror } from '../git/mirror.ts';
import { writeCommits } from '../git/write.ts';
import type { Write } from '../model/commit.ts';
import type { Inspection } from '../model/inspection.ts';
import { head } from '../model/names.ts';
import { promote } from './promote.ts';
import { release } from './release.ts';
import { rollback } from './rollback.ts';
import { deliveredBox, publishedBox, type Sandbox } from './sandbox.fixture.ts';
import { describe, exitCodeOf, verifyProposal } from './verify-proposal.ts';

const staging = 'staging';
const next = 'env/staging-next';

async function verified(
  box: Sandbox,
  proposal: string,
  { body, environment = staging }: { body?: string; environment?: string } = {},
): Promise<Inspection> {
  const mirror = await openMirror(box.checkout, box.remote.dir);
  return verifyProposal(mirror, { environment, proposal, body }).finally(() => mirror.close());
}

/** The open request of a branch, and the commit that stands there. */
async function requestOf(box: Sandbox, branch: string, environment = staging): Promise<{ body: string; sha: string }> {
  const opened = await (box.context.forge as Forge).opened(`env/${environment}`);
  const found = opened.find(({ source }) => source === branch);
  assert.ok(found, `${branch}: ${opened.map(({ source }) => source)}`);
  return { body: found.body, sha: (await box.tip(branch)) as string };
}

const verifiedRequest = async (box: Sandbox, branch: string) => {
  const { body, sha } = await requestOf(box, branch);
  return verified(box, sha, { body });
};

async function edit(box: Sandbox, app: string): Promise<void> {
  const person = await box.person(staging);
  const file = join(person.dir, app, `deployment-${app}.yaml`);
  await writeFile(file, 'kind: Deployment\n');
  await person.git.bytes(['commit', '--quiet', '--all', '-m', 'quick fix']);
  await person.push();
}

/** Staging runs 1, and 2 is proposed. */
async function proposedBox(t: Parameters<typeof deliveredBox>[0]): Promise<Sandbox> {
  const box = await deliveredBox(t, staging);
  await box.change({ a: '2', b: '2' });
  await box.publish();
  await box.promote(staging);
  return box;
}

/** Commits on top of what stands somewhere, in one go. @returns the commit */
async function on(box: Sandbox, from: string, ...commits: (readonly Write[])[]): Promise<string> {
  const written = await writeCommits(
    box.remote,
    from,
    commits.map((writes) => ({ message: 'nothing to see here\n', writes })),
    Date.now(),
  );
  return written.at(-1) as string;
}

const idOf = (box: Sandbox, path: string) => box.remote.text(['rev-parse', path]);
const faults = ({ verdicts }: Inspection) =>
  verdicts.map(({ fault, path }) => `${fault} ${path.replace(/^[0-9a-f]{12}$/, 'commit')}`);

test('what Slipway proposes is verified, each kind by its branch, its order and its text', async (t) => {
  const box = await proposedBox(t);
  const promotion = await verifiedRequest(box, next);
  assert.deepEqual([promotion.verdicts, promotion.doubts, promotion.source], [[], [], next]);
  assert.deepEqual(promotion.moves, ['a 1.0, new configuration', 'b 1.0, new configuration']);
  assert.equal(exitCodeOf(promotion), 0);
  assert.match(
    describe(promotion).at(-1) ?? '',
    /^[0-9a-f]{12} onto env\/staging is verified, from env\/staging-next: a /,
  );

  await promote(box.context, { to: staging, app: 'a' });
  const one = await verifiedRequest(box, 'env/staging-release-a');
  assert.deepEqual([exitCodeOf(one), one.moves], [0, ['a 1.0, new configuration']], describe(one).join('\n'));

  await box.mergeTo(staging);
  // Whoever asked for a alone has it now: without this run, that request lives on where its commit is another one, which
  // it is unless both were written within the same second.
  await box.promote(staging);
  await rollback(box.context, { environment: staging });
  const back = await verifiedRequest(box, 'env/staging-rollback');
  assert.equal(exitCodeOf(back), 0, describe(back).join('\n'));
  assert.deepEqual(back.notes, ['a goes back, and is held from then on', 'b goes back, and is held from then on']);

  await rollback(box.context, { environment: staging, app: 'a', now: true });
  await box.promote(staging);
  const again = await verifiedRequest(box, 'env/staging-release-a');
  assert.equal(exitCodeOf(again), 0, describe(again).join('\n'));
  assert.deepEqual(again.notes, ['a comes back after it was taken back: this ends the hold']);

  await edit(box, 'b');
  await box.promote(staging);
  const repair = await verifiedRequest(box, 'env/staging-release-b');
  assert.equal(exitCodeOf(repair), 0, describe(repair).join('\n'));
  assert.deepEqual(repair.notes, ['b was edited by hand: this takes the edit away']);

  await release(box.context, { environment: staging, app: 'a' });
  const wished = await verifiedRequest(box, 'env/staging-release-a');
  assert.equal(exitCodeOf(wished), 0, describe(wished).join('\n'));
});

test('a first request, onto a branch that holds the pipeline file alone, is verified', async (t) => {
  const box = await publishedBox(t);
  await box.promote(staging);
  const first = await verifiedRequest(box, next);
  assert.deepEqual([exitCodeOf(first), first.moves], [0, ['a 1.0 added', 'b 1.0 added']], describe(first).join('\n'));
});

test('a new pipeline file changes one part in each environment, and is promoted like any other', async (t) => {
  const box = await deliveredBox(t, staging);
  const file = 'generators/charts/pipeline.ts';
  const text = await box.checkout.text(['show', `HEAD:${file}`]);
  // As it was before its jobs went to main.
  await box.commit({ [file]: text.replace('{ include:', '{ workflow: { rules: [] }, include:') });
  const { changed } = await box.publish();
  assert.deepEqual(
    changed,
    ['dev', staging, 'production'].map((environment) => `${environment}/.gitlab-ci.yml`),
  );
  await box.promote(staging);
  const found = await verifiedRequest(box, next);
  assert.deepEqual([exitCodeOf(found), found.moves], [0, ['.gitlab-ci.yml updated']], describe(found).join('\n'));
});

test('every hostile request is wrong, and told by its name', async (t) => {
  const box = await proposedBox(t);
  const { sha: honest } = await requestOf(box, next);
  const tip = (await box.tip('env/staging')) as string;
  const part = (path: string) => idOf(box, `rendered:${path}`);
  const folder = async (name: string, path: string): Promise<Write> => ({
    path: name,
    mode: '040000',
    id: await part(path),
  });
  const old = await idOf(box, 'rendered~1:staging/a');
  const table: [string, () => Promise<string>, string[]][] = [
    [
      'a hand-edited part',
      () => on(box, honest, [{ path: 'a/deployment-a.yaml', bytes: 'kind: Evil\n' }]),
      ['edited staging/a/deployment-a.yaml'],
    ],
    [
      'an object beside those of a part',
      () => on(box, honest, [{ path: 'a/job.yaml', bytes: 'kind: Job\n' }]),
      ['edited staging/a/job.yaml'],
    ],
    [
      'a part of another environment',
      async () => on(box, honest, [await folder('a', 'production/a')]),
      ['foreign staging/a'],
    ],
    ['a part of another app', async () => on(box, honest, [await folder('a', 'staging/b')]), ['foreign staging/a']],
    [
      'a folder that is no app',
      async () => on(box, honest, [await folder('shop', 'staging/a')]),
      ['foreign staging/shop'],
    ],
    [
      'a submodule',
      () => on(box, honest, [{ path: 'vendor', mode: '160000', id: honest }]),
      ['foreign staging/vendor'],
    ],
    [
      'a pipeline file of its own',
      () => on(box, honest, [{ path: '.gitlab-ci.yml', bytes: 'a: {}\n' }]),
      ['foreign staging/.gitlab-ci.yml'],
    ],
    [
      'no pipeline file',
      () => on(box, honest, [{ path: '.gitlab-ci.yml', deleted: true }]),
      ['edited staging/.gitlab-ci.yml'],
    ],
    ['a promotion that goes back', () => on(box, tip, [{ path: 'a', deleted: true }]), ['purpose staging/a']],
    ['a merge inside', async () => mergeOf(box, honest, (await box.tip('env/dev')) as string), ['merge commit']],
    ['a merge of itself', async () => mergeOf(box, honest, tip), ['merge commit']],
    [
      'another base than the tip',
      async () => on(box, `${tip}~1`, [await folder('a', 'staging/a')]),
      ['not on the tip commit'],
    ],
    [
      'another history',
      async () => on(box, (await box.tip('env/dev')) as string, [await folder('a', 'staging/a')]),
      ['foreign commit'],
    ],
  ];
  for (const [name, made, expected] of table) {
    const sha = await made();
    await box.remote.bytes(['update-ref', head(next), sha]);
    const found = await verified(box, sha);
    assert.deepEqual(faults(found), expected, `${name}:\n${describe(found).join('\n')}`);
    assert.equal(exitCodeOf(found), 1, name);
  }
  // Put and put back: nothing is wrong with what it ends as, but nobody composed it.
  const detour = await on(
    box,
    tip,
    [{ path: 'a', mode: '040000', id: await part('staging/a') }],
    [{ path: 'a', mode: '040000', id: old }],
    [{ path: 'b', mode: '040000', id: await part('staging/b') }],
  );
  await box.remote.bytes(['update-ref', head(next), detour]);
  const found = await verified(box, detour);
  assert.equal(exitCodeOf(found), 3, describe(found).join('\n'));
  assert.deepEqual(found.doubts, ['env/staging-next holds commits that Slipway did not compose']);
});

/** A commit with two parents and the tree of the first. */
const mergeOf = (box: Sandbox, first: string, second: string): Promise<string> =>
  box.remote.text(['commit-tree', '-p', first, '-p', second, '-m', 'merge', `${first}^{tree}`]);

test('a text that tells other versions than the branch brings is wrong, and one that tells nothing is in doubt', async (t) => {
  const box = await proposedBox(t);
  const { body, sha } = await requestOf(box, next);
  const row = '| a | 1.0 | 1.0 |';
  assert.ok(body.includes(row), body);
  const table: [string, string, number, RegExp][] = [
    [
      'another version to',
      body.replace(row, '| a | 1.0 | 1.1 |'),
      1,
      /it says "a 1\.0 → 1\.1", and the branch does not/,
    ],
    ['another version from', body.replace(row, '| a | 0.9 | 1.0 |'), 1, /it says "a 0\.9 → 1\.0"/],
    ['an app that does not move', body.replace(row, `${row} |\n| c | 1 | 2 |`), 1, /it says "c 1 → 2"/],
    ['an app left out', body.replace(/^\| a .*\n/m, ''), 1, /the branch does "a 1\.0 → 1\.0", and it does not say so/],
    [
      'another kind of request',
      body.replace('slipway: promotion', 'slipway: rollback'),
      1,
      /it says that it is a rollback/,
    ],
    ['no text', '', 3, /unverified: its text says nothing between our markers/],
    ['words of a person alone', 'please merge', 3, /nothing between our markers/],
    ['no table', '<!-- slipway: promotion -->\nall fine\n<!-- /slipway -->\n', 3, /its text says no versions/],
    ['cut after the table', body.slice(0, body.indexOf('### To undo it')), 0, /is verified/],
    ['cut within the table', body.slice(0, body.indexOf('| b |')), 3, /its text is cut/],
    ['a lie that is cut', body.slice(0, body.indexOf('| b |')).replace(row, '| a | 1.0 | 7 |'), 1, /"a 1\.0 → 7"/],
    [
      'a table of a person below ours',
      `${body}\n| app | from | to | |\n|---|---|---|---|\n| a | 1 | 2 | |\n`,
      0,
      /is verified/,
    ],
    ['line breaks of Windows', body.replaceAll('\n', '\r\n'), 0, /is verified/],
  ];
  for (const [name, text, code, says] of table) {
    const found = await verified(box, sha, { body: text });
    assert.equal(exitCodeOf(found), code, `${name}:\n${describe(found).join('\n')}`);
    assert.match(describe(found).join('\n'), says, name);
  }
});

test('the text of a rollback and of a release is held against the branch, too', async (t) => {
  const box = await proposedBox(t);
  await box.mergeTo(staging);
  await rollback(box.context, { environment: staging, app: 'a' });
  const branch = 'env/staging-rollback-a';
  const { body, sha } = await requestOf(box, branch);
  const lie = await verified(box, sha, { body: body.replace('a 1.0, new configuration', 'b 1.0, new configuration') });
  assert.deepEqual(faults(lie), ['text commit']);
  const more = await verified(box, sha, { body: body.replace('a 1.0, new', 'b 3 → 2, a 1.0, new') });
  assert.deepEqual([faults(more), more.doubts], [[], ['its text says "b 3 → 2", which it does not do any more']]);
  const other = await on(box, (await box.tip('env/staging')) as string, [
    { path: 'b', mode: '040000', id: await idOf(box, 'rendered~1:staging/b') },
  ]);
  await box.remote.bytes(['update-ref', head(branch), other]);
  assert.deepEqual(faults(await verified(box, other, { body })), ['purpose staging/b', 'text commit']);
});

test("a person's own request is unverified, and told what it does", async (t) => {
  const box = await proposedBox(t);
  await box.mergeTo(staging);
  const person = await box.person(staging);
  await person.git.bytes(['revert', '--no-edit', 'HEAD^2']);
  await person.git.bytes(['push', '--quiet', 'origin', 'HEAD:revert-b']);
  const sha = await person.git.text(['rev-parse', 'HEAD']);
  const found = await verified(box, sha, { body: 'It broke.' });
  assert.equal(exitCodeOf(found), 3, describe(found).join('\n'));
  assert.deepEqual(found.moves, ['b 1.0, new configuration']);
  assert.ok(found.notes.includes('b goes back, and is held from then on'));
  assert.match(
    describe(found).join('\n'),
    /^unverified: no proposal branch of env\/staging stands there: it is a person's own/m,
  );

  await writeFile(join(person.dir, 'CODEOWNERS'), '* @us\n');
  await person.git.bytes(['add', '.']);
  await person.git.bytes(['commit', '--quiet', '-m', 'owners']);
  await person.git.bytes(['push', '--quiet', 'origin', 'HEAD:revert-b']);
  const owners = await verified(box, await person.git.text(['rev-parse', 'HEAD']));
  assert.ok(owners.doubts.includes("CODEOWNERS at the root is people's: it proves nothing and is not judged"));
  // What a person edits by hand is wrong, whatever its branch.
  await writeFile(join(person.dir, 'a', 'deployment-a.yaml'), 'kind: Evil\n');
  await person.git.bytes(['commit', '--quiet', '--all', '-m', 'edit']);
  await person.git.bytes(['push', '--quiet', 'origin', 'HEAD:revert-b']);
  assert.deepEqual(faults(await verified(box, await person.git.text(['rev-parse', 'HEAD']))), [
    'edited staging/a/deployment-a.yaml',
  ]);
});

test('a promotion of what its source never had is wrong, and a release past it is told', async (t) => {
  const box = await publishedBox(t);
  await box.promote(staging);
  const { sha } = await requestOf(box, next);
  const production = (await box.tip('env/production')) as string;
  const early = await on(box, production, [
    { path: 'a', mode: '040000', id: await idOf(box, 'rendered:production/a') },
  ]);
  for (const [branch, expected] of [
    ['env/production-next', ['purpose production/a']],
    ['env/production-release-a', []],
  ] as const) {
    await box.remote.bytes(['update-ref', head(branch), early]);
    const found = await verified(box, early, { environment: 'production' });
    assert.deepEqual(faults(found), expected, describe(found).join('\n'));
    await box.remote.bytes(['update-ref', '-d', head(branch)]);
  }
  const past = await verified(box, early, { environment: 'production' });
  assert.ok(past.notes.includes('a goes past staging, which never had it'));
  assert.notEqual(sha, early);
});

test('what was edited before a request came, and it does not touch, is not its fault', async (t) => {
  const box = await proposedBox(t);
  await edit(box, 'b');
  await box.promote(staging);
  const found = await verifiedRequest(box, next);
  assert.deepEqual([exitCodeOf(found), found.moves], [0, ['a 1.0, new configuration']], describe(found).join('\n'));
});

test('what is merged already has nothing to prove, and what is no commit is refused', async (t) => {
  const box = await proposedBox(t);
  const { body, sha } = await requestOf(box, next);
  await box.mergeTo(staging);
  const found = await verified(box, sha, { body });
  assert.deepEqual(
    [exitCodeOf(found), found.notes],
    [0, ['env/staging has all of it already: there is nothing to merge']],
  );
  for (const proposal of ['HEAD', '--all', '0'.repeat(40), 'f00'])
    await assert.rejects(verified(box, proposal), /--proposal .*no such commit here/);
  await assert.rejects(verified(box, sha, { environment: 'qa' }), /--env qa: not an environment/);
});
