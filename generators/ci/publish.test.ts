import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fixtureApp } from '../commands/sandbox.fixture.ts';
import { type Site, site } from './site.fixture.ts';

// The real jobs from render to promote, run by gitlab-ci-local against the local forge. No image is built here:
// whole.pipeline.ts does that.

describe('on a machine of its own', () => {
  let there: Site;
  let end: () => unknown;
  const ends: (() => unknown)[] = [];
  before(async () => {
    there = await site({ after: (cleanUp) => void ends.push(cleanUp) });
  });
  after(async () => {
    for (const cleanUp of ends.reverse()) await cleanUp();
  });
  void end;

  test('a push of an app is published and proposed, by two accounts that have a token each', async () => {
    await there.commit({ 'apps/a/app.ts': fixtureApp('a', { env: { VALUE: '2' } }) });
    const ran = await there.run({ source: 'push' });
    console.log(ran.output.slice(-6000));
    assert.deepEqual(ran.failed, []);
  });
});
