import { environmentAt, metadataAt, metadataOf, readRendered } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readPublished } from '../git/published.ts';
import { head, main, pipelineFile, releaseBranch, rendered } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { releaseText } from '../model/release.ts';
import type { ObjectId, Rendered } from '../model/timeline.ts';
import { move, versionOf } from '../model/words.ts';
import { type Context, untilSettled } from './context.ts';
import { refuseIrreversible } from './irreversible.ts';
import type { Asked } from './main.ts';
import { describePut, type Put, type PutRequest, put, targetOf } from './put.ts';
import { contextOf } from './surroundings.ts';

export interface ReleaseRequest extends PutRequest {
  readonly app: string;
  /** The commit of `main` whose part it shall be. @default what its source offers, or what it was taken back from */
  readonly at?: string | undefined;
}

/**
 * Puts any part of `rendered` on an environment branch: it ends a hold, takes a fix past an environment, or thaws an app
 * that was edited. No gate is asked: a person answers for it.
 * @throws {Misuse} for an environment, app or commit that there is not
 * @throws {Refusal} where it stands there already, or the cluster would not take it
 */
export async function release(context: Context, request: ReleaseRequest): Promise<Put> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    return await untilSettled(mirror, () => decide(context, mirror, request));
  } finally {
    await mirror.close();
  }
}

async function decide(context: Context, mirror: Mirror, request: ReleaseRequest): Promise<Put | 'stale'> {
  const { environment, app, at, now = false, dryRun = false, reason } = request;
  const { target, published } = await targetOf(mirror, environment);
  const { environments, removed } = published;
  const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
  const source = environments.find(({ name }) => name === environment)?.after;
  const steps = plan({
    rendered: history,
    environment,
    target,
    source: source ? { environment: source, history: await environmentAt(mirror, source) } : undefined,
  });
  const apps = steps.filter(({ name }) => name !== pipelineFile);
  const step = apps.find(({ name }) => name === app);
  if (!step)
    throw new Misuse(
      `--app ${app}: nothing of it was ever published for ${environment}; known are ${apps.map(({ name }) => name).join(', ')}.`,
    );
  const to = at === undefined ? offeredBy(step, environment, history) : await partAt(mirror, history, request, at);
  if (to === step.from)
    throw new Refusal(`${app} stands in ${environment} as it was at ${at ? `--at ${at}` : 'the latest'} already.`);
  await refuseIrreversible(mirror, history, environment, [{ name: app, from: step.from, to }]);
  const timeline = history.timelines.get(`${environment}/${app}`);
  const commit = history.commits[timeline?.place(to) ?? -1] ?? '';
  const { refusedSteps } = await import('./judge-changes.ts');
  const asked = { ...step, offer: { part: to, commit, vouched: undefined } };
  const refused = await refusedSteps(mirror, { environment, target, steps: [asked], removed });
  if (refused.size > 0) throw new Refusal([...refused.values()].flat().join('\n'));

  const before = (await metadataAt(mirror, target.tip, '', [app])).get(app);
  const metadata = (await metadataOf(mirror, [to])).get(to);
  const what = move(app, before, metadata);
  const offered = step.offer.part;
  const ahead = source !== undefined && (timeline?.place(to) ?? 0) > (offered ? (timeline?.place(offered) ?? 0) : -1);
  const text = releaseText({
    environment,
    source,
    what,
    version: versionOf(metadata),
    reason,
    ahead,
    is: step.state.is,
  });
  const branch = releaseBranch(environment, app);
  const placements = [{ name: app, to, metadata, what }];
  return put(context, mirror, {
    environment,
    target,
    rendered: history,
    branch,
    kind: 'release',
    placements,
    text,
    now,
    reason,
    dryRun,
  });
}

/** What ends a hold or an edit: the latest of what the source offers and of what stood there. */
function offeredBy({ name, offer, state, from }: Step, environment: string, { timelines }: Rendered): ObjectId {
  const timeline = timelines.get(`${environment}/${name}`);
  const place = (part: ObjectId | undefined) => (part === undefined ? -1 : (timeline?.place(part) ?? -1));
  const [latest] = [offer.part, state.heldBelow].toSorted((a, b) => place(b) - place(a));
  if (latest !== undefined && (state.is === 'edited' || place(latest) > place(from))) return latest;
  throw new Refusal(
    `Nothing later of ${name} is offered to ${environment}${offer.part === undefined ? ` (${offer.why})` : ''}: name a commit of main with --at.`,
  );
}

/** The part of an app that a commit of `main` was rendered to. */
async function partAt(
  mirror: Mirror,
  { commits, timelines }: Rendered,
  { environment, app }: ReleaseRequest,
  at: string,
): Promise<ObjectId> {
  const dry = await mirror.git.commit(at.startsWith('-') ? '' : at);
  const published = readPublished(mirror, commits.at(-1));
  let index = commits.length - 1;
  for await (const { drySha } of published) {
    if (drySha === dry) {
      const part = timelines.get(`${environment}/${app}`)?.at(index);
      if (part !== undefined) return part;
      throw new Misuse(`--at ${at}: ${app} was not there yet.`);
    }
    index--;
  }
  const known = dry === undefined ? `no commit of ${main}` : 'never published';
  throw new Misuse(`--at ${at}: it is ${known}. See git log ${rendered}: each commit names what it published.`);
}

/** What a person reads after a release, a line each. */
export const describe = (result: Put, dryRun: boolean): string[] => [describePut(result, dryRun)];

export async function run({ values }: Asked): Promise<void> {
  const { env: environment, app, at, reason } = values as Partial<Record<string, string>>;
  if (environment === undefined || app === undefined) throw new Misuse('slipway release wants --env E and --app A.');
  if (at !== undefined && !reason)
    throw new Misuse('--at takes a part past what its source runs: say why with --reason "…".');
  const [now, dryRun] = [values.now === true, values['dry-run'] === true];
  const result = await release(await contextOf(values), { environment, app, at, reason, now, dryRun });
  if (values.json) console.log(JSON.stringify({ version: 1, ...result }, null, 2));
  else for (const line of describe(result, dryRun)) console.log(line);
}
