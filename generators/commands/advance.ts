import { entriesOf, environmentAt, readRendered } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { readOwn } from '../git/present.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit } from '../model/commit.ts';
import { environmentBranch, head, pipelineFile } from '../model/names.ts';
import { plan, planFromTips, type Step } from '../model/promotion.ts';
import type { Entry } from '../model/timeline.ts';
import { chain } from './chain.ts';
import type { Context } from './context.ts';

export interface EnvironmentResult {
  readonly environment: string;
  readonly outcome: 'created' | 'moved' | 'unchanged';
  /** What was done, one line per app: `counter 1.0.3 → 1.0.4`. */
  readonly moved: readonly string[];
  /** What does not run what was published, and why it was left alone. */
  readonly steps: readonly Step[];
}

/** Creates the environment branches that are missing and moves the first environments to the tip of `rendered`. */
export async function advance(
  context: Context,
  mirror: Mirror,
  tip: string,
  dryRun: boolean,
): Promise<EnvironmentResult[] | 'stale'> {
  const { git } = mirror;
  const results: EnvironmentResult[] = [];
  // Also where this run had nothing to publish: what somebody else put there goes nowhere.
  const { environments } = await readOwn(mirror, tip);
  for (const { name, after } of environments) {
    const ref = head(environmentBranch(name));
    const from = mirror.refs.get(ref);
    if (after && from) {
      results.push({ environment: name, outcome: 'unchanged', moved: [], steps: [] });
      continue;
    }
    const steps = after ? [] : await stepsFor(mirror, tip, name, from);
    const older = steps.filter(({ state, name: path }) => state.is === 'older' && (from || path !== pipelineFile));
    const target = from === undefined ? undefined : { tip: from };
    const { commits, moves } = await chain(mirror, { environment: name, target, steps: older });
    const root = from ? [] : [await rootOf(mirror, tip, name)];
    const written = await writeCommits(git, from, [...root, ...commits], context.now());
    const to = written.at(-1);
    if (to !== undefined && !dryRun && (await push(mirror, [{ ref, from, to }])) === 'stale') return 'stale';
    results.push({ environment: name, outcome: !from ? 'created' : to ? 'moved' : 'unchanged', moved: moves, steps });
  }
  return results;
}

/** What a first environment takes. Histories are fetched and read only where the tips alone do not say it. */
async function stepsFor(mirror: Mirror, tip: string, name: string, from: string | undefined): Promise<Step[]> {
  const { git } = mirror;
  const none: ReadonlyMap<string, Entry> = new Map();
  const parent = await git.commit(`${tip}^`);
  const [desired, before, target] = await Promise.all([
    entriesOf(git, tip, `${name}/`),
    parent ? entriesOf(git, parent, `${name}/`) : none,
    from ? entriesOf(git, from) : none,
  ]);
  const certain = planFromTips({ tip, desired, before, target });
  if (certain) return certain;
  await mirror.deepen();
  const rendered = await readRendered(git, tip);
  return plan({ rendered, environment: name, target: await environmentAt(mirror, name) });
}

/**
 * The root of an environment branch: the pipeline file alone. It shares no history with any other environment, so git
 * refuses to merge one into another.
 */
async function rootOf({ git }: Mirror, tip: string, environment: string): Promise<NewCommit> {
  const id = await git.text(['rev-parse', `${tip}:${environment}/${pipelineFile}`]);
  return { message: `Begin ${environmentBranch(environment)}\n`, writes: [{ path: pipelineFile, mode: '100644', id }] };
}
