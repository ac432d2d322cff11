import { Refusal } from '../model/refusal.ts';
import type { Entry } from '../model/timeline.ts';
import type { Git } from './git.ts';

/** Contents of blobs that are there, by object id. @throws {Refusal} naming one that is not */
export const readBlobs = (git: Git, ids: Iterable<string>) => readObjects(git, 'blob', ids);

/** Commits as git stores them, header and message, by id. @throws {Refusal} naming one that is not there */
export const readCommits = (git: Git, ids: Iterable<string>) => readObjects(git, 'commit', ids);

/**
 * Folders, a level each, by id and by the names in them; what is no folder is left out.
 * @throws {Refusal} naming one that is not there
 */
export async function readTrees(git: Git, ids: Iterable<string>): Promise<Map<string, Map<string, Entry>>> {
  const found = await readObjects(git, 'tree', ids, 'others too');
  return new Map([...found].map(([id, bytes]) => [id, entriesIn(bytes, id.length / 2)]));
}

/**
 * `<mode> <name>\0<id>`, again and again: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects#_tree_objects
 * @param size of an id, in bytes
 */
function entriesIn(bytes: Buffer, size: number): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (let at = 0; at < bytes.length; ) {
    const [space, end] = [bytes.indexOf(32, at), bytes.indexOf(0, at)];
    const id = bytes.toString('hex', end + 1, end + 1 + size);
    entries.set(bytes.toString('utf8', space + 1, end), {
      mode: bytes.toString('latin1', at, space).padStart(6, '0'),
      id,
    });
    at = end + 1 + size;
  }
  return entries;
}

/** https://git-scm.com/docs/git-cat-file#_batch_output */
async function readObjects(
  git: Git,
  expected: 'blob' | 'commit' | 'tree',
  ids: Iterable<string>,
  among: 'no others' | 'others too' = 'no others',
): Promise<Map<string, Buffer>> {
  const wanted = [...new Set(ids)];
  const found = new Map<string, Buffer>();
  if (wanted.length === 0) return found;
  const bytes = await git.bytes(['cat-file', '--batch'], `${wanted.join('\n')}\n`);
  let at = 0;
  for (const id of wanted) {
    const end = bytes.indexOf(10, at);
    const [, kind, size] = bytes.subarray(at, end).toString().split(' ');
    if (kind !== expected && (among === 'no others' || size === undefined))
      throw new Refusal(`Object ${id} of ${git.dir} is ${kind ?? 'missing'}, not a ${expected}.`);
    if (kind === expected) found.set(id, bytes.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return found;
}
