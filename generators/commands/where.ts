import type { MergeRequest } from '../forge/forge.ts';
import { metadataOf } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { Metadata, Stage } from '../model/metadata.ts';
import { metadataFile, pipelineFile, proposalBranch } from '../model/names.ts';
import { instead } from '../model/nearest.ts';
import { isAsBefore, laterIn } from '../model/presence.ts';
import { plan, type Route } from '../model/promotion.ts';
import { Misuse } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import type { EnvironmentHistory, ObjectId } from '../model/timeline.ts';
import { describe, type Place, type Proposal } from '../model/where-table.ts';
import { type Moment, type Sought, type Whereabouts, whereaboutsOf } from '../model/whereabouts.ts';
import { versionOf, visible } from '../model/words.ts';
import { broughtBy } from './brought.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import { calendarOf } from './gates.ts';
import { Histories } from './histories.ts';
import type { Asked } from './main.ts';
import { openedOnto, type Proposing, proposalsIn } from './proposed.ts';
import { seek } from './seek.ts';
import { contextOf } from './surroundings.ts';
import { terminal } from './terminal.ts';
import type { Branches, Found } from './trace.ts';

export interface WhereRequest {
  /** A commit, `!12`, `counter@1.0.3`, `sha256:…`. */
  readonly word: string;
  /** Only this environment, only this app. @default all */
  readonly environment?: string | undefined;
  readonly app?: string | undefined;
}

/** What was asked for, and where it is. */
export interface Answer {
  readonly subject: Subject;
  /** By environment in the order of the path, and app. */
  readonly places: readonly Place[];
}

/**
 * Where a commit, a merge request, a version or an image is: since when, by whom, or why not yet.
 * @throws {Misuse} for a word that means nothing or several things, or for an environment or app that there is not
 */
export async function where(context: Context, request: WhereRequest): Promise<Answer> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    return await whereIn(context, mirror, await readBranches(mirror), request);
  } finally {
    await mirror.close();
  }
}

/** The same, of what was read. */
export async function whereIn(
  context: Context,
  mirror: Mirror,
  branches: Branches,
  { word, environment, app }: WhereRequest,
): Promise<Answer> {
  checkKnown(branches, environment, app);
  const { subject, spans } = await seek(context, mirror, branches, word, app);
  const found: Whereabouts[] = [];
  const proposals = new Map<string, ReadonlyMap<string, Proposal>>();
  for (const { name } of branches.stages) {
    if ((environment ?? name) !== name || ![...spans.keys()].some((path) => path.startsWith(`${name}/`))) continue;
    const opened = await openedOnto(context, name);
    const target = branches.environments.get(name);
    const proposed = target ? await proposalsIn(mirror, name, target, opened) : [];
    proposals.set(name, new Map(proposed.map((one) => [one.app, proposalOf(one)])));
    found.push(...(await inEnvironment(context, mirror, branches, name, spans, { opened, proposed })));
  }
  const places = await told(context, mirror, branches, found, proposals);
  const undone = subject.is === 'commit' ? await putBack(mirror, branches, found, spans) : new Set();
  return { subject, places: places.map((place, at) => (undone.has(found[at]) ? { ...place, asBefore: true } : place)) };
}

/** Every environment branch, and `rendered`. @throws {Refusal} when nothing was published */
export async function readBranches(mirror: Mirror): Promise<Branches> {
  const histories = new Histories(mirror, mirror.shelf);
  histories.readAhead();
  const newest = await readNewest(mirror);
  const { environments: stages } = newest;
  const rendered = await histories.rendered();
  const read = await Promise.all(stages.map(async ({ name }) => [name, await histories.environment(name)] as const));
  const environments = new Map(read.filter((one): one is [string, EnvironmentHistory] => one[1] !== undefined));
  return { stages, newest, rendered, environments };
}

/** @throws {Misuse} naming what is known */
function checkKnown({ stages, rendered }: Branches, environment: string | undefined, app: string | undefined): void {
  const names = stages.map(({ name }) => name);
  if (environment !== undefined && !names.includes(environment))
    throw new Misuse(`--env ${visible(environment)}: not an environment; ${instead(environment, names)}`);
  const all = [...rendered.timelines.keys()].map((path) => path.slice(path.indexOf('/') + 1));
  const apps = [...new Set(all)].filter((name) => name !== pipelineFile).sort();
  if (app !== undefined && !apps.includes(app))
    throw new Misuse(`--app ${visible(app)}: it was never published; ${instead(app, apps)}`);
}

/** Where files were put back without a word: main's history has it there, and trees say otherwise. */
async function putBack(
  mirror: Mirror,
  { rendered }: Branches,
  found: readonly Whereabouts[],
  spans: Found['spans'],
): Promise<ReadonlySet<unknown>> {
  const later = found.flatMap((one) => {
    const path = `${one.environment}/${one.app}`;
    const timeline = rendered.timelines.get(path);
    const part = one.is === 'there' ? one.stands?.part : undefined;
    const parts = timeline && part !== undefined ? laterIn(spans.get(path) ?? [], timeline, part) : undefined;
    return parts ? [{ one, parts }] : [];
  });
  const trees = await mirror.trees(later.flatMap(({ parts: { part, arrival, before } }) => [part, arrival, before]));
  const files = (part: ObjectId) =>
    JSON.stringify(
      [...(trees.get(part) ?? [])].flatMap(([name, { id }]) => (name === metadataFile ? [] : [[name, id]])),
    );
  return new Set(later.flatMap(({ one, parts }) => (isAsBefore(parts, files) ? [one] : [])));
}

