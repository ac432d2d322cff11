import { distanceOf, stepBack } from './distance.ts';
import { kindOf, newestOwn } from './foreign.ts';
import type { Metadata, Stage } from './metadata.ts';
import { pipelineFile } from './names.ts';
import { type Outline, routesIn } from './outline.ts';
import { plan, type Step } from './promotion.ts';
import type { Deed } from './request.ts';
import type { EnvironmentHistory, ObjectId, Rendered } from './timeline.ts';
import { newerThan, quote, releaseLine, versionOf } from './words.ts';

/** What stands of one app in one environment, by the branches alone. */
export interface Row {
  readonly environment: string;
  readonly app: string;
  /** `removed`; of what was edited by hand, that which was edited, or `edited` where nobody knows. */
  readonly version: string;
  /** The commit of `main` that it is named after: where the image's source last changed, else where its part did. */
  readonly commit?: string;
  /** When it came to stand here (ISO 8601), by the branch's own commits. */
  readonly since?: string;
  /** `Healthy`, `Progressing` …; `unknown` where nothing can be asked. */
  readonly health: string;
  /** `Synced`, `OutOfSync` …; absent where nobody was asked, or nothing is known of it. */
  readonly sync?: string;
  readonly state: Step['state']['is'];
  readonly held: boolean;
  /** Who took it back, on which day and with which words; absent for what is not held. */
  readonly heldBy?: Deed;
  /** Since when (ISO 8601): since the first step back that nobody went on from. */
  readonly heldSince?: string;
  /** The merge request that brought what stands here; absent where none did, or the forge did not say so. */
  readonly request?: number;
  /** So many later parts of it its source offers; absent where none is. */
  readonly behind?: number;
  /**
   * So many later parts of it were published for here, offered or not, and since when it lacks the first: what people
   * are told as behind, here and in metrics. Absent for none.
   */
  readonly lacks?: { readonly parts: number; readonly since: string };
  /** The files of an edited app that are not those of the newest part of ours that stood there; absent where none did. */
  readonly edited?: readonly string[];
  /** Who edited it last; absent for what is not edited. */
  readonly editedBy?: Deed;
  /** Nothing is offered, since what its source runs was edited by hand. */
  readonly sourceEdited?: true;
  /** What its source runs and it does not, and what keeps it; absent where nothing newer waits there. */
  readonly gate?: GateWord;
  /** What is proposed for it; absent where nothing is. */
  readonly proposed?: Proposed;
  /** Where it answers, as it was published last; absent where it does not. */
  readonly addresses?: readonly string[];
  /** Where a person sees it run; absent where nobody was asked. */
  readonly url?: string;
  /** Why it is not healthy, in the words of Argo CD; absent where it does not say so. */
  readonly message?: string;
  /** Why it is as it is, where that needs words; `message`, too. */
  readonly note?: string;
}

/** What the gates say of what its source runs. */
export interface GateWord {
  /** `none` where neither Argo CD nor a reporter is configured; `unknown` waits, or nobody could be asked. */
  readonly is: 'yes' | 'no' | 'unknown' | 'none';
  /** Since when it has waited for the gate or for a person (ISO 8601): since its source has it. */
  readonly since?: string;
  /** What was seen, and by whom. */
  readonly evidence: readonly string[];
}

/** A branch that would change an app, and its merge request. */
export interface Proposed {
  /** `env/production-next`. */
  readonly branch: string;
  /** Absent where the forge could not be asked: then the branch says that a proposal waits. */
  readonly iid?: number;
  readonly url?: string;
  /** It may not be merged yet: its calendar is closed, or a person wants it to wait. */
  readonly draft?: true;
}

/** One environment, as it was read. */
export interface Place {
  readonly stage: Pick<Stage, 'name' | 'after'>;
  readonly target: EnvironmentHistory;
  readonly steps: readonly Step[];
  /** The environment that it comes after, where that has a branch. */
  readonly source?: { readonly environment: string; readonly history: EnvironmentHistory };
}

