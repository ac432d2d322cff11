import { readFile } from 'node:fs/promises';
import { text as readText } from 'node:stream/consumers';
import { GitError } from '../git/git.ts';
import { metadataAt, metadataOf, readProposed, readRendered } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { errandOf, type Inspection } from '../model/inspection.ts';
import { branchOf, environmentBranch, head, pipelineFile, rendered } from '../model/names.ts';
import { isComposed, type Proposed } from '../model/proposed.ts';
import { Misuse } from '../model/refusal.ts';
import { type Done, judgeText, lineOf } from '../model/request-claims.ts';
import type { ObjectId } from '../model/timeline.ts';
import type { Verdict } from '../model/verdict.ts';
import { quote, short } from '../model/words.ts';
import { type Against, findingsOf, type Going } from './judge-arrivals.ts';
import { targetOf } from './put.ts';

export interface ProposalRequest {
  readonly environment: string;
  /** The commit that would be merged: the source branch's own, and no merge of it that a forge tries out. */
  readonly proposal: string;
  /** The text of the request. @default it is not judged */
  readonly body?: string | undefined;
}

/**
 * Holds a request onto an environment branch against all that the branches say: where it stands, by tree id what it
 * brings, by the order of `rendered` which way that goes, whether its branch is for that, what policies say of the
 * change, and whether its text tells it. No gate is asked: that needs a token, and whoever proposes has asked them.
 * @throws {Misuse} for an environment or a commit that there is not
 */
export async function verifyProposal(
  mirror: Mirror,
  { environment, proposal, body }: ProposalRequest,
): Promise<Inspection> {
  const { target, published } = await targetOf(mirror, environment);
  const commit = await commitOf(mirror, proposal);
  const branch = environmentBranch(environment);
  const { tip } = target;
  // Several may stand there; all were pushed by whoever may.
  const source = [...mirror.refs].find(
    ([ref, at]) => at === commit && errandOf(environment, branchOf(ref)) !== undefined,
  )?.[0];
  const about = { branch, tip, proposal: commit, source: source && branchOf(source) };
  const none = { ...about, moves: [], verdicts: [], doubts: [], notes: [] };
  const wrong = (fault: Verdict['fault'], says: string): Inspection => ({
    ...none,
    verdicts: [{ fault, path: short(commit), says }],
  });

  const proposed = await readProposed(mirror.git, tip, commit);
  if (!proposed) return wrong('foreign', `it has no commit in common with ${branch}`);
  if (proposed.links.length === 0)
    return { ...none, notes: [`${branch} has all of it already: there is nothing to merge`] };
  if (proposed.base !== tip)
    return wrong(
      'not on the tip',
      `it was made on ${short(proposed.base)}, and ${branch} stands at ${short(tip)}: npx slipway promote composes it anew; a request of your own, rebase`,
    );

  const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
  const stage = published.environments.find(({ name }) => name === environment);
  const errand = about.source === undefined ? undefined : errandOf(environment, about.source);
  const { removed } = published;
  const against: Against = { environment, after: stage?.after, removed, target, history, errand };
  const found = await findingsOf(mirror, against, commit);
  const done = await doneBy(mirror, against, found.going);
  const told = body === undefined ? undefined : judgeText(body, { environment, errand, done });
  const merges = proposed.links.filter(({ isMerge }) => isMerge);
  return {
    ...about,
    moves: done.map(lineOf),
    verdicts: [
      ...merges.map(
        (link): Verdict => ({
          fault: 'merge',
          path: short(link.commit),
          says: 'a merge inside a request makes states that nobody rendered: rebase it',
        }),
      ),
      ...found.verdicts,
      ...(told?.wrong ?? []).map((says): Verdict => ({ fault: 'text', path: short(commit), says })),
    ],
    doubts: [...doubtsOf(about.source, against, proposed), ...found.doubts, ...(told?.doubts ?? [])],
    notes: [...found.notes, ...(told ? [] : ['its text was not given (--body), and is not judged'])],
  };
}

async function commitOf({ git }: Mirror, proposal: string): Promise<ObjectId> {
  const commit = /^[0-9a-f]{7,64}$/.test(proposal)
    ? // What is on none of our branches is borrowed from the checkout, or asked of the remote by its name.
      await git.commit(proposal).catch((error: Error) => {
        if (error instanceof GitError) return undefined;
        throw error;
      })
    : undefined;
  if (commit) return commit;
  throw new Misuse(
    `--proposal ${quote(proposal)}: no such commit here: give the full id of one that this checkout has (git fetch origin <sha>).`,
  );
}

/** Why nobody can prove that it was composed by Slipway. */
function doubtsOf(source: string | undefined, { environment, history }: Against, proposed: Proposed): string[] {
  if (source === undefined)
    return [
      `no proposal branch of ${environmentBranch(environment)} stands there: it is a person's own request, or its branch was composed anew since`,
    ];
  return isComposed(proposed, environment, history.timelines)
    ? []
    : [`${source} holds commits that Slipway did not compose`];
}

/** What it really does, with the versions of both ends. */
async function doneBy(mirror: Mirror, { target }: Against, going: readonly Going[]): Promise<Done[]> {
  const names = going.map(({ name }) => name);
  const [from, to] = await Promise.all([
    metadataAt(mirror, target.tip, '', names),
    metadataOf(
      mirror,
      going.flatMap(({ name, to }) => (name === pipelineFile ? [] : (to ?? []))),
    ),
  ]);
  return going.map(({ name, to: part }) => ({
    name,
    from: from.get(name),
    to: to.get(part ?? ''),
    isAway: part === undefined,
  }));
}

/** 0 verified, 1 wrong, 3 unverified: a person has to look. */
export const exitCodeOf = ({ verdicts, doubts }: Inspection): number =>
  verdicts.length > 0 ? 1 : doubts.length > 0 ? 3 : 0;

/** What a person reads, a line each; the last is the answer. */
export function describe(inspection: Inspection): string[] {
  const { branch, proposal, source, moves, verdicts, doubts, notes } = inspection;
  const what = `${short(proposal)} onto ${branch}`;
  const brings = moves.length > 0 ? moves.join(', ') : 'nothing of ours moves';
  const answer = [`${what} is verified, from ${source ?? 'nowhere'}: ${brings}`, `${what} is wrong: ${brings}`];
  const code = exitCodeOf(inspection);
  return [
    ...verdicts.map(({ fault, path, says }) => `${fault}: ${path}: ${says}`),
    ...doubts.map((doubt) => `unverified: ${doubt}`),
    ...notes.map((note) => `note: ${note}`),
    answer[code] ?? `${what} is unverified, and a person has to look: ${brings}`,
  ];
}

/** Verifies what the options name, prints it and sets the exit code. */
export async function runProposal(
  mirror: Mirror,
  { env, proposal, body, json }: { env: string; proposal: string; body: string | undefined; json: boolean },
): Promise<void> {
  const text = body === undefined ? undefined : body === '-' ? await readText(process.stdin) : await textOf(body);
  const inspection = await verifyProposal(mirror, { environment: env, proposal, body: text });
  if (json) console.log(JSON.stringify({ version: 1, ...inspection }, null, 2));
  else for (const line of describe(inspection)) console.log(line);
  process.exitCode = exitCodeOf(inspection);
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new Misuse(`--body ${file}: it cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}
