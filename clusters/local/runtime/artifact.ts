import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { exportTree } from '../../../generators/git/dry.ts';
import { Git } from '../../../generators/git/git.ts';
import { entriesOf } from '../../../generators/git/history.ts';
import { Refusal } from '../../../generators/model/refusal.ts';

const artifacts = 'artifacts';

/**
 * Builds what a folder of a commit is on this machine: a tar of the folder and its production dependencies. The same
 * tree gives the same bytes: names are sorted, times and owners are fixed, and packages come by the lockfile. It stands
 * for the image, and its sha256 for the image's digest.
 * @returns `sha256:…`, under which it is kept in the world's folder; a tree that was built before is not built again
 */
export async function buildArtifact(
  world: string,
  checkout: Git,
  commit: string,
  folder: string,
  signal?: AbortSignal,
): Promise<string> {
  const tree = (await entriesOf(checkout, commit)).get(folder)?.id;
  if (!tree) throw new Refusal(`Commit ${commit} has no folder ${folder} to build.`);
  const store = join(world, artifacts);
  const built = join(store, `tree-${tree}`);
  const before = await readFile(built, 'utf8').catch(() => undefined);
  if (before) return before;

  await mkdir(store, { recursive: true });
  const dir = await mkdtemp(join(store, 'build-'));
  try {
    const content = join(dir, 'content');
    await mkdir(content);
    await exportTree(checkout, tree, content);
    const objects = await objectsIn(store);
    const own = await written(objects, content, join(dir, 'index'));
    const modules = await modulesOf(objects, { store, content, index: join(dir, 'modules-index'), signal });
    const tar = join(dir, 'tar');
    await pack(objects, modules === undefined ? own : await joined(objects, own, modules), tar);
    const digest = await sha256Of(tar);
    await rename(tar, join(store, `${digest}.tar`));
    await writeFile(join(dir, 'tree'), `sha256:${digest}`);
    await rename(join(dir, 'tree'), built);
    return `sha256:${digest}`;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What git must not do to the bytes of a package, whatever attributes and settings are about. */
const asItIs = ['core.bare=false', 'core.compression=0', 'core.autocrlf=false', 'core.fileMode=true'];

/** The repository of everything that was ever built here, so that what stays the same is written once. */
async function objectsIn(store: string): Promise<Git> {
  const git = new Git(join(store, 'objects.git'));
  await mkdir(join(git.dir, 'info'), { recursive: true });
  await git.bytes(['init', '--quiet', '--bare', '--object-format=sha1']);
  await writeFile(join(git.dir, 'info', 'attributes'), '* -text -ident -filter -export-ignore -export-subst\n');
  return git;
}

/** The files of a folder as a tree. @param index a file for git's own use, of this call alone */
async function written(objects: Git, folder: string, index: string): Promise<string> {
  const git = objects.with({ GIT_INDEX_FILE: index });
  await git.bytes([
    ...asItIs.flatMap((setting) => ['-c', setting]),
    ...[`--work-tree=${folder}`, 'add', '--all', '--force', '.'],
  ]);
  return git.text(['write-tree']);
}

/**
 * The production dependencies of a folder as a tree, as its lockfile pins them; undefined for none. They are kept for
 * the next build that locks the same: most commits change no dependency, and of the thousands of files of these even
 * reading them takes longer than all the rest.
 */
async function modulesOf(
  objects: Git,
  {
    store,
    content,
    index,
    signal,
  }: {
    readonly store: string;
    readonly content: string;
    readonly index: string;
    readonly signal: AbortSignal | undefined;
  },
): Promise<string | undefined> {
  const locked = await Promise.all(['package.json', 'package-lock.json'].map((file) => sha256Of(join(content, file))));
  const kept = join(store, `modules-${createHash('sha256').update(locked.join()).digest('hex')}`);
  const before = await readFile(kept, 'utf8').catch(() => undefined);
  if (before !== undefined) return before || undefined;

  const quiet = ['--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  await run('npm', ['ci', '--omit=dev', '--ignore-scripts', ...quiet], content, signal);
  const modules = join(content, 'node_modules');
  await mkdir(modules, { recursive: true });
  // It differs with npm's version and settings, and nothing reads it.
  await rm(join(modules, '.package-lock.json'), { force: true });
  const isEmpty = (await readdir(modules)).length === 0;
  const tree = isEmpty ? '' : await written(objects, modules, index);
  await writeFile(`${index}.tree`, tree);
  await rename(`${index}.tree`, kept);
  return tree || undefined;
}

/** A tree with another one in it, as `node_modules`. */
async function joined(objects: Git, own: string, modules: string): Promise<string> {
  const entries = await objects.text(['ls-tree', own]);
  return objects.text(['mktree'], `${entries}\n040000 tree ${modules}\tnode_modules\n`);
}

/** git writes the tar: sorted, without owners, with the commit's time, and alike on every machine. */
async function pack(objects: Git, tree: string, tar: string): Promise<void> {
  const when = 'Slipway <slipway@noreply.invalid> 0 +0000';
  const object = `tree ${tree}\nauthor ${when}\ncommitter ${when}\n\nartifact\n`;
  const commit = await objects.text(['hash-object', '-t', 'commit', '-w', '--stdin'], object);
  await objects.bytes(['-c', 'tar.umask=0022', 'archive', '--format=tar', `--output=${tar}`, commit]);
}

async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Nothing on this machine can run an image. */
export class NotRunHere extends Refusal {
  override readonly name = 'NotRunHere';
}

/**
 * The folder of an artifact, unpacked once, and the program in it (`main` of its package.json).
 * @throws {NotRunHere} when this world has no such artifact. @throws {Refusal} for bytes that are not what the digest says
 */
export async function unpackedArtifact(
  world: string,
  digest: string | undefined,
  repository: string,
): Promise<{ dir: string; main: string }> {
  const hex = digest?.replace('sha256:', '') ?? '';
  const dir = join(world, 'images', hex);
  if (!(await exists(dir))) {
    const tar = join(world, artifacts, `${hex}.tar`);
    if (!hex || !(await exists(tar))) {
      throw new NotRunHere(
        `${repository}@${digest ?? 'no digest'} is not run here: this world has no such artifact, and no program of this machine plays it`,
      );
    }
    if ((await sha256Of(tar)) !== hex) throw new Refusal(`the artifact ${digest} has other bytes than its digest says`);
    await mkdir(join(world, 'images'), { recursive: true });
    const unpacking = await mkdtemp(join(world, 'images', 'unpacking-'));
    await run('tar', ['-x', '-C', unpacking, '-f', tar]);
    // Two pods may unpack at once; the second finds the first one's folder and drops its own.
    await rename(unpacking, dir).catch(() => rm(unpacking, { recursive: true, force: true }));
  }
  const { main } = JSON.parse(await readFile(join(dir, 'package.json'), 'utf8')) as { main?: string };
  if (!main || relative(dir, join(dir, main)).startsWith('..'))
    throw new Refusal(`package.json of ${repository} names no program in \`main\``);
  return { dir, main };
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

function run(command: string, args: readonly string[], cwd?: string, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      signal,
      // npm would leave a folder of it among the machine's temporary files.
      env: { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1' },
      killSignal: 'SIGKILL',
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    child.on('error', (error) => reject(new Refusal(`${command} could not be started: ${error.message}.`)));
    child.on('close', (status, killed) =>
      status === 0
        ? resolve()
        : reject(new Refusal(`${command} ${args[0]} failed (${killed ?? status}): ${said.trim().slice(-500)}`)),
    );
  });
}
