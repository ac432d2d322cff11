import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outline } from './outline.ts';
import { checkTogether } from './together.ts';

const outline = (fields: Partial<Outline> = {}): Outline => ({ owner: 'team-a', port: 80, ...fields });
const said = (outlines: Record<string, Outline>, apps = Object.keys(outlines)) =>
  checkTogether(apps, outlines).map(({ app, message }) => {
    assert.ok(message.startsWith(`apps/${app}/app.ts: field `), message);
    return message.replace('/app.ts: field', '').replace('apps/', '');
  });

test('apps that call one another in one direction, at addresses of their own, are fine', () => {
  const routes = (host: string) => ({ routes: [`${host}/`] });
  assert.deepEqual(
    said({
      a: outline({ calls: ['b', 'c'], ...routes('a.example.org') }),
      b: outline({ calls: ['c'], ...routes('b.example.org') }),
      c: outline(),
    }),
    [],
  );
});

test('who can mend it is named, with the nearest app', () => {
  const table: [Record<string, Outline>, string[]][] = [
    [
      { shop: outline({ calls: ['reids'] }), redis: outline() },
      ['shop calls has "reids", which is no app; did you mean redis?'],
    ],
    [{ shop: outline({ calls: ['elsewhere'] }) }, ['shop calls has "elsewhere", which is no app']],
    [
      { shop: outline({ calls: ['job'] }), job: { owner: 'team-a' } },
      ['shop calls has "job", which has no port that anybody could call'],
    ],
    [
      { shop: outline({ calls: ['agent'] }), agent: outline({ scope: 'cluster' }) },
      ['shop calls has "agent", which is of scope cluster: an environment reaches only itself'],
    ],
    [
      {
        a: outline({ calls: ['b'] }),
        b: outline({ calls: ['c'] }),
        c: outline({ calls: ['a'] }),
        d: outline({ calls: ['a'] }),
      },
      ['a calls goes in a circle: a → b → c → a; one of them must not call'],
    ],
    [
      { a: outline({ routes: ['x.example.org/'] }), b: outline({ routes: ['x.example.org/', 'y.example.org/'] }) },
      ['a hosts has x.example.org/, which is that of b, too', 'b hosts has x.example.org/, which is that of a, too'],
    ],
    [
      {
        a: outline({ routes: { dev: ['x.example.org/'] } }),
        b: outline({ routes: { dev: ['y.example.org/'], staging: ['x.example.org/'] } }),
      },
      ['a hosts has x.example.org/, which is that of b, too', 'b hosts has x.example.org/, which is that of a, too'],
    ],
    [
      { a: outline({ routes: ['x.example.org/', 'x.example.org/'] }) },
      ['a hosts has x.example.org/ in two environments; give each its own under in'],
    ],
  ];
  for (const [outlines, messages] of table) assert.deepEqual(said(outlines), messages);
});

test('of an app that cannot be rendered nobody says that it is not there', () => {
  assert.deepEqual(said({ shop: outline({ calls: ['broken'] }) }, ['shop', 'broken']), []);
});
