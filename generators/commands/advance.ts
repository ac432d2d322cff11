import { entriesOf, environmentAt, readRendered } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { readOwn } from '../git/present.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit } from '../model/commit.ts';
import type { Stage } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import { environmentBranch, head, pipelineFile } from '../model/names.ts';
import { plan, planFromTips, type Step } from '../model/promotion.ts';
import type { Present, Publication } from '../model/publication.ts';
import type { Entry } from '../model/timeline.ts';
import { type Chain, chain } from './chain.ts';
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
    const { commits, moves } = await chain(mirror, { target, steps: older });
    const root = from ? [] : [await rootOf(mirror, tip, name)];
    const written = await writeCommits(git, from, [...root, ...commits], context.now());
    const to = written.at(-1);
    if (to !== undefined && !dryRun && (await push(mirror, [{ ref, from, to }])) === 'stale') return 'stale';
    results.push({ environment: name, outcome: !from ? 'created' : to ? 'moved' : 'unchanged', moved: moves, steps });
  }
  return results;
}

/** How one first environment follows a publication. */
export interface Following {
  readonly environment: string;
  /** Its branch, and where it stands. */
  readonly ref: string;
  readonly from: string;
  readonly steps: readonly Step[];
  readonly chain: Chain;
}

/**
 * How the first environments follow a publication that nobody else has seen yet.
 * @param tip the commit of `rendered` that it will be
 * @returns undefined where a branch is missing or the tips do not say it all: then `advance` has to look
 */
export async function follow(
  mirror: Mirror,
  { tip, publication, present }: { tip: string; publication: Publication; present: Present },
): Promise<Following[] | undefined> {
  const none: ReadonlyMap<string, Entry> = new Map();
  const planned: Omit<Following, 'chain'>[] = [];
  for (const { name, after } of publication.published.environments) {
    const ref = head(environmentBranch(name));
    const from = mirror.refs.get(ref);
    if (from === undefined) return undefined;
    if (after !== undefined) continue;
    const [desired, before] = [publication, present].map(({ folders }) => folders.get(name) ?? none);
    const target = await entriesOf(mirror.git, from);
    const steps = planFromTips({ tip, desired: desired ?? none, before: before ?? none, target });
    if (!steps) return undefined;
    planned.push({ environment: name, ref, from, steps });
  }
  const chained = planned.map(async (plan): Promise<Following> => {
    const { environment, from, steps } = plan;
    const provenance = (app: string) => publication.provenance.get(`${environment}/${app}`);
    return { ...plan, chain: await chain(mirror, { target: { tip: from }, steps, provenance }) };
  });
  return Promise.all(chained);
}

/** What became of each environment, where the first ones follow. */
export const followed = (environments: readonly Stage[], following: readonly Following[]): EnvironmentResult[] =>
  environments.map(({ name }) => {
    const { chain, steps = [] } = following.find(({ environment }) => environment === name) ?? {};
    const moved = chain?.moves ?? [];
    return { environment: name, outcome: moved.length > 0 ? 'moved' : 'unchanged', moved, steps };
  });

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
  // Where the tip alone was fetched, what stood before it is not known: a folder that somebody deleted looks new.
  if (certain && (parent || from === undefined || certain.length === 0)) return certain;
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
  return {
    message: `Begin ${environmentBranch(environment)}\n`,
    writes: [{ path: pipelineFile, mode: mode.file, id }],
  };
}
