import { type MainRevert, mergedIn, type Taken, takenBackIn } from '../model/commits.ts';
import type { Git } from './git.ts';

/** Where on main something came in, and who says to have taken it back. */

/** Main's first-parent chain: places by commit, the oldest first. */
export async function readChain(git: Git, tip: string | undefined): Promise<Map<string, number>> {
  const chain = tip === undefined ? [] : await git.lines(['rev-list', '--first-parent', '--reverse', tip]);
  return new Map(chain.map((commit, place) => [commit, place]));
}

/** How a commit came onto main. */
export interface Arrival {
  /** The commit of the chain that brought it: itself, or a merge. */
  readonly came: string;
  /** Itself, and every merge that brought it further: whoever takes one of them back takes the commit. */
  readonly commits: readonly string[];
}

/** How a commit came onto the chain; undefined where main does not have it. */
export async function arrivalOf(
  git: Git,
  chain: ReadonlyMap<string, number>,
  tip: string,
  commit: string,
): Promise<Arrival | undefined> {
  if (chain.has(commit)) return { came: commit, commits: [commit] };
  if (!(await git.isAncestor(commit, tip))) return undefined;
  const lines = await git.lines(['rev-list', '--ancestry-path', '--parents', `${commit}..${tip}`]);
  const parents = new Map(lines.map((line) => line.split(' ')).map(([sha = '', ...own]) => [sha, own]));
  const place = (one: string) => chain.get(one) ?? Number.POSITIVE_INFINITY;
  const came = [...parents.keys()].reduce((first, one) => (place(one) < place(first) ? one : first));
  const has = (one: string | undefined) => one === commit || (one !== undefined && parents.has(one));
  const between = new Set([came]);
  // Whoever merged main into a branch that had the commit did not bring it.
  for (const one of between) for (const parent of parents.get(one) ?? []) if (parents.has(parent)) between.add(parent);
  const merges = [...between].filter((one) => {
    const [first, ...others] = parents.get(one) ?? [];
    return !has(first) && others.some(has);
  });
  return { came, commits: [commit, ...merges] };
}

/** What was taken back on main after a commit, by what messages say: the oldest first. */
export async function revertsSince(
  git: Git,
  chain: ReadonlyMap<string, number>,
  tip: string,
  commit: string,
  project: string | undefined,
): Promise<MainRevert[]> {
  const format = ['--no-show-signature', '--topo-order', '--reverse', '--format=%H%x00%B%x00'];
  // A revert that came by a request says so in a commit of its own, beside the chain.
  const log = await git.text(['log', ...format, ...byMessage('^This reverts '), `${commit}..${tip}`]);
  const fields = log.split('\0');
  const found: MainRevert[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [own = '', message = ''] = [fields[at]?.trim(), fields[at + 1]];
    const taken = takenBackIn(message);
    if (taken.length === 0) continue;
    const arrival = await arrivalOf(git, chain, tip, own);
    if (!arrival) continue;
    for (const one of taken) {
      const reverts = await meant(git, own, one, project);
      if (reverts !== undefined) found.push({ sha: arrival.came, commits: arrival.commits, reverts });
    }
  }
  const place = ({ sha }: MainRevert) => chain.get(sha) ?? 0;
  return found.sort((a, b) => place(a) - place(b));
}

/** The commit that a line of a revert's message means: one that the revert itself comes after. */
async function meant(git: Git, revert: string, taken: Taken, project: string | undefined): Promise<string | undefined> {
  if ('iid' in taken) return (await commitsOf(git, [revert], taken.iid, taken.project ?? project))[0];
  // The whole id says it; the beginning of one may be that of several.
  if (taken.commit.length >= 40) return taken.commit;
  const fitting: string[] = [];
  for (const one of await commitsLike(git.offline(), taken.commit))
    if (await git.isAncestor(one, revert)) fitting.push(one);
  return fitting.length === 1 ? fitting[0] : undefined;
}

/**
 * The commits on branches' own chains that say they merged a request, the newest first.
 * @param project `group/project`: what another one merged is no answer. @default all are
 */
async function commitsOf(git: Git, tips: readonly string[], iid: number, project?: string): Promise<readonly string[]> {
  const found = await mergesOf(git, tips, iid);
  return found.flatMap((one) => (isOf(one.project, project) ? one.commit : []));
}

/**
 * Whether a message of a project speaks of a request of its own: it names it so, or does not name any.
 * @param project the path of its pages, which may begin with a folder of the server; undefined where nobody knows it
 */
export const isOf = (named: string, project: string | undefined): boolean =>
  project === undefined || named === '' || `/${project}`.endsWith(`/${named}`);

/** The same of every project, with its name where the message has it: `group/project`. */
export async function mergesOf(
  git: Git,
  tips: readonly string[],
  iid: number,
): Promise<readonly { readonly commit: string; readonly project: string }[]> {
  if (tips.length === 0) return [];
  const said = byMessage(`^See merge request .*!${iid}$`);
  const log = ['log', '--no-show-signature', '--first-parent', ...said, '--format=%H%x00%B%x00'];
  const fields = (await git.text([...log, ...tips])).split('\0');
  const found = new Map<string, string>();
  for (let at = 0; at + 1 < fields.length; at += 2) {
    // A message may quote the line of another merge.
    const merged = mergedIn(fields[at + 1] as string);
    if (merged?.iid === iid) found.set((fields[at] as string).trim(), merged.project);
  }
  return [...found].map(([commit, project]) => ({ commit, project }));
}

/** Whatever kind of pattern somebody's settings ask for: https://git-scm.com/docs/git-config#Documentation/git-config.txt-greppatternType */
const byMessage = (pattern: string) => ['--basic-regexp', `--grep=${pattern}`];

/** The commits whose ids begin so. */
export async function commitsLike(git: Git, prefix: string): Promise<string[]> {
  const ids = await git.lines(['rev-parse', `--disambiguate=${prefix}`]);
  if (ids.length === 0) return [];
  const kinds = await git.lines(
    ['cat-file', '--batch-check=%(objectname) %(objecttype)'],
    ids.map((id) => `${id}\n`).join(''),
  );
  return kinds.flatMap((line) => (line.endsWith(' commit') ? [line.slice(0, -' commit'.length)] : []));
}