async function inEnvironment(
  context: Context,
  mirror: Mirror,
  branches: Branches,
  environment: string,
  spans: Found['spans'],
  {
    opened,
    proposed,
  }: { readonly opened: readonly MergeRequest[] | undefined; readonly proposed: readonly Proposing[] },
): Promise<Whereabouts[]> {
  const { rendered, stages, environments, newest } = branches;
  const target = environments.get(environment);
  const stage = stages.find(({ name }) => name === environment);
  if (!stage) return [];
  const { after } = stage;
  const sourceHistory = after === undefined ? undefined : environments.get(after);
  const route: Route = {
    ...{ rendered, environment, target },
    source: after === undefined ? undefined : { environment: after, history: sourceHistory },
  };
  const steps = plan(route);
  const sought = steps.flatMap((step): Sought[] => {
    const path = `${environment}/${step.name}`;
    const [own, timeline] = [spans.get(path), rendered.timelines.get(path)];
    if (!own || !timeline || own.length === 0) return [];
    const parts = proposed.flatMap(({ app, part }) => (app === step.name && part !== undefined ? [part] : []));
    return [{ environment, app: step.name, spans: own, timeline, history: target, step, proposed: parts }];
  });
  const found = sought.map((one) => whereaboutsOf(one));
  // The gates are asked where nothing else is in the way.
  const closed = found.some(({ is }) => is === 'open' || is === 'proposed')
    ? closedNow(context, stage, opened)
    : undefined;
  if (!target || after === undefined || !found.some(({ is }) => is === 'open'))
    return found.map((one) => waiting(one, closed));
  const { steps: vouched, vouched: answers } = await decide(context, mirror, {
    ...{ published: newest, stage, rendered, target, sourceHistory },
  });
  const offers = new Map(vouched.map(({ name, offer }) => [name, offer]));
  return sought
    .map((one) => whereaboutsOf({ ...one, vouched: offers.get(one.app), vouching: answers?.get(one.app) }))
    .map((one) => waiting(one, closed));
}

/** Why the environment takes no promotion now; undefined where its calendar is open, or its request passes over it. */
function closedNow(context: Context, stage: Stage, opened: readonly MergeRequest[] | undefined): string | undefined {
  const next = opened?.find(({ source }) => source === proposalBranch(stage.name));
  const answer = calendarOf(context, stage, next);
  return answer?.is === 'no' ? answer.evidence : undefined;
}

/** A request waits for the calendar as well, and so does what nobody proposed. */
function waiting(found: Whereabouts, closed: string | undefined): Whereabouts {
  if (closed === undefined || (found.is !== 'open' && found.is !== 'proposed')) return found;
  return { ...found, is: found.is === 'open' ? 'gate' : 'proposed', why: closed };
}

const proposalOf = ({ branch, request }: Proposing): Proposal => ({
  branch,
  ...(request ? { request: request.iid, url: request.url } : {}),
});

/** The same with who, when and in which words: read of what is told alone. */
async function told(
  context: Context,
  mirror: Mirror,
  { stages }: Branches,
  found: readonly Whereabouts[],
  proposals: ReadonlyMap<string, ReadonlyMap<string, Proposal>>,
): Promise<Place[]> {
  const momentsOf = ({ stays, stands, held }: Whereabouts) =>
    [...stays.flatMap(({ came, left }) => [came, left]), stands, held].filter((one) => one !== undefined);
  const all = found.flatMap((one) => momentsOf(one).map((moment) => ({ ...moment, environment: one.environment })));
  const [metadata, brought] = await Promise.all([
    metadataOf(
      mirror,
      all.flatMap(({ part }) => part ?? []),
    ),
    broughtBy(context, mirror, all, new Set(stages.flatMap(({ name, after }) => (after === undefined ? [name] : [])))),
  ]);
  const moment = ({ commit, time, part }: Moment) => ({
    ...{ commit, at: new Date(time).toISOString() },
    version: wordOf(part, metadata),
    ...brought.get(commit),
  });
  return found.map(({ environment, app, is, stays, stands, held, why }): Place => {
    const proposal = proposals.get(environment)?.get(app);
    const after = stages.find(({ name }) => name === environment)?.after;
    return {
      ...{ environment, app, is },
      ...(after === undefined ? {} : { after }),
      stays: stays.map(({ came, left }) => ({
        came: moment(came),
        ...(left ? { left: { ...moment(left), how: left.how } } : {}),
      })),
      ...(stands ? { stands: moment(stands) } : {}),
      ...(held ? { held: moment(held) } : {}),
      ...(why === undefined ? {} : { why }),
      ...(proposal && ['proposed', 'held'].includes(is) ? { proposal } : {}),
    };
  });
}

/** `1.0.3`, `removed`, `nothing`; `edited` for what says nothing of itself. */
const wordOf = (part: ObjectId | undefined, metadata: ReadonlyMap<ObjectId, Metadata>) =>
  part === undefined ? 'nothing' : metadata.has(part) ? versionOf(metadata.get(part)) : 'edited';

export async function run({ values, words }: Asked): Promise<void> {
  const { env: environment, app } = values as Partial<Record<string, string>>;
  const context = await contextOf(values);
  const answer = await where(context, { word: words[0] ?? '', environment, app });
  if (values.json) return console.log(JSON.stringify({ version: 1, ...answer }, null, 2));
  for (const line of describe(answer.subject, answer.places, terminal())) console.log(line);
}
