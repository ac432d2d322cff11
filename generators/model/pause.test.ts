import assert from 'node:assert/strict';
import { test } from 'node:test';
import { appliedAnnotation, appliedIn, isPaused, paused, wayBack } from './pause.ts';

const applied = {
  by: 'a person',
  at: '2026-11-22T03:00:00Z',
  from: 'a'.repeat(40),
  part: 'b'.repeat(40),
  reason: '5xx',
};

test('what a pause says is read back', () => {
  const { annotations } = paused(applied).metadata;
  assert.ok(isPaused(annotations));
  assert.deepEqual(appliedIn(annotations), applied);
});

test('whoever paused otherwise, or wrote something else, is no pause of ours', () => {
  for (const text of ['', 'x', '{}', '[]', 'null', '{"by":"a","at":"b","from":"c","part":1}'])
    assert.equal(appliedIn({ [appliedAnnotation]: text }), undefined, text);
  assert.equal(appliedIn({}), undefined);
  for (const [value, expected] of [
    ['true', true],
    ['1', true],
    ['false', false],
    ['yes', false],
    ['', false],
  ] as const)
    assert.equal(isPaused({ 'argocd.argoproj.io/skip-reconcile': value }), expected, value);
});

test('the way back says what to do, and no more than is needed', () => {
  const lines = (agrees: boolean, hasArgoCD: boolean) =>
    wayBack('production', 'counter', applied, { agrees, hasArgoCD }).join('\n');
  const resume = 'npx slipway apply --env production --app counter --resume';
  assert.match(lines(false, true), /git revert[\s\S]*rollback --env production --app counter[\s\S]*release --env/);
  assert.ok(lines(false, true).endsWith(resume));
  assert.doesNotMatch(lines(true, true), /git revert/);
  assert.ok(lines(true, true).endsWith(resume));
  assert.doesNotMatch(lines(false, false), /--resume/);
});
