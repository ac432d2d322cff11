import { readDeeds, readTimes } from '../git/chronicle.ts';
import { isFolder, metadataOf, treeChanges } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { type Foreign, foreignIn, newestOwn } from '../model/foreign.ts';
import type { Published, Stage } from '../model/metadata.ts';
import { head, main, pipelineFile } from '../model/names.ts';
import type { Overview } from '../model/overview.ts';
import { deedsWanted, type Place, partsWanted, placesOf, type Row, rowsOf, timesWanted } from '../model/row.ts';
import type { EnvironmentHistory, ObjectId, Rendered } from '../model/timeline.ts';
import { asked, liveOf, type Question, withLive } from './asked.ts';
import type { Context } from './context.ts';
import { Histories } from './histories.ts';

export type { Row } from '../model/row.ts';

/** What stands, and what waits. */
export interface Survey {
  readonly rows: readonly Row[];
  /** In the order of the path; one without a branch is missing. */
  readonly environments: readonly Overview[];
  /** What no publish wrote. */
  readonly foreign: readonly Foreign[];
  /** So many commits of `main` are newer than the last that was published. */
  readonly unpublished: number;
}

/** What the branches say, with all that they were read to. */
export interface Standing {
  readonly published?: Published;
  readonly stages: readonly Stage[];
  readonly rendered: Rendered;
  /** By environment; one without a branch is missing. */
  readonly environments: ReadonlyMap<string, EnvironmentHistory>;
  readonly rows: readonly Row[];
  readonly foreign: readonly Foreign[];
}

/** Before the first publish. */
export const nothingStands: Standing = {
  stages: [],
  rendered: { commits: [], timelines: new Map() },
  environments: new Map(),
  rows: [],
  foreign: [],
};

/** What stands where, and whether it is healthy; nobody is asked what waits. */
export async function status(context: Context): Promise<readonly Row[]> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const { rows, environments } = await standing(mirror, new Histories(mirror, mirror.shelf));
    const alive = [...environments.keys()].map(async (environment) => {
      const own = rows.filter((row) => row.environment === environment);
      return withLive(own, await liveOf(context, environment));
    });
    return (await Promise.all(alive)).flat();
  } finally {
    await mirror.close();
  }
}

/**
 * What stands where, since when, what is held and what waits: read from the branches; health, requests and gates are
 * asked where that is configured, all at once. What cannot be asked is said, and stays unknown.
 */
export async function survey(context: Context, question: Question = {}): Promise<Survey> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const stands = await standing(mirror, new Histories(mirror, mirror.shelf));
    const [answer, unpublished] = await Promise.all([
      asked(context, mirror, stands, question),
      newerThan(mirror, stands.published),
    ]);
    return { ...answer, foreign: stands.foreign.filter(fits(question)), unpublished };
  } finally {
    await mirror.close();
  }
}

/** What stands where, by the branches alone. Whatever is read beside their order is read at once, for all of them. */
export async function standing(mirror: Mirror, histories: Histories): Promise<Standing> {
  histories.readAhead();
  const published = await readNewest(mirror);
  const { environments: stages, outlines } = published;
  const rendered = await histories.rendered();
  const environments = new Map<string, EnvironmentHistory>();
  for (const { name } of stages) {
    const history = await histories.environment(name);
    if (history) environments.set(name, history);
  }
  const places = placesOf(stages, rendered, environments);
  const [metadata, deeds, times, edits] = await Promise.all([
    metadataOf(mirror, partsWanted(places, rendered)),
    readDeeds(mirror.git, deedsWanted(places, rendered)),
    readTimes(mirror.git, timesWanted(places, rendered)),
    editsIn(mirror, places, rendered),
  ]);
  const told = { rendered, metadata, deeds, times, edits, outlines };
  return {
    ...{ published, stages, rendered, environments },
    rows: places.flatMap((place) => rowsOf(place, told)),
    foreign: places.flatMap(({ stage, target, steps }) => foreignIn(stage.name, target, steps, pipelineFile)),
  };
}

/** By edited part, the files in which it differs from the newest part of ours that stood there. */
async function editsIn(
  { git }: Mirror,
  places: readonly Place[],
  { timelines }: Rendered,
): Promise<Map<ObjectId, readonly string[]>> {
  const edits = new Map<ObjectId, readonly string[]>();
  for (const { stage, target, steps } of places)
    for (const { name, state } of steps) {
      const here = target.entries.get(name);
      const own = newestOwn(timelines.get(`${stage.name}/${name}`), target.seen.get(name) ?? new Set());
      if (state.is !== 'edited' || name === pipelineFile || !isFolder(here) || !here || own === undefined) continue;
      const changes = await treeChanges(git, own, here.id);
      edits.set(
        here.id,
        changes.map(({ path }) => path),
      );
    }
  return edits;
}

/** How many commits of `main` came after the published one; none where that is no longer on `main`. */
async function newerThan({ git, refs }: Mirror, published: Published | undefined): Promise<number> {
  const tip = refs.get(head(main));
  if (!published || tip === undefined || tip === published.drySha) return 0;
  const count = await git
    .text(['rev-list', '--count', '--first-parent', `${published.drySha}..${tip}`])
    .catch(() => '0');
  return Number(count);
}

/** Whether something is what was asked for. */
const fits =
  ({ environment }: Question) =>
  (one: { readonly environment: string }): boolean =>
    environment === undefined || one.environment === environment;
