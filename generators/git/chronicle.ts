import { folderOf, type MainCommit, mergedIn, revertedBy } from '../model/commits.ts';
import type { Course } from '../model/course.ts';
import { broughtAt, type Written } from '../model/lead-time.ts';
import type { Deed } from '../model/request.ts';
import type { Git } from './git.ts';
import { pathsOf } from './history.ts';
import { machine } from './write.ts';

/** Commits as people read them: who, when, what for, and where. */

/**
 * The first-parent commits of a branch from one place to another, newest first, each with what it touches: one git for
 * all of them, however many apps ask.
 * @param chain the branch, newest first
 */
export async function readMain(git: Git, chain: readonly string[]): Promise<Map<string, MainCommit>> {
  const [folders, told] = await Promise.all([foldersOf(git, chain), messagesOf(git, chain)]);
  return new Map(
    told.map(({ sha, author, subject, body }) => [
      sha,
      { sha, author, subject, reverts: revertedBy(body), folders: folders.get(sha) ?? new Set() },
    ]),
  );
}

/** The top-level folders that commits touch; of `apps` the app's: `apps/counter`. */
async function foldersOf(git: Git, commits: readonly string[]): Promise<Map<string, Set<string>>> {
  const folders = new Map<string, Set<string>>();
  for (const { commit, path } of await pathsOf(git, commits)) {
    const touched = folders.get(commit) ?? new Set();
    folders.set(commit, touched.add(folderOf(path)));
  }
  return folders;
}

/**
 * What came to `main` after one commit of its first-parent chain, up to and with another: two gits, however much it is.
 * @param places of the chain
 */
export async function readWritten(
  git: Git,
  places: ReadonlyMap<string, number>,
  after: string,
  until: string,
): Promise<Written[]> {
  const lines = await git.lines(['log', '--no-show-signature', '--format=%H %at %P', until, `^${after}`]);
  const graph = lines.map((line) => {
    const [sha = '', seconds, ...parents] = line.split(' ').filter((word) => word !== '');
    return { sha, time: Number(seconds) * 1000, parents };
  });
  const brought = broughtAt(places, graph);
  const own = graph.filter(({ parents }) => parents.length < 2);
  const folders = await foldersOf(
    git,
    own.map(({ sha }) => sha),
  );
  return own.flatMap(({ sha, time }) => {
    const place = brought.get(sha);
    return place === undefined ? [] : [{ sha, time, place, folders: folders.get(sha) ?? new Set<string>() }];
  });
}

/** What each commit of `rendered` published, as its subject says: for readers, never as evidence. */
export async function readPublishes(git: Git, commits: readonly string[]): Promise<Map<string, string>> {
  if (commits.length === 0) return new Map();
  // Below its subject, a publish names every part that it changed.
  const args = ['log', '--no-walk=unsorted', '--stdin', '--no-show-signature', '--format=%H %s'];
  const lines = await git.lines(args, [...new Set(commits)].map((commit) => `${commit}\n`).join(''));
  return new Map(
    lines.flatMap((line) => {
      const [, sha, dry] = /^(\S+) Publish ([0-9a-f]{40,64})$/.exec(line) ?? [];
      return sha && dry ? [[sha, dry]] : [];
    }),
  );
}

/** Who brought something, when and with which words, by commit. */
export async function readDeeds(git: Git, commits: readonly string[]): Promise<Map<string, Deed>> {
  const told = await messagesOf(git, [...new Set(commits)]);
  return new Map(
    told.map(({ sha, author, at, subject, body }) => {
      const request = mergedIn(body)?.iid;
      return [sha, { by: author, at, words: wordsOf(subject, body), ...(request === undefined ? {} : { request }) }];
    }),
  );
}

/** Those that have a second parent: a request brought them, whatever they say. */
export async function readMerges(git: Git, commits: readonly string[]): Promise<ReadonlySet<string>> {
  if (commits.length === 0) return new Set();
  const args = ['rev-list', '--no-walk=unsorted', '--min-parents=2', '--stdin'];
  return new Set(await git.lines(args, [...new Set(commits)].map((commit) => `${commit}\n`).join('')));
}

