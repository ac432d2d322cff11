import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, type ProtectionRule, proposalOf, protectionOf } from './protection.ts';

const rule = (pattern: string, more: Partial<ProtectionRule> = {}): ProtectionRule => ({
  pattern,
  allowsForcePush: false,
  inherited: false,
  push: [],
  merge: [],
  ownersApprove: false,
  ...more,
});
const open = { allowsForcePush: true };

test('a star in a rule stands for any text, and everything else for itself', () => {
  const table: [string, string, boolean][] = [
    ['main', 'main', true],
    ['main', 'mainline', false],
    ['main', 'Main', false],
    ['*', 'env/production', true],
    ['env/*', 'env/dev', true],
    ['env/*', 'env/', true],
    ['env/*', 'env', false],
    ['env/*', 'my-env/dev', false],
    ['*/dev', 'env/x/dev', true],
    ['*-stable', 'production-stable', true],
    ['e*v/**e*', 'env/dev-next', true],
    ['v1.*', 'v1.2', true],
    ['v1.*', 'v123', false],
    ['env/(dev|staging)', 'env/dev', false],
    ['env/[ds]*', 'env/dev', false],
    ['', 'main', false],
  ];
  for (const [pattern, branch, expected] of table) {
    assert.equal(covers(rule(pattern), branch), expected, `${pattern} ${branch}`);
  }
});

test('a branch is protected by its exact name when no rule that covers it allows force push', () => {
  const table: [ProtectionRule[], 'ok' | 'wrong', RegExp][] = [
    [[rule('env/dev')], 'ok', /protected by its exact name/],
    [[rule('env/dev'), rule('env/*'), rule('main', open)], 'ok', /exact name/],
    [[], 'wrong', /No rule protects env\/dev/],
    [[rule('env/de'), rule('main')], 'wrong', /No rule protects/],
    [[rule('env/dev', open)], 'wrong', /The rule env\/dev allows force push/],
    [
      [rule('env/dev'), rule('env/*', open)],
      'wrong',
      /The rule env\/\* allows force push to env\/dev, .*most permissive/,
    ],
    [[rule('env/dev'), rule('*', open), rule('e*', open)], 'wrong', /The rules \*, e\* allow force push/],
    [[rule('env/*')], 'wrong', /Only the wildcard env\/\* protects env\/dev/],
  ];
  for (const [rules, verdict, says] of table) {
    const found = protectionOf('env/dev', rules);
    assert.equal(found.verdict, verdict);
    assert.match(found.says, says);
    assert.equal(found.remedy === undefined, verdict === 'ok');
  }
});

test('a rule of the group is to be changed in the group', () => {
  const allows = { ...open, inherited: true };
  assert.match(protectionOf('main', [rule('main'), rule('*', allows)]).remedy ?? '', /settings of the group/);
  assert.doesNotMatch(protectionOf('main', [rule('main'), rule('*', open)]).remedy ?? '', /group/);
});

test('a call mends the own rule of a branch, and no rule that others share', () => {
  const fixOf = (...rules: ProtectionRule[]) => protectionOf('env/dev', rules, protect).fix;
  const protect = { method: 'POST', path: '/protected_branches', body: { name: 'env/dev' } } as const;
  const off = { method: 'PATCH', path: '/protected_branches/env%2Fdev', body: { allow_force_push: false } };
  assert.deepEqual(fixOf(rule('env/dev', open)), off);
  assert.equal(fixOf(rule('env/dev', { ...open, inherited: true })), undefined);
  assert.equal(fixOf(rule('env/*', open)), undefined);
  assert.equal(fixOf(rule('env/dev', open), rule('*', open)), undefined);
  assert.equal(fixOf(), protect);
  assert.equal(fixOf(rule('env/*')), protect);
});

test('a proposal must be one that promote can rewrite', () => {
  const table: [ProtectionRule[], 'ok' | 'wrong'][] = [
    [[rule('env/staging')], 'ok'],
    [[rule('env/*', open)], 'ok'],
    [[rule('env/*'), rule('*-next', open), rule('*-r*', open)], 'ok'],
    [[rule('env/*'), rule('*-next', open)], 'wrong'],
    [[rule('env/staging'), rule('env/*')], 'wrong'],
    [[rule('*-next')], 'wrong'],
  ];
  for (const [rules, verdict] of table) assert.equal(proposalOf('staging', rules).verdict, verdict);
  assert.match(proposalOf('staging', [rule('env/*')]).says, /The rule env\/\* protects env\/staging-next too/);
  assert.match(
    proposalOf('staging', [rule('*-rollback')]).says,
    /protects env\/staging-rollback too, so nobody can push/,
  );
});
