import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BranchRights, branchRights, grantsOf, type Named, ownersOf, protectCall } from './branch-rights.ts';
import type { Finding } from './finding.ts';
import type { Stage } from './metadata.ts';
import type { Grant, ProtectionRule } from './protection.ts';

const path: Stage[] = [
  { name: 'dev', soak: 60 },
  { name: 'staging', after: 'dev', soak: 60, auto: true },
  { name: 'production', after: 'staging', soak: 60 },
];
const groups = new Map(path.map(({ name }) => [name, ['example/on-call']]));
const table = branchRights(path, groups);
const rightsOn = (branch: string) => table.find((one) => one.branch === branch) as BranchRights;

const maintainers: Grant = { kind: 'role', role: 'maintainer' };
const developers: Grant = { kind: 'role', role: 'developer' };
const administrators: Grant = { kind: 'role', role: 'administrator' };
const publisher: Grant = { kind: 'account', id: 7, name: 'slipway-publish' };
const promoter: Grant = { kind: 'account', id: 8, name: 'slipway-promote' };
const somebody: Grant = { kind: 'account', id: 9, name: 'Somebody' };
const onCall: Grant = { kind: 'group', id: 4, name: 'On-call' };
const others: Grant = { kind: 'group', id: 5, name: 'Others' };
const key: Grant = { kind: 'deploy key', id: 1, name: 'publish' };

const free: Named = { premium: false, accounts: new Map(), groups: new Map() };
const premium: Named = {
  premium: true,
  accounts: new Map([
    [7, 'publisher'],
    [8, 'promoter'],
  ]),
  groups: new Map([
    [4, 'example/on-call'],
    [5, 'example/others'],
  ]),
};

const rule = (pattern: string, push: readonly Grant[], merge: readonly Grant[]): ProtectionRule => ({
  ...{ pattern, push, merge, allowsForcePush: false, inherited: false, ownersApprove: false },
});

test('who may do what to which branch', () => {
  assert.deepEqual(
    table.map(
      ({ branch, push, merge }) => `${branch}: ${push.join(', ') || 'nobody'} / ${merge.join(', ') || 'nobody'}`,
    ),
    [
      'main: nobody / maintainers',
      'rendered: publisher / nobody',
      'env/dev: publisher, on-call / maintainers, on-call',
      'env/staging: on-call / maintainers, on-call, promoter',
      'env/production: on-call / maintainers, on-call',
    ],
  );
});

test('where rules name roles alone, maintainers stand in for whom they cannot name, and that is said', () => {
  const cases: ['push' | 'merge', string, Grant[], Finding['verdict'], RegExp][] = [
    ['push', 'main', [], 'ok', /^Nobody may push to main\.$/],
    ['push', 'main', [maintainers], 'wrong', /^Maintainers may push to main, and should not/],
    ['merge', 'main', [maintainers], 'ok', /^Maintainers may merge into main\.$/],
    ['merge', 'main', [developers], 'wrong', /^Developers \+ Maintainers may merge into main/],
    ['merge', 'main', [], 'wrong', /^Nobody may merge into main: no change gets there/],
    ['push', 'rendered', [maintainers], 'ok', /people among them: no rule of this tier names/],
    ['push', 'rendered', [key], 'ok', /^deploy key publish may push to rendered\.$/],
    ['push', 'rendered', [], 'wrong', /^Nobody may push to rendered: publish cannot move it/],
    ['merge', 'rendered', [maintainers], 'wrong', /should not/],
    ['merge', 'rendered', [], 'ok', /^Nobody/],
    ['push', 'env/dev', [maintainers, administrators], 'ok', /people among them/],
    ['push', 'env/dev', [], 'wrong', /publish cannot move it/],
    ['merge', 'env/dev', [], 'ok', /Nobody/],
    ['push', 'env/production', [], 'ok', /^Nobody/],
    ['push', 'env/production', [maintainers], 'ok', /people among them/],
    ['push', 'env/production', [developers], 'wrong', /should not/],
    ['push', 'env/production', [key], 'wrong', /^deploy key publish may push/],
    ['merge', 'env/production', [], 'wrong', /no promotion gets there/],
  ];
  for (const [verb, branch, granted, verdict, says] of cases) {
    const rules = [verb === 'push' ? rule(branch, granted, []) : rule(branch, [], granted)];
    const found = grantsOf(verb, rightsOn(branch), rules, free);
    assert.equal(found?.verdict, verdict, `${verb} ${branch} ${found?.says}`);
    assert.match(found?.says ?? '', says);
    if (verdict === 'wrong') assert.match(found?.remedy ?? '', new RegExp(`Protected branches → ${branch} → Allowed`));
  }
});

