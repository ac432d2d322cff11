import { readDeeds, readPublishes, readTimes } from '../git/chronicle.ts';
import { pathsOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { arrivalOf, readChain, revertsSince } from '../git/origin.ts';
import { publishedAt } from '../git/published.ts';
import { webAddressOf } from '../model/address.ts';
import { folderOf, isShared } from '../model/commits.ts';
import type { Published, Stage } from '../model/metadata.ts';
import { applicationFile, head, main, pipelineFile, rendered as renderedBranch } from '../model/names.ts';
import { type Span, spansOf, turningsOf, withoutRemovals } from '../model/presence.ts';
import { Refusal } from '../model/refusal.ts';
import type { CommitSubject, Subject, Told } from '../model/subject.ts';
import type { EnvironmentHistory, ObjectId, Rendered, Timeline } from '../model/timeline.ts';

/** What is looked for, and where. */
export interface Found {
  readonly subject: Subject;
  /** Where an app has it, by `environment/app`: the places of `rendered`. */
  readonly spans: ReadonlyMap<string, readonly Span[]>;
}

/** What was read of the branches before anything is looked for. */
export interface Branches {
  readonly stages: readonly Stage[];
  readonly newest: Published;
  readonly rendered: Rendered;
  readonly environments: ReadonlyMap<string, EnvironmentHistory>;
}

/**
 * Where a commit of main is, or one that main does not have.
 * @param how the commit of `rendered` that was asked for, and the only app that is
 * @throws {Refusal} where what was published is not what its commit says
 */
export const trace = (
  mirror: Mirror,
  branches: Branches,
  commit: ObjectId,
  { publish, app }: { readonly publish?: ObjectId | undefined; readonly app?: string | undefined },
): Promise<Found> => new Tracer(mirror, branches, app).found(commit, publish);

/** Every path of an app in an environment that is on the path, with its order of parts. */
export function* pathsIn(
  { rendered, stages }: Branches,
  app?: string,
): Generator<readonly [path: string, timeline: Timeline, app: string]> {
  for (const { name: environment } of stages)
    for (const [path, timeline] of rendered.timelines) {
      const name = path.slice(environment.length + 1);
      if (path.startsWith(`${environment}/`) && name !== pipelineFile && (app ?? name) === name)
        yield [path, timeline, name];
    }
}

/** Whether a part came to stand there at just this place. */
const changedAt = (timeline: Timeline, place: number) => timeline.place(timeline.at(place) ?? '') === place;

/** The project as a forge's messages name it, `group/project`; undefined where its address says none. */
export function projectOf({ newest }: Pick<Branches, 'newest'>): string | undefined {
  const address = webAddressOf(newest.repository);
  return address && new URL(address).pathname.slice(1);
}

class Tracer {
  readonly #mirror: Mirror;
  readonly #branches: Branches;
  readonly #app: string | undefined;

  constructor(mirror: Mirror, branches: Branches, app: string | undefined) {
    this.#mirror = mirror;
    this.#branches = branches;
    this.#app = app;
  }

  async #publishOf(commit: ObjectId): Promise<{ commit: ObjectId; at: string }> {
    const time = (await readTimes(this.#mirror.git, [commit])).get(commit) ?? 0;
    return { commit, at: new Date(time).toISOString() };
  }

  /** A commit of main, or one that is not there. */
  async found(commit: ObjectId, publish: ObjectId | undefined): Promise<Found> {
    const { git, refs } = this.#mirror;
    const { rendered, newest } = this.#branches;
    const tip = refs.get(head(main));
    const [chain, publishes, paths] = await Promise.all([
      readChain(git, tip),
      readPublishes(git, rendered.commits),
      pathsOf(git, [commit]),
    ]);
    const arrival = tip === undefined ? undefined : await arrivalOf(git, chain, tip, commit);
    const came = arrival?.came;
    const touches = [...new Set(paths.map(({ path }) => folderOf(path)))].sort();
    const reverts = tip && arrival ? await revertsSince(git, chain, tip, commit, projectOf(this.#branches)) : [];
    const turnings = arrival ? turningsOf(arrival.commits, chain, reverts) : [];
    const deeds = await readDeeds(git, [commit, ...turnings.map(({ sha }) => sha)]);
    const places = rendered.commits.map((one) => chain.get(publishes.get(one) ?? ''));
    const spans = spansOf(turnings, places);
    const first = spans[0]?.[0];
    const published = first === undefined ? undefined : await this.#proven(first, publishes);
    const told = (sha: ObjectId): Told => {
      const deed = deeds.get(sha);
      return deed ? { deed } : {};
    };
    const subject: CommitSubject = {
      ...{ is: 'commit', commit, ...told(commit) },
      ...(publish === undefined ? {} : { publish }),
      ...(came === undefined || came === commit ? {} : { brought: came }),
      isOnMain: came !== undefined,
      turnings: turnings.slice(turnings[0]?.has === false ? 0 : 1).map(({ sha, has }) => ({ sha, has, ...told(sha) })),
      ...(published ? { published: await this.#publishOf(rendered.commits[first as number] as string) } : {}),
      newest: newest.drySha,
      touches,
      unbuilt: came === undefined || published ? [] : await this.#unbuilt(came),
    };
    if (first === undefined || !published) return { subject, spans: new Map() };
    const before = Math.max(-1, ...places.slice(0, first).map((place) => place ?? -1));
    // All that a publish changed is of the only commit that it published: not of one of several that a merge brought.
    const isAlone = came === commit && places[first] === before + 1 && chain.get(came) === before + 1;
    const concerns = (app: string) =>
      isAlone ||
      touches.some((path) => isShared(path) || path === `apps/${app}` || path === published.images[app]?.build);
    const found = await this.#changedBy(spans, published, concerns);
    if (found.size > 0) return { subject, spans: found };
    const beside = new Set(
      [...pathsIn(this.#branches)].flatMap(([, one, app]) => (changedAt(one, first) ? [app] : [])),
    );
    return { subject: { ...subject, ...(beside.size > 0 ? { beside: [...beside].sort() } : {}) }, spans: found };
  }

  /** The apps that a change reached, with where they have it. */
  async #changedBy(
    spans: readonly Span[],
    published: Published,
    concerns: (app: string) => boolean,
  ): Promise<Map<string, readonly Span[]>> {
    const own: { path: string; timeline: Timeline; spans: readonly Span[] }[] = [];
    for (const [path, timeline, app] of pathsIn(this.#branches, this.#app)) {
      if (!concerns(app)) continue;
      const kept = await this.#withoutKept(spans, published, app);
      const from = kept[0]?.[0];
      // A part that was there before says nothing of the change.
      if (from !== undefined && changedAt(timeline, from)) own.push({ path, timeline, spans: kept });
    }
    const removed = await this.#removedIn(own.flatMap(({ timeline }) => timeline.parts()));
    return new Map(
      own.map(({ path, timeline, spans }) => [path, withoutRemovals(spans, timeline, (part) => removed.has(part))]),
    );
  }

  /** What could not be rendered stayed as it was: it has a change from the next publish on that could. */
  async #withoutKept(spans: readonly Span[], published: Published, app: string): Promise<Span[]> {
    const { commits } = this.#branches.rendered;
    let [from, until] = spans[0] as Span;
    for (let at: Published | undefined = published; at?.kept.includes(app); ) {
      from++;
      const next: ObjectId | undefined = commits[from];
      at = next === undefined ? undefined : await publishedAt(this.#mirror, next);
    }
    return from < until && from < commits.length ? [[from, until], ...spans.slice(1)] : spans.slice(1);
  }

  /** What is left of apps that were taken out. */
  async #removedIn(parts: readonly ObjectId[]): Promise<ReadonlySet<ObjectId>> {
    const trees = await this.#mirror.trees(parts);
    return new Set(parts.filter((part) => !trees.get(part)?.has(applicationFile)));
  }

  /** What was published at a place: by its subject, and by what it recorded. @throws {Refusal} where the two differ */
  async #proven(place: number, publishes: ReadonlyMap<ObjectId, ObjectId>): Promise<Published> {
    const commit = this.#branches.rendered.commits[place] as string;
    const published = await publishedAt(this.#mirror, commit);
    if (published && published.drySha === publishes.get(commit)) return published;
    throw new Refusal(
      `${renderedBranch} at ${commit} says it published ${publishes.get(commit)}, and records ${published?.drySha ?? 'nothing'}: see npx slipway verify --rendered.`,
    );
  }

  /** Images that no publish knows: as far as the newest one tells, which is what the next publish asks for. */
  async #unbuilt(commit: ObjectId): Promise<CommitSubject['unbuilt']> {
    const { images } = this.#branches.newest;
    const found = await Promise.all(
      Object.entries(images).map(async ([app, { build: folder, tree: known }]) => {
        const tree = await this.#mirror.git.named(`${commit}:${folder}`);
        return tree === undefined || tree === known ? [] : [{ app, folder, tree }];
      }),
    );
    return found.flat();
  }
}
