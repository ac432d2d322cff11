import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Column, columns, shortened, widthOf } from './columns.ts';

test('a table is as wide as its cells, and no line ends in blanks', () => {
  const rows = [
    ['app', 'version', 'note'],
    ['counter', '1.0.3', ''],
    ['redis', '8.4.1-alpine', 'held'],
  ];
  assert.deepEqual(columns(rows), ['app      version       note', 'counter  1.0.3', 'redis    8.4.1-alpine  held']);
  assert.deepEqual(
    columns(
      [
        ['', '7'],
        ['parts', '1,312'],
      ],
      { shape: [{}, { align: 'right' }] },
    ),
    ['           7', 'parts  1,312'],
  );
  assert.deepEqual(columns([]), []);
});

test('where it is too wide the widest column that may be shortened gives first', () => {
  const rows = [
    ['counter', 'a subject of many words', 'registry.example/counter'],
    ['redis', 'short', 'registry.example/redis'],
  ];
  const shape: Column[] = [{}, { least: 8 }, { least: 12 }];
  assert.deepEqual(columns(rows, { width: 44, shape }), [
    'counter  a subject of ma…  registry.example…',
    'redis    short             registry.example…',
  ]);
  assert.deepEqual(columns(rows, { width: 10, shape }), [
    'counter  a subje…  registry.ex…',
    'redis    short     registry.ex…',
  ]);
  assert.equal(columns(rows, { width: 10 })[0]?.length, 58, 'nothing says that it may be shortened');
});

test('a colour takes no room, and covers what is read, not the blanks', () => {
  const paint = (text: string, colour: string) => `<${colour}>${text}</>`;
  const rows = [
    [{ text: 'held', colour: 'red' as const }, 'x'],
    ['equal', 'y'],
  ];
  assert.deepEqual(columns(rows, { paint }), ['<red>held</>   x', 'equal  y']);
  assert.deepEqual(columns(rows), ['held   x', 'equal  y']);
});

test('what a terminal shows wide counts twice, and marks count nothing', () => {
  const table: [string, number][] = [
    ['counter', 7],
    ['→ …', 3],
    ['日本', 4],
    ['e\u0301', 1],
    ['\u200b', 0],
    ['👍🏽', 2],
    ['👩‍💻', 2],
    ['🇨🇭', 2],
    ['✔', 1],
    ['✔️', 2],
    ['한국', 4],
    ['ａ', 2],
    ['ü', 1],
  ];
  for (const [text, width] of table) assert.equal(widthOf(text), width, text);
  assert.equal(shortened('日本語', 5), '日本…');
  assert.equal(shortened('日本語', 4), '日…');
  assert.equal(shortened('日本語', 6), '日本語');
  assert.equal(shortened('cafe\u0301 noir', 5), 'cafe\u0301…');
});

test('no line is wider than the terminal where shortening can help, and no more is cut than that takes', () => {
  const cell = fc.oneof(fc.string({ maxLength: 30 }), fc.string({ unit: 'grapheme', maxLength: 12 }));
  const printable = cell.map((text) => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ''));
  const tables = fc.integer({ min: 1, max: 5 }).chain((count) =>
    fc.record({
      rows: fc.array(fc.array(printable, { minLength: count, maxLength: count }), { minLength: 1, maxLength: 5 }),
      shape: fc.array(fc.record({ least: fc.integer({ min: 2, max: 9 }) }, { requiredKeys: [] }), {
        minLength: count,
        maxLength: count,
      }),
      width: fc.integer({ min: 5, max: 120 }),
    }),
  );
  fc.assert(
    fc.property(tables, ({ rows, shape, width }) => {
      const natural = shape.map((_, at) => Math.max(...rows.map((row) => widthOf(row[at] as string))));
      const least = natural.map((each, at) => Math.min(each, shape[at]?.least ?? each));
      const sum = (widths: readonly number[]) => widths.reduce((all, each) => all + each + 2, -2);
      const widest = Math.max(...columns(rows, { width, shape }).map(widthOf));
      assert.ok(widest <= Math.max(width, sum(least)), `${widest} of ${width}, at least ${sum(least)}`);
      if (sum(natural) <= width) assert.deepEqual(columns(rows, { width, shape }), columns(rows));
    }),
    { numRuns: 200 },
  );
});
