import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { loadAll } from 'js-yaml';
import { createRepository } from '../../clusters/local/forge/repository.ts';
import { withExample } from '../example.fixture.ts';
import type { Forge } from '../forge/forge.ts';
import { Git } from '../git/git.ts';
import { program } from './hydrate-commit.ts';
import { folder, serveForge } from './sandbox.fixture.ts';

// A newcomer does what clusters/own.md says: its blocks run as they stand there, in the order of the page.

/** The blocks of a section, as one script. */
async function scriptOf(heading: string): Promise<string> {
  const page = await readFile(join(program, 'clusters', 'own.md'), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith(heading)) ?? '';
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = '']) => block);
  assert.ok(blocks.length > 0, `clusters/own.md has no block under ${heading}`);
  return blocks.join('');
}

suite('clusters/own.md, done by somebody who was never here', withExample, () => {
  let dir: string;
  let mine: Git;
  let remote: Git;
  let forge: Forge;
  let env: NodeJS.ProcessEnv;
  const ends: (() => unknown)[] = [];
  const scope = { after: (end: () => unknown) => void ends.push(end) };

  /** What the page's section does, in the folder of a newcomer. @returns what it said */
  const follow = async (heading: string, cwd = mine.dir) => {
    const { stdout, stderr } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', await scriptOf(heading)], {
      ...{ cwd, env },
      maxBuffer: 1e8,
    });
    return stdout + stderr;
  };

  before(async () => {
    dir = await folder(scope);
    // Addresses of the page lead here, packages are there already, and the command is this Node's.
    const upstream = join(dir, 'upstream');
    await new Git(program).bytes(['clone', '--quiet', program, upstream]);
    remote = await createRepository(join(dir, 'remote.git'), [
      { name: 'main', push: 0 },
      { name: 'rendered', merge: 0 },
    ]);
    const served = await serveForge(scope, remote, join(dir, 'forge.json'));
    forge = served.forge;
    mine = new Git(join(dir, 'platform'));
    const shims = join(dir, 'bin');
    await mkdir(shims);
    const launcher = '"$(git rev-parse --show-toplevel)/generators/commands/slipway.mjs"';
    const packages = `[ -e node_modules ] || ln -s '${join(program, 'node_modules')}' node_modules\necho node_modules >>.git/info/exclude`;
    for (const [name, script] of Object.entries({
      npx: `[ "$1" = slipway ] || exit 9\nshift\nexec '${process.execPath}' ${launcher} "$@"`,
      npm: `[ "$*" = 'ci --ignore-scripts' ] || exit 9\n${packages}`,
    })) {
      await writeFile(join(shims, name), `#!/bin/bash\n${script}\n`);
      await chmod(join(shims, name), 0o755);
    }
    const config = join(dir, 'gitconfig');
    const instead = {
      [upstream]: 'https://gitlab.com/example/slipway.git',
      [remote.dir]: 'git@gitlab.com:acme/platform.git',
    };
    const lines = Object.entries(instead).map(([path, address]) => `[url "${path}"]\n\tinsteadOf = ${address}\n`);
    await writeFile(config, lines.join(''));
    env = { ...process.env, ...served.variables, PATH: `${shims}:${process.env.PATH}`, GIT_CONFIG_GLOBAL: config };
  });
  after(async () => {
    for (const end of ends) await end();
  });

  const files = async (branch: string) =>
    (await remote.text(['ls-tree', '-r', '--name-only', branch])).split('\n').filter((path) => path !== '');

  test('the example goes, the first app comes, and nothing is wrong', async () => {
    await follow('1.', dir);
    await follow('2.');
    await follow('3.');
    assert.match(await follow('4.'), /wrote apps\/shop\/app\.ts/);
    const left = (await mine.text(['ls-files'])).split('\n');
    assert.deepEqual(
      left.filter((path) => /^service\/|^apps\/(counter|redis)/.test(path)),
      [],
    );
    assert.match(await follow('5.'), /\n0 wrong, /);
    const demo = promisify(execFile)('npx', ['slipway', 'demo', '--once'], { cwd: mine.dir, env });
    await assert.rejects(demo, /HEAD has no apps\/counter any more: npx slipway local up shows your own apps/);
  });

  test('what is published reaches dev at once, and staging by a request that is merged', async () => {
    const [both, then] = (await scriptOf('6.')).split(/(?=npx slipway status)/);
    assert.ok(both && then);
    await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', both], { cwd: mine.dir, env });
    assert.ok((await files('env/dev')).includes('shop/deployment-shop.yaml'));
    assert.ok(!(await files('env/staging')).includes('shop/deployment-shop.yaml'));
    const [request] = await forge.opened('env/staging');
    assert.ok(request);
    await forge.merge(request.iid, request.sha);
    const { stdout } = await promisify(execFile)('bash', ['-c', then], { cwd: mine.dir, env });
    assert.match(stdout, /staging.*shop/);
  });

  test('a later Slipway is merged, and its diff shows each environment what would change', async () => {
    const upstream = new Git(join(dir, 'upstream'));
    const edit = async (path: string, from: string | RegExp, to: string) => {
      const file = join(upstream.dir, path);
      const text = await readFile(file, 'utf8');
      assert.notEqual(text.replace(from, to), text, path);
      await writeFile(file, text.replace(from, to));
    };
    // It makes other manifests, and works on the example, which is gone here.
    await edit('generators/charts/pod.ts', 'terminationGracePeriodSeconds: app.grace', '$& + 7');
    await edit('service/app.ts', /$/, '// A later one.\n');
    await upstream.bytes(['commit', '--quiet', '--all', '--message', 'feat: a later Slipway']);
    await upstream.bytes(['tag', 'v99.0.0']);
    const said = await follow('Take a later Slipway');
    assert.equal(await mine.text(['status', '--porcelain']), '');
    assert.ok(await mine.holds(['merge-base', '--is-ancestor', 'v99.0.0', 'HEAD']));
    assert.equal(await mine.text(['ls-files', 'service', 'apps/counter']), '');
    for (const environment of ['dev', 'staging', 'production'])
      assert.match(said, new RegExp(`${environment}.*shop`), environment);
    assert.match(said, /terminationGracePeriodSeconds: .*37/);
  });

  test('who leaves has plain manifests', async () => {
    assert.match(await follow('Leave'), /\nkind: Deployment\n/);
    const there = await files('env/staging');
    const manifests = there.filter((path) => path.endsWith('.yaml'));
    assert.deepEqual(
      there.filter((path) => !manifests.includes(path)).map((path) => path.replace(/.*\//, '')),
      ['.gitlab-ci.yml', 'hydrator.metadata'],
    );
    for (const path of manifests) {
      const text = await remote.text(['show', `env/staging:${path}`]);
      for (const object of loadAll(text) as Record<string, unknown>[])
        for (const field of ['apiVersion', 'kind', 'metadata']) assert.ok(object[field], `${path} has no ${field}`);
    }
  });
});
