import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { head, isProposal, main, rendered } from '../model/names.ts';
import type { ObjectFormat } from '../model/object-id.ts';
import { Refusal } from '../model/refusal.ts';
import type { Entry } from '../model/timeline.ts';
import { meaningOf } from './answers.ts';
import { Git, GitError, withoutSecrets } from './git.ts';
import { readBlobs, readTrees } from './objects.ts';
import { ownFolder, removeOwn } from './own-folder.ts';
import { makeRepository, settingsOf } from './repository.ts';
import { Shelf } from './shelf.ts';

/** A private bare repository that knows the remote's `main`, `rendered` and environment branches; gone when closed. */
export interface Mirror {
  readonly git: Git;
  /** The remote, without credentials: for messages. */
  readonly address: string;
  /** Full branch names (`refs/heads/…`) → commits, as of the last `fetch`. */
  readonly refs: ReadonlyMap<string, string>;
  /** How this repository names objects. */
  readonly format: ObjectFormat;
  /** What was read of branches before, beside the checkout: for those who only look. */
  readonly shelf: Shelf;
  /** Takes note of what a push did. */
  moved(ref: string, to: string): void;
  /** Asks the remote again. @throws {Refusal} when it cannot be reached */
  fetch(): Promise<void>;
  /** Fetches the whole history of every branch, for a mirror of tips. A mirror that has it does nothing. */
  deepen(): Promise<void>;
  /** Contents of blobs by object id, fetched in one go where they are missing. */
  blobs(ids: Iterable<string>): Promise<Map<string, Buffer>>;
  /**
   * Folders, a level each, by id and by the names in them; what is no folder is left out.
   * @throws {Refusal} naming one that is not there
   */
  trees(ids: Iterable<string>): Promise<Map<string, ReadonlyMap<string, Entry>>>;
  close(): Promise<void>;
}

/** What git takes for "all of it", also where nothing was left out: https://git-scm.com/docs/git-fetch */
const everything = 2147483647;

/** How much of `rendered` and the environment branches is fetched: all, or tips alone until `deepen` is called. */
export type Depth = 'history' | 'tips';

/**
 * Opens a mirror of `remote`, without file contents (they are fetched when asked for): what a publish compares are
 * tree ids. Objects that the checkout already has are borrowed from it, so that `main` costs nothing.
 * @param checkout the folder of the checkout whose remote it is
 * @param remote a remote's name or its URL
 * @param also further branches, by their full names, with all of their history
 * @param meanwhile work of this process that needs nothing of the mirror, for the time in which git fetches
 * @throws {Refusal} naming the address when it cannot be reached
 */
