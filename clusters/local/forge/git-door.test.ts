import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Fault, faulty } from '../../../generators/forge/faulty.fixture.ts';
import { local } from '../../../generators/forge/local.fixture.ts';
import { Git } from '../../../generators/git/git.ts';
import { openMirror } from '../../../generators/git/mirror.ts';
import { push } from '../../../generators/git/push.ts';
import { writeCommits } from '../../../generators/git/write.ts';
import { head } from '../../../generators/model/names.ts';
import { Refusal } from '../../../generators/model/refusal.ts';
import { project } from './project.ts';

const accounts = { 'd-token': { name: 'a-developer', role: 'developer' } } as const;
const branch = head('env/dev');

/** A forge with `main` and three commits on `env/dev`, and Slipway's own way to it over HTTP. */
async function world(t: TestContext) {
  const here = await local(t, { accounts });
  const { repository, dir } = here;
  const texts = ['one', 'two', 'three'];
  const commits = texts.map((bytes) => ({ message: `${bytes}\n`, writes: [{ path: 'file', bytes }] }));
  const made = await writeCommits(repository, undefined, commits, Date.now());
  const tip = made.at(-1) ?? '';
  for (const ref of [head('main'), branch]) await repository.bytes(['update-ref', ref, tip]);
  const way = await faulty(t, here.url);
  const checkout = new Git(join(dir, 'checkout'));
  await mkdir(checkout.dir);
  await checkout.bytes(['init', '--quiet']);
  const open = async (token: string, depth: 'tips' | 'history') => {
    const address = way.url.replace('://', `://oauth2:${token}@`);
    const mirror = await openMirror(checkout, `${address}/${project.path}.git`, { depth });
    t.after(() => mirror.close());
    return mirror;
  };
  /** A commit on the tip that only the mirror has. */
  const next = async (git: Git): Promise<string> => {
    const writes = [{ path: 'more', bytes: String(Math.random()) }];
    const [commit = ''] = await writeCommits(git, tip, [{ message: 'next\n', writes }], Date.now());
    return commit;
  };
  return { repository, made, tip, way, open, next };
}

test('a mirror over HTTP has tips without contents, fetches what is read, and all of history when it is asked', async (t) => {
  const { made, tip, open, repository } = await world(t);
  const mirror = await open('a-reporter', 'tips');
  assert.equal(mirror.refs.get(branch), tip);
  const blob = await repository.text(['rev-parse', `${tip}:file`]);
  const missing = await mirror.git.lines(['rev-list', '--objects', '--missing=print', branch]);
  assert.ok(missing.includes(`?${blob}`));
  assert.equal((await mirror.blobs([blob])).get(blob)?.toString(), 'three');
  await mirror.deepen();
  assert.deepEqual((await mirror.git.lines(['rev-list', branch])).reverse(), made);
});

test('a push over HTTP moves what is where it was seen, and nothing else', async (t) => {
  const { repository, tip, open, next } = await world(t);
  const [one, two] = [await open('a-token', 'history'), await open('a-token', 'history')];
  const [first, second] = [await next(one.git), await next(two.git)];
  assert.equal(await push(one, [{ ref: branch, from: tip, to: first }]), 'moved');
  assert.equal(await push(two, [{ ref: branch, from: tip, to: second }]), 'stale');
  assert.equal(await repository.commit(branch), first);
});

test('a push over HTTP that a rule refuses is told in the words of GitLab, without the token', async (t) => {
  const { repository, tip, open, next } = await world(t);
  const mirror = await open('d-token', 'history');
  const to = await next(mirror.git);
  await assert.rejects(push(mirror, [{ ref: head('main'), from: tip, to }]), (error: Error) => {
    assert.ok(error instanceof Refusal);
    assert.match(error.message, /refused main: .*You are not allowed to push code to protected branches/);
    assert.doesNotMatch(error.message, /d-token/);
    return true;
  });
  assert.equal(await repository.commit(head('main')), tip);
  assert.equal(await push(mirror, [{ ref: branch, from: tip, to }]), 'moved');
});

const outcomes: readonly [string, Fault, 'moved' | 'stale'][] = [
  ['the answer is lost after it was done', { is: 'cut after' }, 'moved'],
  ['a gateway answers instead, though it was done', { is: 'answered otherwise', status: 502 }, 'moved'],
  ['the connection breaks before', { is: 'cut before' }, 'stale'],
  ['the forge is overloaded', { is: 'refused', status: 503 }, 'stale'],
];
for (const [what, fault, must] of outcomes) {
  test(`a push over HTTP is told as what became of it: ${what}`, async (t) => {
    const { repository, tip, way, open, next } = await world(t);
    const mirror = await open('a-token', 'history');
    const to = await next(mirror.git);
    // Twice: what breaks on a connection that was used before, curl sends once more by itself.
    way.breaks(/^POST .*git-receive-pack/, fault, fault);
    assert.equal(await push(mirror, [{ ref: branch, from: tip, to }]), must);
    assert.equal(await repository.commit(branch), must === 'moved' ? to : tip);
  });
}
