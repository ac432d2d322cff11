import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Git } from '../../../generators/git/git.ts';
import { writeCommits } from '../../../generators/git/write.ts';
import { Branch } from './branch.ts';

/** Counts how often git was started. */
class CountedGit extends Git {
  calls = 0;
  override bytes(...args: Parameters<Git['bytes']>): Promise<Buffer> {
    this.calls++;
    return super.bytes(...args);
  }
}

async function repository(t: TestContext): Promise<{ git: CountedGit; commit: (text: string) => Promise<string> }> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-branch-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = new CountedGit(dir);
  await git.bytes(['init', '--quiet', '--bare']);
  const commit = async (text: string) => {
    const [made = ''] = await writeCommits(
      git,
      undefined,
      [{ message: 'x\n', writes: [{ path: 'x', bytes: text }] }],
      0,
    );
    return made;
  };
  return { git, commit };
}

test('a branch that did not move is looked at without git, loose or packed', async (t) => {
  const { git, commit } = await repository(t);
  const branch = new Branch(git, 'dev');
  assert.equal(await branch.tip(), undefined);
  for (const [text, pack] of [
    ['1', false],
    ['2', true],
    ['3', false],
    ['4', true],
  ] as const) {
    const made = await commit(text);
    await git.bytes(['update-ref', 'refs/heads/env/dev', made]);
    if (pack) await git.bytes(['pack-refs', '--all', '--prune']);
    assert.equal(await branch.tip(), made);
    const before = git.calls;
    for (let look = 0; look < 10; look++) assert.equal(await branch.tip(), made);
    assert.equal(git.calls, before);
  }
});

test('a branch may be rewritten, deleted and made again', async (t) => {
  const { git, commit } = await repository(t);
  const branch = new Branch(git, 'dev');
  const [one, other] = [await commit('1'), await commit('2')];
  for (const tip of [one, other, one, undefined, other]) {
    await git.bytes(['update-ref', ...(tip ? [] : ['-d']), 'refs/heads/env/dev', ...(tip ? [tip] : [])]);
    assert.equal(await branch.tip(), tip);
  }
});

test('garbage is told once, and what stood there before counts until it is a commit again', async (t) => {
  const { git, commit } = await repository(t);
  const branch = new Branch(git, 'dev');
  const [made, next] = [await commit('1'), await commit('2')];
  await git.bytes(['update-ref', 'refs/heads/env/dev', made]);
  assert.equal(await branch.tip(), made);
  for (const garbage of ['rubbish\n', `${'0'.repeat(39)}1\n`, '']) {
    await writeFile(join(git.dir, 'refs', 'heads', 'env', 'dev'), garbage);
    await assert.rejects(branch.tip(), /rev-parse failed/);
    assert.equal(await branch.tip(), made);
  }
  await git.bytes(['update-ref', '-d', 'refs/heads/env/dev']).catch(() => {});
  await writeFile(join(git.dir, 'refs', 'heads', 'env', 'dev'), `${next}\n`);
  assert.equal(await branch.tip(), next);
});
