import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ProjectToken, tokenNeeds, tokensOf } from './token.ts';

const today = '2026-11-22';
const token = (name: string, more: Partial<ProjectToken> = {}): ProjectToken => ({
  ...{ name, scopes: tokenNeeds.find((need) => need.name === name)?.scopes ?? [], level: 20, account: 1 },
  ...{ expires: '2027-06-01', ...more },
});
const about = (tokens: readonly ProjectToken[], name: string, merges = false) =>
  tokensOf(tokens, today, merges).filter((finding) => finding.name === name);

test('each purpose has a token of its own, and only those who move branches can push', () => {
  assert.equal(new Set(tokenNeeds.map(({ name }) => name)).size, tokenNeeds.length);
  const pushing = tokenNeeds.filter(({ scopes }) => scopes.includes('write_repository')).map(({ purpose }) => purpose);
  assert.deepEqual(pushing, ['publish', 'promote', 'renovate', 'hand-over']);
  // No two are given to the same job.
  const places = tokenNeeds.flatMap(({ variable }) => (variable ? [`${variable.key} ${variable.environment}`] : []));
  assert.equal(new Set(places).size, places.length);
});

test('a token that can do more than its purpose needs, or ends soon or never, is wrong', () => {
  const cases: [Partial<ProjectToken>, 'ok' | 'wrong', RegExp][] = [
    [{}, 'ok', /^It ends on 2027-06-01\.$/],
    [{ scopes: ['write_repository', 'read_repository'], level: 40 }, 'ok', /ends/],
    [{ scopes: ['write_repository', 'self_rotate'] }, 'ok', /ends/],
    [{ scopes: ['api', 'write_repository'] }, 'wrong', /could do more: api/],
    [{ level: 50 }, 'wrong', /the role maintainer is enough/],
    [{ expires: undefined }, 'wrong', /never ends/],
    [{ expires: '2026-12-21' }, 'wrong', /ends on 2026-12-21, in 29 days/],
    [{ expires: '2026-12-22' }, 'ok', /ends on 2026-12-22/],
    [{ expires: '2026-11-23' }, 'wrong', /in 1 day\./],
  ];
  for (const [more, verdict, says] of cases) {
    const [found] = about([token('slipway-publish', more)], 'token slipway-publish');
    assert.equal(found?.verdict, verdict, JSON.stringify(more));
    assert.match(found?.says ?? '', says);
  }
  const [missing] = about([], 'token slipway-argocd');
  assert.deepEqual([missing?.verdict, missing?.says], ['todo', 'There is none: it lets Argo CD read the branches.']);
});

test('promote is a maintainer only where it merges by itself', () => {
  const promote = [token('slipway-promote', { level: 40 })];
  assert.equal(about(promote, 'token slipway-promote')[0]?.verdict, 'wrong');
  assert.equal(about(promote, 'token slipway-promote', true)[0]?.verdict, 'ok');
});

test('two tokens of one name are both looked at', () => {
  const found = about([token('slipway-publish'), token('slipway-publish', { level: 50 })], 'token slipway-publish');
  assert.deepEqual(
    found.map(({ verdict }) => verdict),
    ['ok', 'wrong'],
  );
});
