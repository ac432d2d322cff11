import { GitError } from '../git/git.ts';
import { treeChanges } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { readPresent } from '../git/present.ts';
import { publishedAt } from '../git/published.ts';
import { buildsAt, programIn, sourcesAt } from '../git/sources.ts';
import { PartStore } from '../git/store.ts';
import { writtenAt } from '../git/write.ts';
import type { Bundle } from '../model/bundle.ts';
import type { Sources } from '../model/key.ts';
import type { Published } from '../model/metadata.ts';
import { head, main, publishedFile, rendered } from '../model/names.ts';
import { blobId } from '../model/object-id.ts';
import type { StoredPart } from '../model/part.ts';
import { composePublication, type Present } from '../model/publication.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { risenFromOldest } from '../model/risen.ts';
import { judgeFile, type TreeChange, type Verdict, type Verification } from '../model/verdict.ts';
import { short } from '../model/words.ts';
import type { Basis } from './bundle.ts';
import { type Hydrated, Hydration } from './hydrate-commit.ts';
import { Progress } from './progress.ts';
import { judgeSignatures } from './verify-signatures.ts';

export interface Range {
  /**
   * A dry commit or a commit of `rendered`, after which what came is rendered again; or `8d`, for what was published in
   * the last 8 days. @default from the beginning
   */
  readonly since?: string | undefined;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly say: (line: string) => void;
}

/**
 * Proves `rendered` by publishing every commit of it again, all apps and without keys, on what stood before it: the
 * trees must be equal.
 * @throws {Misuse} when `since` is neither
 */
export async function verifyRendered(mirror: Mirror, { since, now, say }: Range): Promise<Verification> {
  const { git, refs } = mirror;
  const tip = refs.get(head(rendered));
  if (!tip) throw new Refusal(`Nothing was published at ${mirror.address} yet: there is nothing to verify.`);
  const chain = await git.lines(['rev-list', '--first-parent', '--reverse', tip]);
  const source = refs.get(head(main));
  const dries = source ? await git.lines(['rev-list', '--first-parent', '--reverse', source]) : [];
  const places = new Map(dries.map((commit, index) => [commit, index]));
  const first = since === undefined ? 0 : (await placeOf(mirror, chain, since, now)) + 1;
  // Asked for by what is wrong alone: it walks the whole branch.
  let walked: ReturnType<typeof everyBlob> | undefined;
  const seen = () => {
    walked ??= everyBlob(mirror, chain);
    return walked;
  };
  const verdicts: Verdict[] = [];
  let proven = 0;
  let good: string | undefined;
  const progress = new Progress('proving publishes:', chain.length - first);
  for (const [index, commit] of chain.entries()) {
    if (index < first) continue;
    progress.done(commit);
    const parent = chain[index - 1];
    const tree = await git.text(['rev-parse', `${commit}^{tree}`]);
    // Whoever took a change back restored what was proven.
    const found = tree === good ? [] : await judge(mirror, { commit, parent, places, seen, say });
    verdicts.push(...found);
    if (found.length > 0) continue;
    proven++;
    good = tree;
  }
  progress.end();
  const signatures = await judgeSignatures(mirror, chain, chain.slice(first));
  return { branch: rendered, tip, proven, verdicts: [...verdicts, ...signatures.verdicts], notes: signatures.notes };
}

async function placeOf(mirror: Mirror, chain: readonly string[], since: string, now: number): Promise<number> {
  // As short as that, a hash is never cut.
  const days = /^(\d{1,2})d$/.exec(since)?.[1];
  if (days !== undefined) return lastBefore(mirror, chain, now - Number(days) * 86_400_000);
  const commit = await mirror.git.commit(since);
  const own = commit === undefined ? -1 : chain.indexOf(commit);
  if (own >= 0) return own;
  for (const [index, candidate] of chain.entries()) {
    const published = await publishedAt(mirror, candidate).catch(refusal);
    if (published && !(published instanceof Refusal) && published.drySha === commit) return index;
  }
  throw new Misuse(`--since ${since}: neither a commit of ${rendered} nor a commit that was published.`);
}

