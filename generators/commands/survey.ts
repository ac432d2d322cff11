import { deedsBehind, readTimes } from '../git/chronicle.ts';
import { isFolder, metadataAt, treeChanges } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { distanceOf, heldSince } from '../model/distance.ts';
import { type Foreign, foreignIn, kindOf, newestOwn } from '../model/foreign.ts';
import type { Live } from '../model/gate.ts';
import type { Metadata, Stage } from '../model/metadata.ts';
import { pipelineFile } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import { Refusal } from '../model/refusal.ts';
import type { Deed } from '../model/request.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import { newerThan, quote, releaseLine, versionOf } from '../model/words.ts';
import type { Context } from './context.ts';
import { Histories } from './histories.ts';

/** One app in one environment. */
export interface Row {
  readonly environment: string;
  readonly app: string;
  /** `removed`, or `edited` for a part that is not ours. */
  readonly version: string;
  /** The commit of `main` that it is named after: where the image's source last changed, else where its part did. */
  readonly commit?: string;
  /** When it came to stand here (ISO 8601), by the branch's own commits. */
  readonly since?: string;
  /** `Healthy`, `Progressing` …; `unknown` where nothing can be asked. */
  readonly health: string;
  readonly state: Step['state']['is'];
  readonly held: boolean;
  /** Who took it back, on which day and with which words; absent for what is not held. */
  readonly heldBy?: Deed;
  /** Since when (ISO 8601): since the first step back that nobody went on from. */
  readonly heldSince?: string;
  /** The merge request that brought what stands here; absent where none did, or the forge did not say so. */
  readonly request?: number;
  /** So many later parts of it are offered; absent where none is. */
  readonly behind?: number;
  /** So many later parts of it were published for here, offered or not, and since when it lacks the first; absent for none. */
  readonly lacks?: { readonly parts: number; readonly since: string };
  /** The files of an edited app that are not those of the newest part of ours that stood there; absent where none did. */
  readonly edited?: readonly string[];
  /** Why it is as it is, where that needs words. */
  readonly note?: string;
}

export interface Survey {
  readonly rows: readonly Row[];
  /** What no publish wrote. */
  readonly foreign: readonly Foreign[];
}

/** What the branches say, with all that they were read to. */
export interface Standing extends Survey {
  readonly stages: readonly Stage[];
  readonly rendered: Rendered;
  /** By environment; one without a branch is missing. */
  readonly environments: ReadonlyMap<string, EnvironmentHistory>;
}

/** Before the first publish. */
export const nothingStands: Standing = {
  stages: [],
  rendered: { commits: [], timelines: new Map() },
  environments: new Map(),
  rows: [],
  foreign: [],
};

/** The apps alone of `survey`. */
export const status = async (context: Context): Promise<readonly Row[]> => (await survey(context)).rows;

/** What stands where, since when, and what is held: read from the branches; health from what is live, where it can be asked. */
export async function survey(context: Context): Promise<Survey> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const { rows, foreign, environments } = await standing(mirror, new Histories(mirror));
    const alive = await Promise.all(
      [...environments.keys()].map(async (environment) =>
        withLive(
          rows.filter((row) => row.environment === environment),
          await liveOf(context, environment),
        ),
      ),
    );
    return { rows: alive.flat(), foreign };
  } finally {
    await mirror.close();
  }
}

/** What stands where, by the branches alone. */
export async function standing(mirror: Mirror, histories: Histories): Promise<Standing> {
  histories.readAhead();
  const { environments: stages } = await readNewest(mirror);
  const rendered = await histories.rendered();
  const environments = new Map<string, EnvironmentHistory>();
  const rows: Row[] = [];
  const foreign: Foreign[] = [];
  for (const stage of stages) {
    const { name: environment, after } = stage;
    const target = await histories.environment(environment);
    if (target === undefined) continue;
    environments.set(environment, target);
    const source = after ? { environment: after, history: await histories.environment(after) } : undefined;
    const metadata = await metadataAt(mirror, target.tip);
    const steps = plan({ rendered, environment, target, source });
    const names = steps.filter(({ from, state }) => from !== undefined || state.heldBelow).map(({ name }) => name);
    const deeds = await deedsBehind(mirror.git, target.course, names);
    const times = await timesOf(mirror, rendered, environment, steps);
    foreign.push(...foreignIn(environment, target, steps, pipelineFile));
    for (const step of steps) {
      if (step.name === pipelineFile) continue;
      const edited = step.state.is === 'edited' ? await editOf(mirror, rendered, environment, target, step.name) : {};
      const behind = behindOf(step, rendered, environment);
      const came = deeds.get(step.name);
      const held = step.state.heldBelow === undefined ? {} : holdOf(step, rendered, environment, target, came);
      rows.push({
        ...row(step, stage, target, metadata.get(step.name)),
        ...(behind > 0 ? { behind } : {}),
        ...lackOf(step, rendered, environment, times, held.heldSince),
        ...(came?.request === undefined ? {} : { request: came.request }),
        ...held,
        ...edited,
      });
    }
  }
  return { stages, rendered, environments, rows, foreign };
}

