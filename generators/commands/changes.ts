import { readDeeds, readMain, readPublishes } from '../git/chronicle.ts';
import { isFolder, metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { readTrees } from '../git/objects.ts';
import { type Chapter, chaptersOf, type Stretch } from '../model/commits.ts';
import { byObject, differences } from '../model/difference.ts';
import { excusedIn } from '../model/excused.ts';
import type { Vouching } from '../model/gate.ts';
import { lineDifference } from '../model/line-difference.ts';
import type { Manifest } from '../model/manifest.ts';
import { isMapping } from '../model/mapping.ts';
import type { Metadata, Published } from '../model/metadata.ts';
import { head, main, metadataFile, pipelineFile } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import { ranToo } from '../model/ran-too.ts';
import {
  type Deed,
  type Held,
  type Item,
  type NewExcuse,
  type RequestKind,
  type RequestText,
  requestText,
} from '../model/request.ts';
import type { Entry, EnvironmentHistory, ObjectId, Rendered } from '../model/timeline.ts';
import { missingTogether } from '../model/together-before.ts';
import { compareFiles } from '../model/verdict.ts';
import { versionOf } from '../model/words.ts';
import type { Chain } from './chain.ts';
import { alongWays, irreversibleIn } from './irreversible.ts';

/** What a request is told from. */
export interface Telling {
  readonly kind: RequestKind;
  readonly rendered: Rendered;
  readonly published: Published;
  readonly environment: string;
  /** The environment that the parts come from. */
  readonly source: string;
  readonly target: EnvironmentHistory;
  readonly sourceHistory: EnvironmentHistory | undefined;
  /** What the request moves. */
  readonly steps: readonly Step[];
  readonly chain: Chain;
  /** What the gates said, by app. */
  readonly vouched: ReadonlyMap<string, Vouching>;
  /** What is left alone and why, a line each. */
  readonly left: readonly string[];
  /** What is held in the environment. */
  readonly held: readonly Step[];
  /** `2026-11-20` */
  readonly today: string;
}

/**
 * Gathers what a reviewer must know and words it. However many apps there are, as many gits run: what is asked of each
 * is asked of all at once, and only files that changed are read.
 */
export async function tell(mirror: Mirror, telling: Telling): Promise<RequestText> {
  const { kind, environment, source, published, steps, chain, vouched, sourceHistory } = telling;
  const { rendered } = telling;
  // Of what is held a section of its own says more.
  const held = new Set(telling.held.map(({ name }) => name));
  const left = telling.left.filter((line) => !held.has(/^(\S+) is held in /.exec(line)?.[1] ?? ''));
  const facts = { kind, environment, source, repository: published.repository, left };
  if (steps.length === 0)
    return requestText({ ...facts, items: [], chapters: [], compared: false, apart: [], held: [] });
  const ways = steps.map(({ name, from, offer }) => ({ name, earlier: from, later: offer.part }));
  const [along, objects, deeds, back] = await Promise.all([
    alongWays(mirror, rendered, environment, ways),
    objectChanges(mirror, telling),
    deedsOf(mirror, telling),
    returning(mirror, telling),
  ]);
  const apart = apartIn(telling);
  const { chapters, counts } = await commitsOf(mirror, telling, back);

  const items = steps.map(({ name }): Item => {
    const [from, to, way] = [chain.from.get(name), chain.to.get(name), along.get(name) ?? []];
    const ends = [from, to].map((end) => end && versionOf(end));
    const excuses = published.outlines[name]?.excuses ?? [];
    return {
      name,
      from,
      to,
      removed: Object.hasOwn(published.removed, name) ? published.removed[name] : undefined,
      irreversible: irreversibleIn(way),
      skipped: [...new Set(way.map(versionOf))].filter((version) => !ends.includes(version)),
      evidence: vouched.get(name)?.answers ?? [],
      came: deeds.get(name),
      ended: excuses.filter((one) => one.until < telling.today && one.in.includes(environment)),
      ...(objects.get(name) ?? { too: [], only: [], illegible: [], excused: [], files: [] }),
    };
  });
  const takenBack = telling.held.map(
    ({ name }): Held => ({
      name,
      from: back.get(name)?.from,
      to: back.get(name)?.to,
      commits: counts.get(name) ?? 0,
      came: deeds.get(name),
    }),
  );
  return requestText({
    ...facts,
    items,
    chapters,
    compared: sourceHistory !== undefined && kind !== 'repair',
    apart,
    held: takenBack,
  });
}

type Files = ReadonlyMap<string, Entry>;

/** The parts of one step: what stands, what comes, and the source's two that stood when they did. */
interface Sides {
  readonly name: string;
  readonly before: ObjectId | undefined;
  readonly after: ObjectId | undefined;
  readonly sourceBefore: ObjectId | undefined;
  readonly sourceAfter: ObjectId | undefined;
}

function sidesOf({ rendered, environment, source, target }: Telling, { name, from, offer }: Step): Sides {
  const { timelines, commits } = rendered;
  const there = timelines.get(`${source}/${name}`);
  const newest = from === undefined ? undefined : timelines.get(`${environment}/${name}`)?.newest(from, commits.length);
  return {
    name,
    // Somebody may have put there what is no folder.
    before: isFolder(target.entries.get(name)) ? from : undefined,
    after: offer.part,
    sourceBefore: newest === undefined ? undefined : there?.at(newest),
    sourceAfter: offer.part === undefined ? undefined : offer.vouched,
  };
}

type ObjectFacts = Pick<Item, 'too' | 'only' | 'illegible' | 'excused' | 'files'>;

/** What changes in the objects of each app, and what of it the source ran too. */
async function objectChanges(mirror: Mirror, telling: Telling): Promise<Map<string, ObjectFacts>> {
  const all = telling.steps.filter(({ name }) => name !== pipelineFile).map((step) => sidesOf(telling, step));
  const ids = all.flatMap(({ before, after, sourceBefore, sourceAfter }) => [before, after, sourceBefore, sourceAfter]);
  const trees = await readTrees(mirror.git, new Set(ids.filter((id) => id !== undefined)));
  const filesOf = (id: ObjectId | undefined): Files => trees.get(id ?? '') ?? new Map();
  const asked = all.map((sides) => {
    const [before, after] = [filesOf(sides.before), filesOf(sides.after)];
    const names = changedIn(before, after);
    return {
      name: sides.name,
      names,
      target: [before, after] as const,
      source: [filesOf(sides.sourceBefore), filesOf(sides.sourceAfter)] as const,
    };
  });
  const texts = await mirror.blobs(
    asked.flatMap(({ names, target, source }) =>
      [...target, ...source].flatMap((files) => names.flatMap((file) => blobOf(files.get(file)) ?? [])),
    ),
  );
  // The parser is loaded where there is something to read.
  const { parsed } = texts.size > 0 ? await import('./parsed.ts') : { parsed: () => undefined };
  const manifestOf = (entry: Entry | undefined): Manifest | undefined => {
    const bytes = texts.get(blobOf(entry) ?? '');
    return bytes && manifestIn(parsed(bytes));
  };
  return new Map(
    asked.map(({ name, names, target, source }) => {
      const textOf = (entry: Entry | undefined) => texts.get(blobOf(entry) ?? '')?.toString();
      /** What changed between two sides; most of it is not parsed. */
      const between = ([old, now]: readonly [Files, Files]) => {
        const compared = names.map((file) => {
          const [was, is] = [textOf(old.get(file)), textOf(now.get(file))];
          return { file, told: was === undefined || is === undefined ? undefined : lineDifference(was, is) };
        });
        const others = compared.flatMap(({ file, told }) => (told ? [] : [file]));
        const manifests = (files: Files) => others.flatMap((file) => manifestOf(files.get(file)) ?? []);
        return {
          others,
          before: manifests(old),
          after: manifests(now),
          told: compared.flatMap(({ told }) => told ?? []),
        };
      };
      const [here, there] = [between(target), between(source)];
      const { before, after, others } = here;
      const illegible = others.filter((file) =>
        target.some((files) => files.has(file) && manifestOf(files.get(file)) === undefined),
      );
      const changed = ({ before, after, told }: typeof here) => [...differences(before, after), ...told].sort(byObject);
      const found: ObjectFacts = {
        ...ranToo(changed(here), changed(there)),
        illegible,
        excused: newlyExcused(telling, name, before, after),
        // What the edit did, seen from what takes it back.
        files: compareFiles(target[1], target[0]),
      };
      return [name, found];
    }),
  );
}

/** Files of objects that are not the same on both sides. */
const changedIn = (before: Files, after: Files): string[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => file !== metadataFile && before.get(file)?.id !== after.get(file)?.id)
    .sort();

/** The content of a file; a link or another repository has none that is ours to read. */
const blobOf = (entry: Entry | undefined) => (entry && /^100/.test(entry.mode) ? entry.id : undefined);

/** An object; undefined for what is none. */
function manifestIn(value: unknown): Manifest | undefined {
  if (!isMapping(value) || typeof value.apiVersion !== 'string' || typeof value.kind !== 'string') return undefined;
  return isMapping(value.metadata) && typeof value.metadata.name === 'string'
    ? (value as unknown as Manifest)
    : undefined;
}

function newlyExcused(
  { published, environment }: Telling,
  app: string,
  before: readonly Manifest[],
  after: readonly Manifest[],
): NewExcuse[] {
  const idOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`;
  const old = new Map(before.map((manifest) => [idOf(manifest), excusedIn(manifest)]));
  const excuses = published.outlines[app]?.excuses ?? [];
  return after.flatMap((manifest) => {
    const object = idOf(manifest);
    const policies = excusedIn(manifest).filter((policy) => policy !== '' && !old.get(object)?.includes(policy));
    return policies.map((policy): NewExcuse => {
      const covers = (one: (typeof excuses)[number]) =>
        one.policy === policy && (one.object ?? object) === object && one.in.includes(environment);
      return { object, policy, excuse: excuses.find(covers) };
    });
  });
}

/** Who brought what stands of those that were taken back or edited, by app. */
async function deedsOf({ git }: Mirror, { kind, steps, held, target }: Telling): Promise<Map<string, Deed>> {
  const told = kind === 're-apply' || kind === 'repair' ? [...steps, ...held] : held;
  const commits = told.flatMap(({ name }) => {
    const commit = target.course.of(name)[0]?.commit;
    return commit === undefined ? [] : [{ name, commit }];
  });
  const deeds = await readDeeds(
    git,
    commits.map(({ commit }) => commit),
  );
  return new Map(
    commits.flatMap(({ name, commit }) => {
      const deed = deeds.get(commit);
      return deed ? [[name, deed]] : [];
    }),
  );
}

type Ends = { readonly from: Metadata | undefined; readonly to: Metadata | undefined };

/** What stands of each held app, and what re-applying it would bring. */
async function returning(mirror: Mirror, { held }: Telling): Promise<Map<string, Ends>> {
  const ends = held.map(({ name, from, offer, state }) => ({ name, from, to: offer.part ?? state.heldBelow }));
  const metadata = await metadataOf(
    mirror,
    ends.flatMap(({ from, to }) => [from, to].filter((part) => part !== undefined)),
  );
  return new Map(
    ends.map(({ name, from, to }) => [name, { from: metadata.get(from ?? ''), to: metadata.get(to ?? '') }]),
  );
}

/** The commits of `main` that made the difference: of the steps told, of what is held counted. */
async function commitsOf(
  { git, refs }: Mirror,
  { steps, chain, published, held: taken, rendered, environment }: Telling,
  back: ReadonlyMap<string, Ends>,
): Promise<{ chapters: Chapter[]; counts: Map<string, number> }> {
  const tip = refs.get(head(main));
  const newestFirst = tip === undefined ? [] : await git.lines(['rev-list', '--first-parent', tip]);
  const places = new Map(newestFirst.map((commit, index) => [commit, newestFirst.length - index]));
  const { commits, timelines } = rendered;
  const publishes = new Map(
    [...steps, ...taken].map(({ name, from, offer, state }) => {
      const timeline = timelines.get(`${environment}/${name}`);
      const to = offer.part ?? state.heldBelow;
      const parts = from === undefined || to === undefined ? [] : (timeline?.between(from, to) ?? []);
      return [name, parts.map((part) => timeline?.place(part) ?? 0)];
    }),
  );
  const asked = [...publishes.values()]
    .flat()
    .flatMap((index) => [commits[index - 1] ?? [], commits[index] ?? []].flat());
  const dry = await readPublishes(git, asked);
  const placeOf = (index: number) => places.get(dry.get(commits[index] ?? '') ?? '');
  const stretch = (name: string, { from, to }: Ends): Stretch[] => {
    const [start, end] = [places.get(from?.drySha ?? ''), places.get(to?.drySha ?? '')];
    // What was not there comes with all of its history, which says nothing of a difference.
    if (start === undefined || end === undefined || start >= end || from?.removed) return [];
    const spans = publishes.get(name)?.map((index) => [placeOf(index - 1) ?? start, placeOf(index) ?? end] as const);
    return [{ name, from: start, to: end, build: published.images[name]?.build, spans }];
  };
  const moved = steps.flatMap(({ name }) => stretch(name, { from: chain.from.get(name), to: chain.to.get(name) }));
  const held = [...back].flatMap(([name, ends]) => stretch(name, ends));
  const all = [...moved, ...held];
  if (all.length === 0) return { chapters: [], counts: new Map() };
  const [oldest, newest] = all.reduce(
    ([low, high], { from, to }) => [Math.min(low, from), Math.max(high, to)],
    [Number.POSITIVE_INFINITY, 0],
  );
  const range = newestFirst.slice(newestFirst.length - newest, newestFirst.length - oldest);
  const read = await readMain(git, range);
  const placed = range.flatMap((sha) => {
    const commit = read.get(sha);
    return commit ? [[places.get(sha) as number, commit] as const] : [];
  });
  const counts = held.map((one): [string, number] => {
    const own = chaptersOf([one], placed).flatMap(({ stories }) => stories);
    return [one.name, own.reduce((sum, { revert }) => sum + (revert ? 2 : 1), 0)];
  });
  return { chapters: chaptersOf(moved, placed), counts: new Map(counts) };
}

/** The apps that kept what the target would run from ever running together in the source. */
function apartIn(telling: Telling): string[] {
  const { kind, rendered, environment, source, target, sourceHistory, steps } = telling;
  // A repair brings back what stood there.
  if (!sourceHistory || kind === 'repair') return [];
  const vector = new Map(
    [...target.entries].filter(([, entry]) => isFolder(entry)).map(([name, { id }]) => [name, id]),
  );
  for (const { name, offer } of steps)
    if (offer.part !== undefined && name !== pipelineFile) vector.set(name, offer.part);
  return missingTogether({
    vector,
    moved: new Set(steps.map(({ name }) => name)),
    targetTimeline: (app) => rendered.timelines.get(`${environment}/${app}`),
    sourceTimeline: (app) => rendered.timelines.get(`${source}/${app}`),
    length: rendered.commits.length,
    standings: sourceHistory.course.standings,
  });
}
