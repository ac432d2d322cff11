import type { MergeRequest } from '../forge/forge.ts';
import { readDeeds, readMerges } from '../git/chronicle.ts';
import { entriesOf, metadataOf } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { writtenAt } from '../git/write.ts';
import type { Metadata, Stage } from '../model/metadata.ts';
import { branchOf, environmentBranch, head, isProposalFor, proposalBranch } from '../model/names.ts';
import { instead } from '../model/nearest.ts';
import { plan, type Route } from '../model/promotion.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import type { EnvironmentHistory, ObjectId } from '../model/timeline.ts';
import { type Brought, describe, type Place, type Proposal } from '../model/where-table.ts';
import { type Moment, type Sought, type Whereabouts, whereaboutsOf } from '../model/whereabouts.ts';
import { quote, versionOf } from '../model/words.ts';
import type { Context } from './context.ts';
import { decide } from './decide.ts';
import { calendarOf } from './gates.ts';
import { Histories } from './histories.ts';
import type { Asked } from './main.ts';
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
    const proposed = await proposalsOnto(context, mirror, name);
    proposals.set(name, new Map([...proposed].map(([one, { proposal }]) => [one, proposal])));
    found.push(...(await inEnvironment(context, mirror, branches, name, spans, proposed)));
  }
  return { subject, places: await told(context, mirror, branches, found, proposals) };
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
    throw new Misuse(`--env ${quote(environment)}: not an environment; ${instead(environment, names)}`);
  const apps = [...new Set([...rendered.timelines.keys()].map((path) => path.split('/')[1] as string))].sort();
  if (app !== undefined && !apps.includes(app))
    throw new Misuse(`--app ${quote(app)}: it was never published; ${instead(app, apps)}`);
}

async function inEnvironment(
  context: Context,
  mirror: Mirror,
  branches: Branches,
  environment: string,
  spans: Found['spans'],
  proposed: ReadonlyMap<string, Proposed>,
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
    const parts = proposed.get(step.name)?.parts ?? [];
    return [{ environment, app: step.name, spans: own, timeline, history: target, step, proposed: parts }];
  });
  const found = sought.map((one) => whereaboutsOf(one));
  // The gates are asked where nothing else is in the way.
  const closed = found.some(({ is }) => is === 'open' || is === 'proposed')
    ? closedNow(context, stage, proposed)
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
function closedNow(context: Context, stage: Stage, proposed: ReadonlyMap<string, Proposed>): string | undefined {
  const opened = [...proposed.values()].find(({ proposal }) => proposal.branch === proposalBranch(stage.name))?.opened;
  const answer = calendarOf(context, stage, opened);
  return answer?.is === 'no' ? answer.evidence : undefined;
}

/** A request waits for the calendar as well, and so does what nobody proposed. */
function waiting(found: Whereabouts, closed: string | undefined): Whereabouts {
  if (closed === undefined || (found.is !== 'open' && found.is !== 'proposed')) return found;
  return { ...found, is: found.is === 'open' ? 'gate' : 'proposed', why: closed };
}

interface Proposed {
  readonly parts: readonly ObjectId[];
  readonly proposal: Proposal;
  /** The request, where a forge has it. */
  readonly opened?: MergeRequest | undefined;
}

/** What proposals onto an environment have at their tips, by app; with their requests, where the forge says so. */
async function proposalsOnto(context: Context, mirror: Mirror, environment: string): Promise<Map<string, Proposed>> {
  const { git, refs } = mirror;
  const target = refs.get(head(environmentBranch(environment)));
  const branches = [...refs.keys()].map(branchOf).filter((branch) => isProposalFor(environment, branch));
  const found = new Map<string, Proposed>();
  if (target === undefined || branches.length === 0) return found;
  const opened = await orSaid(context, context.forge?.opened(environmentBranch(environment)));
  const standing = await entriesOf(git, target);
  for (const branch of branches.sort()) {
    const request = opened?.find(({ source }) => source === branch);
    // What was closed, or merged, waits for nobody.
    if (opened && !request) continue;
    const own = request ? { request: request.iid, url: request.url } : {};
    for (const [name, { id }] of await entriesOf(git, refs.get(head(branch)) as string)) {
      if (standing.get(name)?.id === id) continue;
      const { parts = [], proposal = { branch, ...own }, opened: first = request } = found.get(name) ?? {};
      found.set(name, { parts: [...parts, id], proposal, opened: first });
    }
  }
  return found;
}

/** What was asked; undefined, with a word to whoever waits, where it cannot be. */
async function orSaid<T>({ say }: Context, asking: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message);
    return undefined;
  }
}

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
      ...(why === undefined ? {} : { why: quote(why, 300) }),
      ...(proposal && ['proposed', 'held'].includes(is) ? { proposal } : {}),
    };
  });
}

/** `1.0.3`, `removed`, `nothing`; `edited` for what says nothing of itself. */
const wordOf = (part: ObjectId | undefined, metadata: ReadonlyMap<ObjectId, Metadata>) =>
  part === undefined ? 'nothing' : metadata.has(part) ? versionOf(metadata.get(part)) : 'edited';

/**
 * Who brought what commits did: by the commit itself where a person made it, or a publish in a first environment. Of a
 * fast-forward or a squash only the forge knows, and is asked where it is configured.
 */
async function broughtBy(
  context: Context,
  { git }: Mirror,
  moments: readonly (Moment & { readonly environment: string })[],
  first: ReadonlySet<string>,
): Promise<Map<ObjectId, Brought>> {
  const commits = moments.map(({ commit }) => commit);
  const [deeds, merges] = await Promise.all([readDeeds(git, commits), readMerges(git, commits)]);
  const machine = writtenAt(0).name;
  const entries = [...new Map(moments.map((one) => [one.commit, one.environment]))].map(
    async ([commit, environment]): Promise<readonly [ObjectId, Brought]> => {
      const { author = '', words = '', request } = deeds.get(commit) ?? {};
      const own = { by: quote(author), words: quote(words) };
      if (request !== undefined) return [commit, { ...own, request }];
      if (merges.has(commit)) return [commit, own];
      if (first.has(environment) && author === machine) return [commit, { by: 'publish', words: quote(words) }];
      const asked = await context.forge?.broughtBy(commit).catch((error: Error) => {
        if (error instanceof Refusal) return [];
        throw error;
      });
      const came = asked?.find(({ target, merged }) => merged && target === environmentBranch(environment));
      if (came?.merged) {
        const { by, at } = came.merged;
        return [commit, { ...(by ? { by: quote(by) } : {}), words: quote(came.title), request: came.iid, at }];
      }
      return [commit, author === machine ? { words: quote(words) } : own];
    },
  );
  return new Map(await Promise.all(entries));
}

export async function run({ values, words }: Asked): Promise<void> {
  const { env: environment, app } = values as Partial<Record<string, string>>;
  const context = await contextOf(values);
  const answer = await where(context, { word: words[0] ?? '', environment, app });
  if (values.json) return console.log(JSON.stringify({ version: 1, ...answer }, null, 2));
  for (const line of describe(answer.subject, answer.places, terminal())) console.log(line);
}
