import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { environments, repository } from '../../clusters/environments.ts';
import { app } from './app.ts';

const room = mkdtempSync(join(tmpdir(), 'versions-'));
after(() => rmSync(room, { recursive: true, force: true }));

const { in: here = {}, files = {}, env = {} } = app as Extract<typeof app, { kind: 'worker' }>;
const settings = join(room, 'gitconfig');
const inRoom = (text: string) => text.replaceAll(/\/(?=secrets\/|work\b)/g, `${room}/`);
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

test('it reads the repository that Argo CD reads, and the branch of its own environment', () => {
  const platforms = environments.filter(({ scope }) => scope === 'cluster').map(({ name }) => name);
  assert.deepEqual(Object.keys(here).sort(), platforms.sort());
  for (const name of platforms) {
    const [{ env: told } = {}] = here[name]?.before ?? [];
    assert.deepEqual([told?.REPOSITORY, told?.BRANCH], [repository, `env/${name}`]);
  }
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

test('what runs is the commit that its part was rendered from, also when it is fetched again', () => {
  const remote = join(room, 'remote');
  git(remote, 'init', '--quiet', '--initial-branch=main');
  git(remote, 'config', 'uploadpack.allowFilter', 'true');
  const commit = (path: string, text: string) => {
    mkdirSync(join(remote, path, '..'), { recursive: true });
    writeFileSync(join(remote, path), text);
    git(remote, 'add', '--all');
    git(remote, 'commit', '--quiet', '-m', path);
    return git(remote, 'rev-parse', 'HEAD');
  };
  const dry = commit('program', 'as it was rendered');
  commit('program', 'newer, and promoted by nobody');
  git(remote, 'checkout', '--quiet', '--orphan', 'env/platform-nonprod');
  commit('versions/hydrator.metadata', JSON.stringify({ repoURL: 'x', drySha: dry, commands: [] }));
  git(remote, 'checkout', '--quiet', 'main');

  const [{ command = [], env: told = {} } = {}] = here['platform-nonprod']?.before ?? [];
  const [program = '', ...args] = command.map(inRoom);
  for (const attempt of ['first', 'again']) {
    const { status, stderr } = spawnSync(program, args, {
      env: { ...variables, ...told, GIT_CONFIG_GLOBAL: settings, REPOSITORY: `file://${remote}` },
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${attempt}: ${stderr}`);
    assert.equal(git(join(room, 'work', 'slipway'), 'rev-parse', 'HEAD'), dry);
  }
});
