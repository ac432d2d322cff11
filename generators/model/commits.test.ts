import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chaptersOf, folded, type MainCommit, revertedBy, type Stretch } from './commits.ts';

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
  const table: [string, string | undefined][] = [
    [`Revert "feat: x"\n\nThis reverts commit ${sha}.\n`, sha],
    [`Revert "Merge branch 'x'"\n\nThis reverts commit ${sha}, reversing\nchanges made to ${'f'.repeat(40)}.\n`, sha],
    [`Revert "x"\n\n\nThis reverts commit ${sha}\n\nCo-authored-by: Ann <ann@example.com>`, sha],
    ['This reverts merge request !5', undefined],
    ['This reverts commit 0123456', undefined],
    [`See: This reverts commit ${sha}`, undefined],
  ];
  for (const [message, expected] of table) assert.equal(revertedBy(message), expected);
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
