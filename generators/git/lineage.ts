import type { Lineage } from '../model/hand-over.ts';
import { Refusal } from '../model/refusal.ts';
import type { Git } from './git.ts';

/** What stands between two commits. */
export interface Between {
  readonly count: number;
  /** The newest of them. */
  readonly commits: readonly { readonly sha: string; readonly author: string; readonly subject: string }[];
}

/**
 * Where one commit of a repository stands to another.
 * @throws {Refusal} naming a commit that this clone does not have
 */
export async function lineageOf(history: Git, from: string, to: string): Promise<Lineage> {
  if (from === to) return 'same';
  for (const commit of [from, to]) if ((await history.commit(commit)) !== commit) throw await unknown(history, commit);
  if (await history.isAncestor(from, to)) return 'newer';
  if (await history.isAncestor(to, from)) return 'older';
  // Where history is cut off, an ancestor is no longer known as one.
  if ((await history.text(['rev-parse', '--is-shallow-repository'])) === 'true') throw await unknown(history, from);
  return 'diverged';
}

async function unknown(history: Git, commit: string): Promise<Refusal> {
  const shallow = (await history.text(['rev-parse', '--is-shallow-repository'])) === 'true';
  return new Refusal(
    shallow
      ? `${history.dir} is a shallow clone and does not know how ${commit} came about: fetch all of it (git fetch --unshallow; in GitLab CI, GIT_DEPTH: 0), then run it again.`
      : `${history.dir} has no commit ${commit}: fetch it, then run it again. Where its branch was rewritten and nobody has it any more, change the pin by hand.`,
  );
}

/** @param most so many are named */
export async function between(history: Git, from: string, to: string, most: number): Promise<Between> {
  const range = `${from}..${to}`;
  const [count, lines] = await Promise.all([
    history.text(['rev-list', '--count', range]),
    history.lines(['log', `--max-count=${most}`, '--no-show-signature', '--format=%H%x09%an%x09%s', range]),
  ]);
  const commits = lines.map((line) => {
    const [sha = '', author = '', ...subject] = line.split('\t');
    return { sha, author, subject: subject.join(' ') };
  });
  return { count: Number(count), commits };
}