/** What was read of commits, parts and files beside their order. */
export interface Told {
  readonly rendered: Rendered;
  /** By part. */
  readonly metadata: ReadonlyMap<ObjectId, Metadata>;
  /** By commit of an environment branch. */
  readonly deeds: ReadonlyMap<ObjectId, Deed>;
  /** When commits of `rendered` were made, in milliseconds since 1970. */
  readonly times: ReadonlyMap<ObjectId, number>;
  /** The changed files by part that is not ours. @default none is known */
  readonly edits?: ReadonlyMap<ObjectId, readonly string[]>;
  readonly outlines?: Readonly<Record<string, Outline>>;
}

/** The environments that have a branch, each with the promotion table of its names, in the order of the path. */
export const placesOf = (
  stages: readonly Pick<Stage, 'name' | 'after'>[],
  rendered: Rendered,
  environments: ReadonlyMap<string, EnvironmentHistory>,
): Place[] =>
  stages.flatMap((stage) => {
    const { name: environment, after } = stage;
    const target = environments.get(environment);
    if (!target) return [];
    const history = after === undefined ? undefined : environments.get(after);
    const source = after ? { environment: after, history } : undefined;
    return [
      {
        ...{ stage, target, steps: plan({ rendered, environment, target, source }) },
        ...(after !== undefined && history ? { source: { environment: after, history } } : {}),
      },
    ];
  });

/** The commits of environment branches that somebody must be named for: what brought an app, and what took it back. */
export const deedsWanted = (places: readonly Place[], { timelines }: Rendered): ObjectId[] =>
  places.flatMap(({ stage, target, steps }) =>
    steps.flatMap(({ name, from, state }) => {
      const own = target.course.of(name);
      const back = state.heldBelow === undefined ? undefined : stepBack(own, timelines.get(`${stage.name}/${name}`));
      return [...(from === undefined ? [] : [own[0]]), back].flatMap((one) => one?.commit ?? []);
    }),
  );

/** The commits of `rendered` whose time is asked for: those that published the first of what is lacked. */
export const timesWanted = (places: readonly Place[], { timelines, commits }: Rendered): ObjectId[] =>
  places.flatMap(({ stage, steps }) =>
    steps.flatMap(({ name, from }) => {
      const distance = distanceOf(timelines.get(`${stage.name}/${name}`), from);
      return distance ? [commits[distance.place] as string] : [];
    }),
  );

/** The parts that stand somewhere, or stood there before an edit: those that their own metadata tells of. */
export const partsWanted = (places: readonly Place[], { timelines }: Rendered): ObjectId[] =>
  places.flatMap(({ stage, target, steps }) =>
    steps.flatMap(({ name, state }) => {
      const entry = target.entries.get(name);
      const timeline = state.is === 'edited' ? timelines.get(`${stage.name}/${name}`) : undefined;
      const before = newestOwn(timeline, seenOf(target, name));
      return [...(entry && kindOf(entry) === 'folder' ? [entry.id] : []), ...(before === undefined ? [] : [before])];
    }),
  );

const seenOf = (target: EnvironmentHistory, name: string): ReadonlySet<ObjectId> => target.seen.get(name) ?? new Set();

/** The rows of one environment, in alphabetical order. */
export const rowsOf = (place: Place, told: Told): Row[] =>
  place.steps.filter(({ name }) => name !== pipelineFile).map((step) => rowOf(step, place, told));

function rowOf(step: Step, place: Place, told: Told): Row {
  const { name, from, state } = step;
  const { stage, target } = place;
  const entry = target.entries.get(name);
  const metadata = told.metadata.get(entry?.id ?? '');
  const [newest] = target.course.of(name);
  const isEdited = state.is === 'edited';
  const timeline = told.rendered.timelines.get(`${stage.name}/${name}`);
  // What was edited is named after the part that it was.
  const own = isEdited ? told.metadata.get(newestOwn(timeline, seenOf(target, name)) ?? '') : metadata;
  const came = from === undefined ? undefined : told.deeds.get(newest?.commit ?? '');
  const behind = behindOf(step, told.rendered, stage.name);
  const held = holdOf(step, place, told);
  const routes = metadata && !metadata.removed ? routesIn(stage.name, told.outlines?.[name] ?? {}) : [];
  const note = noteOf(step, place, told);
  return {
    environment: stage.name,
    app: name,
    version: isEdited && !own ? 'edited' : from === undefined ? '-' : versionOf(own),
    ...(from !== undefined && own && !own.removed ? { commit: own.commit ?? own.drySha } : {}),
    ...(newest ? { since: new Date(newest.time).toISOString() } : {}),
    health: metadata?.removed || from === undefined ? nothing : 'unknown',
    state: state.is,
    held: state.heldBelow !== undefined,
    ...held,
    ...(came?.request === undefined ? {} : { request: came.request }),
    ...(behind > 0 ? { behind } : {}),
    ...lackOf(step, place, told, held.heldSince),
    ...editOf(step, place, told, came),
    ...(isSourceEdited(step, place, told) ? { sourceEdited: true } : {}),
    ...(routes.length > 0 ? { addresses: routes.map((route) => `https://${route}`) } : {}),
    ...(note ? { note } : {}),
  };
}

