import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Git } from '../git/git.ts';
import { type BuiltApp, formatBuildList } from '../model/build-list.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { buildsOf, readBuilds } from './built-apps.ts';
import { appsIndex } from './sandbox.fixture.ts';

/** A repository with one app and the folder that it may be built from. */
async function repository(t: TestContext) {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-builds-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const git = new Git(join(dir, 'work'));
  for (const folder of ['apps/a', 'service', 'words']) await mkdir(join(git.dir, folder), { recursive: true });
  await git.bytes(['init', '--quiet', '--initial-branch=main']);
  await writeFile(join(git.dir, 'package.json'), '{"type": "module"}\n');
  await writeFile(join(git.dir, 'apps', 'index.ts'), appsIndex(['a']));
  await writeFile(join(git.dir, 'service', 'Dockerfile'), 'FROM scratch\n');
  await writeFile(join(git.dir, 'words', 'x.md'), 'a word\n');
  /** Commits a definition of the app. */
  const commit = async (text: string) => {
    await writeFile(join(git.dir, 'apps', 'a', 'app.ts'), text);
    await git.bytes(['add', '--all']);
    await git.bytes(['commit', '--quiet', '-m', 'a']);
    return git.text(['rev-parse', 'HEAD']);
  };
  return { dir, git, commit };
}

const image = (build: string, name = 'a') =>
  `{ image: { repository: 'registry.example.com/${name}', build: ${build} } }`;

test('what is built here is said by the definitions, in a process that can read and reach nothing else', async (t) => {
  const { git, commit } = await repository(t);
  const dry = await commit(`const name: string = 'service';\nexport const app = ${image('name')};\n`);
  const tree = await git.text(['rev-parse', 'HEAD:service']);
  const entry = { app: 'a', repository: 'registry.example.com/a', folder: 'service', tree };
  assert.deepEqual(await buildsOf(git, dry), { dry, builds: [entry] });
  process.env.SLIPWAY_TEST_SECRET = 'a secret';
  t.after(() => delete process.env.SLIPWAY_TEST_SECRET);
  const curious = await commit(`export const app = ${image('String(process.env.SLIPWAY_TEST_SECRET)')};\n`);
  await assert.rejects(buildsOf(git, curious), /image.build is "undefined", and .* has no undefined\/Dockerfile/);
  await assert.rejects(buildsOf(git, await commit(`export const app = ${image("'words'")};\n`)), /words\/Dockerfile/);
  for (const deed of ["readFileSync('/etc/hostname')", "writeFileSync('/tmp/slipway-x', '')"]) {
    const bad = await commit(
      `import { readFileSync, writeFileSync } from 'node:fs';\nexport const app = ${image(`String(${deed})`)};\n`,
    );
    await assert.rejects(buildsOf(git, bad), /cannot be loaded .*(ERR_ACCESS_DENIED|Access to this API)/);
  }
  const elsewhere = await commit("export const app = { image: 'a:1' };\n");
  assert.deepEqual(await buildsOf(git, elsewhere), { dry: elsewhere, builds: [] });
});

test('a list that says of a commit what git does not is refused, and one in whose place a link is, is not read', async (t) => {
  const { dir, git, commit } = await repository(t);
  const dry = await commit(`export const app = ${image("'service'")};\n`);
  const tree = await git.text(['rev-parse', 'HEAD:service']);
  const words = await git.text(['rev-parse', 'HEAD:words']);
  const file = join(dir, 'builds.json');
  const good: BuiltApp = { app: 'a', repository: 'registry.example.com/a', folder: 'service', tree };
  const read = async (change: Partial<BuiltApp>, of = dry) => {
    await writeFile(file, formatBuildList({ dry: of, builds: [{ ...good, ...change }] }));
    return readBuilds(git, dry, file);
  };
  assert.deepEqual(await read({}), { dry, builds: [good] });
  await assert.rejects(read({}, tree), /is of commit .*, and .* is asked for/);
  await assert.rejects(read({ tree: words }), /at .* that is [0-9a-f]{40}: whatever wrote it is not to be trusted/);
  await assert.rejects(read({ folder: 'words', tree: words }), /that is no folder with a Dockerfile/);
  await assert.rejects(read({ folder: 'none' }), /that is no folder with a Dockerfile/);
  await assert.rejects(read({ folder: '..' }), /no legal folder/);
  await rm(file);
  await assert.rejects(readBuilds(git, dry, file), (error) => error instanceof Misuse);
  const secret = join(dir, 'secret');
  await writeFile(secret, 'a secret of whoever reads');
  await symlink(secret, file);
  await assert.rejects(
    readBuilds(git, dry, file),
    (error: Error) => error instanceof Refusal && !error.message.includes('a secret'),
  );
});