/**
 * The last commit from before a moment, -1 where there is none. Whoever puts something into `rendered` writes its date
 * as well, so that an old date counts no more than that of what it stands on.
 */
async function lastBefore({ git }: Mirror, chain: readonly string[], moment: number): Promise<number> {
  const tip = chain.at(-1) as string;
  const dates = await git.lines(['log', '--first-parent', '--reverse', '--format=%ct', tip]);
  return risenFromOldest(dates.map((seconds) => Number(seconds) * 1000)).findLastIndex((time) => time < moment);
}

/** What is wrong with a commit is an answer; a git that fails is none. */
function refusal(error: unknown): Refusal {
  if (error instanceof Refusal && !(error instanceof GitError)) return error;
  throw error;
}

/** Every file that ever stood at a path of `rendered`, by path: to tell what was moved about from what was made up. */
async function everyBlob({ git }: Mirror, chain: readonly string[]): Promise<Map<string, Map<string, number>>> {
  const seen = new Map<string, Map<string, number>>();
  let before: string | undefined;
  for (const commit of chain) {
    for (const { path, is } of await treeChanges(git, before, commit)) {
      if (!is) continue;
      const ids = seen.get(path) ?? new Map<string, number>();
      seen.set(path, ids.set(is.id, (ids.get(is.id) ?? 0) + 1));
    }
    before = commit;
  }
  return seen;
}

interface Case {
  readonly commit: string;
  readonly parent: string | undefined;
  /** The place of every commit of `main`. */
  readonly places: ReadonlyMap<string, number>;
  /** How often each file stood at a path. */
  readonly seen: () => Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
  readonly say: (line: string) => void;
}

async function judge(mirror: Mirror, { commit, parent, places, seen, say }: Case): Promise<Verdict[]> {
  const { git, format } = mirror;
  const wrong = (fault: Verdict['fault'], says: string): Verdict => ({
    fault,
    path: `${short(commit)}:${publishedFile}`,
    says,
  });
  if ((await git.text(['rev-list', '--parents', '--max-count=1', commit])).split(' ').length > 2)
    return [wrong('foreign', 'the commit is a merge, and no publish')];
  const parsed = await publishedAt(mirror, commit).catch(refusal);
  if (parsed === undefined) return [wrong('missing provenance', 'it is not there')];
  if (parsed instanceof Refusal) return [wrong('forged provenance', parsed.message)];
  const earlier = parent ? await publishedAt(mirror, parent).catch(refusal) : undefined;
  const before = earlier instanceof Refusal ? undefined : earlier;
  const place = places.get(parsed.drySha);
  if (place === undefined) return [wrong('forged provenance', `${parsed.drySha} is not on main`)];
  const older = before && (places.get(before.drySha) ?? -1) > place;
  if (older) return [wrong('forged provenance', `${short(parsed.drySha)} is older than what was published before it`)];

  const dry = await Promise.all([sourcesAt(git, parsed.drySha), buildsAt(git, parsed.drySha)]).catch(refusal);
  if (dry instanceof Refusal) return [wrong('forged provenance', dry.message)];
  const [sources, builds] = dry;
  const render = () => renderAs(mirror, parsed, { sources, builds }, say);
  const hydrated = await render().catch(refusal);
  if (hydrated instanceof Refusal)
    return [wrong('forged provenance', `its dry commit cannot be rendered: ${hydrated.message}`)];
  const present = await readPresent(mirror, parent, () => true, true).catch(refusal);
  if (present instanceof Refusal) return [wrong('foreign', `what stood before it is not ours: ${present.message}`)];
  const expected = await publishAgain(mirror, { parent, published: parsed, sources, hydrated, present }).catch(refusal);
  if (expected instanceof Refusal) return [wrong('forged provenance', expected.message)];
  const changes = await treeChanges(git, expected, commit);
  if (changes.length === 0) return [];

  const again = await render();
  const unsteady = differing(hydrated, again);
  const nodes = parsed.node === hydrated.summary.node ? undefined : ([parsed.node, hydrated.summary.node] as const);
  const stood = await seen();
  const known = (change: TreeChange) => {
    const times = change.is ? (stood.get(change.path)?.get(change.is.id) ?? 0) : 0;
    const here = change.is && change.was ? 1 : 0;
    return times > here && change.is?.id !== blobId(format, '');
  };
  const found = changes.map((change) =>
    judgeFile({ ...change, unsteady: unsteady.has(change.path), known: known(change), nodes }),
  );
  // What follows from a changed manifest in the files that record it says nothing more.
  const cause = found.filter(({ fault }) => !fault.endsWith('provenance'));
  const shown =
    cause.length > 0 && cause.every(({ fault }) => fault === 'not deterministic' || fault === 'toolchain')
      ? cause
      : found;
  return shown.map((verdict) => ({ ...verdict, path: `${short(commit)}:${verdict.path}` }));
}