/** The health of what is not there. */
export const nothing = '-';

/** How many parts lie between what stands and what is offered. */
function behindOf({ name, from, offer }: Step, { timelines }: Rendered, environment: string): number {
  const timeline = timelines.get(`${environment}/${name}`);
  if (!timeline || from === undefined || offer.part === undefined) return 0;
  return timeline.between(from, offer.part).length;
}

/** How far what stands is from the newest. What was taken back is lacked since then, not since it was published. */
function lackOf(
  { name, from }: Step,
  { stage }: Place,
  { rendered, times }: Told,
  heldSince: string | undefined,
): Pick<Row, 'lacks'> {
  const distance = distanceOf(rendered.timelines.get(`${stage.name}/${name}`), from);
  if (!distance) return {};
  const published = times.get(rendered.commits[distance.place] ?? '') ?? 0;
  const since = Math.max(published, heldSince === undefined ? 0 : Date.parse(heldSince));
  return { lacks: { parts: distance.parts, since: new Date(since).toISOString() } };
}

/** Who took it back, and when; nobody where the branch itself never went back. */
function holdOf({ name, state }: Step, { stage, target }: Place, told: Told): Pick<Row, 'heldBy' | 'heldSince'> {
  if (state.heldBelow === undefined) return {};
  const own = target.course.of(name);
  const back = stepBack(own, told.rendered.timelines.get(`${stage.name}/${name}`));
  const heldBy = told.deeds.get(back?.commit ?? '');
  const since = (back ?? own[0])?.time;
  return {
    ...(heldBy ? { heldBy } : {}),
    ...(since === undefined ? {} : { heldSince: new Date(since).toISOString() }),
  };
}

/** Which files somebody changed, and who. */
function editOf({ name, state }: Step, { target }: Place, told: Told, editedBy: Deed | undefined) {
  if (state.is !== 'edited') return {};
  const edited = told.edits?.get(target.entries.get(name)?.id ?? '');
  return { ...(edited ? { edited } : {}), ...(editedBy ? { editedBy } : {}) } satisfies Partial<Row>;
}

function isSourceEdited({ name, state }: Step, { source }: Place, { rendered }: Told): boolean {
  const there = source?.history.entries.get(name)?.id;
  if (state.is !== 'none' || !source || there === undefined) return false;
  return rendered.timelines.get(`${source.environment}/${name}`)?.place(there) === undefined;
}

const frozen = 'frozen until the edit is reverted';

function noteOf(step: Step, { stage, target }: Place, { edits }: Told): string | undefined {
  const { name, state, offer, isAhead } = step;
  const { name: environment, after = '' } = stage;
  if (state.is === 'edited') {
    const entry = target.entries.get(name);
    if (entry && kindOf(entry) !== 'folder') return `a ${kindOf(entry)} stands in its place: ${frozen}`;
    const edited = edits?.get(entry?.id ?? '');
    return `${edited ? `${quote(edited.join(', '))} ` : ''}changed by hand: ${frozen}`;
  }
  if (state.heldBelow)
    return `somebody went back: it stays until ${releaseLine(environment, name)}, or a revert of the revert`;
  if (state.is === 'newer') return newerThan(after, isAhead);
  return offer.part === undefined ? offer.why : undefined;
}
