import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { Write } from '../model/commit.ts';
import { blobId } from '../model/object-id.ts';
import { Git, GitError, withoutSecrets } from './git.ts';
import { entriesOf, filesOf, readEnvironment, readRendered } from './history.ts';
import { openMirror } from './mirror.ts';
import { push } from './push.ts';
import { Writer, writeCommits, writtenAt } from './write.ts';

Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
const now = Date.UTC(2026, 0, 2, 3, 4, 5);

async function bare(t: TestContext, ...options: string[]): Promise<Git> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-git-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = new Git(dir);
  await git.bytes(['init', '--quiet', '--bare', ...options]);
  for (const setting of ['allowFilter', 'allowAnySHA1InWant'])
    await git.bytes(['config', `uploadpack.${setting}`, 'true']);
  return git;
}

const file = (path: string, bytes: string): Write => ({ path, bytes });
const commit = (message: string, ...writes: Write[]) => ({ message, writes });

test('what git gives back is what was written: any bytes, any legal name', async (t) => {
  const git = await bare(t);
  const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter((text) => {
    return (
      !/[/\0]/.test(text) &&
      !['.', '..'].includes(text) &&
      !/^\.?git/i.test(text) &&
      text.isWellFormed() &&
      Buffer.byteLength(text) < 200
    );
  });
  const files = fc.dictionary(name, fc.uint8Array({ maxLength: 40 }), {
    minKeys: 1,
    maxKeys: 6,
    noNullPrototype: true,
  });
  await fc.assert(
    fc.asyncProperty(files, async (contents) => {
      const writes = Object.entries(contents).map(([path, bytes]) => ({ path, bytes: Buffer.from(bytes) }));
      const [sha = ''] = await writeCommits(git, undefined, [commit('x\n', ...writes)], now);
      const there = await filesOf(git, sha);
      assert.deepEqual([...there.keys()].sort(), Object.keys(contents).sort());
      for (const [path, bytes] of Object.entries(contents)) {
        const expected = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
        assert.equal(there.get(path)?.id, expected);
      }
    }),
    { numRuns: 25 },
  );
  await git.bytes(['fsck', '--strict']);
});

test('a chain of commits stands on its parent, and a folder is taken over by its tree id', async (t) => {
  const git = await bare(t);
  const [first = ''] = await writeCommits(
    git,
    undefined,
    [commit('one\n', file('dev/a/x', '1'), file('dev/b/x', '1'))],
    now,
  );
  const tree = (await entriesOf(git, first, 'dev/')).get('a');
  assert.ok(tree);
  const chain = await writeCommits(
    git,
    first,
    [commit('two\n', { path: 'taken', ...tree }), commit('three\n', { path: 'dev', deleted: true })],
    now,
  );
  assert.equal(chain.length, 2);
  assert.deepEqual(await git.lines(['log', '--format=%s|%an|%at', chain[1] ?? '']), [
    'three|Slipway|1767323045',
    'two|Slipway|1767323045',
    'one|Slipway|1767323045',
  ]);
  assert.deepEqual([...(await entriesOf(git, chain[1] ?? ''))], [['taken', tree]]);
});

test('the same works in a repository with SHA-256 object names', async (t) => {
  const git = await bare(t, '--object-format=sha256');
  const [sha = ''] = await writeCommits(git, undefined, [commit('x\n', file('dev/a/x', '1'))], now);
  assert.match(sha, /^[0-9a-f]{64}$/);
  assert.equal(
    (await readRendered(git, sha)).timelines
      .get('dev/a')
      ?.place((await entriesOf(git, sha, 'dev/')).get('a')?.id ?? ''),
    0,
  );
});

test('files that were written before are named by their ids, and several chains stand in one repository', async (t) => {
  const git = await bare(t);
  const writer = new Writer(git);
  await writer.files(['one\n', 'two\n']);
  const by = writtenAt(now);
  const named = (path: string, text: string): Write => ({ path, mode: '100644', id: blobId('sha1', text) });
  await writer.commits(undefined, [commit('a\n', named('p/one', 'one\n')), commit('b\n', named('p/two', 'two\n'))], by);
  await writer.commits(undefined, [commit('c\n', named('two', 'two\n'))], by);
  const [, b = '', c = ''] = await writer.end();
  assert.equal(await git.text(['cat-file', 'blob', `${b}:p/one`]), 'one');
  assert.deepEqual([...(await filesOf(git, c)).keys()], ['two']);
});

