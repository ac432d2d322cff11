import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Git } from '../git/git.ts';
import { buildsAt, sourcesAt } from '../git/sources.ts';
import { type BuiltInput, keyOf, type Sources, sourceKey } from './key.ts';

Object.assign(process.env, { GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' });
for (const role of ['AUTHOR', 'COMMITTER']) {
  Object.assign(process.env, { [`GIT_${role}_NAME`]: 'A Tester', [`GIT_${role}_EMAIL`]: 'tester@localhost.invalid' });
}

/** What stands at the root of a commit of which `a` is built here, and `b` is not. */
const base = {
  'apps/index.ts': 'index',
  'apps/a/app.ts': 'a',
  'apps/b/app.ts': 'b',
  'clusters/environments.ts': 'path',
  'generators/charts/web.ts': 'chart',
  'package.json': '{}',
  'package-lock.json': '{}',
  'service/Dockerfile': 'FROM scratch',
  'service/package.json': '{ "version": "1.0.0" }',
  'README.md': 'words',
};

type Keys = Readonly<Record<'a' | 'b' | 'all', string | undefined>>;

/** The keys of both apps after each change, and before them. */
async function keysAfter(t: TestContext, changes: Readonly<Record<string, string>>): Promise<Keys> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-keys-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = new Git(dir);
  await git.bytes(['init', '--quiet', '--initial-branch=main']);
  for (const files of [base, changes]) {
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text);
    }
    await git.bytes(['add', '--all']);
    // One date for all, so that equal content is an equal commit in every test.
    const dated = git.with({ GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z', GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z' });
    await dated.bytes(['commit', '--quiet', '--allow-empty', '-m', 'one']);
  }
  const [sources, { service }] = await Promise.all([sourcesAt(git, 'HEAD'), buildsAt(git, 'HEAD')]);
  assert.ok(service);
  const built = { reference: `registry.example.com/a@sha256:${'0'.repeat(64)}`, ...service };
  return { a: keyOf(sources, 'a', built), b: keyOf(sources, 'b', undefined), all: sourceKey(sources) };
}

const table: readonly (readonly [change: string, files: Readonly<Record<string, string>>, changed: string])[] = [
  ['its own definition', { 'apps/a/app.ts': 'other' }, 'a all'],
  ['a further file in its own folder', { 'apps/a/values.ts': 'more' }, 'a all'],
  ["the other app's folder", { 'apps/b/app.ts': 'other' }, 'b all'],
  ['the list of apps', { 'apps/index.ts': 'other' }, 'all'],
  ['a chart', { 'generators/charts/web.ts': 'other' }, 'a b all'],
  ['the path', { 'clusters/environments.ts': 'other' }, 'a b all'],
  ['package.json', { 'package.json': '{ }' }, 'a b all'],
  ['the lockfile', { 'package-lock.json': '{ }' }, 'a b all'],
  ['what its image is built from', { 'service/Dockerfile': 'FROM other' }, 'a'],
  ['what no render reads', { 'README.md': 'other' }, ''],
];
for (const [change, files, changed] of table) {
  test(`after a change of ${change} these keys are others: ${changed || 'none'}`, async (t) => {
    const [before, after] = [await keysAfter(t, {}), await keysAfter(t, files)];
    const others = (['a', 'b', 'all'] as const).filter((name) => before[name] !== after[name]);
    assert.equal(others.join(' '), changed);
  });
}

const word = fc.string({ maxLength: 3 });
const built = fc.option(fc.record({ reference: word, version: word, commit: word }), { nil: undefined });
interface Input {
  readonly own: string;
  readonly shared: readonly string[];
  readonly built: BuiltInput | undefined;
}
const inputs: fc.Arbitrary<Input> = fc.record({
  own: word,
  // As many as a commit always has.
  shared: fc.tuple(word, word, word, word),
  built,
});
const sourcesOf = ({ own, shared }: Input, app: string): Sources => ({
  shared,
  everyApp: '',
  apps: new Map([[app, own]]),
});

test('two apps have one key when name, folder, shared sources and image are the same, and only then', () => {
  const near = inputs.chain((first) =>
    fc.tuple(
      fc.constant(first),
      fc.oneof(
        inputs,
        // The same letters, cut elsewhere: what a concatenation would not tell apart.
        fc.constant({ ...first, shared: [first.shared.join(''), '', '', ''] }),
        fc.constant({ ...first, own: first.own + first.shared[0], shared: ['', ...first.shared.slice(1)] }),
        fc.record({ own: fc.constant(first.own), shared: fc.constant(first.shared), built }),
        fc.constant(structuredClone(first)),
      ),
    ),
  );
  const name = fc.constantFrom('a', 'b');
  fc.assert(
    fc.property(near, name, name, ([first, second], left, right) => {
      const same = left === right && JSON.stringify(first) === JSON.stringify(second);
      const [a, b] = [
        keyOf(sourcesOf(first, left), left, first.built),
        keyOf(sourcesOf(second, right), right, second.built),
      ];
      assert.match(a ?? '', /^[0-9a-f]{32}$/);
      assert.equal(a === b, same);
    }),
    { numRuns: 500 },
  );
});

test('what is no folder of apps has no key', () => {
  assert.equal(keyOf({ shared: [], everyApp: '', apps: new Map() }, 'a', undefined), undefined);
});
