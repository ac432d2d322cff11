import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as names from './names.ts';

test('every name that stands in a repository', () => {
  assert.deepEqual(
    [
      names.main,
      names.rendered,
      names.environmentBranch('staging'),
      names.proposalBranch('staging'),
      names.head(names.rendered),
      names.publishedFile,
      names.metadataFile,
      names.applicationFile,
      names.pipelineFile,
    ],
    [
      'main',
      'rendered',
      'env/staging',
      'env/staging-next',
      'refs/heads/rendered',
      'published.json',
      'hydrator.metadata',
      'application.yaml',
      '.gitlab-ci.yml',
    ],
  );
});

test('names that apps and environments may have', () => {
  for (const name of ['a', 'redis', 'redis-backup', 'a1', 'x'.repeat(40)]) assert.match(name, names.legalName);
  for (const name of ['', 'A', '1a', '-a', 'a-', 'a_b', 'a.b', 'x'.repeat(41), 'a/b', '..'])
    assert.doesNotMatch(name, names.legalName);
  for (const name of ['dev-next', 'x-release-y']) assert.equal(names.legalEnvironment(name), false);
});
