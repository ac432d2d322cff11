import { Refusal } from '../model/refusal.ts';
import type { Git } from './git.ts';

/** Contents of blobs that are there, by object id. @throws {Refusal} naming one that is not */
export const readBlobs = (git: Git, ids: Iterable<string>) => readObjects(git, 'blob', ids);

/** Commits as git stores them, header and message, by id. @throws {Refusal} naming one that is not there */
export const readCommits = (git: Git, ids: Iterable<string>) => readObjects(git, 'commit', ids);

/** https://git-scm.com/docs/git-cat-file#_batch_output */
async function readObjects(git: Git, expected: 'blob' | 'commit', ids: Iterable<string>): Promise<Map<string, Buffer>> {
  const wanted = [...new Set(ids)];
  const found = new Map<string, Buffer>();
  if (wanted.length === 0) return found;
  const bytes = await git.bytes(['cat-file', '--batch'], `${wanted.join('\n')}\n`);
  let at = 0;
  for (const id of wanted) {
    const end = bytes.indexOf(10, at);
    const [, kind, size] = bytes.subarray(at, end).toString().split(' ');
    if (kind !== expected) throw new Refusal(`Object ${id} of ${git.dir} is ${kind ?? 'missing'}, not a ${expected}.`);
    found.set(id, bytes.subarray(end + 1, end + 1 + Number(size)));
    at = end + 2 + Number(size);
  }
  return found;
}