/** The same rows of one environment, with what is live of them; undefined where that cannot be asked. */
export const withLive = (rows: readonly Row[], live: readonly Live[] | undefined): Row[] =>
  rows.map((row) => {
    const found = live?.find(({ app }) => app === row.app);
    if (!found || row.health === nothing) return row;
    const said = [row.note, found.message].filter((text) => text !== undefined);
    return { ...row, health: found.health, ...(said.length > 0 ? { note: said.join('; ') } : {}) };
  });

/** What is live, or undefined with a word to whoever asked where it cannot be told. */
export async function liveOf({ live, say }: Context, environment: string): Promise<readonly Live[] | undefined> {
  try {
    return await live?.(environment);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message);
    return undefined;
  }
}

/** How many parts lie between what stands and what is offered. */
function behindOf({ name, from, offer }: Step, { timelines }: Rendered, environment: string): number {
  const timeline = timelines.get(`${environment}/${name}`);
  if (!timeline || from === undefined || offer.part === undefined) return 0;
  return timeline.between(from, offer.part).length;
}

/** When what is lacked was published, by commit of `rendered`. */
function timesOf(
  { git }: Mirror,
  { timelines, commits }: Rendered,
  environment: string,
  steps: readonly Step[],
): Promise<Map<string, number>> {
  const wanted = steps.flatMap(({ name, from }) => {
    const distance = distanceOf(timelines.get(`${environment}/${name}`), from);
    return distance ? [commits[distance.place] as string] : [];
  });
  return readTimes(git, wanted);
}

/** How far what stands is from the newest. What was taken back is lacked since then, not since it was published. */
function lackOf(
  { name, from }: Step,
  { timelines, commits }: Rendered,
  environment: string,
  times: ReadonlyMap<string, number>,
  heldSince: string | undefined,
): Pick<Row, 'lacks'> {
  const distance = distanceOf(timelines.get(`${environment}/${name}`), from);
  if (!distance) return {};
  const published = times.get(commits[distance.place] ?? '') ?? 0;
  const since = Math.max(published, heldSince === undefined ? 0 : Date.parse(heldSince));
  return { lacks: { parts: distance.parts, since: new Date(since).toISOString() } };
}

/** Who took it back, and when. */
function holdOf(
  { name }: Step,
  { timelines }: Rendered,
  environment: string,
  { course }: EnvironmentHistory,
  heldBy: Deed | undefined,
): Pick<Row, 'heldBy' | 'heldSince'> {
  const own = course.of(name);
  const since = heldSince(own, timelines.get(`${environment}/${name}`)) ?? own[0]?.time;
  return {
    ...(heldBy ? { heldBy } : {}),
    ...(since === undefined ? {} : { heldSince: new Date(since).toISOString() }),
  };
}

/** What was edited, against the newest part of ours that stood there. */
async function editOf(
  { git }: Mirror,
  { timelines }: Rendered,
  environment: string,
  { entries, seen }: EnvironmentHistory,
  app: string,
): Promise<Pick<Row, 'edited' | 'note'>> {
  const here = entries.get(app);
  if (here && !isFolder(here)) return { note: `a ${kindOf(here)} stands in its place: ${frozen}` };
  const own = newestOwn(timelines.get(`${environment}/${app}`), seen.get(app) ?? new Set());
  if (!here || own === undefined) return {};
  const edited = (await treeChanges(git, own, here.id)).map(({ path }) => path);
  return { edited, note: `${quote(edited.join(', '))} changed by hand: ${frozen}` };
}

const frozen = 'frozen until the edit is reverted';

/** The health of what is not there. */
const nothing = '-';

function row(
  { name, from, state, offer, isAhead }: Step,
  { name: environment, after = '' }: Pick<Stage, 'name' | 'after'>,
  target: EnvironmentHistory,
  metadata: Metadata | undefined,
): Row {
  const [since] = target.course.of(name);
  const stands = from !== undefined && state.is !== 'edited';
  const note =
    state.is === 'edited'
      ? `changed by hand: ${frozen}`
      : state.heldBelow
        ? `somebody went back: it stays until ${releaseLine(environment, name)}, or a revert of the revert`
        : ((state.is === 'newer' ? newerThan(after, isAhead) : undefined) ?? whyNot(offer));
  return {
    environment,
    app: name,
    version: state.is === 'edited' ? 'edited' : from === undefined ? '-' : versionOf(metadata),
    ...(stands && metadata && !metadata.removed ? { commit: metadata.commit ?? metadata.drySha } : {}),
    ...(since ? { since: new Date(since.time).toISOString() } : {}),
    health: metadata?.removed || from === undefined ? nothing : 'unknown',
    state: state.is,
    held: state.heldBelow !== undefined,
    ...(note ? { note } : {}),
  };
}

const whyNot = (offer: Step['offer']) => (offer.part === undefined ? offer.why : undefined);