/**
 * How commits of an environment branch were made, as far as it matters. A `merge` has a second parent: a request brought
 * it. A `composed` one is as Slipway wrote it: where a request brought it, that was a fast-forward, of which git keeps
 * neither who merged nor when. A squash has a committer of its own.
 */
export async function readMade(
  git: Git,
  commits: readonly string[],
): Promise<ReadonlyMap<string, 'merge' | 'composed'>> {
  if (commits.length === 0) return new Map();
  const args = ['log', '--no-walk=unsorted', '--stdin', '--no-show-signature', '--format=%H%x09%ce%x09%P'];
  const lines = await git.lines(args, [...new Set(commits)].map((commit) => `${commit}\n`).join(''));
  return new Map(
    lines.flatMap((line): [string, 'merge' | 'composed'][] => {
      const [sha = '', committer, parents = ''] = line.split('\t');
      if (parents.includes(' ')) return [[sha, 'merge']];
      return committer === machine.email ? [[sha, 'composed']] : [];
    }),
  );
}

/** When commits were made, in milliseconds since 1970. */
export async function readTimes(git: Git, commits: readonly string[]): Promise<Map<string, number>> {
  if (commits.length === 0) return new Map();
  const args = ['log', '--no-walk=unsorted', '--stdin', '--no-show-signature', '--format=%H %ct'];
  const lines = await git.lines(args, [...new Set(commits)].map((commit) => `${commit}\n`).join(''));
  return new Map(
    lines.map((line) => {
      const [sha = '', time] = line.split(' ');
      return [sha, Number(time) * 1000] as const;
    }),
  );
}

/** Who brought what stands, or took away what does not, by name: a name that never stood there is left out. */
export async function deedsBehind(git: Git, course: Course, names: readonly string[]): Promise<Map<string, Deed>> {
  const commits = names.flatMap((name) => {
    const commit = course.of(name)[0]?.commit;
    return commit === undefined ? [] : [[name, commit] as const];
  });
  const deeds = await readDeeds(
    git,
    commits.map(([, commit]) => commit),
  );
  return new Map(
    commits.flatMap(([name, commit]) => {
      const deed = deeds.get(commit);
      return deed ? [[name, deed] as const] : [];
    }),
  );
}

/** What git, the forges and we write into messages by ourselves. */
const routine =
  /^(This reverts |changes made to [0-9a-f]{40,64}\.|See merge request |\(cherry picked |Reviewed-on: |[A-Z][\w-]+-(by|Sha): )/;

/** A subject, and what somebody added: a revert says why below, and so does whoever merged `Merge branch 'x' into 'y'`. */
function wordsOf(subject: string, body: string): string {
  const own = body.split('\n').find((line) => line.trim() !== '' && !routine.test(line));
  if (own === undefined) return subject;
  return /^Merge (branch|pull request|remote-tracking branch) /.test(subject) ? own : `${subject}: ${own}`;
}

interface Message {
  readonly sha: string;
  readonly author: string;
  /** `2026-11-20T16:00:00.000Z` */
  readonly at: string;
  readonly subject: string;
  readonly body: string;
}

/** No message has a NUL, so that none is taken for two. */
async function messagesOf(git: Git, commits: readonly string[]): Promise<Message[]> {
  if (commits.length === 0) return [];
  const format = '--format=%H%x00%an%x00%at%x00%s%x00%b%x00';
  const args = ['log', '--no-walk=unsorted', '--stdin', '--no-show-signature', format];
  const tokens = (await git.bytes(args, commits.map((commit) => `${commit}\n`).join(''))).toString().split('\0');
  const found: Message[] = [];
  for (let index = 0; index + 5 <= tokens.length; index += 5) {
    const [sha = '', author = '', seconds = '', subject = '', body = ''] = tokens.slice(index, index + 5);
    found.push({ sha: sha.trim(), author, at: new Date(Number(seconds) * 1000).toISOString(), subject, body });
  }
  return found;
}
