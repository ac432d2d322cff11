import { rmSync } from 'node:fs';
import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { head, main, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { Git, GitError, withoutSecrets } from './git.ts';

/** A private bare repository that knows the remote's `main`, `rendered` and environment branches; gone when closed. */
export interface Mirror {
  readonly git: Git;
  /** The remote, without credentials: for messages. */
  readonly address: string;
  /** Full branch names (`refs/heads/…`) → commits, as of the last `fetch`. */
  readonly refs: ReadonlyMap<string, string>;
  /** Asks the remote again. @throws {Refusal} when it cannot be reached */
  fetch(): Promise<void>;
  /** Contents of blobs by object id, fetched in one go where they are missing. */
  blobs(ids: Iterable<string>): Promise<Map<string, Buffer>>;
  close(): Promise<void>;
}

const open = new Set<string>();
process.on('exit', () => {
  for (const dir of open) rmSync(dir, { recursive: true, force: true });
});

/**
 * Opens a mirror of `remote`, without file contents (they are fetched when asked for): what a publish compares are
 * tree ids. Objects that the checkout already has are borrowed from it, so that `main` costs nothing.
 * @param checkout the folder of the checkout whose remote it is
 * @param remote a remote's name or its URL
 * @throws {Refusal} naming the address when it cannot be reached
 */
export async function openMirror(checkout: Git, remote: string): Promise<Mirror> {
  const url = await urlOf(checkout, remote);
  const address = withoutSecrets(url);
  const dir = await mkdtemp(join(tmpdir(), 'slipway-mirror-'));
  open.add(dir);
  const git = new Git(dir);
  const refs = new Map<string, string>();

  const format = await checkout.text(['rev-parse', '--show-object-format']);
  await git.bytes(['init', '--quiet', '--bare', `--object-format=${format}`]);
  // Written as a file: an address with a token would be seen by everybody in the arguments of a process.
  const partial = '\tpromisor = true\n\tpartialclonefilter = blob:none\n';
  await appendFile(
    join(dir, 'config'),
    `${await credentialSettings(checkout)}[remote "origin"]\n\turl = ${quoted(url)}\n${partial}[extensions]\n\tpartialClone = origin\n[core]\n\trepositoryformatversion = 1\n`,
  );
  if ((await checkout.text(['rev-parse', '--is-shallow-repository'])) === 'false') {
    const objects = await checkout.text(['rev-parse', '--path-format=absolute', '--git-path', 'objects']);
    await writeFile(join(dir, 'objects', 'info', 'alternates'), `${objects}\n`);
  }

  /** Fetches branches or objects, without file contents that were not asked for. */
  const download = (what: readonly string[], ...settings: readonly string[]) => {
    const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head'];
    return git.bytes(
      [...settings, 'fetch', ...quietly, '--filter=blob:none', '--stdin', 'origin'],
      `${what.join('\n')}\n`,
    );
  };

  async function fetch(): Promise<void> {
    try {
      const found = await git.lines(['ls-remote', 'origin', head(main), head(rendered), head('env/*')]);
      refs.clear();
      for (const line of found) {
        const [commit, ref] = line.split('\t') as [string, string];
        refs.set(ref, commit);
      }
      if (refs.size === 0) return;
      await download([...refs.keys()].map((ref) => `+${ref}:${ref}`));
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      throw new Refusal(
        `The remote ${address} cannot be read (${withoutSecrets(error.message)}). Check the address, the network and your access, or give another with --remote.`,
        { cause: error },
      );
    }
  }

  async function blobs(ids: Iterable<string>): Promise<Map<string, Buffer>> {
    const wanted = [...new Set(ids)];
    const found = new Map<string, Buffer>();
    if (wanted.length === 0) return found;
    // One fetch for all; left alone, cat-file would fetch them one by one.
    await download(wanted, '-c', 'fetch.negotiationAlgorithm=noop');
    const bytes = await git.bytes(['cat-file', '--batch'], `${wanted.join('\n')}\n`);
    let at = 0;
    for (const id of wanted) {
      const end = bytes.indexOf(10, at);
      const [, kind, size] = bytes.subarray(at, end).toString().split(' ');
      if (kind !== 'blob') throw new Refusal(`Object ${id} of ${address} is ${kind ?? 'missing'}, not a file.`);
      found.set(id, bytes.subarray(end + 1, end + 1 + Number(size)));
      at = end + 2 + Number(size);
    }
    return found;
  }

  async function close(): Promise<void> {
    await rm(dir, { recursive: true, force: true });
    open.delete(dir);
  }

  const mirror: Mirror = { git, address, refs, fetch, blobs, close };
  try {
    await fetch();
  } catch (error) {
    await close();
    throw error;
  }
  return mirror;
}

async function urlOf(checkout: Git, remote: string): Promise<string> {
  if (/[:/\\]/.test(remote)) return remote;
  try {
    return await checkout.text(['remote', 'get-url', remote]);
  } catch {
    throw new Refusal(
      `${checkout.dir} has no remote named ${remote}; add it with git remote add, or give an address with --remote.`,
    );
  }
}

/** How this checkout logs in (CI writes such settings into it); a credential helper of the user is used anyway. */
async function credentialSettings(checkout: Git): Promise<string> {
  const found = await checkout.bytes(['config', '--local', '--null', '--list']);
  return found
    .toString()
    .split('\0')
    .filter((entry) => /^(http|credential)\./i.test(entry))
    .map((entry) => {
      const [key, ...value] = entry.split('\n') as [string, ...string[]];
      const [section, last] = [key.slice(0, key.indexOf('.')), key.slice(key.lastIndexOf('.') + 1)];
      const middle = key.slice(section.length + 1, -last.length - 1);
      return `[${section}${middle ? ` ${quoted(middle)}` : ''}]\n\t${last} = ${quoted(value.join('\n'))}\n`;
    })
    .join('');
}

const quoted = (value: string) => `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
