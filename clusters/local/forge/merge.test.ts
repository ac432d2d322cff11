import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Git } from '../../../generators/git/git.ts';
import { head } from '../../../generators/model/names.ts';
import { owner } from './accounts.ts';
import type { Method, SquashOption } from './merge.ts';
import { MergeRequests, type Shown } from './merge-requests.ts';
import { Refused } from './refused.ts';
import { createRepository } from './repository.ts';

// A proposal, and what happened to its target since; git in a checkout says what each method must make of it.

const lines = (change: Readonly<Record<number, string>> = {}) =>
  Array.from({ length: 12 }, (_, line) => `${change[line] ?? `line ${line}`}\n`).join('');

interface Story {
  readonly what: string;
  /** Commits of the target since the proposal was made; a file without text is deleted. */
  readonly since: readonly Readonly<Record<string, string | undefined>>[];
  /** Whether a merge has conflicts. @default false */
  readonly conflicts?: true;
}

const stories: readonly Story[] = [
  { what: 'a target that did not move', since: [] },
  { what: 'a target that moved elsewhere', since: [{ OWNERS: '* @oncall\n' }] },
  { what: 'a target whose same file was changed far away', since: [{ 'a/object.yaml': lines({ 11: 'by hand' }) }] },
  { what: 'a target that has half of the proposal already', since: [{ 'a/object.yaml': lines({ 1: 'new' }) }] },
  {
    what: 'a target that went there and back',
    since: [{ 'b/object.yaml': lines({ 2: 'x' }) }, { 'b/object.yaml': lines() }],
  },
  { what: 'a target that changed the same line', since: [{ 'a/object.yaml': lines({ 1: 'other' }) }], conflicts: true },
  { what: 'a target whose file was deleted', since: [{ 'b/object.yaml': undefined }], conflicts: true },
];

