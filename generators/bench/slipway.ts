import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentBranch, head, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { measure } from './measured.ts';
import { filesWith, type Place } from './place.ts';
import type { Run } from './result.ts';
import type { Scratch } from './scratch.ts';
import { type GitProcess, readTrace } from './trace.ts';
import { stages, versionOf } from './workload.ts';

/** One publish. Its phases are what the publisher says of itself. */
export interface Publishing extends Run {
  /** What git did; only when that was asked for. */
  readonly git?: readonly GitProcess[];
}

/** Runs `slipway publish` in a checkout, as a pipeline does. */
export async function publishIn(scratch: Scratch, place: Place, traced = false): Promise<Publishing> {
  const trace = join(place.dir, 'trace');
  const run = await slipwayIn(scratch, place, ['publish'], traced ? { GIT_TRACE2_EVENT: trace } : {});
  return traced ? { ...run, git: await readTrace(trace) } : run;
}

/** Runs a verb in a checkout: one process from its start to its end, and the phases that it tells of itself. */
export async function slipwayIn(
  scratch: Scratch,
  place: Place,
  args: readonly string[],
  variables: NodeJS.ProcessEnv = {},
): Promise<Run> {
  const timings = join(place.dir, 'timings.json');
  // As on a new machine: nothing that an earlier run compiled is found.
  const cold = { NODE_DISABLE_COMPILE_CACHE: '1' };
  const launcher = join(place.checkout.dir, 'generators', 'commands', 'slipway.mjs');
  const { ms, peak } = await measure(scratch, process.execPath, [launcher, ...args], {
    cwd: place.checkout.dir,
    env: { ...process.env, ...cold, SLIPWAY_TIMINGS: timings, ...variables },
  });
  return { ms, peak, phases: await phasesIn(timings) };
}

async function phasesIn(file: string): Promise<Record<string, number>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text ? (JSON.parse(text) as { phases: Record<string, number> }).phases : {};
}

/** The manifests of one part in `rendered`, without what Slipway writes about it. */
export async function manifestsIn({ remote }: Place, app: string): Promise<string[]> {
  const files = await remote.lines(['ls-tree', '--name-only', `${head(rendered)}:${stages[0]}/${app}`]);
  return files.filter((file) => file.endsWith('.yaml'));
}

/**
 * Holds a publish to what it was asked: so many Deployments of the second release in `rendered`, in every environment,
 * and as many in the first environment's branch.
 * @throws {Refusal} when the branches say otherwise: there is nothing to compare then
 */
export async function checkPublished({ remote }: Place, apps: number, changed: number): Promise<void> {
  const label = (release: 1 | 2) => `app.kubernetes.io/version: ${versionOf(release)}`;
  const count = (branch: string, release: 1 | 2, path: string) =>
    filesWith(remote, label(release), head(branch), [path]);
  const dev = environmentBranch(stages[0]);
  const found = {
    new: await count(rendered, 2, '*/deployment-*.yaml'),
    old: await count(rendered, 1, '*/deployment-*.yaml'),
    'new in dev': await count(dev, 2, '*/deployment-*.yaml'),
    'old in dev': await count(dev, 1, '*/deployment-*.yaml'),
  };
  const wanted = {
    new: changed * stages.length,
    old: (apps - changed) * stages.length,
    'new in dev': changed,
    'old in dev': apps - changed,
  };
  if (JSON.stringify(found) !== JSON.stringify(wanted))
    throw new Refusal(
      `slipway publish did not do its work: ${JSON.stringify(found)}, and not ${JSON.stringify(wanted)}`,
    );
}
