import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isComposed, isSame, type Link, tended } from './proposed.ts';
import { Timeline } from './timeline.ts';

const timelineOf = (...parts: string[]) => {
  const timeline = new Timeline();
  for (const [index, part] of parts.entries()) timeline.add(index, part);
  return timeline;
};
const timelines = new Map([
  ['staging/a', timelineOf('a1', 'a2')],
  ['staging/b', timelineOf('b1', 'b2')],
  ['staging/.gitlab-ci.yml', timelineOf('p1')],
]);
const folder = '040000';
const sets = (...all: [string, string | undefined, string?][]): Link => ({
  commit: 'c',
  message: `${all.map(([name]) => name).join()}\n\n`,
  isMerge: false,
  sets: all.map(([name, id, mode = folder]) => ({ name, id, mode })),
});

test('a proposal is composed when it puts parts of rendered, each once, and nothing else', () => {
  const table: [string, readonly Link[], boolean][] = [
    ['nothing', [], true],
    ['one commit per app', [sets(['a', 'a2']), sets(['b', 'b1'])], true],
    ['several apps in one', [sets(['a', 'a2'], ['b', 'b1'])], true],
    ['an app taken away', [sets(['a', undefined])], true],
    ['the pipeline file', [sets(['.gitlab-ci.yml', 'p1', '100644'])], true],
    ['an app taken out again', [sets(['a', 'a2']), sets(['a', 'a1'])], false],
    ['a hand edit', [sets(['a', 'x'])], false],
    ["another app's part", [sets(['a', 'b1'])], false],
    ['a file of people', [sets(['CODEOWNERS', 'f', '100644'])], false],
    ['a part as something else than a folder', [sets(['a', 'a2', '160000'])], false],
    ['a merge', [{ ...sets(['a', 'a2']), isMerge: true }], false],
  ];
  for (const [what, links, is] of table) assert.equal(isComposed({ base: 't', links }, 'staging', timelines), is, what);
});

test('a proposal is the same when it puts the same on the same tip, commit by commit', () => {
  const write = (path: string, id: string) => ({ path, mode: folder, id });
  const commits = [
    { message: 'another text', writes: [write('b', 'b1'), write('a', 'a2')] },
    { message: '', writes: [{ path: 'c', deleted: true as const }] },
  ];
  const links = [sets(['a', 'a2'], ['b', 'b1']), sets(['c', undefined])];
  assert.equal(isSame({ base: 't', links }, 't', commits), true);
  assert.equal(isSame({ base: 'old', links }, 't', commits), false);
  assert.equal(isSame({ base: 't', links: links.slice(0, 1) }, 't', commits), false);
  assert.equal(isSame({ base: 't', links: links.toReversed() }, 't', commits), false);
});

test('what a person asked for follows the tip, and is asked again when what it touches has moved', () => {
  const entries = (a: string, b = 'b1') =>
    new Map([
      ['a', { mode: folder, id: a }],
      ['b', { mode: folder, id: b }],
    ]);
  const there = entries('a2');
  const asked = { base: 'old', links: [sets(['a', 'a1'])] };
  const now = (tip: string, a: string, b?: string) => ({ tip, entries: entries(a, b) });
  assert.deepEqual(tended(asked, there, now('old', 'a2')), { is: 'fine' });
  assert.deepEqual(tended(asked, there, now('new', 'a1')), { is: 'pointless' });
  assert.deepEqual(tended({ base: 'old', links: [] }, there, now('new', 'a1')), { is: 'pointless' });
  assert.deepEqual(tended(asked, there, now('new', 'a2', 'b2')), {
    is: 'behind',
    commits: [{ message: 'a\n', writes: [{ path: 'a', mode: folder, id: 'a1' }] }],
  });
  assert.deepEqual(tended(asked, there, now('new', 'a3')), { is: 'overtaken', names: ['a'] });
  // Of several, those that stand there by now are let go.
  const two = { base: 'old', links: [sets(['a', 'a1'], ['b', undefined])] };
  assert.deepEqual(tended(two, there, now('new', 'a1')), {
    is: 'behind',
    commits: [{ message: 'a,b\n', writes: [{ path: 'b', deleted: true }] }],
  });
});