test('a writer that is abandoned moves nothing, and one whose git fails says why', async (t) => {
  const git = await bare(t);
  const abandoned = new Writer(git);
  await abandoned.files(['one\n']);
  await abandoned.commits(undefined, [commit('x\n', file('a', 'b'))], writtenAt(now));
  await abandoned.abandon();
  await assert.rejects(abandoned.files(['late\n'.repeat(500_000)]), GitError);
  assert.deepEqual(await git.lines(['for-each-ref']), []);
  const failing = new Writer(git);
  const missing = { path: 'a', mode: '100644', id: '1'.repeat(40) };
  await failing.commits(undefined, [commit('x\n', missing)], writtenAt(now));
  await assert.rejects(failing.end(), GitError);
  // Much more than fits into what waits for a git that has ended.
  const large = Array.from({ length: 64 }, (_, index) => String(index).repeat(200_000));
  await assert.rejects(async () => {
    await failing.files(large);
    await failing.files(large);
  }, GitError);
});

test('an environment branch remembers all that stood there, in second parents and merges too', async (t) => {
  const git = await bare(t);
  const tree = async (text: string) => {
    const [sha = ''] = await writeCommits(git, undefined, [commit('x\n', file('p/f', text))], now);
    return (await entriesOf(git, sha)).get('p') as { mode: string; id: string };
  };
  const [one, two, evil] = [await tree('1'), await tree('2'), await tree('evil')];
  const [base = ''] = await writeCommits(git, undefined, [commit('base\n', { path: 'a', ...one })], now);
  const [side = ''] = await writeCommits(git, base, [commit('side\n', { path: 'a', ...two })], now + 1000);
  const [own = ''] = await writeCommits(git, base, [commit('own\n', file('README', 'x'))], now + 2000);
  // A merge that keeps the first parent's part, and brings one that neither parent had.
  const merged = await git.text(['rev-parse', `${own}^{tree}`]);
  const [mixed = ''] = await writeCommits(git, own, [commit('mixed\n', { path: 'b', ...evil })], now);
  assert.ok(merged);
  const date = `${now / 1000 + 3} +0000`;
  const dated = git.with({ GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date });
  const identity = ['-c', 'user.name=x', '-c', 'user.email=x@localhost'];
  const merge = await dated.text([...identity, 'commit-tree', '-p', own, '-p', side, '-m', 'merge', `${mixed}^{tree}`]);

  const history = await readEnvironment(git, merge);
  assert.deepEqual([...(history.seen.get('a') ?? [])].sort(), [one.id, two.id].sort());
  assert.deepEqual([...(history.seen.get('b') ?? [])], [evil.id]);
  assert.equal(history.entries.get('a')?.id, one.id);
  assert.deepEqual(history.course.of('a'), [{ commit: base, name: 'a', part: one.id, time: now }]);
  assert.deepEqual(history.course.of('b'), [{ commit: merge, name: 'b', part: evil.id, time: now + 3000 }]);
});

test('rendered gives every part its place, also one that was removed', async (t) => {
  const git = await bare(t);
  const shas = await writeCommits(
    git,
    undefined,
    [
      commit('0\n', file('dev/a/x', '1'), file('published.json', '0')),
      commit('1\n', file('dev/b/x', '1')),
      commit('2\n', file('dev/a/x', '2')),
      commit('3\n', file('published.json', '3')),
    ],
    now,
  );
  const { commits, timelines } = await readRendered(git, shas[3]);
  assert.deepEqual(commits, shas);
  const a = timelines.get('dev/a');
  assert.equal(a?.place(a.at(0) ?? ''), 0);
  assert.equal(a?.place(a.at(3) ?? ''), 2);
  assert.equal(timelines.get('dev/b')?.at(0), undefined);
  assert.deepEqual([...timelines.keys()].sort(), ['dev/a', 'dev/b']);
});

test('a push moves a branch only from where it was seen', async (t) => {
  const remote = await bare(t);
  const mirror = await openMirror(remote, remote.dir);
  t.after(() => mirror.close());
  const ref = 'refs/heads/env/dev';
  const [one = '', two = '', other = ''] = await Promise.all(
    ['1', '2', '3'].map(
      async (text) => (await writeCommits(mirror.git, undefined, [commit(`${text}\n`, file('x', text))], now))[0],
    ),
  );
  assert.equal(await push(mirror, [{ ref, from: undefined, to: one }]), 'moved');
  assert.equal(await push(mirror, [{ ref, from: undefined, to: two }]), 'stale', 'it exists by now');
  assert.equal(await push(mirror, [{ ref, from: other, to: two }]), 'stale');
  assert.equal(await push(mirror, [{ ref, from: one, to: two }]), 'moved');
  assert.equal(await remote.commit(ref), two);
  // All or none.
  const both = [
    { ref: 'refs/heads/rendered', from: undefined, to: one },
    { ref, from: one, to: other },
  ];
  assert.equal(await push(mirror, both), 'stale');
  assert.equal(await remote.commit('refs/heads/rendered'), undefined);
});

