import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Standing } from './course.ts';
import { Timeline } from './timeline.ts';
import { missingTogether } from './together-before.ts';

/** `a1:0 a2:2` is an app's parts, each with the commit of `rendered` that brought it. */
const timelinesOf = (text: string, side: string) => {
  const timelines = new Map<string, Timeline>();
  for (const word of text.split(' ')) {
    const [part = '', index] = word.split(':');
    const timeline = timelines.get(part.slice(0, 1)) ?? new Timeline();
    timeline.add(Number(index), `${side}-${part}`);
    timelines.set(part.slice(0, 1), timeline);
  }
  return timelines;
};

/** `a1 b1, a2, -b` is a branch, oldest first: what each commit brings or takes away. */
const branch = (text: string): Standing[] =>
  text
    .split(', ')
    .flatMap((commit, index) =>
      commit.split(' ').map((word) => ({
        commit: `${index}`,
        time: index,
        name: word.replace('-', '').slice(0, 1),
        part: word.startsWith('-') ? undefined : `source-${word}`,
      })),
    )
    .reverse();

const missing = (rendered: string, source: string, target: string, targetRendered = rendered, moved = '') => {
  const [of, from] = [timelinesOf(targetRendered, 'target'), timelinesOf(rendered, 'source')];
  return missingTogether({
    vector: new Map(target.split(' ').map((part) => [part.slice(0, 1), `target-${part}`])),
    targetTimeline: (app) => of.get(app),
    sourceTimeline: (app) => from.get(app),
    moved: new Set(moved.split(' ')),
    length: 10,
    standings: branch(source),
  }).join(' ');
};

test('whether a combination ran together before, and what was missing when it came closest', () => {
  const parts = 'a1:0 b1:0 a2:2 b2:4 a3:6';
  const table: [what: string, source: string, target: string, missing: string][] = [
    ['the source runs it now', 'a1 b1, a2 b2', 'a2 b2', ''],
    ['it ran once', 'a1 b1, a2, b2, a3', 'a2 b1', ''],
    ['it came in two commits', 'a1 b1, a2, b2', 'a2 b2', ''],
    ['both moved at once', 'a1 b1, a2 b2', 'a2 b1', 'b'],
    ['of two that are as close the later counts', 'a2 b2, a1 b1', 'a2 b1', 'a'],
    ['one was taken away meanwhile', 'a1 b1, -b, a2', 'a2 b1', 'b'],
    ['the source edited it', 'a1 bx, a2', 'a2 b1', 'b'],
    ['the target edited it', 'a1 b1, a2', 'a2 bx', 'b'],
    ['an app that the source never has', 'a1 b1', 'a1 b1 c1', ''],
    ['one app alone', 'a1, a2', 'a2', ''],
  ];
  for (const [what, source, target, expected] of table) assert.equal(missing(parts, source, target), expected, what);
});

test('a part of the target belongs to every part of the source that stood in rendered at the same time', () => {
  const source = 'a1:0 b1:0 b2:4';
  // Only the target's a changed at 2 and at 5.
  const target = 'a1:0 b1:0 a2:2 b2:4 a3:5';
  assert.equal(missing(source, 'a1 b1', 'a2 b1', target), '');
  assert.equal(missing(source, 'a1 b1', 'a3 b1', target), '');
  assert.equal(missing(source, 'a1 b1', 'a3 b2', target), 'b');
});

test('the closest is where what moves ran', () => {
  const parts = 'a1:0 b1:0 c1:0 a2:1 b2:1 c2:1';
  assert.equal(missing(parts, 'a1 b1 c1, a2 b2 c2', 'a2 b1 c1'), 'a');
  assert.equal(missing(parts, 'a1 b1 c1, a2 b2 c2', 'a2 b1 c1', parts, 'a'), 'b c');
});

test('a thousand apps over a thousand commits take no time', () => {
  const names = Array.from({ length: 1000 }, (_, index) => `app-${index}`);
  const timelines = new Map(names.map((name) => [name, new Timeline()]));
  for (const name of names) timelines.get(name)?.add(0, `${name}-0`);
  const standings: Standing[] = names.map((name) => ({ commit: '0', time: 0, name, part: `${name}-0` }));
  for (let commit = 1; commit <= 1000; commit++) {
    const name = names[commit % 1000] as string;
    timelines.get(name)?.add(commit, `${name}-${commit}`);
    standings.push({ commit: `${commit}`, time: commit, name, part: `${name}-${commit}` });
  }
  const vector = new Map(names.map((name) => [name, `${name}-0`]));
  const timelineOf = (name: string) => timelines.get(name);
  const start = performance.now();
  assert.deepEqual(
    missingTogether({
      moved: new Set(),
      vector: vector.set('app-1', 'app-1-1').set('app-2', 'app-2-2'),
      targetTimeline: timelineOf,
      sourceTimeline: timelineOf,
      length: 1001,
      standings: standings.reverse(),
    }),
    [],
  );
  assert.ok(performance.now() - start < 500);
});
