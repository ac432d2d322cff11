import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noRunner } from './pipeline.fixture.ts';
import { type Site, site } from './site.fixture.ts';

// The real jobs from the images to the requests, run by gitlab-ci-local against the local forge. Nothing is built here:
// whole.pipeline.ts does that, and crosses pipelines and cuts them off.

describe('the pipeline on a machine of its own', { skip: noRunner }, () => {
  const ends: (() => unknown)[] = [];
  let there: Site;
  before(async () => {
    there = await site({ after: (cleanUp) => void ends.push(cleanUp) });
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  test('a push of an app is published and proposed, by two accounts that have a token each', async () => {
    const commit = await there.change('a', '2');
    const ran = await there.run({ source: 'push' });
    assert.deepEqual(ran.failed, [], ran.output);
    assert.deepEqual([...ran.passed].sort(), [
      ...[
        'builds',
        'images',
        'lint',
        'promote',
        'publish',
        'render',
        'test: [1/3]',
        'test: [2/3]',
        'test: [3/3]',
        'words',
      ],
    ]);
    assert.ok((await there.file('rendered', 'published.json'))?.includes(commit));
    assert.equal(await there.value('dev', 'a'), '2');
    assert.deepEqual(
      (await there.forge.opened('env/staging')).map(({ source }) => source),
      ['env/staging-next'],
    );
    for (const secret of Object.values(there.tokens)) assert.ok(!ran.output.includes(secret));
  });

  test('without the token of its environment nothing is published, and the job says which is missing', async () => {
    await there.change('a', '3');
    const before = await there.tip('rendered');
    const ran = await there.run({ source: 'push', only: ['publish'], withoutTokens: true });
    assert.deepEqual(ran.failed, ['publish']);
    assert.match(ran.said.get('publish') ?? '', /SLIPWAY_TOKEN: is no variable of the environment publish/);
    assert.equal(await there.tip('rendered'), before);
  });
});
