import type { MergeRequest } from '../forge/forge.ts';
import { type Git, GitError } from '../git/git.ts';
import { environmentAt } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit, Person } from '../model/commit.ts';
import type { Metadata, Published } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import { environmentBranch, head } from '../model/names.ts';
import { notAnEnvironment } from '../model/nearest.ts';
import { Refusal } from '../model/refusal.ts';
import type { RequestText } from '../model/request.ts';
import type { EnvironmentHistory, ObjectId, Rendered } from '../model/timeline.ts';
import { quote } from '../model/words.ts';
import type { Context } from './context.ts';
import { type Outcome, place, propose } from './proposal.ts';

/** What a person says of every part that is put by hand. */
export interface PutRequest {
  readonly environment: string;
  /** Push it onto the environment branch. @default a merge request */
  readonly now?: boolean | undefined;
  /** Why, for the commit and the request. */
  readonly reason?: string | undefined;
  /** Say what would happen; move no branch and ask the forge for nothing. */
  readonly dryRun?: boolean | undefined;
}

/** A part of `rendered` that a person wants on an environment branch. */
export interface Placement {
  readonly name: string;
  /** Undefined takes the folder away. */
  readonly to: ObjectId | undefined;
  readonly metadata: Metadata | undefined;
  /** `counter 1.0.4 → 1.0.3` */
  readonly what: string;
}

/** How it gets there. */
export interface Putting {
  readonly environment: string;
  readonly target: EnvironmentHistory;
  readonly rendered: Rendered;
  /** The source branch of the request. */
  readonly branch: string;
  readonly kind: 'release' | 'rollback';
  readonly placements: readonly Placement[];
  readonly text: RequestText;
  /** Push it onto the environment branch instead of asking for a merge. */
  readonly now: boolean;
  readonly reason: string | undefined;
  readonly dryRun: boolean;
}

export interface Put {
  readonly environment: string;
  readonly outcome: Outcome | 'pushed';
  readonly request?: MergeRequest | undefined;
  /** What moves, a line per app. */
  readonly moves: readonly string[];
  /** The branch that a person merges, where no forge was asked to. */
  readonly branch?: string | undefined;
}

/** An environment branch that a person named, and what was published last. @throws {Misuse} when it is none */
export async function targetOf(
  mirror: Mirror,
  environment: string,
): Promise<{ target: EnvironmentHistory; published: Published }> {
  const published = await readNewest(mirror);
  const { environments } = published;
  const target = await environmentAt(mirror, environment);
  if (target && environments.some(({ name }) => name === environment)) return { target, published };
  throw notAnEnvironment(
    `--env ${environment}`,
    environments.map(({ name }) => name),
  );
}

/** Puts parts on an environment branch exactly as they stand in `rendered`, a commit per app. */
export async function put(context: Context, mirror: Mirror, putting: Putting): Promise<Put | 'stale'> {
  const { environment, target, rendered, branch, kind, placements, text, now, reason, dryRun } = putting;
  const verb = kind === 'rollback' ? 'Roll back' : 'Release';
  const composed = placements.map(({ name, to, what, metadata }): NewCommit => {
    const lines = [...(reason ? [quote(reason, 500), ''] : []), ...(metadata ? [`Dry-Sha: ${metadata.drySha}`] : [])];
    const write = to === undefined ? { path: name, deleted: true as const } : { path: name, mode: mode.folder, id: to };
    return { message: `${verb} ${what}\n\n${lines.map((line) => `${line}\n`).join('')}`, writes: [write] };
  });
  const moves = placements.map(({ what }) => what);
  const author = await personAt(context.checkout);
  const commits = composed.map((commit) => ({ ...commit, author }));
  if (!now) {
    const proposals = [{ branch, commits }];
    const placed = await place(context, mirror, { environment, target, rendered, proposals, dryRun });
    if (placed === 'stale') return 'stale';
    const says = new Map([[branch, { kind, text }]]);
    const results = await propose(context, mirror, { environment, placed, says, dryRun });
    const [{ outcome, request } = { outcome: 'nothing' as const, request: undefined }] = results;
    if (outcome === 'theirs')
      throw new Refusal(
        `${branch} holds commits that put something else than parts of rendered there: merge it or delete it, then run again.`,
      );
    return { environment, branch, moves, outcome, request };
  }
  if (!dryRun) {
    const written = await writeCommits(mirror.git, target.tip, commits, context.now());
    const ref = head(environmentBranch(environment));
    if ((await push(mirror, [{ ref, from: target.tip, to: written.at(-1) as string }])) === 'stale') return 'stale';
  }
  return { environment, outcome: 'pushed', moves };
}

/** Whoever works in a checkout, as git would write it: whoever meets a hold asks them. Undefined where git knows nobody. */
async function personAt(checkout: Git): Promise<Person | undefined> {
  try {
    const [, name = '', email = ''] =
      /^(.*?) ?<(.*)> \d+ /.exec(await checkout.text(['var', 'GIT_AUTHOR_IDENT'])) ?? [];
    return name === '' ? undefined : { name, email };
  } catch (error) {
    if (error instanceof GitError) return undefined;
    throw error;
  }
}

/** What a person reads of it, in a line. */
export function describePut({ environment, outcome, request, moves, branch }: Put, dryRun: boolean): string {
  const byHand = `${branch}: open a merge request onto ${environmentBranch(environment)}, or run it again with --now`;
  const where = request
    ? ` merge request !${request.iid} ${request.url}`
    : outcome === 'proposed' && !dryRun
      ? ` ${byHand}`
      : '';
  return `${environment}: ${dryRun ? 'would have ' : ''}${outcome}${where}: ${moves.join(', ')}`;
}
