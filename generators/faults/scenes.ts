import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderBundle } from '../commands/bundle.ts';
import { appsIndex, fixtureApp, type Sandbox, type Scope, sandbox } from '../commands/sandbox.fixture.ts';
import { Git } from '../git/git.ts';
import { cloned } from '../git/published.ts';
import { formatBundle } from '../model/bundle.ts';
import { made, type Scene } from './scene.ts';

const promoting = ['promote', '--to', 'staging', '--remote', '{remote}'];

/**
 * The moments that matter, each kept as it was: what creates branches, what moves them, what must move nothing, and what
 * talks to the forge.
 * @param few only those that the short form needs
 */
export async function scenes(scope: Scope, few: boolean): Promise<Scene[]> {
  const box = await sandbox(scope, { a: '1', b: '1' });
  const scenes: Scene[] = [];
  const keep = async (name: string, args: readonly string[], overtakenBy?: readonly string[]) => {
    const kept = join(box.dir, `scene-${scenes.length}`);
    // The sample hooks are most of a small repository.
    const filter = (path: string) => !path.endsWith('.sample');
    await cp(box.remote.dir, join(kept, 'remote.git'), { recursive: true, filter });
    // One pack is copied faster than a hundred objects.
    await new Git(join(kept, 'remote.git')).bytes(['repack', '-a', '-d', '-q']);
    await cp(join(box.dir, 'forge.json'), join(kept, 'forge.json')).catch(() => {});
    scenes.push({ name, args, overtakenBy, kept, checkout: box.checkout.dir });
  };
  const head = () => box.checkout.text(['rev-parse', 'HEAD']);
  const publishing = async () => ['publish', '--dry', await head(), '--remote', '{remote}'];

  if (!few) await keep('the first publish', await publishing());
  await box.publish();
  await keep('the first proposal', promoting);
  await box.mergeTo('staging');
  const taken = await box.tip('env/dev');
  await box.commitQuietly({ 'NOTES.md': 'two commits, one publish' });
  await box.change({ a: '2', c: '1' });
  await box.remove('b');
  if (!few) await keep('a publish', await publishing());
  await keep('a render', ['render', '--dry', await head(), '--all', '--bundle', `{dir}/${made}`]);
  const early = await bundled(box);
  if (!few) await keep('a publish from a bundle', early);
  // Where a branch is missing the environments do not move in the push that appends.
  const staging = (await box.tip('env/staging')) ?? '';
  await box.remote.bytes(['update-ref', '-d', 'refs/heads/env/staging']);
  await keep('a publish of a new environment', early);
  await box.remote.bytes(['update-ref', 'refs/heads/env/staging', staging]);
  const late = await publishing();
  await box.change({ a: '3' });
  await keep('a publish that another overtakes', early, await bundled(box));
  await box.publish();
  await keep('a repeated publish', await publishing());
  if (few) return scenes;
  await keep('a late publish', late);
  await box.promote('staging');
  await box.change({ b: '2' });
  await box.publish();
  await keep('a newer proposal', promoting);
  const dev = await box.person('dev');
  await dev.git.bytes(['revert', '--no-edit', `${taken}..HEAD`]);
  await dev.push();
  await keep('a proposal that became pointless', promoting);
  await box.commit(builtApp);
  await box.commit({ 'built/main.ts': '// two' });
  await keep('a publish of an image', [...(await publishing()), '--image', `built=${image}@sha256:${'a'.repeat(64)}`]);
  return scenes;
}

/** Renders the newest commit on what is published, and gives the command that publishes it. */
async function bundled({ checkout, remote, dir }: Sandbox): Promise<readonly string[]> {
  const dry = await checkout.text(['rev-parse', 'HEAD']);
  const base = await remote.commit('refs/heads/rendered');
  const bundle = await renderBundle(cloned(remote), { dry, base, images: new Map(), say: () => {} });
  const file = join(dir, `${dry}.jsonl`);
  await writeFile(file, formatBundle(bundle));
  return ['publish', '--from', file, '--remote', '{remote}'];
}

const image = 'registry.example.com/built';

/** An app whose image is built here: its version is counted from history. */
const builtApp = {
  'apps/index.ts': appsIndex(['a', 'b', 'built', 'c']),
  'apps/built/app.ts': fixtureApp('built', { image: { repository: image, build: 'built' } }),
  'built/Dockerfile': 'FROM scratch\n',
  'built/package.json': '{ "version": "2.1.0" }',
};
