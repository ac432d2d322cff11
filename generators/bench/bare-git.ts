import { join } from 'node:path';
import { Git } from '../git/git.ts';
import { environmentBranch, head, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { addressOf, type Place } from './place.ts';
import { stages } from './workload.ts';

/** What a publish changed in `rendered`: contents by path. */
export type Changes = ReadonlyMap<string, Buffer>;

/** Reads what the newest commit of `rendered` changed. */
export async function changesOf({ remote }: Place): Promise<Changes> {
  const tip = head(rendered);
  const changes = new Map<string, Buffer>();
  for (const path of await remote.lines(['diff-tree', '-r', '--no-commit-id', '--name-only', tip]))
    changes.set(path, await remote.bytes(['cat-file', 'blob', `${tip}:${path}`]));
  return changes;
}

/**
 * The bare git commands for the same change, with nothing decided between them: clone `rendered` without contents,
 * list it, write the files that are known to be others, push; then the same for the first environment's branch, by tree
 * id, in the same repository, since the trees are there.
 * @returns wall-clock milliseconds by command
 */
export async function bareGit(place: Place, changes: Changes): Promise<Record<string, number>> {
  const phases: Record<string, number> = {};
  const timed = async <T>(name: string, run: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await run();
    phases[name] = performance.now() - started;
    return result;
  };
  const git = new Git(join(place.dir, 'bare.git'));
  const partial = ['--quiet', '--depth=1', '--filter=blob:none'];
  const dev = environmentBranch(stages[0]);
  const fastImport = async (branch: string, from: string, files: readonly (string | Buffer)[]): Promise<string> => {
    const commit = `commit ${head(branch)}\ncommitter Bench <bench@localhost.invalid> now\ndata 7\nPublish\nfrom ${from}\n`;
    const input = Buffer.concat(['feature done\n', commit, ...files, 'done\n'].map((piece) => Buffer.from(piece)));
    await git.bytes(['fast-import', '--quiet', '--done', '--force', '--date-format=now'], input);
    return head(branch);
  };
  const push = (branch: string, from: string) =>
    git.bytes([
      ...['push', '--quiet', '--no-thin', '--atomic'],
      `--force-with-lease=${head(branch)}:${from}`,
      'origin',
      head(branch),
    ]);

  const url = addressOf(place.remote);
  await timed('clone rendered', () =>
    new Git(place.dir).bytes(['clone', '--bare', ...partial, '--single-branch', '--branch', rendered, url, git.dir]),
  );
  const tip = await git.text(['rev-parse', head(rendered)]);
  await timed('ls-tree rendered', () => git.bytes(['ls-tree', '-r', '-z', tip]));
  const contents = [...changes].flatMap(([path, bytes]) => [
    `M 100644 inline ${path}\ndata ${bytes.length}\n`,
    bytes,
    '\n',
  ]);
  await timed('fast-import rendered', () => fastImport(rendered, tip, contents));
  await timed('push rendered', () => push(rendered, tip));

  await timed(`fetch ${dev}`, () => git.bytes(['fetch', ...partial, 'origin', `${head(dev)}:${head(dev)}`]));
  const old = await git.text(['rev-parse', head(dev)]);
  await timed(`ls-tree ${dev}`, () => git.bytes(['ls-tree', '-r', '-z', old]));
  const folders = new Set(
    [...changes.keys()].flatMap((path) => new RegExp(`^${stages[0]}/([^/]+)/`).exec(path)?.[1] ?? []),
  );
  const trees: string[] = [];
  for (const app of folders)
    trees.push(`M 040000 ${await git.text(['rev-parse', `${head(rendered)}:${stages[0]}/${app}`])} ${app}\n`);
  await timed(`fast-import ${dev}`, () => fastImport(dev, old, trees));
  await timed(`push ${dev}`, () => push(dev, old));
  if (trees.length === 0) throw new Refusal('the bare git commands had nothing to do: no part of the change was found');
  return phases;
}

/** Milliseconds that the machine needs to start a git process, beside what the process itself does. */
export async function startupOf(git: Git): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 15; count++) {
    const started = performance.now();
    await git.bytes(['rev-parse', '--git-dir']);
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;
}
