import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from './finding.ts';
import { forgeVersionOf, type MergeSettings, methodOf, pipelinesOf, squashOf } from './setup.ts';

test('the merge setting that is wanted is fine, every other is told with what it costs', () => {
  const wanted: MergeSettings = { method: 'semi-linear', squash: 'never', pipelines: 'must succeed' };
  for (const decide of [methodOf, squashOf, pipelinesOf]) {
    const { verdict, remedy } = decide(wanted);
    assert.deepEqual([verdict, remedy], ['ok', undefined]);
    const silent = decide({ method: undefined, squash: undefined, pipelines: undefined });
    assert.deepEqual([silent.verdict, silent.says], ['unknown', 'The forge does not tell this to the token.']);
  }
  const table: [Finding, Finding['verdict'], RegExp][] = [
    [methodOf({ ...wanted, method: 'merge commit' }), 'wrong', /a mixture that nobody rendered/],
    [methodOf({ ...wanted, method: 'fast-forward' }), 'wrong', /no merge commit/],
    [squashOf({ ...wanted, squash: 'off by default' }), 'ok', /whoever merges may choose it/],
    [squashOf({ ...wanted, squash: 'on by default' }), 'wrong', /is on by default: .*one app alone/],
    [squashOf({ ...wanted, squash: 'always' }), 'wrong', /is always on: .*one app alone/],
    [pipelinesOf({ ...wanted, pipelines: 'may fail' }), 'wrong', /does not stand on the tip/],
    [pipelinesOf({ ...wanted, pipelines: 'none' }), 'unknown', /runs no pipelines/],
  ];
  for (const [found, verdict, says] of table) {
    assert.equal(found.verdict, verdict);
    assert.match(found.says, says);
    assert.ok(found.remedy);
  }
});

test('a GitLab whose tokens say another branch than the job has is told', () => {
  const table = {
    ...{ '19.6.1-ee': 'ok', '18.3.0': 'ok', '18.2.2': 'ok', '18.1.4-ce.0': 'ok', '18.0.6': 'ok', '18.3-pre': 'ok' },
    ...{ '18.2.1': 'wrong', '18.1.3-ee': 'wrong', '18.0.5': 'wrong', '17.11.7': 'wrong', '18.2.0-pre': 'wrong' },
    'a new one': 'unknown',
  };
  assert.deepEqual(Object.fromEntries(Object.keys(table).map((said) => [said, forgeVersionOf(said).verdict])), table);
  assert.match(forgeVersionOf('18.2.1').remedy ?? '', /18\.2\.2/);
});
