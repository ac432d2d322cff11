import type { MergeRequest } from '../forge/forge.ts';
import { environmentAt, metadataAt, metadataOf, readRendered, readStandings } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import type { NewCommit } from '../model/commit.ts';
import type { Metadata } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import { environmentBranch, head, pipelineFile, rendered, rollbackBranch } from '../model/names.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { earlier, lastMoved, type Retreat, retreatOf, rollbackText } from '../model/rollback.ts';
import type { Rendered } from '../model/timeline.ts';
import { quote, short, versionOf } from '../model/words.ts';
import { type Context, untilSettled } from './context.ts';
import type { Asked } from './main.ts';
import { type Outcome, propose } from './proposal.ts';
import { contextOf } from './surroundings.ts';

export interface RollbackRequest {
  readonly environment: string;
  /** Only this app. @default every app that the last promotion moved */
  readonly app?: string | undefined;
  /** The version that it goes back to. @default what stood there before */
  readonly version?: string | undefined;
  /** Push it onto the environment branch. @default a merge request */
  readonly now?: boolean | undefined;
  /** Why, for the commit and the request. */
  readonly reason?: string | undefined;
  /** Say what would happen; move no branch and ask the forge for nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface Rollback {
  readonly environment: string;
  readonly outcome: Outcome | 'rolled back';
  readonly request?: MergeRequest | undefined;
  /** What goes back, a line per app: `counter 1.0.4 → 1.0.3`. */
  readonly moves: readonly string[];
  /** The branch that a person merges, where no forge was asked to. */
  readonly branch?: string | undefined;
}

/**
 * Puts earlier parts back on an environment branch, exactly as they stood there. It asks no gate and renders nothing, and
 * whoever is rolled back is held from then on: `git revert` does the same.
 * @throws {Misuse} for an environment, app or version that never stood there
 * @throws {Refusal} where nothing earlier stood there, or a migration that cannot be undone lies between
 */
export async function rollback(context: Context, request: RollbackRequest): Promise<Rollback> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    return await untilSettled(mirror, () => decide(context, mirror, request));
  } finally {
    await mirror.close();
  }
}

async function decide(context: Context, mirror: Mirror, request: RollbackRequest): Promise<Rollback | 'stale'> {
  const { environment, dryRun = false, reason } = request;
  const { environments } = await readNewest(mirror);
  const target = await environmentAt(mirror, environment);
  if (!target || !environments.some(({ name }) => name === environment))
    throw new Misuse(
      `--env ${environment}: not an environment; known are ${environments.map(({ name }) => name).join(', ')}.`,
    );
  const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
  const retreats = await retreatsOf(mirror, history, request, target.tip);
  const standing = await metadataAt(
    mirror,
    target.tip,
    '',
    retreats.map(({ name }) => name),
  );
  const parts = await metadataOf(
    mirror,
    retreats.flatMap(({ to }) => to ?? []),
  );
  await refuseIrreversible(mirror, history, environment, retreats, standing);

  const composed = retreats.map((retreat): NewCommit & { what: string } => {
    const { name, to } = retreat;
    const metadata = to === undefined ? undefined : parts.get(to);
    const what = retreatOf(name, standing.get(name), metadata);
    const lines = [...(reason ? [quote(reason, 500), ''] : []), ...(metadata ? [`Dry-Sha: ${metadata.drySha}`] : [])];
    const message = `Roll back ${what}\n\n${lines.map((line) => `${line}\n`).join('')}`;
    const write = to === undefined ? { path: name, deleted: true as const } : { path: name, mode: mode.folder, id: to };
    return { what, message, writes: [write] };
  });
  const moves = composed.map(({ what }) => what);
  if (request.now) {
    const outcome = 'rolled back' as const;
    if (dryRun) return { environment, outcome, moves };
    const written = await writeCommits(mirror.git, target.tip, composed, context.now());
    const ref = head(environmentBranch(environment));
    const pushed = await push(mirror, [{ ref, from: target.tip, to: written.at(-1) as string }]);
    return pushed === 'stale' ? 'stale' : { environment, outcome, moves };
  }
  const branch = rollbackBranch(environment, request.app);
  const text = rollbackText(environment, moves, reason);
  const proposed = await propose(context, mirror, { branch, environment, target, commits: composed, text, dryRun });
  return proposed === 'stale' ? 'stale' : { environment, branch, moves, ...proposed };
}

/** What goes back to what. */
async function retreatsOf(
  mirror: Mirror,
  { timelines }: Rendered,
  { environment, app, version }: RollbackRequest,
  tip: string,
): Promise<Retreat[]> {
  const timelineOf = (name: string) => timelines.get(`${environment}/${name}`);
  const standings = (await readStandings(mirror.git, tip)).filter(({ name }) => name !== pipelineFile);
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

/** Going back over a migration that cannot be undone starts a version on data that it cannot read. */
async function refuseIrreversible(
  mirror: Mirror,
  { timelines }: Rendered,
  environment: string,
  retreats: readonly Retreat[],
  standing: ReadonlyMap<string, Metadata>,
): Promise<void> {
  for (const { name, from, to } of retreats) {
    if (from === undefined || to === undefined) continue;
    const crossed = timelines.get(`${environment}/${name}`)?.between(to, from) ?? [];
    const metadata = [...(await metadataOf(mirror, crossed)).values()].filter(({ irreversible }) => irreversible);
    if (metadata.length === 0) continue;
    const [now, then] = [versionOf(standing.get(name)), versionOf((await metadataOf(mirror, [to])).get(to))];
    const crossing = metadata.map((one) => versionOf(one)).join(', ');
    const came = standing.get(name)?.drySha;
    throw new Refusal(
      `${name} ${now} → ${then} crosses a migration that cannot be undone (${crossing}): ${then} cannot run on what it leaves. Roll forward: mend it on main${came ? ` (${now} came with ${short(came)})` : ''}, then npx slipway publish, and npx slipway promote --to ${environment} where it is no first environment.`,
    );
  }
}

/** What a person reads after a rollback, a line each. */
export function describe({ environment, outcome, request, moves, branch }: Rollback, dryRun: boolean): string[] {
  const target = environmentBranch(environment);
  const where = request
    ? ` merge request !${request.iid} ${request.url}`
    : outcome === 'proposed' && branch && !dryRun
      ? ` ${branch}: open a merge request onto ${target}, or run it again with --now`
      : '';
  const held = 'From then on it is held: promotions leave it there until the revert is reverted.';
  return [`${environment}: ${dryRun ? 'would have ' : ''}${outcome}${where}: ${moves.join(', ')}`, `  ${held}`];
}

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
