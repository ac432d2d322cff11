import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lineOf } from './locate.ts';

const source = `import type { App } from 'x';
const other = { port: 1 };
/* export const app = { port: 2 } */
export const app: App = {
  name: 'a', // port: 3
  'quoted': \`port: {
  \`,
  list: [
    'x',
    { port: 4 },
  ],
  nested: { deep: {
      port: 5,
    } },
  shorthand,
  call: make({ port: 6 }),
  port: 7,
};
`;

test('a field is found on its line, wherever else its name stands', () => {
  const table: [path: (string | number)[], line: number][] = [
    [['name'], 5],
    [['quoted'], 6],
    [['list'], 8],
    [['list', 0], 9],
    [['list', 1, 'port'], 10],
    [['nested', 'deep', 'port'], 13],
    [['shorthand'], 15],
    [['port'], 17],
  ];
  for (const [path, line] of table) assert.equal(lineOf(source, path), line, path.join('.'));
});

test('what the text does not spell out is found at its parent', () => {
  assert.equal(lineOf(source, ['nested', 'missing']), 12);
  assert.equal(lineOf(source, ['missing']), 4);
  assert.equal(lineOf(source, []), 4);
});

test('a text that declares no app has no lines', () => {
  for (const text of ['', 'export const app = make();', 'export default {};', '{', "'"])
    assert.equal(lineOf(text, ['name']), undefined);
});
