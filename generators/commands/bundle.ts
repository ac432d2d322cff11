import type { Git } from '../git/git.ts';
import { type Reader, readPublished } from '../git/published.ts';
import { buildsAt, programIn, sourcesAt } from '../git/sources.ts';
import type { Bundle } from '../model/bundle.ts';
import { formatImage, type ImageReference } from '../model/image.ts';
import { keyOf, type Sources, sourceKey } from '../model/key.ts';
import type { Published } from '../model/metadata.ts';
import type { Build, Failure, Part } from '../model/part.ts';
import { outlinesOf, withoutImage } from '../model/publication.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { checkTogether } from '../model/together.ts';
import { uncommitted as dirty } from '../model/words.ts';
import { type Hydrated, Hydration } from './hydrate-commit.ts';
import { Progress } from './progress.ts';

/** What is to be rendered, and what it stands on. */
export interface Basis {
  readonly dry: string;
  /** The commit of `rendered` whose parts may be taken over; undefined renders everything. */
  readonly base: string | undefined;
  readonly sources: Sources;
  readonly builds: Readonly<Record<string, Build>>;
  /** What was published last. */
  readonly newest: Published | undefined;
  /** Apps whose parts are what was published last, since all that they depend on is. */
  readonly taken: readonly string[];
  /** Digests given by hand, by app. */
  readonly given: Readonly<Record<string, string>>;
  /** What was published before, newest first. */
  readonly older: AsyncIterable<Published>;
}

export interface BasisRequest {
  readonly dry: string;
  readonly base: string | undefined;
  /** Digests given by hand, by app. */
  readonly images: ReadonlyMap<string, ImageReference>;
  /** The commit that a work tree stands on, where `dry` is what is saved there. */
  readonly uncommitted?: string | undefined;
  /** What its images are built from, where that is known: counting versions reads history. */
  readonly builds?: Basis['builds'] | undefined;
}

/**
 * Finds out what of a dry commit has to be rendered: an app whose key is what was published last is taken over.
 * @param reader where the commit and `rendered` are read
 * @throws {Refusal} when it is no commit of a Slipway repository
 */
export async function basisOf(reader: Reader, request: BasisRequest): Promise<Basis> {
  return basisAmong(reader.git, request, readPublished(reader, request.base));
}

/** The same where what was published is given, newest first: it need stand on no branch. */
export async function basisAmong(
  git: Git,
  { dry, base, images, uncommitted = dry, builds: known }: BasisRequest,
  older: AsyncGenerator<Published, undefined>,
): Promise<Basis> {
  const [sources, found, newest] = await Promise.all([
    sourcesAt(git, dry),
    known ?? buildsAt(git, dry),
    older.next().then(({ value }) => value),
  ]);
  const builds = uncommitted === dry ? found : marked(found, dry, uncommitted);
  const given = Object.fromEntries([...images].map(([app, image]) => [app, formatImage(image)]));
  const taken = newest ? takenFrom(newest, sources, builds, given) : [];
  return { dry, base, sources, builds, newest, taken, given, older };
}

export interface Rendering<P extends Pick<Part, 'app'>> {
  /** An app that fails keeps its parts, and the others go on. */
  readonly keepGoing?: boolean | undefined;
  /** Render also what has no image yet: to be looked at. */
  readonly unbuilt?: boolean | undefined;
  /** What is kept of a part, as soon as it is there. */
  readonly take: (part: Part) => P | Promise<P>;
}

/**
 * The render half: what a dry commit is everywhere. It needs no network and no credential.
 * @throws {Misuse} when an app's definition is wrong. @throws {Refusal} when one cannot be rendered
 */
export async function renderOn<P extends Pick<Part, 'app'>>(
  basis: Basis,
  hydration: Hydration,
  rendering: Rendering<P>,
): Promise<Bundle<P>> {
  const { sources, builds, newest, taken, given, older } = basis;
  if (newest && nothingChanged(newest, sources, taken, given)) return unchanged(basis, newest);

  const known: Record<string, Record<string, string>> = {};
  // The newest publish knows the image of a folder that nobody touched; only for an older tree is history read.
  remember(known, newest);
  const again = new Set(taken);
  const apps = [...sources.apps.keys()].filter((app) => !again.has(app));
  const progress = new Progress('rendering', apps.length);
  const take: typeof rendering.take = (part) => {
    progress.done(part.app);
    return rendering.take(part);
  };
  const input = { program: programIn(sources), builds, images: given, known, taken };
  const render = () => hydration.render({ input, apps, take, appsAt: basis.dry }).finally(() => progress.end());
  let hydrated = await render();
  if (missing(hydrated).some(({ app, tree }) => !known[app]?.[tree])) {
    for await (const published of older) {
      remember(known, published);
      if (missing(hydrated).every(({ app, tree }) => known[app]?.[tree])) break;
    }
    if (missing(hydrated).some(({ app, tree }) => known[app]?.[tree])) hydrated = await render();
  }
  return settle(hydrated, basis, rendering);
}

