import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from './finding.ts';
import { gitOf, nodeOf, packagesOf, programsOf } from './machine.ts';

test('git is 2.31 or later', () => {
  const table: [string, Finding['verdict'], RegExp][] = [
    ['git version 2.39.5', 'ok', /^git is 2\.39\.5;/],
    ['git version 2.31.0', 'ok', /2\.31\.0/],
    ['git version 2.39.5 (Apple Git-154)', 'ok', /2\.39\.5 \(Apple Git-154\)/],
    ['git version 2.47.1.windows.1', 'ok', /windows/],
    ['git version 3.0.0-rc1', 'ok', /3\.0\.0-rc1/],
    ['git version 2.30.9', 'wrong', /^git is 2\.30\.9, and 2\.31 or later is needed/],
    ['git version 2.4.11', 'wrong', /2\.4\.11/],
    ['git version 1.99.0', 'wrong', /1\.99/],
    ['git version unknown', 'unknown', /git says git version unknown/],
  ];
  for (const [said, verdict, says] of table) {
    const found = gitOf(said);
    assert.equal(found.verdict, verdict, said);
    assert.match(found.says, says);
  }
});

test('Node is 22.18 or later', () => {
  const table = { '24.21.0': 'ok', '22.18.0': 'ok', '23.0.1': 'ok', '22.17.9': 'wrong', '20.19.0': 'wrong' };
  assert.deepEqual(Object.fromEntries(Object.keys(table).map((said) => [said, nodeOf(said).verdict])), table);
});

test('packages that are not what a lockfile says are installed anew, each where it belongs', () => {
  const found = (...lacking: string[]) => packagesOf(['', 'service/', 'shop/'], (folder) => !lacking.includes(folder));
  assert.equal(found().verdict, 'ok');
  assert.deepEqual([found('').verdict, found('').run], ['wrong', 'npm ci --ignore-scripts']);
  assert.equal(found('', 'service/').run, 'npm ci --ignore-scripts && npm ci --ignore-scripts --prefix service');
  assert.match(found('', 'shop/').says, /in the repository and shop:/);
});

test('a program that is not there is wanted for something, and no fault', () => {
  const redis = { command: 'redis-server', why: 'the demo runs it' };
  assert.equal(programsOf('programs', [], 'never').verdict, 'ok');
  assert.deepEqual(programsOf('programs', [redis], 'apt-get install redis-server'), {
    name: 'programs',
    verdict: 'unknown',
    says: 'Not here: redis-server (the demo runs it).',
    run: 'apt-get install redis-server',
  });
  assert.match(programsOf('programs', [redis], undefined).remedy ?? '', /package manager/);
});
