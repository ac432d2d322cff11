import { type MainCommit, revertedBy } from '../model/commits.ts';
import type { Deed } from '../model/request.ts';
import type { Git } from './git.ts';
import { pathsOf } from './history.ts';

/** Commits as people read them: who, when, what for, and where. */

/**
 * The first-parent commits of a branch from one place to another, newest first, each with what it touches: one git for
 * all of them, however many apps ask.
 * @param chain the branch, newest first
 */
export async function readMain(git: Git, chain: readonly string[]): Promise<Map<string, MainCommit>> {
  const folders = new Map<string, Set<string>>();
  const [paths, told] = await Promise.all([pathsOf(git, chain), messagesOf(git, chain)]);
  for (const { commit, path } of paths) {
    const [top = '', app = ''] = path.split('/');
    const touched = folders.get(commit) ?? new Set();
    folders.set(commit, touched.add(top === 'apps' ? `${top}/${app}` : top));
  }
  return new Map(
    told.map(({ sha, author, subject, body }) => [
      sha,
      { sha, author, subject, reverts: revertedBy(body), folders: folders.get(sha) ?? new Set() },
    ]),
  );
}

/** Who brought something, when and with which words, by commit. */
export async function readDeeds(git: Git, commits: readonly string[]): Promise<Map<string, Deed>> {
  const told = await messagesOf(git, [...new Set(commits)]);
  return new Map(
    told.map(({ sha, author, date, subject, body }) => [sha, { author, date, subject: titleOf(subject, body) }]),
  );
}

/** The words of whoever merged stand below those of the forge: `Merge branch 'x' into 'y'`. */
function titleOf(subject: string, body: string): string {
  if (!/^Merge (branch|pull request|remote-tracking branch) /.test(subject)) return subject;
  const title = body.split('\n').find((line) => line.trim() !== '' && !line.startsWith('See merge request '));
  return title ?? subject;
}

interface Message {
  readonly sha: string;
  readonly author: string;
  /** `2026-11-20` */
  readonly date: string;
  readonly subject: string;
  readonly body: string;
}

/** No message has a NUL, so that none is taken for two. */
async function messagesOf(git: Git, commits: readonly string[]): Promise<Message[]> {
  if (commits.length === 0) return [];
  const format = '--format=%H%x00%an%x00%ad%x00%s%x00%b%x00';
  const args = ['log', '--no-walk=unsorted', '--stdin', '--no-show-signature', '--date=format-local:%Y-%m-%d', format];
  const tokens = (await git.bytes(args, commits.map((commit) => `${commit}\n`).join(''))).toString().split('\0');
  const found: Message[] = [];
  for (let index = 0; index + 5 <= tokens.length; index += 5) {
    const [sha = '', author = '', date = '', subject = '', body = ''] = tokens.slice(index, index + 5);
    found.push({ sha: sha.trim(), author, date, subject, body });
  }
  return found;
}
