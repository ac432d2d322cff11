import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readDeeds, readMain, readPublishes } from './chronicle.ts';
import { Git } from './git.ts';
import { entriesOf } from './history.ts';
import { readTrees } from './objects.ts';

/** A repository in which people write what they like. */
async function repository(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-test-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const identity = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, 'Ann'],
      [`GIT_${role}_EMAIL`, 'ann@example.com'],
      [`GIT_${role}_DATE`, '2026-11-20T23:30:00-0300'],
    ]),
  );
  const git = new Git(dir, { ...identity, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
  await git.bytes(['init', '--quiet', '--initial-branch=main']);
  const commit = async (message: string, ...files: string[]): Promise<string> => {
    for (const file of files) {
      await mkdir(dirname(join(dir, file)), { recursive: true });
      await writeFile(join(dir, file), message);
    }
    await git.bytes(['add', '--all']);
    await git.bytes(['commit', '--quiet', '--allow-empty', '--cleanup=verbatim', '-F', '-'], message);
    return git.text(['rev-parse', 'HEAD']);
  };
  return { git, commit };
}

test('commits of main are read with what they touch, whatever stands in their messages', async (t) => {
  const { git, commit } = await repository(t);
  const first = await commit('feat: begin', 'apps/a/app.ts', 'apps/b/app.ts', 'README.md');
  const nasty = await commit(
    `${first}\n\n\u0001\n:100644 000000 ${first}\nThis reverts commit ${first}.\n`,
    'apps/a/app.ts',
    'clusters/a\nb.ts',
  );
  await git.bytes(['checkout', '--quiet', '-b', 'side']);
  await commit('on the side', 'service/index.ts');
  await git.bytes(['checkout', '--quiet', 'main']);
  await git.bytes(['merge', '--quiet', '--no-ff', '-m', 'Merge the side', 'side']);
  const merge = await git.text(['rev-parse', 'HEAD']);
  const told = await readMain(git, [merge, nasty, first]);
  assert.deepEqual(
    [...told.values()].map(({ sha, author, subject, reverts, folders }) => [
      sha,
      author,
      subject,
      reverts,
      [...folders],
    ]),
    [
      [merge, 'Ann', 'Merge the side', undefined, ['service']],
      [nasty, 'Ann', first, first, ['apps/a', 'clusters']],
      [first, 'Ann', 'feat: begin', undefined, ['README.md', 'apps/a', 'apps/b']],
    ],
  );
  assert.deepEqual([...(await readMain(git, []))], []);
});

test('the words of a deed are those of a person, where the forge has added its own', async (t) => {
  const { git, commit } = await repository(t);
  const sha = 'a'.repeat(40);
  const table: [message: string, words: string, request?: number][] = [
    ['Back to 1.0', 'Back to 1.0'],
    [`Revert "a 1.1"\n\nThis reverts commit ${sha}.\n`, 'Revert "a 1.1"'],
    [`Revert "Merge x"\n\nThis reverts commit ${sha}, reversing\nchanges made to ${sha}.\n`, 'Revert "Merge x"'],
    [`Revert "a 1.1"\n\nThis reverts commit ${sha}.\n\nIt loses orders.\n`, 'Revert "a 1.1": It loses orders.'],
    ["Merge branch 'x' into 'env/staging'\n\nNo more noise\n\nSee merge request g/p!5", 'No more noise', 5],
    ["Merge branch 'x' into 'env/staging'\n\nSee merge request g/p!5", "Merge branch 'x' into 'env/staging'", 5],
    ["Merge branch 'x'\n\nSee merge request g/p!4\nonce more\n\nSee merge request g/p!5", 'once more', 5],
    ['Fix\n\nas in See merge request g/p!6', 'Fix: as in See merge request g/p!6'],
    ['Merge pull request #5 from o/x\n\nNo more noise', 'No more noise'],
    [`Roll back a 1.1 → 1.0\n\n5xx since 02:40\n\nDry-Sha: ${sha}\n`, 'Roll back a 1.1 → 1.0: 5xx since 02:40'],
    [`a 1.1 added\n\nDry-Sha: ${sha}\nRendered-Sha: ${sha}\n`, 'a 1.1 added'],
    ['Fix\n\nSigned-off-by: Ann <ann@example.com>', 'Fix'],
  ];
  const commits: string[] = [];
  for (const [message] of table) commits.push(await commit(message));
  const deeds = await readDeeds(git, commits);
  assert.deepEqual(
    commits.map((one) => deeds.get(one)),
    // In the same time zone for everybody.
    table.map(([, words, request]) => ({
      by: 'Ann',
      at: '2026-11-21T02:30:00.000Z',
      words,
      ...(request && { request }),
    })),
  );
});

test('what was published is read where a subject says so, and nowhere else', async (t) => {
  const { git, commit } = await repository(t);
  const sha = 'b'.repeat(40);
  const publish = await commit(`Publish ${sha}\n\nNo part changed.\n`);
  const other = await commit(`Publish ${sha} again`);
  assert.deepEqual([...(await readPublishes(git, [publish, other, publish]))], [[publish, sha]]);
});

test('folders are read by id as git lists them', async (t) => {
  const { git, commit } = await repository(t);
  const tip = await commit('files', 'a/b.yaml', 'a/ü `|.yaml', 'a/deeper/c.yaml', 'd');
  const root = await git.text(['rev-parse', `${tip}^{tree}`]);
  const folder = await git.text(['rev-parse', `${tip}:a`]);
  const trees = await readTrees(git, [root, folder]);
  assert.deepEqual(trees.get(root), await entriesOf(git, tip));
  assert.deepEqual(trees.get(folder), await entriesOf(git, tip, 'a/'));
  assert.deepEqual([...(await readTrees(git, [tip, folder])).keys()], [folder]);
  await assert.rejects(readTrees(git, ['0'.repeat(40)]), /is missing, not a tree/);
});
