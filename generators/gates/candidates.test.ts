import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Standing } from '../model/course.ts';
import { Timeline } from '../model/timeline.ts';
import { candidatesOf, liveSince } from './candidates.ts';

const timeline = new Timeline();
for (let index = 0; index < 6; index++) timeline.add(index, `p${index}`);

/** What stood there, oldest first, a minute each; `-` is nothing, and what is not in the timeline was edited. */
const standingsOf = (parts: string): Standing[] =>
  parts
    .split(' ')
    .map((part, index) => ({
      commit: `c${index}`,
      name: 'a',
      part: part === '-' ? undefined : part,
      time: index * 60_000,
    }))
    .reverse();

test('what may be offered is the newest part and those before it, up to a step back or an edit', () => {
  const table: [what: string, stood: string, offered: string][] = [
    ['the first part', 'p0', 'p0'],
    ['steps forward', 'p0 p1 p3', 'p3 p1 p0'],
    ['a step back withdraws what was newer, and what stood before it', 'p0 p1 p2 p1', 'p1'],
    ['steps forward after a step back', 'p0 p2 p1 p3 p4', 'p4 p3 p1'],
    ['a step back over several', 'p0 p1 p2 p3 p0', 'p0'],
    ['an edit stands', 'p0 p1 edited', ''],
    ['an edit was taken away by the part before it', 'p0 p1 edited p1', 'p1'],
    ['an edit was taken away by a newer part', 'p0 edited p1 p2', 'p2 p1'],
    ['a folder was deleted', 'p0 p1 -', ''],
    ['a deleted folder came back', 'p0 p1 - p1', 'p1'],
    ['nothing ever stood there', '-', ''],
  ];
  for (const [what, stood, offered] of table) {
    const found = candidatesOf(standingsOf(stood), timeline).map(({ part }) => part);
    assert.equal(found.join(' '), offered, what);
  }
  assert.deepEqual(candidatesOf([], timeline), []);
});

test('a part is live since it was first synced, without a break, and never before its commit', () => {
  const candidates = candidatesOf(standingsOf('p0 p1 p2'), timeline);
  const partAt = (revision: string) => (/^c\d$/.test(revision) ? revision.replace('c', 'p') : undefined);
  const at = (index: number, ...deployed: [revision: string, minute: number][]) =>
    liveSince(
      candidates,
      index,
      deployed.map(([revision, minute]) => ({ revision, time: minute * 60_000 })),
      partAt,
    ) / 60_000;
  assert.equal(at(0), 2, 'its commit, where no sync is known');
  assert.equal(at(0, ['c2', 5], ['c1', 4]), 5);
  assert.equal(at(0, ['c2', 9], ['c2', 5], ['c1', 4]), 5, 'it was synced twice');
  assert.equal(at(1, ['c2', 5], ['c1', 4], ['c0', 3]), 4, 'what followed it counts');
  assert.equal(at(2, ['c2', 5], ['c1', 4], ['c0', 3]), 3);
  assert.equal(at(1, ['c2', 9], ['c0', 8], ['c1', 4]), 9, 'Argo CD had gone back in between');
  assert.equal(at(0, ['c2', 1]), 2, 'clocks differ');
  assert.equal(at(0, ['main', 5]), 5, 'something else was synced after its commit');
  assert.equal(at(0, ['c1', 1]), 2, 'it changed nothing that had to be synced');
});
