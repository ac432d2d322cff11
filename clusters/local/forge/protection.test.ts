import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { newBranch } from '../../../generators/forge/local.fixture.ts';
import { Git, GitError } from '../../../generators/git/git.ts';
import { head } from '../../../generators/model/names.ts';
import { matching, may, mayMerge, type Protection, rulesOf } from './protection.ts';
import { createRepository } from './repository.ts';

test('a rule matches its branch by exact name, and a star any text', () => {
  const table: [string, string, boolean][] = [
    ['main', 'main', true],
    ['main', 'maint', false],
    ['main', 'not/main', false],
    ['env/*', 'env/dev', true],
    ['env/*', 'env/production-release-counter', true],
    ['env/*', 'env/a/b', true],
    ['env/*', 'environment', false],
    ['*-next', 'env/production-next', true],
    ['*', 'anything/at/all', true],
    ['v1.0', 'v1x0', false],
    ['a+b', 'a+b', true],
    ['e*v/*-x', 'env/dev-x', true],
  ];
  for (const [name, branch, must] of table) {
    const rule = { id: 1, name, push: 40, merge: 40, force: false } as const;
    assert.equal(matching([rule], branch).length === 1, must, `${name} ${branch}`);
  }
});

/** Rules, and who may push to and merge into `env/dev` by them: 40, 30. */
const cases: { rules: Protection[]; push: number[]; merge: number[]; force?: true }[] = [
  { rules: [{ name: 'other' }], push: [30, 40], merge: [30, 40], force: true },
  { rules: [{ name: 'env/dev' }], push: [40], merge: [40] },
  { rules: [{ name: 'env/*', push: 0, merge: 40 }], push: [], merge: [40] },
  { rules: [{ name: 'env/dev', push: 0, merge: 30 }], push: [], merge: [30, 40] },
  { rules: [{ name: 'env/dev', push: 30, merge: 0 }], push: [30, 40], merge: [30, 40] },
  { rules: [{ name: 'env/dev', push: 40, merge: 0 }], push: [40], merge: [40] },
  { rules: [{ name: 'env/dev', push: 0, merge: 0 }], push: [], merge: [] },
  // The most permissive counts, whichever is the more exact.
  {
    rules: [
      { name: 'env/dev', push: 0 },
      { name: 'env/*', push: 30 },
    ],
    push: [30, 40],
    merge: [30, 40],
  },
  {
    rules: [
      { name: 'env/*', push: 0, merge: 0 },
      { name: '*', push: 40, merge: 30 },
    ],
    push: [40],
    merge: [30, 40],
  },
  { rules: [{ name: 'env/*', force: true }, { name: 'env/dev' }], push: [40], merge: [40], force: true },
];

test('the hook and the API agree on who may push and merge by which rules', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-protection-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const repository = await createRepository(join(dir, 'r.git'), []);
  const base = await newBranch(repository, 'base', undefined);
  const later = await newBranch(repository, 'later', base);
  const branch = 'env/dev';
  /** Pushes what is there already, as an account of that level over HTTP; without one as who is on the machine. */
  const pushed = async (level: string, refspec: string): Promise<string> => {
    const pusher = new Git(repository.dir, { SLIPWAY_ACCESS_LEVEL: level });
    try {
      await pusher.bytes(['push', '--quiet', repository.dir, refspec]);
      return '';
    } catch (error) {
      assert.ok(error instanceof GitError);
      return /GitLab: (.*?)\s*$/m.exec(error.stderr)?.[1] ?? error.stderr;
    }
  };
  const reset = () => repository.bytes(['update-ref', head(branch), base]);
  for (const { rules, push, merge, force } of cases) {
    await createRepository(repository.dir, rules);
    const kept = await rulesOf(repository.dir);
    const what = JSON.stringify(rules);
    for (const level of [30, 40]) {
      assert.equal(may('push', kept, branch, level), push.includes(level), `${what} push ${level}`);
      assert.equal(mayMerge(kept, branch, level), merge.includes(level), `${what} merge ${level}`);
      await reset();
      const said = await pushed(String(level), `${later}:${head(branch)}`);
      const must = push.includes(level)
        ? ''
        : 'You are not allowed to push code to protected branches on this project.';
      assert.equal(said, must, `${what} ${level}`);
    }
    // Who is on the machine itself may push whatever the levels say, and rewrites by the rule alone.
    await reset();
    assert.equal(await pushed('', `${later}:${head(branch)}`), '', what);
    assert.equal((await pushed('', `+${base}:${head(branch)}`)) === '', force === true, what);
  }
});

test('a protected branch is made by who may push to it, and deleted by nobody who pushes', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-protection-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const repository = await createRepository(join(dir, 'r.git'), [{ name: 'env/*', push: 0, merge: 30 }, 'main']);
  const base = await newBranch(repository, 'base', undefined);
  const push = (level: number, refspec: string) =>
    new Git(repository.dir, { SLIPWAY_ACCESS_LEVEL: String(level) }).bytes(['push', repository.dir, refspec]);
  const table: [number, string, RegExp][] = [
    [40, `${base}:refs/heads/env/new`, /You can only create protected branches using the web interface and API/],
    [30, `${base}:refs/heads/main`, /You are not allowed to create protected branches on this project/],
  ];
  for (const [level, refspec, words] of table) await assert.rejects(push(level, refspec), words);
  await push(40, `${base}:refs/heads/main`);
  await assert.rejects(push(40, ':main'), /You can only delete protected branches using the web interface/);
  await assert.rejects(push(30, ':main'), /Only a project maintainer or owner can delete a protected branch/);
  // A tag of the same name is no branch.
  await push(30, `${base}:refs/tags/main`);
});

test('what a repository is told again by name alone keeps its rule, and what is not told loses it', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-protection-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  await createRepository(dir, [{ name: 'main', push: 0, merge: 30, force: true }, 'gone']);
  await createRepository(dir, ['main', 'new']);
  assert.deepEqual(await rulesOf(dir), [
    { id: 1, name: 'main', push: 0, merge: 30, force: true },
    { id: 3, name: 'new', push: 40, merge: 40, force: false },
  ]);
});
