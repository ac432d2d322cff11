import { deedsBehind, readMain, readPublishes } from '../git/chronicle.ts';
import { foldersIn, metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { type Chapter, chaptersOf, type Stretch } from '../model/commits.ts';
import type { Vouching } from '../model/gate.ts';
import type { Metadata, Published } from '../model/metadata.ts';
import { head, main, pipelineFile } from '../model/names.ts';
import type { Warning } from '../model/part.ts';
import type { Step } from '../model/promotion.ts';
import { type Deed, type Held, type Item, type RequestKind, type RequestText, requestText } from '../model/request.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import { missingTogether } from '../model/together-before.ts';
import { versionOf } from '../model/words.ts';
import type { Chain } from './chain.ts';
import type { Moving } from './changed-files.ts';
import { alongWays, irreversibleIn } from './irreversible.ts';
import { objectChanges } from './object-changes.ts';

/** What a request is told from. */
export interface Telling extends Moving {
  readonly kind: RequestKind;
  readonly published: Published;
  readonly sourceHistory: EnvironmentHistory | undefined;
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
  const returned = returning(mirror, telling);
  const [along, objects, deeds, back, { chapters, counts }] = await Promise.all([
    alongWays(mirror, rendered, environment, ways),
    objectChanges(mirror, telling),
    deedsOf(mirror, telling),
    returned,
    returned.then((ends) => commitsOf(mirror, telling, ends)),
  ]);
  const apart = apartIn(telling);

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
      warns: newWarnings(from, to),
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

/** What policies warn of at the end of a way, and did not at its beginning. */
function newWarnings(from: Metadata | undefined, to: Metadata | undefined): readonly Warning[] {
  // Of an edited part the provenance may be anything.
  const known: readonly (Warning | null)[] = Array.isArray(from?.warns) ? from.warns : [];
  const isKnown = ({ policy, object }: Warning) => known.some((one) => one?.policy === policy && one.object === object);
  return (to?.warns ?? []).filter((one) => !isKnown(one));
}

/** Who brought what stands of those that were taken back or edited, by app. */
async function deedsOf({ git }: Mirror, { kind, steps, held, target }: Telling): Promise<Map<string, Deed>> {
  const told = kind === 're-apply' || kind === 'repair' ? [...steps, ...held] : held;
  return deedsBehind(
    git,
    target.course,
    told.map(({ name }) => name),
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
  const vector = foldersIn(target.entries);
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