export async function openMirror(
  checkout: Git,
  remote: string,
  {
    depth = 'history',
    meanwhile,
    also = [],
  }: { depth?: Depth; meanwhile?: () => Promise<unknown>; also?: readonly string[] } = {},
): Promise<Mirror> {
  const [url, about, configured, own] = await Promise.all([
    urlOf(checkout, remote),
    checkout.lines([
      ...['rev-parse', '--path-format=absolute', '--show-object-format', '--is-shallow-repository'],
      ...['--git-path', 'objects', '--git-common-dir'],
    ]),
    settingsOf(checkout),
    checkout.lines(['for-each-ref', '--format=%(objectname)']),
  ]);
  const [format, shallow, objects, common = ''] = about as [ObjectFormat, string, string, string];
  const address = withoutSecrets(url);
  const dir = await ownFolder('slipway-mirror-');
  const git = new Git(dir);
  const shelf = new Shelf(join(common, 'slipway'), format);
  const refs = new Map<string, string>();

  // What refs of the checkout lead to is there, with all its history and folders, unless it was cloned without them.
  const filters = configured.filter(([key]) => /^remote\..*\.partialclonefilter$/i.test(key));
  const whole = shallow === 'false' && filters.every(([, filter]) => filter === 'blob:none');
  await makeRepository(dir, { format, url, settings: configured, borrowed: whole && objects });
  const standing = new Set(whole ? own : []);
  /** Whether all of it is borrowed, contents as well. */
  let lacking = true;
  let tips = depth === 'tips';
  let begun: Promise<unknown> | undefined;
  // What the remote had when all of it was fetched.
  let fetched: string | undefined;
  // What was read once, or is on its way, is not read again: most of it is asked for several times.
  const blobs = remembered(async (ids) => {
    const known = lacking ? undefined : await readBlobs(git.offline(), ids).catch(unlessMissing);
    if (known) return known;
    // One fetch for all; left alone, cat-file would fetch them one by one.
    await download(ids, [], '-c', 'fetch.negotiationAlgorithm=noop');
    return readBlobs(git, ids);
  });
  const trees = remembered((ids) => readTrees(git, ids));

  /** Fetches branches or objects, without file contents that were not asked for. */
  const download = (what: readonly string[], options: readonly string[] = [], ...settings: readonly string[]) => {
    const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head', ...options];
    return git.bytes(
      [...settings, 'fetch', ...quietly, '--filter=blob:none', '--stdin', 'origin'],
      `${what.join('\n')}\n`,
    );
  };

  async function fetch(): Promise<void> {
    await patiently(async () => {
      const found = await git.lines(['ls-remote', 'origin', head(main), head(rendered), head('env/*'), ...also]);
      refs.clear();
      for (const line of found) {
        const [commit, ref] = line.split('\t') as [string, string];
        if (!tips || !isProposal(ref) || also.includes(ref)) refs.set(ref, commit);
      }
      const there = [tips, ...found].join('\n');
      if (there === fetched) return;
      const missing = await unborrowed();
      lacking = missing.length > 0 || filters.length > 0;
      const first = missing.filter((ref) => ref === head(main) || also.includes(ref));
      const others = missing.filter((ref) => !first.includes(ref));
      // What is ordered on main is asked of its commits: they are always all there.
      const fetching = tips
        ? branches(first).then(() => branches(others, '--depth=1'))
        : branches([...first, ...others]);
      begun ??= meanwhile && told().then(meanwhile);
      await Promise.all([fetching, begun]);
      fetched = there;
    });
  }

  /** The branches that the checkout does not have as they stand at the remote; of the others none needs fetching. */
  async function unborrowed(): Promise<string[]> {
    const source = refs.get(head(main));
    const known = source !== undefined && whole && !standing.has(source) && (await borrowed(source));
    const missing = await Promise.all(
      [...refs].map(async ([ref, commit]) => {
        if (known && ref === head(main)) return [];
        return standing.has(commit) && (await written(ref, commit)) ? [] : [ref];
      }),
    );
    return missing.flat();
  }

  /** Sets a branch of the mirror, which nobody else does meanwhile; false where a file or folder is in its way. */
  async function written(ref: string, commit: string): Promise<boolean> {
    try {
      await mkdir(dirname(join(dir, ref)), { recursive: true });
      await writeFile(join(dir, ref), `${commit}\n`);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether `main` stands where the checkout has it though none of its refs leads there. */
  async function borrowed(source: string): Promise<boolean> {
    try {
      await git.offline().bytes(['update-ref', head(main), source]);
      return true;
    } catch (error) {
      unlessMissing(error);
      return false;
    }
  }

  async function branches(names: readonly string[], ...options: readonly string[]): Promise<void> {
    if (names.length > 0)
      await download(
        names.map((ref) => `+${ref}:${ref}`),
        options,
      );
  }

  async function deepen(): Promise<void> {
    if (!tips) return;
    tips = false;
    const others = [...refs].flatMap(([ref, commit]) => (ref === head(main) || standing.has(commit) ? [] : [ref]));
    // A branch that moved meanwhile is seen to have moved when it is pushed.
    await patiently(() => branches(others, `--depth=${everything}`));
  }

  /** Tries again, a few times, what a connection that broke or a branch that went away has stopped. */
  async function patiently(work: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof GitError)) throw error;
        const passing = meaningOf(error.stderr) === 'broken' || error.stderr.includes("couldn't find remote ref");
        if (passing && attempt < 4) {
          await new Promise((done) => setTimeout(done, 100 * 2 ** attempt * (0.5 + Math.random())));
          continue;
        }
        throw new Refusal(
          `The remote ${address} cannot be read (${withoutSecrets(error.message)}). Check the address, the network and your access, or give another with --remote.`,
          { cause: error },
        );
      }
    }
  }

  async function close(): Promise<void> {
    await shelf.settled();
    await removeOwn(dir);
  }

  const moved = (ref: string, to: string) => void refs.set(ref, to);
  const mirror: Mirror = { git, address, refs, format, shelf, moved, fetch, deepen, blobs, trees, close };
  try {
    await fetch();
  } catch (error) {
    await close();
    throw error;
  }
  return mirror;
}

/** Passes over an object that is not there, and that could not be asked for. */
function unlessMissing(error: unknown): undefined {
  // A remote over HTTP is refused so early that git is stopped by it, and does not come to say that it has none.
  const missing = error instanceof GitError && /nonexistent object|transport '\w+' not allowed/.test(error.stderr);
  if (!missing) throw error;
}

/** Once what was written to a process has left this one: work that never pauses would keep it waiting. */
const told = () => setImmediate().then(() => setImmediate());

/** Reads objects by id, each once: also whoever asks while one is being read waits for that. What failed is read anew. */
function remembered<T>(read: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>) {
  const known = new Map<string, Promise<ReadonlyMap<string, T>>>();
  return async (ids: Iterable<string>): Promise<Map<string, T>> => {
    const wanted = [...new Set(ids)];
    const unknown = wanted.filter((id) => !known.has(id));
    if (unknown.length > 0) {
      const reading = read(unknown);
      for (const id of unknown) known.set(id, reading);
      reading.catch(() => {
        for (const id of unknown) known.delete(id);
      });
    }
    const readings = wanted.map((id) => known.get(id) as Promise<ReadonlyMap<string, T>>);
    const all = await Promise.all(readings);
    return new Map(
      wanted.flatMap((id, index) => {
        const found = all[index]?.get(id);
        return found === undefined ? [] : [[id, found] as const];
      }),
    );
  };
}

async function urlOf(checkout: Git, remote: string): Promise<string> {
  if (/[:/\\]/.test(remote)) return remote;
  try {
    return await checkout.text(['remote', 'get-url', remote]);
  } catch (error) {
    // 2: "No such remote". A git that fails otherwise is no answer.
    if (!(error instanceof GitError) || error.status !== 2) throw error;
    throw new Refusal(
      `${checkout.dir} has no remote named ${remote}; add it with git remote add, or give an address with --remote.`,
    );
  }
}
