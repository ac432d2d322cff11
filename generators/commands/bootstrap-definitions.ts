import { spawn } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { exportTree } from '../git/dry.ts';
import type { Git } from '../git/git.ts';
import { filesOf } from '../git/history.ts';
import { readBlobs } from '../git/objects.ts';
import type { Path } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';
import { Misuse } from '../model/refusal.ts';
import { short } from '../model/words.ts';

/** What a commit says of clusters. */
export interface Definitions {
  readonly path: Path;
  /** The text of a file under `clusters/`, by its path in the repository. */
  readonly files: ReadonlyMap<string, string>;
}

const aside = ':(exclude)clusters/local';

/**
 * The clusters of a commit, never those of the work tree. `clusters/environments.ts` is data in TypeScript: it is run in
 * a process without environment, that may read its own folder and do nothing else.
 * @throws {Misuse} for a definition that is wrong
 */
export async function definitionsAt(git: Git, dry: string): Promise<Definitions> {
  const dir = await realpath(await mkdtemp(join(tmpdir(), 'slipway-clusters-')));
  try {
    await exportTree(git, dry, dir, ['clusters', aside]);
    await writeFile(join(dir, 'package.json'), '{ "type": "module" }\n');
    const [said, files] = await Promise.all([readDefinitions(dir, dry), clusterFiles(git, dry)]);
    return { path: checkPath(said), files };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const program = `const { repository, clusters, environments } = await import('./clusters/environments.ts');
process.stdout.write(JSON.stringify({ repository, clusters, environments }));`;

async function readDefinitions(dir: string, dry: string): Promise<Parameters<typeof checkPath>[0]> {
  const options = ['--permission', `--allow-fs-read=${dir}/*`, '--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...options, '--input-type=module', '--eval', program], {
    cwd: dir,
    env: { TZ: 'UTC', LC_ALL: 'C' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  const [out, err, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  if (status === 0) return JSON.parse(out);
  const reason = err.split('\n').find((line) => /^\w*Error/.test(line)) ?? err.trim();
  throw new Misuse(
    `clusters/environments.ts of ${short(dry)} cannot be read: ${reason.replaceAll(`${dir}/`, '')}. Correct and commit it.`,
  );
}

async function clusterFiles(git: Git, dry: string): Promise<Map<string, string>> {
  const wanted = [...(await filesOf(git, dry, 'clusters/'))].filter(([path]) => !path.startsWith('local/'));
  const texts = await readBlobs(
    git,
    wanted.map(([, { id }]) => id),
  );
  return new Map(wanted.map(([path, { id }]) => [`clusters/${path}`, String(texts.get(id))]));
}
