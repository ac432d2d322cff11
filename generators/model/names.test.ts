import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Git } from '../git/git.ts';
import * as names from './names.ts';

test('every name that stands in a repository', () => {
  assert.deepEqual(
    [
      names.main,
      names.rendered,
      names.environmentBranch('staging'),
      names.proposalBranch('staging'),
      names.bumpBranch('shop'),
      names.head(names.rendered),
      names.publishedFile,
      names.metadataFile,
      names.applicationFile,
      names.pipelineFile,
      names.branchJobs,
    ],
    [
      'main',
      'rendered',
      'env/staging',
      'env/staging-next',
      'bump/shop',
      'refs/heads/rendered',
      'published.json',
      'hydrator.metadata',
      'application.yaml',
      '.gitlab-ci.yml',
      'generators/ci/environment.yml',
    ],
  );
});

test('names that apps and environments may have', () => {
  for (const name of ['a', 'redis', 'redis-backup', 'a1', 'x'.repeat(40)]) assert.match(name, names.legalName);
  for (const name of ['', 'A', '1a', '-a', 'a-', 'a_b', 'a.b', 'x'.repeat(41), 'a/b', '..'])
    assert.doesNotMatch(name, names.legalName);
  for (const name of ['dev-next', 'x-release-y']) assert.equal(names.legalEnvironment(name), false);
});

const environment = fc.stringMatching(names.legalName).filter(names.legalEnvironment);

test('a branch is what its full name means, and git takes that name', async () => {
  const git = new Git('.');
  await fc.assert(
    fc.asyncProperty(environment, async (name) => {
      for (const branch of [names.environmentBranch(name), names.proposalBranch(name), names.rendered]) {
        assert.equal(names.branchOf(names.head(branch)), branch);
        assert.ok(await git.holds(['check-ref-format', names.head(branch)]), branch);
      }
    }),
    { numRuns: 15 },
  );
  assert.equal(names.branchOf(names.head('refs/heads/odd')), 'refs/heads/odd');
});

test('no two environments share a branch, and a proposal is none of either', () => {
  fc.assert(
    fc.property(environment, environment, (a, b) => {
      assert.ok(names.isProposal(names.proposalBranch(a)));
      assert.ok(!names.isProposal(names.environmentBranch(a)));
      assert.notEqual(names.environmentBranch(a), names.proposalBranch(b));
      assert.equal(names.environmentBranch(a) === names.environmentBranch(b), a === b);
      assert.equal(names.proposalBranch(a) === names.proposalBranch(b), a === b);
    }),
  );
});
