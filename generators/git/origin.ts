import { type MainRevert, revertedBy } from '../model/commits.ts';
import { readDeeds } from './chronicle.ts';
import type { Git } from './git.ts';

/** Where on main something came in, and who says to have taken it back. */

/** Main's first-parent chain: places by commit, the oldest first. */
export async function readChain(git: Git, tip: string | undefined): Promise<Map<string, number>> {
  const chain = tip === undefined ? [] : await git.lines(['rev-list', '--first-parent', '--reverse', tip]);
  return new Map(chain.map((commit, place) => [commit, place]));
}

/** The commit of the chain that brought another onto main: itself, or a merge; undefined where main does not have it. */
export async function cameBy(
  git: Git,
  chain: ReadonlyMap<string, number>,
  tip: string,
  commit: string,
): Promise<string | undefined> {
  if (chain.has(commit)) return commit;
  if (!(await git.isAncestor(commit, tip))) return undefined;
  const between = await git.lines(['rev-list', '--ancestry-path', `${commit}..${tip}`]);
  const place = (one: string) => chain.get(one) ?? Number.POSITIVE_INFINITY;
  return between.reduce((first, one) => (place(one) < place(first) ? one : first));
}

/** What was taken back on main after a commit, by what messages say: the oldest first. */
export async function revertsSince(
  git: Git,
  chain: ReadonlyMap<string, number>,
  tip: string,
  commit: string,
): Promise<MainRevert[]> {
  const format = ['--no-show-signature', '--topo-order', '--reverse', '--format=%H%x00%B%x00'];
  // A revert that came by a request says so in a commit of its own, beside the chain.
  const log = await git.text(['log', ...format, '--grep=^This reverts ', `${commit}..${tip}`]);
  const fields = log.split('\0');
  const found: MainRevert[] = [];
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [own = '', message = ''] = [fields[at]?.trim(), fields[at + 1]];
    const reverts = revertedBy(message) ?? (await mergedAs(git, tip, message));
    const sha = await cameBy(git, chain, tip, own);
    if (reverts !== undefined && sha !== undefined) found.push({ sha, own, reverts });
  }
  const place = ({ sha }: MainRevert) => chain.get(sha) ?? 0;
  return found.sort((a, b) => place(a) - place(b));
}

/** What GitLab's button Revert says of a request that was merged: `This reverts merge request !12`. */
async function mergedAs(git: Git, tip: string, message: string): Promise<string | undefined> {
  const iid = /^This reverts merge request \S*!(\d{1,9})$/m.exec(message)?.[1];
  return iid === undefined ? undefined : (await commitsOf(git, [tip], Number(iid)))[0];
}

/** The commits on branches' own chains that say they merged a request, the newest first. */
export async function commitsOf(git: Git, tips: readonly string[], iid: number): Promise<string[]> {
  if (tips.length === 0) return [];
  const grep = `--grep=^See merge request .*!${iid}$`;
  const lines = await git.lines(['log', '--no-show-signature', '--first-parent', grep, '--format=%H', ...tips]);
  const deeds = await readDeeds(git, lines);
  // A message may quote the line of another merge.
  return [...new Set(lines)].filter((commit) => deeds.get(commit)?.request === iid);
}

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
