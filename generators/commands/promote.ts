import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { Stage } from '../model/metadata.ts';
import { notAnEnvironment } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { type Context, Timings, untilSettled } from './context.ts';
import { Histories } from './histories.ts';
import type { Asked } from './main.ts';
import { Progress } from './progress.ts';
import type { Promotion } from './settle.ts';
import { contextOf, tellTimings } from './surroundings.ts';

export type { Promotion } from './settle.ts';

export interface PromoteRequest {
  /** Only onto this environment. @default every environment */
  readonly to?: string | undefined;
  /** Only this app, in a request of its own; with `to`. @default every app */
  readonly app?: string | undefined;
  /** Why the calendar of an environment does not count for what is proposed now; with `to`. */
  readonly override?: string | undefined;
  /** Say what would happen; move no branch and ask the forge for nothing. */
  readonly dryRun?: boolean | undefined;
}

/**
 * Makes the forge agree with the promotion table: per environment one request with every app that is older than what its
 * source vouches for, and one of its own for each app that is held or was edited. It has no state of its own; anybody
 * may run it at any time, and twice at once.
 * @throws {Misuse} for an environment that cannot be promoted to, or an app that was never published there
 */
export async function promote(context: Context, request: PromoteRequest): Promise<Promotion[]> {
  const { to, app, override, dryRun = false } = request;
  // The rest of the program is loaded while git, in a process of its own, asks the remote.
  const load = () => import('./reconcile.ts');
  const meanwhile = () => Promise.all([load(), dryRun ? undefined : context.forge?.load()]);
  const mirror = await openMirror(context.checkout, context.remote, { meanwhile });
  try {
    const { reconcile } = await load();
    const histories = new Histories(mirror);
    histories.readAhead();
    const published = await readNewest(mirror);
    const isReported = published.environments.some(({ reporter }) => reporter !== undefined);
    if (!context.live && !isReported) context.say('No gate is asked: ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set.');
    if (!context.forge)
      context.say('No request is opened: SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID are not set.');
    const promotions: Promotion[] = [];
    const stages = targets(published.environments, to);
    const progress = new Progress('promoting: environment', stages.length);
    for (const stage of stages) {
      const decide = () => reconcile(context, mirror, histories, { published, stage, app, override, dryRun });
      const promotion = await untilSettled(mirror, decide);
      progress.done(stage.name);
      // A first environment takes what is published by itself: it is told only where something needs a person.
      const { others, left } = promotion;
      if (stage.after !== undefined || others.length > 0 || left.length > 0) promotions.push(promotion);
    }
    progress.end();
    return promotions;
  } finally {
    await mirror.close();
  }
}

function targets(stages: readonly Stage[], to: string | undefined): readonly Stage[] {
  if (to === undefined) return stages;
  const found = stages.find(({ name }) => name === to);
  if (!found)
    throw notAnEnvironment(
      `--to ${to}`,
      stages.map(({ name }) => name),
    );
  if (!found.after)
    throw new Misuse(`--to ${to}: it comes first and takes what is published; promote to one of those behind it.`);
  return [found];
}

/** What a person reads after a promotion run, one line each. */
export function describe(promotions: readonly Promotion[], dryRun: boolean): string[] {
  const line = ({ outcome, request, moves }: Pick<Promotion, 'outcome' | 'request' | 'moves'>) =>
    `${dryRun ? 'would propose' : outcome}${request ? ` merge request !${request.iid} ${request.url}` : ''}${moves.length ? `: ${moves.join(', ')}` : ''}`;
  return promotions.flatMap((promotion) => [
    `${promotion.environment}: ${promotion.outcome === 'nothing' ? 'nothing to promote' : line(promotion)}`,
    ...promotion.others.map((other) => `  ${other.kind ?? other.branch}: ${line(other)}`),
    ...promotion.left.map((text) => `  ${text}`),
  ]);
}

/** Each request in full, as a file: `env/staging-next.md`. */
async function writeReports(dir: string, promotions: readonly Promotion[]): Promise<void> {
  for (const [branch, text] of promotions.flatMap(({ reports }) => [...reports])) {
    const file = join(dir, `${branch}.md`);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}

export async function run({ values }: Asked): Promise<void> {
  const { to, app, override } = values as { to?: string; app?: string; override?: string };
  if (app !== undefined && to === undefined) throw new Misuse('--app goes with --to E: one app, onto one environment.');
  if (override !== undefined && (to === undefined || override.trim() === ''))
    throw new Misuse(
      '--override "REASON" goes with --to E: it says why the calendar of that environment does not count.',
    );
  const context = await contextOf(values);
  const dryRun = values['dry-run'] === true;
  const timings = new Timings();
  const promotions = await timings.of('reconcile and body', promote(context, { to, app, override, dryRun }));
  await tellTimings(timings);
  if (values.report) await writeReports(values.report as string, promotions);
  if (values.json)
    console.log(
      JSON.stringify({ version: 1, promotions: promotions.map(({ reports: _, ...promotion }) => promotion) }, null, 2),
    );
  else for (const line of describe(promotions, dryRun)) console.log(line);
}
