import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type State, stateOf } from './state.ts';
import { Timeline } from './timeline.ts';

/** Four parts of one app, in the order in which they were published: p1 at commit 0 … p4 at commit 6. */
const timeline = new Timeline();
for (const [index, part] of ['p1', 'p2', 'p3', 'p4'].entries()) timeline.add(index * 2, part);

test('the state of an app in an environment', () => {
  const table: [
    name: string,
    target: string | undefined,
    desired: string | undefined,
    seen: string[],
    expected: State,
  ][] = [
    ['nothing there yet', undefined, 'p1', [], { is: 'older' }],
    ['what is offered runs', 'p2', 'p2', ['p1', 'p2'], { is: 'equal' }],
    ['an update waits', 'p1', 'p2', ['p1'], { is: 'older' }],
    ['an update waits that skips one', 'p1', 'p4', ['p1'], { is: 'older' }],
    ['the source went back', 'p3', 'p2', ['p2', 'p3'], { is: 'newer' }],
    ['a revert', 'p1', 'p3', ['p1', 'p2'], { is: 'held', heldBelow: 'p2' }],
    ['a revert, and the source offers the same again', 'p1', 'p2', ['p1', 'p2'], { is: 'held', heldBelow: 'p2' }],
    ['half-way back', 'p2', 'p4', ['p1', 'p2', 'p3'], { is: 'held', heldBelow: 'p3' }],
    ['two reverts: the latest part counts', 'p1', 'p4', ['p1', 'p3', 'p2'], { is: 'held', heldBelow: 'p3' }],
    ['a folder deleted', undefined, 'p2', ['p1'], { is: 'held', heldBelow: 'p1' }],
    ['a revert while source and target agree', 'p1', 'p1', ['p1', 'p2'], { is: 'equal', heldBelow: 'p2' }],
    ['a revert that is still newer than the source', 'p2', 'p1', ['p2', 'p3'], { is: 'newer', heldBelow: 'p3' }],
    ['a hand edit', 'mine', 'p2', ['p1', 'mine'], { is: 'edited' }],
    ['a hand edit that was reverted', 'p1', 'p2', ['p1', 'mine'], { is: 'older' }],
    [
      'a hand edit on the way, then a revert below it',
      'p1',
      'p3',
      ['p1', 'mine', 'p2'],
      { is: 'held', heldBelow: 'p2' },
    ],
    ['nothing is offered', 'p2', undefined, ['p2'], { is: 'none' }],
    ['nothing is offered, and it was taken back', 'p1', undefined, ['p1', 'p2'], { is: 'none', heldBelow: 'p2' }],
    ['offered is what never stood here', 'p1', 'other', ['p1'], { is: 'none' }],
  ];
  for (const [name, target, desired, seen, expected] of table) {
    assert.deepEqual(stateOf({ timeline, target, desired, seen: new Set(seen) }), expected, name);
  }
});

test('an app that was never published here is nothing, unless somebody put it there', () => {
  assert.deepEqual(stateOf({ timeline: undefined, target: undefined, desired: undefined, seen: new Set() }), {
    is: 'none',
  });
  assert.deepEqual(stateOf({ timeline: undefined, target: 'mine', desired: undefined, seen: new Set(['mine']) }), {
    is: 'edited',
  });
});

test('a move forwards is never taken while a later part of ours was seen', () => {
  const parts = ['p1', 'p2', 'p3', 'p4'];
  fc.assert(
    fc.property(
      fc.constantFrom(...parts, undefined),
      fc.constantFrom(...parts),
      fc.subarray(parts),
      (target, desired, seen) => {
        const { is } = stateOf({ timeline, target, desired, seen: new Set(seen) });
        const later = seen.some((part) => parts.indexOf(part) > parts.indexOf(target ?? ''));
        if (is === 'older') assert.ok(!later && parts.indexOf(desired) > parts.indexOf(target ?? ''));
        if (is === 'held') assert.ok(later);
      },
    ),
  );
});

test('a timeline knows which part stood at a commit, and the newest commit of a part', () => {
  assert.equal(timeline.at(-1), undefined);
  assert.equal(timeline.at(0), 'p1');
  assert.equal(timeline.at(3), 'p2');
  assert.equal(timeline.newest('p1', 9), 1);
  assert.equal(timeline.newest('p4', 9), 8);
  assert.equal(timeline.newest('other', 9), undefined);
});
