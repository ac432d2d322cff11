import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from '../commands/hydrate-commit.ts';
import { breaks } from './breaks.ts';
import { broken, caught, unstarted } from './teeth.ts';

test('every break on the list can still be made, in one place of the code', async () => {
  for (const one of breaks) {
    const source = await readFile(join(program, 'generators', one.file), 'utf8');
    assert.notEqual(broken(one, source), source);
  }
});

test('a break that finds nothing, or too much, is an outdated list', () => {
  const one = { name: 'x', file: 'git/push.ts', find: 'a', replace: 'b', caughtBy: 'kill' } as const;
  assert.throws(() => broken(one, 'ccc'), /stands 0 times/);
  assert.throws(() => broken(one, 'aca'), /stands 2 times/);
});

test('a program that could not be started is no verdict', () => {
  assert.match('promotions failed after 2 s\nspawn /usr/bin/node ENOENT', unstarted);
  assert.match('git was not found: install it (apt-get install git) and run again.', unstarted);
  assert.doesNotMatch('promotions failed after 2 s\nENOENT: no such file or directory', unstarted);
});

test('a publisher that does not see that a pipeline is late is noticed', async () => {
  const late = breaks.find(({ name }) => name === 'a late pipeline is not seen to be late');
  assert.ok(late);
  assert.match((await caught({ ...late, count: 2 }, 1)) ?? 'it was not', /^permutations failed/);
});
