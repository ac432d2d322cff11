import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkApp } from './app-schema.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const web = { kind: 'web', name: 'shop', owner: 'team-shop', image: `r/shop:1@${digest}`, port: 80 };

test('defaults are filled in', () => {
  assert.partialDeepStrictEqual(checkApp('shop', web), { ready: '/readyz', live: '/healthz', env: {}, grace: 30 });
});

test('a wrong definition is refused with file, field, value and what was expected', () => {
  const store = {
    kind: 'store',
    name: 'db',
    owner: 'team-db',
    image: `r/db:1@${digest}`,
    port: 1,
    ready: ['x'],
    user: { uid: 1, gid: 1 },
    volume: { path: '/d', size: '1Gi' },
  };
  const table: [unknown, RegExp][] = [
    [{ ...web, prot: 1 }, /apps\/shop\/app\.ts: field prot is not known; is it misspelt\?/],
    [{ ...web, port: undefined }, /apps\/shop\/app\.ts: field port is missing/],
    [{ ...web, port: 70000 }, /apps\/shop\/app\.ts: field port is 70000/],
    [{ ...web, owner: '' }, /field owner is "": must be a team/],
    [{ ...web, name: 'Shop' }, /field name is "Shop": must be a DNS label/],
    [{ ...web, name: undefined }, /field name is missing/],
    [{ ...web, kind: 'wbe' }, /field kind is "wbe".*'web' \| 'store'/],
    [{ ...web, image: 'redis:8' }, /field image is "redis:8": must be pinned/],
    [{ ...web, image: { repository: 'r/x', buld: 's' } }, /field image\.buld is not known/],
    [
      { ...web, resources: { cpu: '1 core', memory: '1Gi' } },
      /field resources\.cpu is "1 core": must be a quantity such as '100m'/,
    ],
    [{ ...web, ready: 'readyz' }, /field ready is "readyz": must be a path/],
    [{ ...web, env: { 'a-b': 'x' } }, /field env/],
    [{ ...store, volume: { path: '/d' } }, /field volume\.size is missing/],
    [{ ...store, user: { uid: 0, gid: 1 } }, /field user\.uid is 0/],
    [null, /apps\/shop\/app\.ts: field value is null/],
    [undefined, /it exports no `app`/],
    [{ ...web, name: 'bank' }, /field name is "bank"; it must be that of its folder, shop/],
  ];
  for (const [value, message] of table) assert.throws(() => checkApp('shop', value), message, JSON.stringify(value));
});

test('all mistakes are told at once', () => {
  assert.throws(
    () => checkApp('shop', { ...web, prot: 1, port: 0, owner: 'X' }),
    (error: Error) => {
      return [/shop.*prot/, /shop.*port is 0/, /shop.*owner is "X"/].every((message) => message.test(error.message));
    },
  );
});