/** The render half by itself. */
export async function renderBundle(
  reader: Reader,
  { say, ...rendering }: Omit<Rendering<Part>, 'take'> & BasisRequest & { readonly say: (line: string) => void },
): Promise<Bundle> {
  const uncommitted = rendering.uncommitted !== undefined;
  const hydration = new Hydration(reader.git, rendering.dry, say, { uncommitted });
  try {
    return await renderOn(await basisOf(reader, rendering), hydration, { ...rendering, take: (part) => part });
  } finally {
    hydration.close();
  }
}

/** A build of what nobody committed says so wherever it is named. */
const marked = (builds: Basis['builds'], saved: string, head: string): Basis['builds'] =>
  Object.fromEntries(
    Object.entries(builds).map(([folder, build]) => [
      folder,
      build.commit === saved ? { ...build, version: dirty(build.version), commit: dirty(head) } : build,
    ]),
  );

/** The apps whose parts are what was published last, since all that they depend on is. */
function takenFrom(
  newest: Published,
  sources: Sources,
  builds: Readonly<Record<string, Build>>,
  given: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(newest.keys).filter((app) => {
    const before = newest.images[app];
    const build = before && builds[before.build];
    if (before && build?.tree !== before.tree) return false;
    const built = before && build ? { ...build, reference: given[app] ?? before.reference } : undefined;
    if (given[app] && !built) return false;
    return newest.keys[app] === keyOf(sources, app, built);
  });
}

/** Whether there is nothing that a render could say anew. */
const nothingChanged = (
  newest: Published,
  sources: Sources,
  taken: readonly string[],
  given: Readonly<Record<string, string>>,
): boolean =>
  newest.source === sourceKey(sources) &&
  newest.kept.length === 0 &&
  taken.length === Object.keys(newest.keys).length &&
  Object.keys(given).every((app) => taken.includes(app));

const unchanged = ({ dry, base, taken }: Basis, newest: Published): Bundle<never> => ({
  drySha: dry,
  base,
  parts: [],
  taken,
  kept: [],
  summary: {
    repository: newest.repository,
    environments: newest.environments,
    apps: taken,
    pipelines: {},
    images: {},
    removed: newest.removed,
    outlines: {},
    node: newest.node,
  },
});

const missing = ({ summary }: Pick<Hydrated, 'summary'>) =>
  Object.entries(summary.images).flatMap(([app, { reference, tree }]) => (reference ? [] : [{ app, tree }]));

function remember(known: Record<string, Record<string, string>>, published: Published | undefined): void {
  for (const [app, { tree, reference }] of Object.entries(published?.images ?? {})) {
    const trees = known[app] ?? {};
    // What was only looked at had a name, and no image.
    if (reference.includes('@')) trees[tree] ??= reference;
    known[app] = trees;
  }
}

/** What failed stops everything, or is kept as it was. */
function settle<P extends Pick<Part, 'app'>>(
  hydrated: Hydrated<P>,
  { dry, base, taken, newest }: Basis,
  { keepGoing, unbuilt }: Rendering<P>,
): Bundle<P> {
  const imageless = unbuilt
    ? []
    : missing(hydrated).map(({ app, tree }): Failure => ({ app, message: withoutImage(app, tree, dry), exitCode: 1 }));
  const failing = [...hydrated.failed, ...imageless];
  const failed = new Set(failing.map(({ app }) => app));
  const outlines = outlinesOf({ summary: hydrated.summary, taken, kept: failing }, newest);
  const together = checkTogether(hydrated.summary.apps, outlines).filter(({ app }) => !failed.has(app));
  const { parts, summary } = hydrated;
  const still = taken.filter((app) => summary.apps.includes(app));
  return leaving({ drySha: dry, base, parts, taken: still, kept: [], summary }, [...failing, ...together], keepGoing);
}

/**
 * A bundle whose failing apps stay as they were.
 * @throws {Misuse} when they are not to be left: their definitions are wrong. @throws {Refusal} for any other reason
 */
export function leaving<P extends Pick<Part, 'app'>>(
  bundle: Bundle<P>,
  failing: readonly Failure[],
  keepGoing: boolean | undefined,
): Bundle<P> {
  if (failing.length === 0) return bundle;
  if (!keepGoing) {
    const text = failing.map(({ message }) => message).join('\n');
    if (failing.every(({ exitCode }) => exitCode === 2))
      throw new Misuse(`${text}\nNothing was written; correct the definition and run again.`);
    throw new Refusal(`${text}\nNothing was published; --keep-going would publish the other apps.`);
  }
  const left = new Set(failing.map(({ app }) => app));
  return {
    ...bundle,
    parts: bundle.parts.filter(({ app }) => !left.has(app)),
    taken: bundle.taken.filter((app) => !left.has(app)),
    kept: [...bundle.kept, ...failing],
  };
}
