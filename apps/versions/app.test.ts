import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { partsOfAll } from '../../generators/parts.fixture.ts';
import { app } from './app.ts';

const room = mkdtempSync(join(tmpdir(), 'versions-'));
after(() => rmSync(room, { recursive: true, force: true }));

const { before: [fetch] = [], in: here = {}, files = {}, env = {} } = app as Extract<typeof app, { kind: 'worker' }>;
const root = join(import.meta.dirname, '../..');
const settings = join(room, 'gitconfig');
const inRoom = (text: string) => text.replaceAll(/\/(?=secrets\/|work\b)|\/etc\/slipway\/(?=program)/g, `${room}/`);
const identity = Object.fromEntries(
  ['AUTHOR', 'COMMITTER'].flatMap((role) => [
    [`GIT_${role}_NAME`, 'Ann'],
    [`GIT_${role}_EMAIL`, 'ann@example.com'],
  ]),
);
const variables = { ...process.env, ...identity, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: settings };
const git = (dir: string, ...args: string[]) => {
  const said = execFileSync('git', ['-C', dir, ...args], { env: variables, encoding: 'utf8' });
  return said.trim();
};
for (const folder of ['secrets', 'work', 'remote']) mkdirSync(join(room, folder));
writeFileSync(settings, inRoom(String(files[env.GIT_CONFIG_GLOBAL ?? ''])));

test('it reads the repository that Argo CD reads, with a token on every cluster', () => {
  assert.equal(fetch?.env?.REPOSITORY, repository);
  const platforms = environments.filter(({ scope }) => scope === 'cluster').map(({ name }) => name);
  assert.deepEqual(Object.keys(here).sort(), platforms.sort());
});

test('git gets the token from its file, whole, and shows it to GitLab alone', () => {
  writeFileSync(join(room, 'secrets', 'token'), 'glpat-a&b/c\\d');
  const filled = (host: string) =>
    spawnSync('git', ['credential', 'fill'], {
      input: `protocol=https\nhost=${host}\n\n`,
      env: { ...variables, GIT_TERMINAL_PROMPT: '0', GIT_ASKPASS: 'true' },
      encoding: 'utf8',
    });
  const { stdout, stderr } = filled(new URL(repository).host);
  assert.match(stdout, /^username=slipway-versions$/m, stderr);
  assert.match(stdout, /^password=glpat-a&b\/c\\d$/m);
  assert.doesNotMatch(filled('gitlab.com.example.org').stdout, /glpat/);
});

test('what runs is the code that its part was rendered with, also when it is fetched again', () => {
  const remote = join(room, 'remote');
  git(remote, 'init', '--quiet', '--initial-branch=main');
  git(remote, 'config', 'uploadpack.allowFilter', 'true');
  const commit = (path: string, from: string) => {
    cpSync(from, join(remote, path), { recursive: true });
    git(remote, 'add', '--all');
    git(remote, 'commit', '--quiet', '-m', path);
  };
  commit('generators', join(root, 'generators'));
  const tree = git(remote, 'rev-parse', 'HEAD:generators');
  commit('generators/newer', join(root, 'biome.json'));
  commit('package.json', join(root, 'package.json'));
  writeFileSync(join(room, 'program'), `${tree}\n`);

  const [shell = '', ...args] = (fetch?.command ?? []).map(inRoom);
  const clone = join(room, 'work', 'slipway');
  for (const attempt of ['first', 'again']) {
    const { status, stderr } = spawnSync(shell, args, {
      env: { ...variables, ...fetch?.env, GIT_CONFIG_GLOBAL: settings, REPOSITORY: `file://${remote}` },
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${attempt}: ${stderr}`);
    assert.equal(git(clone, 'write-tree', '--prefix=generators/'), tree);
    assert.equal(git(clone, 'diff', '--name-only'), '');
  }
  // Nothing beside generators/ is there, and no package.
  const once = ['generators/commands/slipway.mjs', 'metrics', '--once'];
  const { status, stdout, stderr } = spawnSync(process.execPath, once, {
    cwd: clone,
    env: variables,
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^slipway_metrics_last_success_timestamp_seconds /m);
});

test('a change of the code rolls the pod, and one of anything else does not', async () => {
  const deployment = async (program: string) => {
    const parts = (await partsOfAll({ clusters, environments }, program)).filter((part) => part.app === 'versions');
    return parts.map(({ files }) => files['deployment-versions.yaml']);
  };
  const [one, same, other] = await Promise.all(['a', 'a', 'b'].map((letter) => deployment(letter.repeat(40))));
  assert.ok(one?.every((text) => text?.includes('slipway.dev/files')));
  assert.deepEqual(one, same);
  for (const [at, text] of (one ?? []).entries()) assert.notEqual(text, other?.[at]);
});