test('a mirror brings file contents only when they are asked for, and all at once', async (t) => {
  const remote = await bare(t);
  const here = await bare(t);
  const [sha = ''] = await writeCommits(remote, undefined, [commit('x\n', file('a', 'one'), file('b', 'two\n'))], now);
  await remote.bytes(['update-ref', 'refs/heads/rendered', sha]);
  await appendFile(join(here.dir, 'config'), '[http]\n\tsslVerify\n[core]\n\tsshCommand = ssh -i "a key"\n');
  const mirror = await openMirror(here, `file://${remote.dir}`);
  t.after(() => mirror.close());
  // Of the settings those come along by which a checkout reaches its remote, as they are meant.
  assert.equal(await mirror.git.text(['config', '--type=bool', 'http.sslVerify']), 'true');
  assert.equal(await mirror.git.text(['config', 'core.sshCommand']), 'ssh -i a key');
  const missing = await mirror.git.lines(['rev-list', '--objects', '--missing=print', sha]);
  assert.equal(missing.filter((line) => line.startsWith('?')).length, 2);
  const ids = [...(await filesOf(mirror.git, sha)).values()].map(({ id }) => id);
  const blobs = await mirror.blobs(ids);
  assert.deepEqual([...blobs.values()].map(String), ['one', 'two\n']);
});

test('what a clone has as it stands at the remote is borrowed from it, unless parts of it were left out', async (t) => {
  const remote = await bare(t);
  const write = async (on: string | undefined, text: string) => {
    const [sha = ''] = await writeCommits(remote, on, [commit('x\n', file('counter/a', text), file('b', 'two'))], now);
    for (const branch of ['main', 'rendered', 'env/dev'])
      await remote.bytes(['update-ref', `refs/heads/${branch}`, sha]);
    return sha;
  };
  const first = await write(await write(undefined, 'zero'), 'one');
  const table: readonly (readonly [name: string, options: readonly string[], fetched: boolean])[] = [
    ['a whole clone', [], false],
    ['a clone without contents', ['--filter=blob:none'], false],
    ['a clone without folders', ['--filter=tree:0'], true],
    ['a shallow clone', ['--depth=1'], true],
  ];
  const clones = await Promise.all(
    table.map(async ([name, options, fetched]) => {
      const dir = await mkdtemp(join(tmpdir(), 'slipway-git-'));
      t.after(() => rm(dir, { recursive: true, force: true }));
      await remote.bytes(['clone', '--quiet', '--bare', ...options, `file://${remote.dir}`, dir]);
      return { name, fetched, clone: new Git(dir) };
    }),
  );
  const seenBy = async (clone: Git, commit: string, text: string, name: string) => {
    const mirror = await openMirror(clone, `file://${remote.dir}`);
    const { seen, course, entries } = await readEnvironment(mirror.git, mirror.refs.get('refs/heads/env/dev') ?? '');
    assert.equal(course.of('counter')[0]?.commit, commit, name);
    assert.equal(await mirror.git.commit('env/dev'), commit, name);
    assert.equal(seen.get('counter')?.size, text === 'one' ? 2 : 3, name);
    const packs = await readdir(join(mirror.git.dir, 'objects', 'pack')).catch(() => []);
    const files = await mirror.trees([entries.get('counter')?.id ?? '']);
    const ids = [...files.values()].flatMap((folder) => [...folder.values()].map(({ id }) => id));
    assert.deepEqual([...(await mirror.blobs(ids)).values()].map(String), [text], name);
    await mirror.close();
    assert.ok(packs.filter((file) => file.endsWith('.pack')).length <= 1, `${name}: in one go`);
    return packs.length > 0;
  };
  for (const { name, fetched, clone } of clones) assert.equal(await seenBy(clone, first, 'one', name), fetched, name);
  const second = await write(first, 'three');
  const [{ clone }] = clones as [(typeof clones)[number]];
  assert.ok(await seenBy(clone, second, 'three', 'a clone that is behind'));
});

test('a remote that is not there is refused by its address, without its password', async (t) => {
  const here = await bare(t);
  await assert.rejects(
    openMirror(here, 'https://user:secret@127.0.0.1:1/x.git'),
    (error: Error) =>
      /https:\/\/127\.0\.0\.1:1\/x\.git cannot be read/.test(error.message) && !error.message.includes('secret'),
  );
  await assert.rejects(openMirror(here, 'upstream'), /no remote named upstream/);
  assert.equal(withoutSecrets('fatal: https://a:b@h/x and ssh://u@h/y'), 'fatal: https://h/x and ssh://h/y');
});

test('an error of git names the command and says what git said', async (t) => {
  const git = await bare(t);
  await assert.rejects(
    git.bytes(['rev-parse', '--verify', 'nothing']),
    (error) => error instanceof GitError && /git rev-parse failed: fatal: Needed a single revision/.test(error.message),
  );
  assert.equal(await git.commit('nothing'), undefined);
});
