import type { Git } from '../git/git.ts';
import { environmentAt, readRendered } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { newestPublished } from '../git/published.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit } from '../model/commit.ts';
import { environmentBranch, head, pipelineFile } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import { chain } from './chain.ts';
import type { Context } from './context.ts';

export interface EnvironmentResult {
  readonly environment: string;
  readonly outcome: 'created' | 'moved' | 'unchanged';
  /** What was done, one line per app: `counter 1.0.3 → 1.0.4`. */
  readonly moved: readonly string[];
  /** What stands there and why it was left alone. */
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
  const history = await readRendered(git, tip);
  const results: EnvironmentResult[] = [];
  const newest = await newestPublished(mirror, tip);
  for (const { name, after } of newest?.environments ?? []) {
    const ref = head(environmentBranch(name));
    const from = mirror.refs.get(ref);
    const target = after ? undefined : await environmentAt(mirror, name);
    const steps = after ? [] : plan({ rendered: history, environment: name, target });
    const older = steps.filter(({ state, name: path }) => state.is === 'older' && (from || path !== pipelineFile));
    const { commits, moves } = await chain(mirror, { environment: name, target, steps: older });
    const root = from ? [] : await rootOf(git, tip, name);
    const written = await writeCommits(git, from, [...root, ...commits], context.now());
    const to = written.at(-1);
    if (to !== undefined && !dryRun && (await push(mirror, [{ ref, from, to }])) === 'stale') return 'stale';
    results.push({
      environment: name,
      outcome: !from ? 'created' : to ? 'moved' : 'unchanged',
      moved: moves,
      steps,
    });
  }
  return results;
}

/**
 * The root of an environment branch: the pipeline file alone. It shares no history with any other environment, so git
 * refuses to merge one into another.
 */
async function rootOf(git: Git, tip: string, environment: string): Promise<NewCommit[]> {
  const id = await git.text(['rev-parse', `${tip}:${environment}/${pipelineFile}`]);
  return [
    { message: `Begin ${environmentBranch(environment)}\n`, writes: [{ path: pipelineFile, mode: '100644', id }] },
  ];
}
