import type { Mirror } from '../git/mirror.ts';
import { leftOut } from '../model/left-out.ts';
import type { Published, Stage } from '../model/metadata.ts';
import {
  environmentBranch,
  pipelineFile,
  proposalBranch,
  releaseBranch,
  rendered as renderedBranch,
} from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import { Misuse } from '../model/refusal.ts';
import { lastOwn } from '../model/repair.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import { readAhead } from './changed-files.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import type { Histories } from './histories.ts';
import type { Move } from './judge-changes.ts';
import { type Promotion, settle, type Wanted } from './settle.ts';
import { byHand } from './tend.ts';

export interface Reconciling {
  readonly published: Published;
  readonly stage: Stage;
  /** Only this app, in a request of its own. */
  readonly app?: string | undefined;
  /** Why the calendar does not count for what is proposed now. */
  readonly override?: string | undefined;
  readonly dryRun: boolean;
}

/**
 * Makes the forge agree with the promotion table of one environment.
 * @throws {Misuse} for an app that was never published there
 */
export async function reconcile(
  context: Context,
  mirror: Mirror,
  histories: Histories,
  { published, stage, app, override, dryRun }: Reconciling,
): Promise<Promotion | 'stale'> {
  const { name: environment, after } = stage;
  const source = after ?? renderedBranch;
  const asking = dryRun ? undefined : context.forge?.opened(environmentBranch(environment));
  // It is waited for further down: git has to be read as well.
  asking?.catch(() => {});
  const rendered = await histories.rendered();
  const target = await histories.environment(environment);
  const none = { environment, source, outcome: 'nothing', moves: [], others: [], reports: new Map() } as const;
  if (!target) return { ...none, left: [`${environmentBranch(environment)} does not exist yet: run slipway publish`] };

  const sourceHistory = after === undefined ? undefined : await histories.environment(after);
  const { steps, vouched } = await decide(context, mirror, { published, stage, rendered, target, sourceHistory });
  if (app !== undefined) checkKnown(app, environment, steps);
  const wanted = steps.filter(({ name }) => app === undefined || name === app);
  const older = after === undefined ? [] : wanted.filter(({ state }) => state.is === 'older');
  const held = wanted.filter(({ state }) => state.is === 'held');
  await readAhead(mirror, { rendered, environment, source, target, steps: [...older, ...held] });
  const move = { environment, target, removed: published.removed };
  const refused = new Map([
    ...(await refusedOf(mirror, { ...move, steps: older })),
    ...(await refusedOf(mirror, { ...move, steps: held })),
  ]);
  const ready = ({ name }: Step) => !refused.has(name);
  const repairs = repairsOf(wanted, { environment, target, rendered });

  const opened = (await asking) ?? [];
  const asked = new Set(byHand(environment, opened).map((request) => request.source));
  const alone = (kind: Wanted['kind']) => (step: Step) => ({
    branch: releaseBranch(environment, step.name),
    kind,
    steps: [step],
  });
  const requests: Wanted[] = [
    ...(after === undefined || app !== undefined
      ? older.filter(ready).map(alone('one'))
      : [{ branch: proposalBranch(environment), kind: 'promotion', steps: older.filter(ready) } as const]),
    ...held.filter(ready).map(alone('re-apply')),
    ...repairs.map(alone('repair')),
  ].filter(({ branch, kind }) => kind === 'one' || !asked.has(branch));

  const left = [
    ...wanted.flatMap((step) => leftOut(step, environment, source, vouched?.get(step.name)?.waits ?? [])),
    ...[...refused].flatMap(([name, lines]) => lines.map((line) => `${name} cannot go on: ${line}`)),
  ];
  return settle(context, mirror, {
    ...{ none, stage, app, override, published, rendered, target, sourceHistory, held },
    ...{ opened, requests, vouched, left, dryRun },
  });
}

function checkKnown(app: string, environment: string, steps: readonly Step[]): void {
  const names = steps.flatMap(({ name }) => (name === pipelineFile ? [] : [name]));
  if (names.includes(app)) return;
  throw new Misuse(
    `--app ${app}: nothing of it was ever published for ${environment}; known are ${names.join(', ') || 'none'}.`,
  );
}

/** Who judges brings an evaluator: it is loaded where there is something to judge. */
const refusedOf = async (mirror: Mirror, move: Move): Promise<ReadonlyMap<string, readonly string[]>> =>
  move.steps.length === 0 ? new Map() : (await import('./judge-changes.ts')).refusedSteps(mirror, move);

/** What takes edits back: the last part of ours that stood there. */
function repairsOf(
  steps: readonly Step[],
  { environment, target, rendered }: { environment: string; target: EnvironmentHistory; rendered: Rendered },
): Step[] {
  const edited = steps.filter(({ state }) => state.is === 'edited');
  return edited.map((step): Step => {
    const timeline = rendered.timelines.get(`${environment}/${step.name}`);
    const part = lastOwn(target.course.of(step.name), timeline, target.seen.get(step.name) ?? new Set());
    const commit = part === undefined ? undefined : rendered.commits[timeline?.place(part) ?? -1];
    const offer =
      part === undefined || commit === undefined
        ? { part: undefined, why: 'nothing of ours ever stood there' }
        : { part, commit, vouched: undefined };
    return { ...step, offer };
  });
}
