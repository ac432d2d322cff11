import { readDeeds } from '../git/chronicle.ts';
import { entriesOf, metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { arrivalOf, commitsLike, isOf, mergesOf, readChain } from '../git/origin.ts';
import { publishedAt } from '../git/published.ts';
import type { Metadata } from '../model/metadata.ts';
import { environmentBranch, head, main, rendered as renderedBranch } from '../model/names.ts';
import { type Span, spansOfParts } from '../model/presence.ts';
import { type Query, queriesOf } from '../model/query.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import type { OpenRequest } from '../model/subject.ts';
import type { EnvironmentHistory, ObjectId } from '../model/timeline.ts';
import { quote, short } from '../model/words.ts';
import { requestsOf } from './brought.ts';
import type { Context } from './context.ts';
import { happenings } from './happenings.ts';
import { type Branches, type Found, pathsIn, projectOf, trace } from './trace.ts';

/**
 * Finds what a word means.
 * @param app what has a name or version in several apps is looked for in this one. @default all
 * @throws {Misuse} for a word that means nothing, or several things: it names them
 */
export async function seek(
  context: Context,
  mirror: Mirror,
  branches: Branches,
  word: string,
  app: string | undefined,
): Promise<Found> {
  const seeker = new Seeker(context, mirror, branches, app);
  const queries = queriesOf(word);
  const isNumber = queries.length > 1 && queries[0]?.is === 'request';
  const found: { readonly name: string; readonly tell: () => Promise<Found> }[] = [];
  for (const query of queries) {
    found.push(...(await seeker.candidates(query)));
    // A number may be anything; of other words the likeliest meaning counts.
    if (found.length > 0 && !isNumber) break;
  }
  const [first] = found;
  if (!first)
    throw new Misuse(
      `${JSON.stringify(word)} is no commit, merge request, version or digest that is known here${context.forge ? '' : ' (no forge is asked: SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID are not set)'}; ${seeker.elsewhere.size > 0 ? `another project's is ${[...seeker.elsewhere].join(', ')}: write it so, or write more of it` : 'git fetch may bring it, or write more of it'}.`,
    );
  if (found.length > 1)
    throw new Misuse(`${JSON.stringify(word)} may be ${listed(found.map(({ name }) => name))}: write which.`);
  return first.tell();
}

const listed = (names: readonly string[]) => {
  const shown = names.slice(0, 8);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} or ${more} more` : `${shown.slice(0, -1).join(', ')} or ${shown.at(-1)}`;
};

const digestsIn = ({ images = {} }: Metadata): string[] =>
  Object.values(images).flatMap((image) => /@(sha256:[0-9a-f]{64})$/.exec(image)?.[1] ?? []);

interface Candidate {
  /** As it may be written so that nothing else is meant. */
  readonly name: string;
  readonly tell: () => Promise<Found>;
}

class Seeker {
  readonly #context: Context;
  readonly #mirror: Mirror;
  readonly #branches: Branches;
  readonly #app: string | undefined;
  /** Requests of other projects by the number that was asked for, as they are written in full. */
  readonly elsewhere = new Set<string>();

  constructor(context: Context, mirror: Mirror, branches: Branches, app: string | undefined) {
    this.#context = context;
    this.#mirror = mirror;
    this.#branches = branches;
    this.#app = app;
  }

  candidates(query: Query): Promise<Candidate[]> {
    if (query.is === 'request') return this.#requests(query.iid, query.project);
    if (query.is === 'revision') return this.#revisions(query.text);
    return query.is === 'image' ? this.#images(query.digest) : this.#versions(query.version, query.app);
  }

  async #requests(iid: number, project: string | undefined): Promise<Candidate[]> {
    const { git, refs } = this.#mirror;
    const { stages } = this.#branches;
    const names = [main, ...stages.map(({ name }) => environmentBranch(name))];
    const tips = names.flatMap((name) => refs.get(head(name)) ?? []);
    const own = projectOf(this.#branches);
    const merges = await mergesOf(git, tips, iid);
    const commit = merges.find((one) =>
      project === undefined ? isOf(one.project, own) : one.project === project,
    )?.commit;
    const name = `${project ?? ''}!${iid}`;
    if (commit !== undefined) return [{ name, tell: () => this.#commit(commit) }];
    for (const one of merges) this.elsewhere.add(`${one.project}!${iid}`);
    if (project !== undefined && !(own !== undefined && isOf(project, own))) return [];
    const request = await this.#context.forge?.request(iid);
    if (!request) return [];
    const { merged, state, target, source, url } = request;
    if (merged) return [{ name, tell: () => this.#commit(merged.commit) }];
    const environment = stages.find((stage) => environmentBranch(stage.name) === target)?.name;
    const tip = refs.get(head(source)) ?? (await git.commit(request.sha));
    if (state !== 'opened' || environment === undefined || tip === undefined)
      throw new Refusal(`!${iid} (${quote(request.title)}) onto ${target} is ${state}: nothing came by it. ${url}`);
    return [{ name, tell: () => this.#open(environment, tip, { iid, url, source }) }];
  }

  async #revisions(text: string): Promise<Candidate[]> {
    const { git } = this.#mirror;
    const like = /^[0-9a-f]{4,64}$/.test(text) ? await commitsLike(git.offline(), text) : [];
    const named = like.length > 0 ? undefined : await this.#context.checkout.commit(text);
    const commits = named === undefined ? like : [named];
    return commits.map((commit) => ({
      name: commits.length > 1 ? commit : `commit ${short(commit)}`,
      tell: () => this.#commit(commit),
    }));
  }

  async #versions(version: string, app: string | undefined): Promise<Candidate[]> {
    const wanted = app ?? this.#app;
    const all = await this.#partsWith((metadata) => metadata.version === version && metadata.removed !== true, wanted);
    return [...all].map(([name, spans]) => ({
      name: `${name}@${version}`,
      tell: async () => ({ subject: { is: 'version', app: name, version }, spans }),
    }));
  }

  async #images(digest: string): Promise<Candidate[]> {
    const digests = new Set<string>();
    const start = `sha256:${digest}`;
    await this.#partsWith((metadata) => {
      for (const one of digestsIn(metadata)) if (one.startsWith(start)) digests.add(one);
      return false;
    }, this.#app);
    const names = [...digests].sort();
    return names.map((name) => ({
      name: names.length > 1 ? name : start,
      tell: async () => {
        const all = await this.#partsWith((metadata) => digestsIn(metadata).includes(name), this.#app);
        const spans = new Map([...all.values()].flatMap((one) => [...one]));
        return { subject: { is: 'image', digests: [name] }, spans };
      },
    }));
  }

  /** Where parts say something of themselves, by app and path. First environments tell which apps are worth reading. */
  async #partsWith(
    isIt: (metadata: Metadata) => boolean,
    app: string | undefined,
  ): Promise<Map<string, Map<string, Span[]>>> {
    const first = this.#branches.stages.flatMap(({ name, after }) => (after === undefined ? [`${name}/`] : []));
    const paths = [...pathsIn(this.#branches, app)];
    const early = paths.filter(([path]) => first.some((start) => path.startsWith(start)));
    const partsOf = (some: typeof paths) => some.flatMap(([, timeline]) => timeline.parts());
    const has = (known: ReadonlyMap<ObjectId, Metadata>) => (part: ObjectId) => {
      const metadata = known.get(part);
      return metadata !== undefined && isIt(metadata);
    };
    const isEarly = has(await metadataOf(this.#mirror, partsOf(early)));
    const apps = new Set(early.flatMap(([, timeline, name]) => (timeline.parts().some(isEarly) ? [name] : [])));
    const concerned = paths.filter(([, , name]) => apps.has(name));
    const metadata = await metadataOf(this.#mirror, partsOf(concerned));
    const found = new Map<string, Map<string, Span[]>>();
    for (const [path, timeline, name] of concerned) {
      const spans = spansOfParts(timeline, has(metadata));
      if (spans.length > 0) found.set(name, (found.get(name) ?? new Map()).set(path, spans));
    }
    return found;
  }

  #trace(commit: ObjectId, publish?: ObjectId): Promise<Found> {
    return trace(this.#mirror, this.#branches, commit, { publish, app: this.#app });
  }

  /** A commit of whichever branch, told for what it is. */
  async #commit(commit: ObjectId, isAsked = false): Promise<Found> {
    const { git, refs } = this.#mirror;
    const { rendered, environments } = this.#branches;
    const place = rendered.commits.indexOf(commit);
    if (place >= 0) {
      const published = await publishedAt(this.#mirror, commit);
      if (!published) throw new Refusal(`${commit} is a commit of ${renderedBranch} that published nothing.`);
      return this.#trace(published.drySha, commit);
    }
    for (const [environment, { course }] of environments)
      if (course.place(commit) !== undefined) return this.#event(environment, commit);
    const tip = refs.get(head(main));
    if (tip !== undefined && (commit === tip || (await git.isAncestor(commit, tip)))) return this.#trace(commit);
    // A commit of a request, which a merge brought onto an environment branch.
    for (const [environment, { tip }] of environments)
      if (await git.isAncestor(commit, tip)) return this.#event(environment, await this.#mergeOf(environment, commit));
    // A forge may name a commit that none of our branches has: asked again it would name another, or the first.
    const merged = isAsked
      ? undefined
      : (await requestsOf(this.#context, commit)).find((one) => one.merged)?.merged?.commit;
    return merged !== undefined && merged !== commit ? this.#commit(merged, true) : this.#trace(commit);
  }

  async #mergeOf(environment: string, commit: ObjectId): Promise<ObjectId> {
    const { git, refs } = this.#mirror;
    const tip = refs.get(head(environmentBranch(environment))) as string;
    return (await arrivalOf(git, await readChain(git, tip), tip, commit))?.came ?? commit;
  }

  /** Where the parts of an environment are, and in all others those that were published with them. */
  #counterparts(environment: string, parts: readonly (readonly [app: string, part: ObjectId])[]): Map<string, Span[]> {
    const places = new Map<string, number>();
    for (const [app, part] of parts) {
      const place = this.#branches.rendered.timelines.get(`${environment}/${app}`)?.place(part);
      if (place !== undefined) places.set(app, place);
    }
    return new Map(
      [...pathsIn(this.#branches, this.#app)].flatMap(([path, timeline, app]) => {
        const counterpart = timeline.at(places.get(app) ?? -1);
        return counterpart === undefined ? [] : [[path, spansOfParts(timeline, (one) => one === counterpart)] as const];
      }),
    );
  }

  async #event(environment: string, commit: ObjectId): Promise<Found> {
    const { course } = this.#branches.environments.get(environment) as EnvironmentHistory;
    const brought = course.standings.filter((standing) => standing.commit === commit);
    const came = brought.flatMap(({ name, part }) => (part === undefined ? [] : [[name, part] as const]));
    const spans = this.#counterparts(environment, came);
    const { happenings: told } = await happenings(this.#mirror, this.#branches, [environment], {
      moments: 1,
      within: (_, standing) => standing.commit === commit,
    });
    const changes = told.flatMap((one) => one.changes.map(({ text }) => text));
    const deed = (await readDeeds(this.#mirror.git, [commit])).get(commit);
    return { subject: { is: 'event', environment, commit, changes, ...(deed ? { deed } : {}) }, spans };
  }

  /** What a request would bring that is not merged. */
  async #open(environment: string, tip: ObjectId, open: OpenRequest): Promise<Found> {
    const target = this.#branches.environments.get(environment)?.entries;
    const there = [...(await entriesOf(this.#mirror.git, tip))];
    const fresh = there.flatMap(([name, { id }]) => (target?.get(name)?.id === id ? [] : [[name, id] as const]));
    const spans = this.#counterparts(environment, fresh);
    const deed = (await readDeeds(this.#mirror.git, [tip])).get(tip);
    return { subject: { is: 'event', environment, commit: tip, changes: [], open, ...(deed ? { deed } : {}) }, spans };
  }
}
