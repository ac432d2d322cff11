import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeCommits } from '../git/write.ts';
import type { Write } from '../model/commit.ts';
import { head } from '../model/names.ts';
import type { Verification } from '../model/verdict.ts';
import { program } from './hydrate-commit.ts';
import { publishedBox, type Sandbox, sandbox } from './sandbox.fixture.ts';
import { answerOf } from './shapes.ts';
import type { Unverified } from './verify-all.ts';

const verify = (box: Sandbox, ...args: string[]) =>
  spawnSync(process.execPath, [join(program, 'generators', 'commands', 'slipway.mjs'), 'verify', ...args], {
    cwd: box.checkout.dir,
    encoding: 'utf8',
  });

/** `env/dev proven 3` or `env/dev not proven` of each branch. */
function proven(box: Sandbox, code: number): string[] {
  const { status, stdout, stderr } = verify(box, '--all', '--json');
  assert.equal(status, code, stderr);
  const { version, branches } = answerOf<{ version: number; branches: (Verification | Unverified)[] }>(
    'verify',
    stdout,
  );
  assert.equal(version, 1);
  return branches.map((one) => {
    const is = 'failed' in one ? one.failed : one.verdicts.length > 0 ? 'not proven' : `proven ${one.proven}`;
    return `${one.branch} ${is}`;
  });
}

/** Puts writes on a branch of the remote, as somebody who may do everything. */
async function tamper(box: Sandbox, branch: string, writes: readonly Write[]): Promise<void> {
  const tip = await box.tip(branch);
  const [commit = ''] = await writeCommits(box.remote, tip, [{ message: 'nothing to see here\n', writes }], Date.now());
  await box.remote.bytes(['update-ref', head(branch), commit]);
}

test('every environment and rendered are proven in one go, and one that is not stops no other', async (t) => {
  const box = await publishedBox(t);
  assert.deepEqual(proven(box, 0), [
    'env/dev proven 3',
    'env/staging proven 1',
    'env/production proven 1',
    'rendered proven 1',
  ]);
  await tamper(box, 'env/dev', [{ path: 'a/deployment-a.yaml', bytes: 'kind: Evil\n' }]);
  await box.remote.bytes(['update-ref', '-d', head('env/staging')]);
  const [dev, staging, ...others] = proven(box, 1);
  assert.equal(dev, 'env/dev not proven');
  assert.match(staging ?? '', /^env\/staging --env staging: not an environment/);
  assert.deepEqual(others, ['env/production proven 1', 'rendered proven 1']);
  const { stdout, status } = verify(box, '--all');
  assert.equal(status, 1);
  assert.match(stdout, /^edited: dev\/a\/deployment-a\.yaml: edited$/m);
  assert.match(stdout, /^env\/staging is not proven: /m);
  assert.match(stdout, /^rendered at [0-9a-f]{12} is proven: 1 publish$/m);
});

test('what was published last cannot be read any more: each branch says so, and rendered is looked at', async (t) => {
  const box = await publishedBox(t);
  await tamper(box, 'rendered', [{ path: 'published.json', bytes: 'nothing\n' }]);
  const found = proven(box, 1);
  assert.deepEqual(
    found.map((line) => line.split(' ')[0]),
    ['env/dev', 'env/production', 'env/staging', 'rendered'],
  );
  for (const line of found.slice(0, 3)) assert.match(line, /published\.json of rendered at [0-9a-f]{40}/);
  assert.equal(found[3], 'rendered not proven');
});

test('one of --env, --rendered and --all is asked for, and nothing published is nothing proven', async (t) => {
  const box = await sandbox(t);
  for (const args of [[], ['--all', '--rendered'], ['--all', '--env', 'dev']]) {
    const { status, stderr } = verify(box, ...args);
    assert.deepEqual([status, /wants one of --env E, --rendered and --all/.test(stderr)], [2, true], args.join(' '));
  }
  const { status, stderr } = verify(box, '--all');
  assert.equal(status, 1);
  assert.match(stderr, /Nothing was published at .* yet: run slipway publish/);
});
