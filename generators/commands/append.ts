import { placeOnMain } from '../git/dry.ts';
import type { Mirror } from '../git/mirror.ts';
import { readPresent } from '../git/present.ts';
import { readPublished } from '../git/published.ts';
import { push } from '../git/push.ts';
import { signs } from '../git/signature.ts';
import { sourcesAt } from '../git/sources.ts';
import { PartStore } from '../git/store.ts';
import { sign, writtenAt } from '../git/write.ts';
import type { Bundle } from '../model/bundle.ts';
import { checkClaims, checkKeys } from '../model/claims.ts';
import { formatImage, type ImageReference } from '../model/image.ts';
import type { Published } from '../model/metadata.ts';
import { head, main, rendered } from '../model/names.ts';
import { commitId } from '../model/object-id.ts';
import type { Part, StoredPart } from '../model/part.ts';
import { composePublication, type Present, type Publication } from '../model/publication.ts';
import { Refusal } from '../model/refusal.ts';
import type { ObjectId } from '../model/timeline.ts';
import { adopt } from './adopt.ts';
import { type EnvironmentResult, follow, followed } from './advance.ts';
import { type Basis, basisOf, leaving, renderOn } from './bundle.ts';
import type { Context, Timings } from './context.ts';
import type { Hydration } from './hydrate-commit.ts';
import { impossibleIn, isOtherwiseFixed, retain } from './impossible.ts';
import type { PublishRequest, PublishResult } from './publish.ts';
import { unexplainedRemovals } from './removals.ts';

/** One publish, from its first attempt to its last. */
export interface Work extends PublishRequest {
  readonly dry: string;
  /** Renders, where no bundle is given. */
  readonly hydration: Hydration | undefined;
  /** Rendered once, however often the race for the branch is lost; its files are in the mirror by then. */
  rendered: Bundle<StoredPart> | undefined;
  /** Texts of files that are on their way there, by id: until the import has ended, git gives back nothing of it. */
  readonly written: Map<ObjectId, string>;
}

export interface Appended {
  /** The commit of `rendered` that the environments are to follow. */
  readonly tip: string;
  readonly result: Omit<PublishResult, 'environments'>;
  /** What became of the environments, where they followed in the same push. */
  readonly environments?: readonly EnvironmentResult[] | undefined;
}

type Timed = Context & { readonly timings: Timings };

/**
 * Appends a dry commit to `rendered`, as far as the remote was seen.
 * @returns `stale` when somebody else was faster: then all is to be decided anew
 * @throws {Refusal} for a commit that may not be published, a bundle that is not one, or a remote that refuses
 */
export async function append(context: Timed, mirror: Mirror, work: Work): Promise<Appended | 'stale'> {
  const { git } = mirror;
  const { timings } = context;
  const { dry, images } = work;
  const tip = mirror.refs.get(head(rendered));
  const place = placeOnMain(git, dry, mirror.refs.get(head(main)), readPublished(mirror, tip));
  const order = await timings.of('git: order on main', place);
  if (tip !== undefined && order.is !== 'newer') {
    if (order.is === 'superseded')
      return { tip, result: { outcome: 'superseded', drySha: dry, by: order.by, changed: [], kept: [] } };
    refuseOtherDigests(dry, order.published, images, work.bundle);
    return { tip, result: { outcome: 'unchanged', drySha: dry, changed: [], kept: [] } };
  }

  const basis = await timings.of('git: what depends on what', basisOf(mirror, { dry, base: tip, images }));
  const { taken, base, kept } = work.rendered ?? work.bundle ?? { ...basis, kept: [] };
  // What is taken over stands on an older commit than the newest.
  const moved = taken.length > 0 && base !== tip;
  const standing = (left: ReadonlySet<string>) => readPresent(mirror, tip, (app) => !left.has(app));
  const left = new Set([...(moved ? [] : taken), ...kept.map(({ app }) => app)]);
  const reading = timings.of('git: read rendered', standing(left));
  // Whoever needs it hears of it.
  reading.catch(() => {});
  const store = new PartStore(git, mirror.format, reading);
  try {
    const take = async (part: Part) => {
      const stored = await store.add(part);
      if (isOtherwiseFixed(part, await reading)) retain(work.written, part, stored);
      return stored;
    };
    work.rendered ??= await bundleOf(work, basis, take);
    await store.flush();
    // Only the render says that an app whose folder is still there was taken out.
    const apps = new Set(work.rendered.summary.apps);
    const out = [...left].some((app) => !apps.has(app));
    const present = out ? await standing(new Set([...left].filter((app) => apps.has(app)))) : await reading;
    const adopted = moved ? await adopt(mirror, work.rendered, present) : { parts: [], published: present.published };
    const moving = [...work.rendered.parts, ...adopted.parts];
    const impossible = await impossibleIn(mirror, moving, present, work.written);
    const bundle = leaving(work.rendered, impossible, work.keepGoing);
    const publication = await timings.of('compare', compose(mirror, { basis, bundle, present, adopted }));
    const removals = await unexplainedRemovals(mirror, tip, publication);
    if (removals.length > 0) throw new Refusal(`${removals.join('\n')}\nNothing was published.`);
    return await write(context, mirror, store, { tip, present, publication, work, bundle });
  } catch (error) {
    await store.writer.abandon();
    throw error;
  }
}

