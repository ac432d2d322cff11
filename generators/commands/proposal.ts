import type { Forge, MergeRequest } from '../forge/forge.ts';
import { readProposed } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Move, push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit } from '../model/commit.ts';
import { isDraft, mark, type Purpose, readMarked } from '../model/marked.ts';
import { environmentBranch, head } from '../model/names.ts';
import { isComposed, isSame } from '../model/proposed.ts';
import type { RequestText } from '../model/request.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import type { Context } from './context.ts';

/** What became of a request, in one word; `theirs`: the branch holds somebody's own work, and was left alone. */
export type Outcome = 'opened' | 'updated' | 'unchanged' | 'proposed' | 'closed' | 'nothing' | 'theirs';

/** What a proposal branch shall hold. */
export interface Proposal {
  /** The source branch of the request. */
  readonly branch: string;
  /** None: the request has no point any more. */
  readonly commits: readonly NewCommit[];
}

/** A proposal whose branch is what it should be, or was left alone. */
export interface Placed extends Proposal {
  readonly is: 'theirs' | 'pointless' | 'same' | 'moved';
  readonly move?: Move;
}

export interface Wording {
  readonly kind: Purpose;
  readonly text: RequestText;
  /** Nobody shall merge it now: it becomes a draft. @default it is ready */
  readonly isDrafted?: boolean | undefined;
  /** A line for people's part of the text, where it does not stand there yet. */
  readonly adds?: string | undefined;
}

export interface Placing {
  readonly environment: string;
  readonly target: Pick<EnvironmentHistory, 'tip'>;
  readonly rendered: Rendered;
  readonly proposals: readonly Proposal[];
  readonly dryRun: boolean;
}

export interface Proposing {
  readonly environment: string;
  readonly placed: readonly Placed[];
  /** What each request says, by branch. @default what it says already */
  readonly says: ReadonlyMap<string, Wording>;
  /** The open requests onto the environment branch. @default the forge is asked */
  readonly opened?: readonly MergeRequest[] | undefined;
  readonly dryRun: boolean;
}

/** What became of one proposal. */
export interface Result {
  readonly branch: string;
  readonly outcome: Outcome;
  readonly request?: MergeRequest | undefined;
}

/**
 * Makes proposal branches what they should be, all in one push; what is so already is not touched, and what people put
 * on a branch stays.
 */
export async function place(context: Context, mirror: Mirror, placing: Placing): Promise<Placed[] | 'stale'> {
  const placed: Placed[] = [];
  for (const proposal of placing.proposals) placed.push(await compose(context, mirror, placing, proposal));
  const moves = placed.flatMap(({ move }) => move ?? []);
  return (await push(mirror, moves)) === 'stale' ? 'stale' : placed;
}

async function compose(
  context: Context,
  mirror: Mirror,
  { environment, target, rendered, dryRun }: Placing,
  proposal: Proposal,
): Promise<Placed> {
  const { branch, commits } = proposal;
  const ref = head(branch);
  const from = mirror.refs.get(ref);
  const there = from === undefined ? undefined : await readProposed(mirror.git, target.tip, from);
  if (from !== undefined && !(there && isComposed(there, environment, rendered.timelines)))
    return { ...proposal, is: 'theirs' };
  if (commits.length === 0) return { ...proposal, is: 'pointless' };
  if (there && isSame(there, target.tip, commits)) return { ...proposal, is: 'same' };
  if (dryRun) return { ...proposal, is: 'moved' };
  const written = await writeCommits(mirror.git, target.tip, commits, context.now());
  return { ...proposal, is: 'moved', move: { ref, from, to: written.at(-1) as string } };
}

/**
 * Makes requests what they should be, of branches that are: what is so already is not touched, and what people wrote into
 * a request stays.
 */
export async function propose(context: Context, mirror: Mirror, proposing: Proposing): Promise<Result[]> {
  const { environment, placed, dryRun } = proposing;
  const { forge } = context;
  // Without the forge's client a person goes on in its web page, from the branch that is there by now.
  const opened = dryRun ? [] : (proposing.opened ?? (await forge?.opened(environmentBranch(environment))) ?? []);

  const results: Result[] = [];
  for (const { branch, is } of placed) {
    const says = proposing.says.get(branch);
    const listed = opened.find(({ source }) => source === branch);
    // The forge told what it knew before the branch moved.
    const found = listed && { ...listed, sha: mirror.refs.get(head(branch)) ?? listed.sha };
    results.push({ branch, ...(await settle()) });

    async function settle(): Promise<Omit<Result, 'branch'>> {
      if (is === 'theirs') return { outcome: 'theirs', request: found };
      if (is === 'pointless')
        return found && forge ? { outcome: 'closed', request: await forge.close(found.iid) } : { outcome: 'nothing' };
      if (dryRun) return { outcome: 'proposed' };
      if (!forge || (!found && !says)) return { outcome: is === 'same' ? 'unchanged' : 'proposed' };
      return request(forge, { branch, environment, says, found, isSame: is === 'same' });
    }
  }
  return results;
}

interface Requesting {
  readonly branch: string;
  readonly environment: string;
  readonly says: Wording | undefined;
  readonly found: MergeRequest | undefined;
  /** The branch did not have to move. */
  readonly isSame: boolean;
}

async function request(
  forge: Forge,
  { branch, environment, says, found, isSame }: Requesting,
): Promise<Omit<Result, 'branch'>> {
  if (!says) return { outcome: isSame ? 'unchanged' : 'updated', request: found };
  const wanted = worded(says, found);
  if (!found) {
    const proposal = { source: branch, target: environmentBranch(environment), ...wanted };
    return { outcome: 'opened', request: await forge.open(proposal) };
  }
  const isWorded = found.title === wanted.title && plain(found.body) === plain(wanted.body);
  if (isWorded) return { outcome: isSame ? 'unchanged' : 'updated', request: found };
  return { outcome: 'updated', request: await forge.update(found.iid, wanted) };
}

/** Title and body: ours, and what people made of them. A draft that a person made stays one. */
function worded({ kind, text, isDrafted = false, adds }: Wording, found: MergeRequest | undefined) {
  const there = found?.body ?? '';
  const was = readMarked(there);
  const isTheirDraft = found !== undefined && isDraft(found.title) && !was.isDrafted;
  const added = adds && !`${was.before}${was.after}`.includes(adds) ? `${there}\n\n${adds}` : there;
  return {
    title: `${isDrafted || isTheirDraft ? 'Draft: ' : ''}${text.title}`.slice(0, 255),
    body: mark(kind, text.body, { there: added, isDrafted: isDrafted && !isTheirDraft }),
  };
}

/** A forge may change line breaks and the space around a text. */
const plain = (text: string) => text.replaceAll('\r\n', '\n').trim();
