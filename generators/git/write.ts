import { randomUUID } from 'node:crypto';
import type { NewCommit } from '../model/commit.ts';
import type { Git } from './git.ts';
import { signs } from './signature.ts';

/** The author of everything that is written by machine. Evidence is trees, never a name. */
const author = 'Slipway <slipway@noreply.invalid>';

/**
 * Writes a chain of commits on `parent` straight into the object database, without a checkout: the cost follows what
 * changed, not what is there.
 * @param parent the commit to stand on; undefined for a new root
 * @param now milliseconds since 1970: when the commits say that they were made
 * @returns their ids, in order, signed when git is told to sign (`commit.gpgSign`). No branch moves.
 */
export async function writeCommits(
  git: Git,
  parent: string | undefined,
  commits: readonly NewCommit[],
  now: number,
  signature: 'unsigned' | 'as configured' = 'as configured',
): Promise<string[]> {
  if (commits.length === 0) return [];
  const when = `${author} ${Math.floor(now / 1000)} +0000`;
  // fast-import insists on a branch; nothing reads it, and two at once must not meet in it.
  const ref = `refs/slipway/written-${randomUUID()}`;
  const input = gathered(streamOf(ref, when, parent, commits));
  // Measured on 12,000 manifests: 40 % less time than the usual compression, for 3 % more bytes.
  const written = await git.lines(
    ['-c', 'pack.compression=1', 'fast-import', '--quiet', '--done', '--date-format=raw'],
    input,
  );
  return signature !== 'unsigned' && (await signs(git)) ? sign(git, parent, written, commits, now) : written;
}

/** fast-import signs nothing: its trees are committed once more, with a signature each. */
async function sign(
  git: Git,
  parent: string | undefined,
  written: readonly string[],
  commits: readonly NewCommit[],
  now: number,
): Promise<string[]> {
  const [, name = '', email = ''] = /^(.*) <(.*)>$/.exec(author) ?? [];
  const date = `${Math.floor(now / 1000)} +0000`;
  const who = Object.fromEntries(
    ['AUTHOR', 'COMMITTER'].flatMap((role) => [
      [`GIT_${role}_NAME`, name],
      [`GIT_${role}_EMAIL`, email],
      [`GIT_${role}_DATE`, date],
    ]),
  );
  const signed: string[] = [];
  for (const [index, commit] of written.entries()) {
    const before = index === 0 ? parent : signed[index - 1];
    const args = ['commit-tree', '-S', ...(before ? ['-p', before] : []), '-F', '-', `${commit}^{tree}`];
    signed.push(await git.with(who).text(args, commits[index]?.message ?? ''));
  }
  return signed;
}

/** https://git-scm.com/docs/git-fast-import#_input_format */
function* streamOf(
  ref: string,
  when: string,
  parent: string | undefined,
  commits: readonly NewCommit[],
): Generator<string | Buffer> {
  yield 'feature done\n';
  for (const [index, { message, writes }] of commits.entries()) {
    yield `commit ${ref}\nmark :${index + 1}\ncommitter ${when}\n`;
    yield* data(message);
    if (index === 0 && parent !== undefined) yield `from ${parent}\n`;
    for (const write of writes) {
      const path = quoted(write.path);
      if ('deleted' in write) yield `D ${path}\n`;
      else if ('id' in write) yield `M ${write.mode} ${write.id} ${path}\n`;
      else {
        yield `M 100644 inline ${path}\n`;
        yield* data(write.bytes);
      }
    }
  }
  for (const index of commits.keys()) yield `get-mark :${index + 1}\n`;
  yield 'done\n';
}

function* data(value: string | Buffer): Generator<string | Buffer> {
  yield `data ${Buffer.byteLength(value)}\n`;
  yield value;
  yield '\n';
}

/** The same bytes in pieces of some size: a write each for every line would cost more than what is written. */
function* gathered(pieces: Iterable<string | Buffer>): Generator<Buffer> {
  let waiting: Buffer[] = [];
  let size = 0;
  for (const piece of pieces) {
    const bytes = Buffer.from(piece);
    waiting.push(bytes);
    size += bytes.length;
    if (size < 256 * 1024) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    size = 0;
  }
  yield Buffer.concat(waiting);
}

const quoted = (path: string) => `"${path.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