test('where rules can name accounts and groups, they name just those that are meant', () => {
  const cases: ['push' | 'merge', string, Grant[], Finding['verdict'], RegExp][] = [
    ['push', 'rendered', [publisher], 'ok', /^slipway-publish may push to rendered\.$/],
    ['push', 'rendered', [maintainers], 'wrong', /^Maintainers may push/],
    ['push', 'rendered', [publisher, somebody], 'wrong', /^Somebody may push to rendered, and should not/],
    ['push', 'rendered', [publisher, onCall], 'wrong', /^group On-call may push to rendered, and should not/],
    ['push', 'rendered', [promoter], 'wrong', /^slipway-promote may push to rendered, and should not/],
    ['push', 'env/dev', [publisher, onCall], 'ok', /^slipway-publish, group On-call may push/],
    ['push', 'env/dev', [onCall], 'wrong', /^slipway-publish cannot push to env\/dev/],
    ['push', 'env/dev', [publisher, others], 'wrong', /^group Others may push to env\/dev, and should not/],
    ['push', 'env/production', [onCall], 'ok', /^group On-call may push/],
    ['push', 'env/production', [publisher], 'wrong', /^slipway-publish may push to env\/production, and should not/],
    ['merge', 'env/production', [promoter], 'wrong', /^slipway-promote may merge/],
    ['merge', 'env/staging', [maintainers, promoter], 'ok', /^Maintainers, slipway-promote may merge/],
    ['merge', 'env/production', [onCall], 'ok', /^group On-call may merge/],
  ];
  for (const [verb, branch, granted, verdict, says] of cases) {
    const rules = [verb === 'push' ? rule(branch, granted, []) : rule(branch, [], granted)];
    const found = grantsOf(verb, rightsOn(branch), rules, premium);
    assert.equal(found?.verdict, verdict, `${verb} ${branch} ${found?.says}`);
    assert.match(found?.says ?? '', says);
  }
  const wanted = grantsOf('push', rightsOn('env/dev'), [rule('env/dev', [maintainers], [])], premium)?.remedy;
  assert.match(wanted ?? '', /Allowed to push and merge: slipway-publish, example\/on-call\.$/);
});

test('of overlapping rules every grant counts, and a branch without one is told elsewhere', () => {
  const strict = rule('env/production', [], [maintainers]);
  assert.equal(grantsOf('push', rightsOn('env/production'), [strict], free)?.verdict, 'ok');
  const wide = rule('env/*', [developers], []);
  const found = grantsOf('push', rightsOn('env/production'), [strict, wide], free);
  assert.deepEqual([found?.verdict, found?.says.includes('Developers')], ['wrong', true]);
  assert.equal(grantsOf('push', rightsOn('env/production'), [rule('main', [], [])], free), undefined);
  // Who may push may merge, so that somebody can.
  const pushed = rule('env/production', [onCall], []);
  assert.equal(grantsOf('merge', rightsOn('env/production'), [pushed], premium)?.verdict, 'ok');
});

test('an account that the token may not know is not judged', () => {
  const found = grantsOf('push', rightsOn('rendered'), [rule('rendered', [somebody], [])], {
    ...premium,
    accounts: undefined,
  });
  assert.equal(found?.verdict, 'unknown');
  const none = { ...premium, accounts: undefined };
  assert.equal(grantsOf('push', rightsOn('main'), [rule('main', [somebody], [])], none)?.verdict, 'wrong');
});

test('what protects a branch by role: nobody where nobody is meant', () => {
  const levels = table.map((rights) => {
    const { name, push_access_level: push, merge_access_level: merge } = protectCall(rights).body;
    return [name, push, merge];
  });
  assert.deepEqual(levels, [
    ['main', 0, 40],
    ['rendered', 40, 0],
    ['env/dev', 40, 40],
    ['env/staging', 40, 40],
    ['env/production', 40, 40],
  ]);
});

test('owners are asked where the tier can ask them', () => {
  const asks = { ...rule('main', [], []), ownersApprove: true };
  assert.equal(ownersOf([asks], premium).verdict, 'ok');
  assert.equal(ownersOf([{ ...asks, pattern: 'ma*' }], free).verdict, 'ok');
  assert.equal(ownersOf([{ ...asks, pattern: 'env/*' }, rule('main', [], [])], premium).verdict, 'wrong');
  assert.match(ownersOf([rule('main', [], [])], free).says, /^This tier asks no owner/);
});
