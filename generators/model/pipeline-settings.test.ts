import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clusterEnvironmentsOf,
  jobTokensOf,
  type PipelineSettings,
  pipelineSettingsOf,
  type RegistryRule,
  registryOf,
} from './pipeline-settings.ts';

const fine: PipelineSettings = {
  ...{ skippedCounts: false, jobsPush: false, forksRunHere: false, requestsAreTrusted: false },
  ...{ variablesBy: 'maintainer', deletesTags: false, mergesAreTried: false, cachesAreApart: true },
};
const wrongIn = (settings: PipelineSettings) =>
  pipelineSettingsOf(settings).filter(({ verdict }) => verdict === 'wrong');

test('a pipeline can do no more than it must', () => {
  assert.deepEqual(wrongIn(fine), []);
  assert.deepEqual(wrongIn({ ...fine, variablesBy: 'nobody' }), []);
  const cases: [Partial<PipelineSettings>, string, RegExp][] = [
    [{ skippedCounts: true }, 'skipped pipelines', /a word in a commit message is enough to merge/],
    [{ jobsPush: true }, 'pushes of jobs', /The token of any job can push/],
    [{ forksRunHere: true }, 'pipelines of forks', /runs its code/],
    [{ requestsAreTrusted: true }, 'requests of protected branches', /every protected variable/],
    [{ mergesAreTried: true }, 'merged results', /with tokens that say main/],
    [{ cachesAreApart: false }, 'caches', /the cache that publishing takes/],
    [{ variablesBy: 'developer' }, 'variables by hand', /NODE_OPTIONS/],
    [{ deletesTags: true }, 'cleanup of images', /that an environment runs/],
  ];
  for (const [more, name, says] of cases) {
    const [found, ...others] = wrongIn({ ...fine, ...more });
    assert.deepEqual([found?.name, others], [name, []]);
    assert.match(found?.says ?? '', says);
    assert.ok(found?.remedy && found.fix, name);
  }
  // Each of them is one that fails, and each is told where it is not known.
  assert.equal(cases.length, pipelineSettingsOf(fine).length);
  const silent = { ...fine, skippedCounts: undefined, cachesAreApart: undefined, deletesTags: undefined };
  assert.deepEqual(
    pipelineSettingsOf(silent).flatMap(({ name, verdict }) => (verdict === 'unknown' ? [name] : [])),
    ['skipped pipelines', 'caches', 'cleanup of images'],
  );
});

test('jobs of other projects are kept out', () => {
  assert.equal(jobTokensOf(true).verdict, 'ok');
  assert.equal(jobTokensOf(false).verdict, 'wrong');
});

test('Developers push and delete no images, or it is said', () => {
  const rule = { pattern: 'example/slipway/*', push: 'maintainer', delete: 'owner' };
  const table: [RegistryRule[], 'ok' | 'wrong', RegExp][] = [
    [[rule], 'ok', /Maintainers alone/],
    [[], 'wrong', /can push and delete images of Example\/slipway/],
    [[{ ...rule, pattern: 'example/slipway/counter' }], 'wrong', /push and delete/],
    [[{ ...rule, push: undefined, delete: 'admin' }], 'wrong', /can push images/],
    [[{ ...rule, delete: undefined }], 'wrong', /can delete images/],
    [
      [
        { ...rule, push: undefined },
        { ...rule, delete: undefined },
      ],
      'ok',
      /Maintainers alone/,
    ],
  ];
  for (const [rules, verdict, says] of table) {
    const found = registryOf(rules, 'Example/slipway');
    assert.equal(found.verdict, verdict);
    assert.match(found.says, says);
  }
});

test('somebody is asked before a pipeline changes a cluster, where the tier can ask', () => {
  const of = (live: boolean, guarded: readonly string[] | undefined) => {
    const { verdict, says } = clusterEnvironmentsOf(['nonprod', 'production'], { live, guarded });
    return `${verdict}: ${says}`;
  };
  assert.match(of(false, []), /^ok: No pipeline changes a cluster/);
  assert.match(of(true, undefined), /^ok: This tier protects no environment/);
  assert.match(of(true, ['cluster/nonprod', 'cluster/production']), /^ok: Only those who are named/);
  assert.match(of(true, ['cluster/nonprod', 'production']), /^wrong: .* the job of cluster\/production\.$/);
});
