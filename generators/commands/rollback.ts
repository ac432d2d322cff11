import { metadataAt, metadataOf, readCourse, readRendered } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { environmentBranch, head, pipelineFile, rendered, rollbackBranch } from '../model/names.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { earlier, lastMoved, type Retreat, retreatOf, rollbackText } from '../model/rollback.ts';
import type { Rendered } from '../model/timeline.ts';
import { releaseLine, versionOf } from '../model/words.ts';
import { type Context, untilSettled } from './context.ts';
import { refuseIrreversible } from './irreversible.ts';
import type { Asked } from './main.ts';
import { describePut, type Placement, type Put, type PutRequest, put, targetOf } from './put.ts';
import { contextOf } from './surroundings.ts';

export interface RollbackRequest extends PutRequest {
  /** Only this app. @default every app that the last promotion moved */
  readonly app?: string | undefined;
  /** The version that it goes back to. @default what stood there before */
  readonly version?: string | undefined;
}

/**
 * Puts earlier parts back on an environment branch, exactly as they stood there. It asks no gate and renders nothing, and
 * whoever is rolled back is held from then on: `git revert` does the same.
 * @throws {Misuse} for an environment, app or version that never stood there
 * @throws {Refusal} where nothing earlier stood there, or a migration that cannot be undone lies between
 */
export async function rollback(context: Context, request: RollbackRequest): Promise<Put> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    return await untilSettled(mirror, () => decide(context, mirror, request));
  } finally {
    await mirror.close();
  }
}

async function decide(context: Context, mirror: Mirror, request: RollbackRequest): Promise<Put | 'stale'> {
  const { environment, app, now = false, dryRun = false, reason } = request;
  const { target } = await targetOf(mirror, environment);
  const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
  const retreats = await retreatsOf(mirror, history, request, target.tip);
  const names = retreats.map(({ name }) => name);
  const standing = await metadataAt(mirror, target.tip, '', names);
  const parts = await metadataOf(
    mirror,
    retreats.flatMap(({ to }) => to ?? []),
  );
  await refuseIrreversible(mirror, history, environment, retreats);
  const placements = retreats.map(({ name, to }): Placement => {
    const metadata = to === undefined ? undefined : parts.get(to);
    return { name, to, metadata, what: retreatOf(name, standing.get(name), metadata) };
  });
  const moves = placements.map(({ what }) => what);
  const text = rollbackText(environment, moves, reason);
  const branch = rollbackBranch(environment, app);
  return put(context, mirror, {
    environment,
    target,
    rendered: history,
    branch,
    kind: 'rollback',
    placements,
    text,
    now,
    reason,
    dryRun,
  });
}

/** What goes back to what. */
async function retreatsOf(
  mirror: Mirror,
  { timelines }: Rendered,
  { environment, app, version }: RollbackRequest,
  tip: string,
): Promise<Retreat[]> {
  const timelineOf = (name: string) => timelines.get(`${environment}/${name}`);
  const standings = (await readCourse(mirror.git, tip)).standings.filter(({ name }) => name !== pipelineFile);
  const byName = Map.groupBy(standings, ({ name }) => name);
  if (app === undefined) {
    const names = lastMoved(
      standings.filter(({ name }) => timelineOf(name) !== undefined),
      timelineOf,
    );
    if (names.length === 0)
      throw new Refusal(`Nothing of ${environmentBranch(environment)} is later than what stood there before.`);
    return names.map((name) => {
      const own = byName.get(name) ?? [];
      return { name, from: own[0]?.part, to: earlier(own, timelineOf(name))[0] };
    });
  }

  const own = byName.get(app) ?? [];
  const known = [...byName.keys()].filter((name) => timelineOf(name) !== undefined);
  if (!known.includes(app))
    throw new Misuse(`--app ${app}: it never stood in ${environment}; known are ${known.sort().join(', ') || 'none'}.`);
  const before = earlier(own, timelineOf(app));
  const from = own[0]?.part;
  if (version === undefined) {
    if (before.length === 0) throw new Refusal(`Nothing earlier of ${app} stood in ${environment}.`);
    return [{ name: app, from, to: before[0] }];
  }
  const metadata = await metadataOf(
    mirror,
    before.flatMap((part) => part ?? []),
  );
  const versions = before.flatMap((part) => {
    const found = part === undefined ? undefined : metadata.get(part);
    return found ? [{ part, version: versionOf(found) }] : [];
  });
  const to = versions.find((one) => one.version === version);
  if (!to)
    throw new Misuse(
      `--version ${version}: no earlier part of ${app} in ${environment} has it; there stood ${[...new Set(versions.map((one) => one.version))].join(', ') || 'none'}.`,
    );
  return [{ name: app, from, to: to.part }];
}

/** What a person reads after a rollback, a line each. */
export const describe = (result: Put, dryRun: boolean): string[] => [
  describePut(result, dryRun),
  `  What goes back is held from then on: promotions leave it there until ${releaseLine(result.environment, 'APP')}.`,
];

export async function run({ values }: Asked): Promise<void> {
  const { env: environment, app, version, reason } = values as Partial<Record<string, string>>;
  if (environment === undefined) throw new Misuse('slipway rollback wants --env E.');
  if (version !== undefined && app === undefined)
    throw new Misuse('--version goes with --app A: versions are of apps.');
  const [now, dryRun] = [values.now === true, values['dry-run'] === true];
  const result = await rollback(await contextOf(values), { environment, app, version, reason, now, dryRun });
  if (values.json) console.log(JSON.stringify({ version: 1, ...result }, null, 2));
  else for (const line of describe(result, dryRun)) console.log(line);
}
