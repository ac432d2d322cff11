import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  chaptersOf,
  folded,
  folderOf,
  isShared,
  type MainCommit,
  mergedIn,
  revertedBy,
  type Stretch,
  type Taken,
  takenBackIn,
} from './commits.ts';

const commit = (sha: string, folders: string[] = [], reverts?: string): MainCommit => ({
  sha,
  author: 'Ann',
  subject: sha,
  reverts,
  folders: new Set(folders),
});

test('a commit and its revert are one story', () => {
  const told = (commits: MainCommit[]) =>
    folded(commits).map(({ commit, revert }) => `${commit.sha}${revert ? `-${revert.sha}` : ''}`);
  const table: [string, MainCommit[], string[]][] = [
    ['nothing was reverted', [commit('b'), commit('a')], ['b', 'a']],
    ['one was', [commit('c', [], 'a'), commit('b'), commit('a')], ['a-c', 'b']],
    ['it was done before', [commit('c', [], 'x'), commit('b')], ['c', 'b']],
    ['the revert was reverted', [commit('c', [], 'b'), commit('b', [], 'a'), commit('a')], ['b-c', 'a']],
    ['it was reverted twice', [commit('c', [], 'a'), commit('b', [], 'a'), commit('a')], ['a-c', 'b']],
    ['it says that it reverts itself', [commit('a', [], 'a')], ['a']],
  ];
  for (const [what, commits, expected] of table) assert.deepEqual(told(commits), expected, what);
});

test('what a message takes back', () => {
  const sha = '0123456789abcdef'.repeat(2).padEnd(40, '0');
  const table: [message: string, taken: Taken[], whole?: string][] = [
    [`Revert "feat: x"\n\nThis reverts commit ${sha}.\n`, [{ commit: sha }], sha],
    [
      `Revert "Merge branch 'x'"\n\nThis reverts commit ${sha}, reversing\nchanges made to ${'f'.repeat(40)}.\n`,
      [{ commit: sha }],
      sha,
    ],
    [`Revert "x"\n\n\nThis reverts commit ${sha}\n\nCo-authored-by: Ann <ann@example.com>`, [{ commit: sha }], sha],
    // A squash of several reverts, and what people write themselves.
    [
      `Back\n\nThis reverts commit 0123456.\n\nThis reverts commit ${sha}.`,
      [{ commit: '0123456' }, { commit: sha }],
      sha,
    ],
    ['This reverts merge request !5', [{ iid: 5 }]],
    ['Back\n\nThis reverts merge request g/p!5.', [{ iid: 5, project: 'g/p' }]],
    ['This reverts commit 012345', []],
    ['This reverts merge request !5 in part', []],
    [`See: This reverts commit ${sha}`, []],
  ];
  for (const [message, taken, whole] of table)
    assert.deepEqual([takenBackIn(message), revertedBy(message)], [taken, whole], message);
});

test('which request a message says it merged', () => {
  const said = (message: string) => {
    const { iid, project } = mergedIn(message) ?? {};
    return iid === undefined ? 'none' : `${project}!${iid}`;
  };
  assert.deepEqual(
    [
      'See merge request g/p!4\n\nSee merge request g/s/p!5',
      'See merge request !5',
      'as in See merge request g/p!6',
    ].map(said),
    ['g/s/p!5', '!5', 'none'],
  );
});

test('what a path is part of: a file beside the apps is shared by all of them', () => {
  const told = (path: string) => `${folderOf(path)}${isShared(folderOf(path)) ? ' shared' : ''}`;
  assert.deepEqual(['apps/a/app.ts', 'apps/index.ts', 'README.md', 'clusters/x/y.ts'].map(told), [
    ...['apps/a', 'apps shared', 'README.md', 'clusters shared'],
  ]);
});

test('every commit is told once, with the apps that it concerns', () => {
  const commits = ['apps/a', 'clusters', 'service', 'apps/b apps/a', 'README.md', 'apps/a'].map(
    (folders, index) => [6 - index, commit(`${6 - index}`, folders.split(' '))] as const,
  );
  const stretches = [
    { name: 'a', from: 1, to: 6 },
    { name: 'b', from: 0, to: 5, build: 'service' },
  ];
  const told = (some: readonly Stretch[]) =>
    chaptersOf(some, commits).map(({ apps, shared, stories }) => [
      apps.join(),
      shared,
      stories.map(({ commit }) => commit.sha).join(),
    ]);
  assert.deepEqual(told(stretches), [
    ['a', false, '6'],
    ['a,b', false, '3'],
    ['b', false, '4'],
    ['a,b', true, '5'],
  ]);
  // What all are rendered from is told where a part changed with it.
  assert.deepEqual(told([{ name: 'a', from: 1, to: 6, spans: [[5, 6]] }]).at(-1), ['a', false, '6,3']);
  assert.deepEqual(told([{ name: 'a', from: 1, to: 6, spans: [[4, 6]] }]).at(-1), ['a', true, '5']);
});
