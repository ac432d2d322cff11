import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Spark, spark } from './spark.ts';

const drawn = (given: Partial<Spark>) =>
  spark({ id: 'a', title: 'A', says: 'B', points: [], ceiling: 1, marks: [], ...given }).text;
const lines = (text: string) => /class="line" d="([^"]*)"/.exec(text)?.[1];

test('a picture goes from its oldest point to its newest, and little is seen to be little', () => {
  assert.equal(lines(drawn({ points: [0, 1] })), 'M0 28L120 2h.1');
  assert.equal(lines(drawn({ points: [0, 1], ceiling: 2 })), 'M0 28L120 15h.1');
  assert.equal(lines(drawn({ points: [0, 4], ceiling: 2 })), 'M0 28L120 2h.1', 'nothing leaves it at the top');
  assert.equal(lines(drawn({ points: [-1, 1] })), 'M0 28L120 2h.1', 'nor at the bottom');
});

test('what was not measured is a gap, one point alone is a dot, and nothing at all is a line of ground', () => {
  assert.equal(lines(drawn({ points: [0, undefined, 1, 1] })), 'M0 28h.1M80 2L120 2h.1');
  assert.equal(lines(drawn({ points: [1] })), 'M0 2h.1');
  const empty = drawn({ points: [undefined, undefined] });
  assert.equal(lines(empty), undefined);
  assert.match(empty, /class="ground"/);
});

test('a roll-out and a step back have marks of different shapes, inside the picture', () => {
  const text = drawn({
    points: [1, 1],
    marks: [
      { at: 0.5, isBack: false },
      { at: 1, isBack: true },
    ],
  });
  assert.match(text, /<path class="mark" d="M60 0V30M57 30l3 -6l3 6z"\/>/);
  assert.match(text, /<path class="mark back" d="M118 0V30M121 24l-6 3l6 3z"\/>/);
});

test('it has a name and a description for whoever does not see it, and no style of its own', () => {
  const text = drawn({ title: '<requests>', says: '"5" & 6' });
  assert.match(text, /role="img" aria-labelledby="a-title a-says"/);
  assert.match(text, /<title id="a-title">&#60;requests&#62;<\/title><desc id="a-says">&#34;5&#34; &#38; 6<\/desc>/);
  assert.doesNotMatch(text, /style/);
});