describe('a request is merged as git merges', () => {
  let dir: string;
  let remote: Git;
  let checkout: Git;
  let number = 0;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-merge-'));
    remote = await createRepository(join(dir, 'r.git'), []);
    checkout = new Git(join(dir, 'checkout'));
    await remote.bytes(['clone', '--quiet', remote.dir, checkout.dir]);
    // Nobody waits for the disk: it is thrown away.
    for (const git of [remote, checkout]) await git.bytes(['config', 'core.fsync', 'none']);
    await checkout.bytes(['config', 'user.name', 'Somebody']);
    await checkout.bytes(['config', 'user.email', 'somebody@localhost.invalid']);
    await commit({ 'a/object.yaml': lines(), 'b/object.yaml': lines() });
    await checkout.bytes(['tag', 'base']);
    await commit({ 'a/object.yaml': lines({ 1: 'new' }) });
    await commit({ 'b/object.yaml': lines({ 1: 'new' }) });
    await checkout.bytes(['tag', 'proposal']);
  });
  after(() => rm(dir, { recursive: true, force: true }));

  async function commit(files: Readonly<Record<string, string | undefined>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      const file = join(checkout.dir, name);
      await mkdir(dirname(file), { recursive: true });
      await (text === undefined ? rm(file) : writeFile(file, text));
    }
    await checkout.bytes(['add', '--all']);
    await checkout.bytes(['commit', '--quiet', '--author', `Author ${number++} <author@x.invalid>`, '-m', 'a change']);
  }

  /** The proposal and its target as a story has them, and an open request. */
  async function tell({ since }: Story, method?: Method, squash_option?: SquashOption) {
    await checkout.bytes(['checkout', '--quiet', '--detach', 'base']);
    for (const files of since) await commit(files);
    await checkout.bytes([
      'push',
      '--quiet',
      '--force',
      'origin',
      'HEAD:refs/heads/target',
      'proposal:refs/heads/source',
    ]);
    const requests = await MergeRequests.open({
      repository: remote,
      file: join(dir, `requests-${number++}.json`),
      url: () => '',
      now: () => new Date(),
      method,
      squash_option,
    });
    const { iid } = await requests.create(owner, {
      source_branch: 'source',
      target_branch: 'target',
      title: 'The title',
    });
    return { requests, iid: String(iid), target: (await remote.commit(head('target'))) as string };
  }

  /** What git makes of it in the checkout; undefined where it has conflicts. */
  async function byGit(...args: readonly string[]): Promise<string | undefined> {
    try {
      await checkout.bytes(args);
    } catch {
      await checkout.bytes(['reset', '--quiet', '--hard']);
      return undefined;
    }
    return checkout.text(['rev-parse', 'HEAD^{tree}']);
  }

  const treeOf = (branch: string) => remote.text(['rev-parse', `${head(branch)}^{tree}`]);
  const parents = async (revision: string) => (await remote.text(['log', '-1', '--format=%P', revision])).split(' ');
  const proposal = () => checkout.text(['rev-parse', 'proposal']);
  const refused = (merging: Promise<Shown>) =>
    assert.rejects(merging, (error) => error instanceof Refused && [405, 422].includes(error.status));

  for (const story of stories) {
    test(`by a merge commit, onto ${story.what}`, async () => {
      const { requests, iid, target } = await tell(story, 'merge');
      const must = await byGit('merge', '--quiet', '--no-ff', '-m', 'merged', 'proposal');
      assert.equal(must === undefined, story.conflicts === true);
      if (must === undefined) {
        await refused(requests.merge(owner, iid, {}));
        assert.equal(await remote.commit(head('target')), target);
        return;
      }
      const { state, merge_commit_sha } = await requests.merge(owner, iid, {});
      assert.deepEqual([state, await treeOf('target')], ['merged', must]);
      assert.equal(merge_commit_sha, await remote.commit(head('target')));
      assert.deepEqual(await parents(head('target')), [target, await proposal()]);
    });

    test(`squashed, onto ${story.what}`, async () => {
      const { requests, iid, target } = await tell(story, 'merge', 'default_off');
      const must = await byGit('merge', '--quiet', '--squash', 'proposal').then(
        (tree) => tree && checkout.text(['write-tree']),
      );
      await checkout.bytes(['reset', '--quiet', '--hard']);
      if (must === undefined) return refused(requests.merge(owner, iid, { squash: true }));
      const { squash_commit_sha } = await requests.merge(owner, iid, { squash: true });
      assert.equal(await treeOf('target'), must);
      assert.deepEqual(await parents(head('target')), [target, squash_commit_sha]);
      assert.equal(await remote.text(['log', '-1', '--format=%s', squash_commit_sha as string]), 'The title');
      assert.equal(await remote.holds(['merge-base', '--is-ancestor', await proposal(), head('target')]), false);
    });

    for (const method of ['rebase_merge', 'ff'] as const)
      test(`rebased and merged by ${method}, onto ${story.what}`, async () => {
        const { requests, iid, target } = await tell(story, method);
        await checkout.bytes(['checkout', '--quiet', '--detach', 'proposal']);
        const must = await byGit('rebase', '--quiet', target);
        if (story.since.length > 0) await refused(requests.merge(owner, iid, {}));
        await requests.rebase(owner, iid);
        if (must === undefined) {
          await checkout.bytes(['rebase', '--abort']);
          assert.match((await requests.show(iid)).merge_error ?? '', /^Rebase failed/);
          assert.equal(await remote.commit(head('source')), await proposal());
          return;
        }
        assert.equal(await treeOf('source'), must);
        const log = ['log', '--format=%an %ad %s', '--date=raw'];
        assert.deepEqual(
          await remote.lines([...log, `target..source`]),
          await checkout.lines([...log, `${target}..HEAD`]),
        );
        const { merge_commit_sha, sha } = await requests.merge(owner, iid, {});
        assert.equal(await treeOf('target'), must);
        const tip = await remote.commit(head('target'));
        assert.deepEqual([merge_commit_sha, tip], method === 'ff' ? [null, sha] : [tip, merge_commit_sha]);
      });
  }

  test('a project that always squashes does so unasked, and one that never does not when asked', async () => {
    const [still] = stories as [Story];
    for (const [option, asked, must] of [
      ['never', true, false],
      ['always', false, true],
      ['default_on', undefined, true],
      ['default_on', 'false', false],
      ['default_off', undefined, false],
      ['default_off', 'true', true],
    ] as const) {
      const { requests, iid } = await tell(still, 'ff', option);
      const { squash_commit_sha, sha } = await requests.merge(owner, iid, asked === undefined ? {} : { squash: asked });
      assert.equal(squash_commit_sha !== null, must, `${option}, asked ${asked}`);
      assert.equal(await remote.commit(head('target')), must ? squash_commit_sha : sha);
    }
  });

  test('what is merged already, or shares no history, cannot be merged', async () => {
    const [still] = stories as [Story];
    const { requests, iid, target } = await tell(still, 'merge');
    await remote.bytes(['update-ref', head('source'), target]);
    await refused(requests.merge(owner, iid, {}));
    const root = await checkout.text(['commit-tree', '-m', 'other', 'proposal^{tree}']);
    await checkout.bytes(['push', '--quiet', '--force', 'origin', `${root}:refs/heads/source`]);
    await refused(requests.merge(owner, iid, {}));
  });
});
