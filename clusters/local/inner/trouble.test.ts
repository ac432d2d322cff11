import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trouble } from './trouble.ts';

const told = (lines: readonly string[], how = 'status 1') => trouble(lines, { root: '/w', folder: 'shop', how });

test('why a program ended is one line that names its own file, whatever it said', () => {
  const table: readonly [readonly string[], string][] = [
    [
      [
        'file:///w/shop/server.ts:12',
        'const = 1;',
        '      ^',
        'SyntaxError: Unexpected token',
        '    at node:internal:1',
      ],
      'shop/server.ts:12: SyntaxError: Unexpected token (status 1)',
    ],
    [
      ['TypeError: no', '    at f (file:///w/shop/node_modules/x/a.js:3:1)', '    at file:///w/shop/app.ts:7:2'],
      'shop/app.ts:7: TypeError: no (status 1)',
    ],
    [
      ['{"level":"error","reason":"Error: gone\\n    at file:///w/shop/app.ts:9:1"}'],
      'shop/app.ts:9: Error: gone (status 1)',
    ],
    [['PORT is "x", which is no port.', ''], 'shop: PORT is "x", which is no port. (status 1)'],
    [[], 'shop: it said nothing (status 1)'],
  ];
  for (const [lines, expected] of table) assert.equal(told(lines), expected);
  assert.match(told(["Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'x'"]), /npm ci --prefix shop\.$/);
});
