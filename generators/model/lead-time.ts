import { isAmong, type Stretch } from './commits.ts';
import type { Arrival, Deployment } from './deployment.ts';
import type { ObjectId, Rendered } from './timeline.ts';

/** A commit that `main` got, by itself or with a merge. A merge is none: it changes nothing of its own. */
export interface Written {
  readonly sha: ObjectId;
  /** When its author made it, in milliseconds since 1970: a rebase onto the newest `main` leaves that as it is. */
  readonly time: number;
  /** The place of the commit on the first-parent chain of `main` that brought it. */
  readonly place: number;
  /** The top-level folders that it touches; of `apps` the app's: `apps/counter`. */
  readonly folders: ReadonlySet<string>;
}

/** A stretch of `main`. */
export interface Mainline {
  /** Of the commits of the first-parent chain: the later, the higher. */
  readonly places: ReadonlyMap<ObjectId, number>;
  readonly written: readonly Written[];
}

/** What deployments are traced to commits by. */
export interface Trace {
  readonly environment: string;
  readonly rendered: Rendered;
  readonly main: Mainline;
  /** What a commit of `rendered` published; undefined where that is unknown. */
  readonly dryOf: (commit: ObjectId) => ObjectId | undefined;
  /** The top-level folder that an app's image is built from. */
  readonly buildOf: (app: string) => string | undefined;
}

/** A commit that a deployment brought. */
export interface Delivered {
  readonly sha: ObjectId;
  /** Milliseconds from its author to here; 0 where the author's clock is ahead. */
  readonly took: number;
  /** The apps that it changed here. */
  readonly apps: readonly string[];
}

/** What each deployment brought. */
export interface Traced {
  readonly deployment: Deployment;
  readonly commits: readonly Delivered[];
  /** Apps that nobody can tell the commits of: they came for the first time, or from what is not on `main` any more. */
  readonly untold: readonly string[];
}

/** The commits that each deployment brought: once for each, however many of its apps they concern. */
export function traced(deployments: readonly Deployment[], trace: Trace): Traced[] {
  const byPlace = Map.groupBy(trace.main.written, ({ place }) => place);
  return deployments.map((deployment) => {
    const found = new Map<Written, string[]>();
    const untold: string[] = [];
    for (const arrival of deployment.arrivals) {
      const stretch = stretchOf(arrival, trace);
      if (!stretch) untold.push(arrival.app);
      for (let place = (stretch?.from ?? 0) + 1; stretch && place <= stretch.to; place++)
        for (const one of byPlace.get(place) ?? [])
          if (isAmong(place, one.folders, stretch)) found.set(one, [...(found.get(one) ?? []), arrival.app]);
    }
    const commits = [...found].map(([{ sha, time }, apps]) => ({
      sha,
      took: Math.max(0, deployment.time - time),
      apps,
    }));
    return { deployment, commits, untold };
  });
}

function stretchOf({ app, from, to }: Arrival, { environment, rendered, main, dryOf, buildOf }: Trace) {
  const placeOf = (index: number) => main.places.get(dryOf(rendered.commits[index] ?? '') ?? '');
  if (from === undefined) return undefined;
  const [start, end] = [placeOf(from), placeOf(to)];
  if (start === undefined || end === undefined) return undefined;
  const timeline = rendered.timelines.get(`${environment}/${app}`);
  const [first, last] = [timeline?.at(from), timeline?.at(to)];
  const parts = first === undefined || last === undefined ? [] : (timeline?.between(first, last) ?? []);
  const spans = parts.map((part) => {
    const index = timeline?.place(part) ?? 0;
    return [placeOf(index - 1) ?? start, placeOf(index) ?? end] as const;
  });
  return { name: app, from: start, to: end, build: buildOf(app), spans } satisfies Stretch;
}

/**
 * The place of the commit on the first-parent chain that brought each commit of a stretch of `main`.
 * @param places of the chain
 * @param graph the commits of the stretch, in any order
 */
export function broughtAt(
  places: ReadonlyMap<ObjectId, number>,
  graph: readonly { readonly sha: ObjectId; readonly parents: readonly ObjectId[] }[],
): Map<ObjectId, number> {
  const parentsOf = new Map(graph.map(({ sha, parents }) => [sha, parents]));
  const chain = [...places].filter(([sha]) => parentsOf.has(sha)).sort(([, a], [, b]) => a - b);
  const brought = new Map<ObjectId, number>();
  for (const [top, place] of chain) {
    const waiting = [top];
    for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
      const parents = parentsOf.get(one);
      if (!parents || brought.has(one)) continue;
      brought.set(one, place);
      waiting.push(...parents);
    }
  }
  return brought;
}
