import type { MergeRequest } from '../forge/forge.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Answer, Vouching } from '../model/gate.ts';
import { isByHand, isDraft, overrideLine, type Purpose, readMarked } from '../model/marked.ts';
import type { Published, Stage } from '../model/metadata.ts';
import { head, isProposalFor, proposalBranch, releaseBranch } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import { Refusal } from '../model/refusal.ts';
import type { RequestKind } from '../model/request.ts';
import type { MergeSettings } from '../model/setup.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import { day } from '../model/words.ts';
import { type Chain, chain } from './chain.ts';
import { tell } from './changes.ts';
import type { Context } from './context.ts';
import { calendarOf } from './gates.ts';
import { type Outcome, type Proposal, place, propose, type Result, type Wording } from './proposal.ts';
import { tend } from './tend.ts';

/** What a promotion run did about one environment. */
export interface Promotion {
  readonly environment: string;
  /** The environment that it takes from; `rendered` for a first one. */
  readonly source: string;
  /** What became of the one promotion request. */
  readonly outcome: Outcome | 'merged';
  readonly request?: MergeRequest | undefined;
  /** What the request does, one line per app: `counter 1.0.3 → 1.0.4`. */
  readonly moves: readonly string[];
  /** The requests beside it: of one app each, or asked for by a person. */
  readonly others: readonly Other[];
  /** What is left alone, and why. */
  readonly left: readonly string[];
  /** By branch what each request says, uncut. */
  readonly reports: ReadonlyMap<string, string>;
}

export interface Other extends Result {
  /** Undefined for one that a person opened in the forge. */
  readonly kind: Purpose | undefined;
  readonly moves: readonly string[];
}

/** A request that there shall be. */
export interface Wanted {
  readonly branch: string;
  readonly kind: RequestKind;
  readonly steps: readonly Step[];
}

export interface Settling {
  readonly none: Omit<Promotion, 'left' | 'request'>;
  readonly stage: Stage;
  readonly app: string | undefined;
  readonly override: string | undefined;
  readonly published: Published;
  readonly rendered: Rendered;
  readonly target: EnvironmentHistory;
  readonly sourceHistory: EnvironmentHistory | undefined;
  readonly held: readonly Step[];
  readonly opened: readonly MergeRequest[];
  readonly requests: readonly Wanted[];
  readonly vouched: ReadonlyMap<string, Vouching> | undefined;
  readonly left: readonly string[];
  readonly dryRun: boolean;
}

/** Proposes what is wanted, tends what people asked for, and closes what has no point any more. */
export async function settle(context: Context, mirror: Mirror, settling: Settling): Promise<Promotion | 'stale'> {
  const { none, stage, app, rendered, target, opened, requests, left, dryRun } = settling;
  const { environment } = none;
  const chains = new Map<string, Chain>();
  for (const { branch, steps } of requests) chains.set(branch, await chain(mirror, { target, steps }));
  const tending = { environment, target, rendered, opened };
  const theirs = app === undefined ? await tend(mirror, tending) : { proposals: [], left: [] };
  const known = new Set([...requests, ...theirs.proposals].map(({ branch }) => branch));
  const pointless = opened.filter(
    ({ source: branch, body }) =>
      isProposalFor(environment, branch) &&
      !known.has(branch) &&
      !isByHand(readMarked(body).kind) &&
      (app === undefined || branch === releaseBranch(environment, app)),
  );
  const proposals: Proposal[] = [
    ...[...chains].map(([branch, { commits }]) => ({ branch, commits })),
    ...theirs.proposals.filter(({ branch }) => !chains.has(branch)),
    ...pointless.map(({ source: branch }) => ({ branch, commits: [] })),
  ];
  // Git writes and pushes the commits while this process words what they do.
  const [placed, { says, reports }] = await Promise.all([
    place(context, mirror, { environment, target, rendered, proposals, dryRun }),
    word(context, mirror, settling, chains),
  ]);
  if (placed === 'stale') return 'stale';
  const results = await propose(context, mirror, { environment, placed, says, opened, dryRun });

  const kinds = new Map<string, Purpose | undefined>([
    ...opened.map(({ source, body }) => [source, readMarked(body).kind] as const),
    ...requests.map(({ branch, kind }) => [branch, kind] as const),
  ]);
  const own = results.filter(({ outcome }) => outcome === 'theirs').map(({ branch }) => someonesOwn(branch));
  const next = results.find(({ branch }) => branch === proposalBranch(environment));
  const movesOf = (branch: string) => chains.get(branch)?.moves ?? [];
  const others = results.flatMap((result): Other[] =>
    result === next || result.outcome === 'nothing'
      ? []
      : [{ ...result, kind: kinds.get(result.branch), moves: movesOf(result.branch) }],
  );
  const isClosed = says.get(next?.branch ?? '')?.isDrafted === true;
  const merged = next && stage.auto && !isClosed && !dryRun ? await mergeItself(context, mirror, next) : undefined;
  const waiting = [...left, ...theirs.left, ...own, ...(merged?.waits ?? [])];
  if (!next) return { ...none, others, left: waiting, reports };
  const { outcome, request } = merged?.result ?? next;
  return { ...none, outcome, request, moves: movesOf(next.branch), others, left: waiting, reports };
}

