import type { MergeRequest } from '../forge/forge.ts';
import { environmentAt, readRendered } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { Answer } from '../model/gate.ts';
import type { Published, Stage } from '../model/metadata.ts';
import { environmentBranch, head, pipelineFile, proposalBranch, rendered } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import { Misuse } from '../model/refusal.ts';
import { requestText } from '../model/request.ts';
import { releaseLine } from '../model/words.ts';
import { chain } from './chain.ts';
import { itemsOf } from './changes.ts';
import { type Context, untilSettled } from './context.ts';
import { vouch } from './gates.ts';
import type { Move } from './judge-changes.ts';
import type { Asked } from './main.ts';
import { type Outcome, propose } from './proposal.ts';
import { contextOf } from './surroundings.ts';

export interface PromoteRequest {
  /** Only onto this environment. @default every environment that comes after another */
  readonly to?: string | undefined;
  /** Say what would happen; move no branch and ask the forge for nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface Promotion {
  readonly environment: string;
  readonly source: string;
  readonly outcome: Outcome;
  readonly request?: MergeRequest | undefined;
  /** What the request does, one line per app: `counter 1.0.3 → 1.0.4`. */
  readonly moves: readonly string[];
  /** What is left alone, and why. */
  readonly left: readonly string[];
}

/**
 * Makes the forge agree with the promotion table: one request per environment with every app that is older than what
 * its source vouches for. It has no state of its own; anybody may run it at any time, and twice at once.
 * @throws {Misuse} for an environment that cannot be promoted to
 */
export async function promote(context: Context, request: PromoteRequest): Promise<Promotion[]> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const { environments: stages, removed } = await readNewest(mirror);
    const promotions: Promotion[] = [];
    for (const stage of targets(stages, request.to)) {
      const decide = () => reconcile(context, mirror, { stages, removed, stage, dryRun: request.dryRun ?? false });
      promotions.push(await untilSettled(mirror, decide));
    }
    return promotions;
  } finally {
    await mirror.close();
  }
}

function targets(stages: readonly Stage[], to: string | undefined): readonly Stage[] {
  if (to === undefined) return stages.filter(({ after }) => after !== undefined);
  const found = stages.find(({ name }) => name === to);
  if (!found)
    throw new Misuse(`--to ${to}: not an environment; known are ${stages.map(({ name }) => name).join(', ')}.`);
  if (!found.after)
    throw new Misuse(`--to ${to}: it comes first and takes what is published; promote to one of those behind it.`);
  return [found];
}

interface Reconciling {
  readonly stages: readonly Stage[];
  /** Why apps were taken out. */
  readonly removed: Published['removed'];
  /** The environment that is promoted to. */
  readonly stage: Stage;
  readonly dryRun: boolean;
}

async function reconcile(
  context: Context,
  mirror: Mirror,
  { stages, removed, stage, dryRun }: Reconciling,
): Promise<Promotion | 'stale'> {
  const { name: environment, after: source = '' } = stage;
  const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
  const target = await environmentAt(mirror, environment);
  const sourceHistory = await environmentAt(mirror, source);
  if (!target)
    return {
      environment,
      source,
      outcome: 'nothing',
      moves: [],
      left: [`${environmentBranch(environment)} does not exist yet: run slipway publish`],
    };

  const route = { rendered: history, environment, target, source: { environment: source, history: sourceHistory } };
  const wanted = plan(route).filter(({ name, state }) => moves.has(state.is) && name !== pipelineFile);
  const vouched = sourceHistory
    ? await vouch(context, mirror, {
        source: stages.find(({ name }) => name === source) as Stage,
        history: sourceHistory,
        names: wanted.map(({ name }) => name),
      })
    : undefined;
  const steps = plan({ ...route, source: { ...route.source, vouched } });
  const older = steps.filter(({ state }) => state.is === 'older');
  const refused = await refusedOf(mirror, { environment, target: target.tip, steps: older, removed });
  const ready = older.filter(({ name }) => !refused.has(name));
  const left = [
    ...steps.flatMap((step) => leftOut(step, environment, vouched?.get(step.name)?.waits ?? [])),
    ...[...refused].flatMap(([name, lines]) => lines.map((line) => `${name} cannot go on: ${line}`)),
  ];

  const composed = await chain(mirror, { environment, target, steps: ready });
  const answers = new Map([...(vouched ?? [])].map(([name, { answers }]) => [name, [...answers]]));
  const items = await itemsOf(mirror, { rendered: history, environment, steps: ready }, composed, answers);
  const text = requestText(environment, source, items, left);
  const proposed = await propose(context, mirror, {
    branch: proposalBranch(environment),
    environment,
    target,
    commits: composed.commits,
    text,
    dryRun,
  });
  return proposed === 'stale' ? 'stale' : { environment, source, moves: composed.moves, left, ...proposed };
}

/** Who judges brings an evaluator: it is loaded where there is something to judge. */
const refusedOf = async (mirror: Mirror, move: Move): Promise<ReadonlyMap<string, readonly string[]>> =>
  move.steps.length === 0 ? new Map() : (await import('./judge-changes.ts')).refusedSteps(mirror, move);

/** The states in which an app may move, when its source vouches for it. */
const moves: ReadonlySet<Step['state']['is']> = new Set(['older', 'held']);

/** One line for what a request leaves alone, or for what something newer waits for; nothing for what is as it should be. */
function leftOut({ name, state, offer }: Step, environment: string, waits: readonly Answer[]): string[] {
  const waiting = waits.map(({ evidence }) => `${name} waits: ${evidence}`);
  switch (state.is) {
    case 'held':
      return [
        `${name} is held in ${environment}: a later part stood there and somebody went back; ${releaseLine(environment, name)} lifts the hold`,
        ...waiting,
      ];
    case 'edited':
      return [`${name} was edited by hand in ${environment} and is frozen: revert the edit to thaw it`];
    case 'newer':
      return [`${name} is newer in ${environment} than in its source: it stays`, ...waiting];
    case 'none':
      if (waiting.length > 0) return waiting;
      return offer.part === undefined ? [`${name} is not offered: ${offer.why}`] : [];
    case 'older':
      return waiting;
    case 'equal':
      return state.heldBelow ? [`${name} is held in ${environment}, and its source runs the same part`] : waiting;
  }
}

/** What a person reads after a promotion run, one line each. */
export function describe(promotions: readonly Promotion[], dryRun: boolean): string[] {
  return promotions.flatMap(({ environment, outcome, request, moves, left }) => [
    outcome === 'nothing'
      ? `${environment}: nothing to promote`
      : `${environment}: ${dryRun ? 'would propose' : outcome}${request ? ` merge request !${request.iid} ${request.url}` : ''}${moves.length ? `: ${moves.join(', ')}` : ''}`,
    ...left.map((line) => `  ${line}`),
  ]);
}

export async function run({ values }: Asked): Promise<void> {
  const context = await contextOf(values);
  const dryRun = values['dry-run'] === true;
  const promotions = await promote(context, { to: values.to as string | undefined, dryRun });
  if (values.json) console.log(JSON.stringify(promotions, null, 2));
  else {
    if (!context.live) context.say('No gate is asked: ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set.');
    if (!context.forge)
      context.say('No request is opened: SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID are not set.');
    for (const line of describe(promotions, dryRun)) console.log(line);
  }
}