/** Renders everything of a dry commit, with the images that were published. */
async function renderAs(
  { git }: Mirror,
  published: Published,
  { sources, builds }: Pick<Basis, 'sources' | 'builds'>,
  say: (line: string) => void,
): Promise<Hydrated> {
  const { drySha } = published;
  const images = Object.entries(published.images).map(([app, { reference }]) => [app, reference] as const);
  const known = Object.fromEntries(
    images.map(([app, reference]) => [app, { [published.images[app]?.tree ?? '']: reference }]),
  );
  const hydration = new Hydration(git, drySha, say);
  try {
    const input = { program: programIn(sources), builds, images: {}, known, taken: [] };
    return await hydration.render({ input, apps: [...sources.apps.keys()], take: (part) => part });
  } finally {
    hydration.close();
  }
}

interface Again {
  readonly parent: string | undefined;
  readonly published: Published;
  readonly sources: Sources;
  readonly hydrated: Hydrated;
  /** What stood on `parent`. */
  readonly present: Present;
}

/** The tree that a publish of this render would have written on `parent`. */
async function publishAgain(
  { git, format }: Mirror,
  { parent, published, sources, hydrated, present }: Again,
): Promise<string> {
  const failing = hydrated.failed.map(({ app }) => app);
  const imageless = Object.entries(hydrated.summary.images).flatMap(([app, { reference }]) => (reference ? [] : [app]));
  const kept = [...new Set([...failing, ...imageless])].map((app) => ({ app, message: '', exitCode: 1 }));
  const parts = hydrated.parts.filter(({ app }) => !kept.some((failure) => failure.app === app));
  const store = new PartStore(git, format, Promise.resolve(present));
  try {
    const stored: StoredPart[] = [];
    for (const part of parts) stored.push(await store.add(part));
    await store.flush();
    const bundle: Bundle<StoredPart> = {
      drySha: published.drySha,
      base: parent,
      parts: stored,
      taken: [],
      kept: kept.sort((a, b) => published.kept.indexOf(a.app) - published.kept.indexOf(b.app)),
      summary: { ...hydrated.summary, node: published.node },
    };
    const { commit } = composePublication(bundle, sources, present);
    await store.writer.commits(parent, [commit], writtenAt(0));
    return (await store.writer.end())[0] as string;
  } catch (error) {
    await store.writer.abandon();
    throw error;
  }
}

/** Paths of the files that two renders disagree on. */
function differing(one: Hydrated, other: Hydrated): Set<string> {
  const texts = new Map<string, string>();
  for (const { environment, app, files } of one.parts)
    for (const [name, text] of Object.entries(files)) texts.set(`${environment}/${app}/${name}`, text);
  const found = new Set<string>();
  for (const { environment, app, files } of other.parts)
    for (const [name, text] of Object.entries(files))
      if (texts.get(`${environment}/${app}/${name}`) !== text) found.add(`${environment}/${app}/${name}`);
  return found;
}
