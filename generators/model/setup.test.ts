import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from './finding.ts';
import { branchesOf, forgeVersionOf, gitOf, type MergeSettings, methodOf, pipelinesOf, squashOf } from './setup.ts';

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

test('the branches of the published path are there', () => {
  const there = new Set(['main', 'rendered', 'env/dev', 'env/staging', 'env/dev-next']);
  const verdicts = (branches: ReadonlySet<string>, path: readonly string[] | undefined) =>
    branchesOf(branches, path).map(({ verdict, says }) => [verdict, says]);
  assert.deepEqual(verdicts(there, ['dev', 'staging']), [['ok', 'main, rendered, env/dev, env/staging exist.']]);
  assert.deepEqual(verdicts(there, ['dev', 'qa', 'prod']), [['wrong', 'env/qa, env/prod do not exist at the remote.']]);
  assert.match(verdicts(new Set(['main']), undefined).join(), /^unknown,Nothing was published yet/);
  assert.deepEqual(verdicts(new Set(['rendered']), undefined), [['wrong', 'main does not exist at the remote.']]);
});

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