/** What each request says, and the whole of it, by branch: one after the other, since each reads what it tells of. */
async function word(
  context: Context,
  mirror: Mirror,
  settling: Settling,
  chains: ReadonlyMap<string, Chain>,
): Promise<{ says: Map<string, Wording>; reports: Map<string, string> }> {
  const { none, stage, override, published, rendered, target, sourceHistory } = settling;
  const { held, opened, requests, vouched, left } = settling;
  const { environment, source } = none;
  const today = day(context.now());
  const says = new Map<string, Wording>();
  const reports = new Map<string, string>();
  for (const { branch, kind, steps } of requests) {
    const own = chains.get(branch) as Chain;
    const text = await tell(mirror, {
      ...{ kind, rendered, published, environment, source, target, sourceHistory, steps, today },
      left: kind === 'promotion' ? left : [],
      chain: own,
      vouched: vouched ?? new Map(),
      held: kind === 'promotion' ? held : [],
    });
    if (own.commits.length > 0) reports.set(branch, text.report);
    const there = opened.find((request) => request.source === branch);
    const calendar = kind === 'repair' ? undefined : calendarOf(context, stage, there, override);
    says.set(branch, {
      kind,
      text: { ...text, body: `${calendarLines(environment, calendar)}${text.body}` },
      isDrafted: calendar?.is === 'no',
      adds: override === undefined ? undefined : overrideLine(override),
    });
  }
  return { says, reports };
}

/** What a closed calendar means for whoever reads the request. */
function calendarLines(environment: string, calendar: Answer | undefined): string {
  if (!calendar || (calendar.is === 'yes' && !calendar.evidence.includes('passed over'))) return '';
  const way = `It is a draft until then. If it cannot wait, write \`Calendar override: <reason>\` below this text, or run \`npx slipway promote --to ${environment} --override "<reason>"\`.`;
  const sentence = `${calendar.evidence[0]?.toUpperCase()}${calendar.evidence.slice(1)}.`;
  return `**${sentence}**${calendar.is === 'no' ? ` ${way}` : ''}\n\n`;
}

/** Merges a promotion that needs nobody: one whose environment says so, at the tip that was just composed. */
async function mergeItself(
  { forge }: Context,
  { refs }: Mirror,
  next: Result,
): Promise<{ result: Omit<Result, 'outcome'> & { outcome: 'merged' | Outcome }; waits: string[] }> {
  const tip = refs.get(head(next.branch));
  const isOpen = next.request?.state === 'opened' && next.outcome !== 'theirs';
  if (!forge || !next.request || !tip || !isOpen) return { result: next, waits: [] };
  // Somebody made it a draft: they want it to wait.
  if (isDraft(next.request.title)) return { result: next, waits: [] };
  try {
    // With pipelines, it waits for them: of a failed one nothing is merged.
    const { pipelines } = await forge.settings().catch((): Partial<MergeSettings> => ({}));
    const how = pipelines === 'none' ? undefined : ({ auto: true } as const);
    const request = await forge.merge(next.request.iid, tip, how);
    return { result: { ...next, request, outcome: request.state === 'merged' ? 'merged' : next.outcome }, waits: [] };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { result: next, waits: [`!${next.request.iid} is not merged by itself yet: ${error.message}`] };
  }
}

const someonesOwn = (branch: string) =>
  `${branch} holds commits that put something else than parts of rendered there: merge it, or delete the branch for a new one`;