/** What is published, its files on their way into the object database. */
async function bundleOf(
  { bundle, hydration, keepGoing }: Work,
  basis: Basis,
  take: (part: Part) => Promise<StoredPart>,
): Promise<Bundle<StoredPart>> {
  if (hydration) return renderOn(basis, hydration, { keepGoing, take });
  if (!bundle) throw new Error('there is nothing to publish');
  const parts: StoredPart[] = [];
  for (const part of bundle.parts) parts.push(await take(part));
  return { ...bundle, parts };
}

interface Composing {
  readonly basis: Basis;
  readonly bundle: Bundle<StoredPart>;
  readonly present: Present;
  /** What is taken over from the base of the bundle, where `rendered` has moved since. */
  readonly adopted: Awaited<ReturnType<typeof adopt>>;
}

async function compose(mirror: Mirror, { basis, bundle, present, adopted }: Composing): Promise<Publication> {
  const { git, refs } = mirror;
  const { sources, builds } = basis;
  const { published } = present;
  const tip = refs.get(head(rendered));
  const before = published && (await git.commit(published.drySha));
  if (published && before) checkKeys(published, await sourcesAt(git, before), tip ?? '');
  checkClaims(bundle, sources, builds, adopted.published);
  return composePublication(
    bundle,
    sources,
    { ...present, ...(adopted.published ? { published: adopted.published } : {}) },
    adopted.parts.filter(({ app }) => bundle.taken.includes(app)),
  );
}

interface Composed {
  readonly tip: string | undefined;
  readonly bundle: Bundle<StoredPart>;
  readonly present: Present;
  readonly publication: Publication;
  readonly work: Work;
}

/** Writes a publication and moves the branches: in one push, where the first environments simply follow. */
async function write(
  context: Timed,
  mirror: Mirror,
  store: PartStore,
  { tip, bundle, present, publication, work }: Composed,
): Promise<Appended | 'stale'> {
  const { git, format } = mirror;
  const { timings } = context;
  const { commit, tree, changed } = publication;
  const by = writtenAt(context.now());
  // What stood on an older commit of rendered is fetched in one go; left alone, git would do it one by one.
  await mirror.blobs(store.missing(commit));
  await store.writer.commits(tip, [commit], by);
  const composed = commitId(format, { tree, parent: tip, by, message: commit.message });
  const signing = await signs(git);
  // A signature changes the commit's id, which those who follow name.
  const following = signing ? undefined : await follow(mirror, { tip: composed, publication, present });
  for (const { from, chain } of following ?? []) await store.writer.commits(from, chain.commits, by);
  const [written, ...chained] = await timings.of('git: import, what is left of it', store.writer.end());
  if (written !== composed) throw new Error(`git wrote ${written}, and ${composed} was composed`);
  const to = signing ? ((await sign(git, tip, [composed], [commit], by))[0] as string) : composed;
  const moves = (following ?? []).flatMap(({ ref, from, chain }) => {
    const end = chained.splice(0, chain.commits.length).at(-1);
    return end === undefined ? [] : [{ ref, from, to: end }];
  });
  const all = [{ ref: head(rendered), from: tip, to }, ...moves];
  if (!work.dryRun && (await timings.of('git: push', push(mirror, all))) === 'stale') return 'stale';
  const kept = bundle.kept.map(({ app, message }) => ({ app, message }));
  const environments = following && followed(publication.published.environments, following);
  return { tip: to, result: { outcome: 'published', drySha: work.dry, changed, kept }, environments };
}

/** Publishing a commit again is no news; publishing it with another image would make two histories of one commit. */
function refuseOtherDigests(
  dry: string,
  published: Published,
  images: ReadonlyMap<string, ImageReference>,
  bundle: Bundle | undefined,
): void {
  const given = [...images].map(([app, image]) => [app, formatImage(image)] as const);
  const named = Object.entries(bundle?.summary.images ?? {}).map(([app, { reference }]) => [app, reference] as const);
  for (const [app, image] of [...given, ...named]) {
    const known = published.images[app]?.reference;
    if (known !== undefined && image !== undefined && known !== image) {
      throw new Refusal(
        `${dry} was published with ${app}=${known}; it cannot have a second image. Make a new commit and publish that.`,
      );
    }
  }
}
