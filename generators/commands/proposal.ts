import type { Forge, MergeRequest } from '../forge/forge.ts';
import type { Mirror } from '../git/mirror.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit } from '../model/commit.ts';
import { environmentBranch, head } from '../model/names.ts';
import type { RequestText } from '../model/request.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import type { Context } from './context.ts';

/** What became of a promotion request, in one word. */
export type Outcome = 'opened' | 'updated' | 'unchanged' | 'proposed' | 'closed' | 'nothing';

export interface Proposed {
  readonly outcome: Outcome;
  readonly request?: MergeRequest | undefined;
}

interface Proposing {
  /** The source branch of the request. */
  readonly branch: string;
  readonly environment: string;
  readonly target: EnvironmentHistory;
  readonly commits: readonly NewCommit[];
  readonly text: RequestText;
  readonly dryRun: boolean;
}

/** Makes the proposal branch and its request what they should be; what is so already is not touched. */
export async function propose(context: Context, mirror: Mirror, proposing: Proposing): Promise<Proposed | 'stale'> {
  const { branch, environment, target, commits, text, dryRun } = proposing;
  const { forge } = context;

  if (commits.length === 0) {
    const open = dryRun ? undefined : await find(forge, branch, environmentBranch(environment));
    if (!open) return { outcome: 'nothing' };
    return { outcome: 'closed', request: await forge?.close(open.iid) };
  }
  if (dryRun) return { outcome: 'proposed' };

  const there = mirror.refs.get(head(branch));
  const written = await writeCommits(mirror.git, target.tip, commits, context.now());
  const tip = written.at(-1) as string;
  const same = there !== undefined && (await sameProposal(mirror, there, tip, target.tip));
  if (!same && (await push(mirror, [{ ref: head(branch), from: there, to: tip }])) === 'stale') return 'stale';
  if (!forge) return { outcome: same ? 'unchanged' : 'proposed' };
  return request(forge, branch, environmentBranch(environment), text, same);
}

/** Whether the branch already holds these parts on this tip, commit by commit: then it keeps its reviews. */
async function sameProposal({ git }: Mirror, there: string, tip: string, base: string): Promise<boolean> {
  if (!(await git.isAncestor(base, there))) return false;
  const [a, b] = await Promise.all(
    [there, tip].map((commit) => git.lines(['log', '--format=%T', `${base}..${commit}`])),
  );
  return a?.join() === b?.join();
}

/** The open request from one branch onto another. */
const find = async (forge: Forge | undefined, source: string, target: string) =>
  (await forge?.opened(target))?.find((request) => request.source === source);

async function request(
  forge: Forge,
  source: string,
  target: string,
  text: RequestText,
  same: boolean,
): Promise<Proposed> {
  const found = await find(forge, source, target);
  if (!found) return { outcome: 'opened', request: await forge.open({ source, target, ...text }) };
  if (found.title === text.title && found.body.trim() === text.body.trim()) {
    return { outcome: same ? 'unchanged' : 'updated', request: found };
  }
  return { outcome: 'updated', request: await forge.update(found.iid, text) };
}
