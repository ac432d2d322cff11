import { readPublishes, readWritten } from '../git/chronicle.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Deployment, deploymentsOf } from '../model/deployment.ts';
import { type Mainline, type Trace, type Traced, traced } from '../model/lead-time.ts';
import type { Published, Stage } from '../model/metadata.ts';
import { head, main, metadataFile } from '../model/names.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import type { Histories } from './histories.ts';

/** What an environment got. */
export interface Delivered {
  readonly environment: string;
  /** When the first part came, in milliseconds since 1970; undefined for never. */
  readonly begun: number | undefined;
  /** The deployments since what was asked, oldest first. */
  readonly traced: readonly Traced[];
}

/** Which deployments are read. */
export interface Since {
  /** Milliseconds since 1970. */
  readonly from: number;
  /** So many milliseconds after a deployment somebody steps in because of it. */
  readonly window: number;
}

/** The environments at the ends of the path, which nothing comes after: what people use. */
export const endsOf = (stages: readonly Stage[]): Stage[] =>
  stages.filter(({ name, scope }) => scope !== 'cluster' && !stages.some(({ after }) => after === name));

/** What an environment got, and the commits of `main` behind it: so many gits, however many apps and commits there are. */
export async function readDelivered(
  mirror: Mirror,
  histories: Histories,
  { environments, images }: Pick<Published, 'environments' | 'images'>,
  environment: string,
  { from, window }: Since,
): Promise<Delivered> {
  const after = environments.find(({ name }) => name === environment)?.after;
  const [rendered, target, history] = await Promise.all([
    histories.rendered(),
    histories.environment(environment),
    after === undefined ? undefined : histories.environment(after),
  ]);
  if (!target) return { environment, begun: undefined, traced: [] };
  const source = after === undefined ? undefined : { environment: after, history };
  const removed = await removedIn(mirror, target, rendered, environment, from);
  const isRemoved = (part: string) => removed.has(part);
  const all = deploymentsOf({ rendered, environment, target, source, isRemoved, window });
  const asked = all.filter(({ time }) => time >= from);
  const trace = await traceOf(mirror, rendered, environment, asked, images);
  return { environment, begun: all[0]?.time, traced: traced(asked, trace) };
}

/** The parts of ours that came since then and hold their provenance alone: the app was taken out of `main`. */
async function removedIn(
  mirror: Mirror,
  { course }: EnvironmentHistory,
  { timelines }: Rendered,
  environment: string,
  from: number,
): Promise<Set<string>> {
  const came = course.standings.flatMap(({ name, part, time }) =>
    time >= from && part !== undefined && timelines.get(`${environment}/${name}`)?.place(part) !== undefined
      ? [part]
      : [],
  );
  const folders = await mirror.trees(came);
  return new Set([...folders].flatMap(([id, files]) => (files.size === 1 && files.has(metadataFile) ? [id] : [])));
}

async function traceOf(
  mirror: Mirror,
  rendered: Rendered,
  environment: string,
  deployments: readonly Deployment[],
  images: Published['images'],
): Promise<Trace> {
  const { git, refs } = mirror;
  const ends = deployments.flatMap(({ arrivals }) =>
    arrivals.flatMap(({ from, to }) => (from === undefined ? [] : [from, to])),
  );
  const [first, last] = ends.reduce(
    ([low, high], end) => [Math.min(low, end), Math.max(high, end)],
    [Number.POSITIVE_INFINITY, -1],
  );
  const tip = refs.get(head(main));
  const [dry, chain] = await Promise.all([
    readPublishes(git, last < 0 ? [] : rendered.commits.slice(first, last + 1)),
    last < 0 || tip === undefined ? [] : git.lines(['rev-list', '--first-parent', tip]),
  ]);
  const places = new Map(chain.map((commit, index) => [commit, chain.length - index]));
  return {
    environment,
    rendered,
    main: { places, written: await writtenBetween(mirror, places, [...dry.values()]) },
    dryOf: (commit) => dry.get(commit),
    buildOf: (app) => images[app]?.build,
  };
}

/** What came to `main` between the first and the last of these commits; nothing where fewer than two are on it. */
async function writtenBetween(
  { git }: Mirror,
  places: ReadonlyMap<string, number>,
  commits: readonly string[],
): Promise<Mainline['written']> {
  const known = commits.filter((commit) => places.has(commit));
  const placed = known.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
  const [after, until] = [placed[0], placed.at(-1)];
  return after === undefined || until === undefined || after === until ? [] : readWritten(git, places, after, until);
}
