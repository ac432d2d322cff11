import { createHash } from 'node:crypto';
import { buildsAt, placeOnMain } from '../git/dry.ts';
import type { Git } from '../git/git.ts';
import { filesOf } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readPublished } from '../git/published.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import { formatImage, type ImageReference, parseImageArgument } from '../model/image.ts';
import type { Published } from '../model/metadata.ts';
import { environmentBranch, head, main, pipelineFile, rendered } from '../model/names.ts';
import type { Hydrated } from '../model/part.ts';
import { composePublication, type Publication } from '../model/publication.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import { advance, type EnvironmentResult } from './advance.ts';
import { type Context, untilSettled } from './context.ts';
import { hydrateCommit } from './hydrate-commit.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

export interface PublishRequest {
  /** The dry commit. @default HEAD of the checkout */
  readonly dry?: string | undefined;
  /** Digests by app. */
  readonly images: ReadonlyMap<string, ImageReference>;
  /** Say what would happen; move no branch. */
  readonly dryRun?: boolean | undefined;
}

export interface PublishResult {
  readonly outcome: 'published' | 'unchanged' | 'superseded';
  readonly drySha: string;
  /** The newer published commit, when superseded. */
  readonly by?: string;
  /** Parts that are new in `rendered`. */
  readonly changed: readonly string[];
  readonly environments: readonly EnvironmentResult[];
}

/**
 * Renders one dry commit for every environment, appends it to `rendered`, and moves the first environments. Any number
 * may run at once, and any may be killed: what is missing is done by the next run.
 * @throws {Misuse} for a commit or image that cannot be meant
 * @throws {Refusal} for a commit that may not be published, or a remote that refuses
 */
export async function publish(context: Context, request: PublishRequest): Promise<PublishResult> {
  const dry = await context.checkout.commit(request.dry ?? 'HEAD');
  if (!dry)
    throw new Misuse(
      `--dry ${request.dry ?? 'HEAD'} is not a commit of ${context.checkout.dir}; fetch it, or name another.`,
    );
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const appended = await untilSettled(mirror, () => append(context, mirror, dry, request));
    const environments = await untilSettled(mirror, () =>
      advance(context, mirror, appended.tip, request.dryRun ?? false),
    );
    return { ...appended.result, environments };
  } finally {
    await mirror.close();
  }
}

interface Appended {
  readonly tip: string;
  readonly result: Omit<PublishResult, 'environments'>;
}

async function append(
  context: Context,
  mirror: Mirror,
  dry: string,
  request: PublishRequest,
): Promise<Appended | 'stale'> {
  const { git } = mirror;
  const tip = mirror.refs.get(head(rendered));
  const order = await placeOnMain(git, dry, mirror.refs.get(head(main)), readPublished(mirror, tip));
  if (tip !== undefined && order.is !== 'newer') {
    if (order.is === 'superseded')
      return { tip, result: { outcome: 'superseded', drySha: dry, by: order.by, changed: [] } };
    refuseOtherDigests(dry, order.published, request.images);
    return { tip, result: { outcome: 'unchanged', drySha: dry, changed: [] } };
  }

  const hydrated = await hydrate(context, mirror, dry, tip, request.images);
  const publication = await compose(mirror, dry, tip, hydrated);
  const [commit] = await writeCommits(git, tip, [publication.commit], context.now());
  if (!commit) throw new Error('git wrote no commit');
  if (!request.dryRun && (await push(mirror, [{ ref: head(rendered), from: tip, to: commit }])) === 'stale')
    return 'stale';
  return { tip: commit, result: { outcome: 'published', drySha: dry, changed: publication.changed } };
}

/** Publishing a commit again is no news; publishing it with another image would make two histories of one commit. */
function refuseOtherDigests(dry: string, published: Published, images: ReadonlyMap<string, ImageReference>): void {
  for (const [app, image] of images) {
    const known = published.images[app]?.reference;
    if (known !== undefined && known !== formatImage(image)) {
      throw new Refusal(
        `${dry} was published with ${app}=${known}; it cannot have a second image. Make a new commit and publish that.`,
      );
    }
  }
}

/** Renders the commit; where a tree has no digest by hand, `rendered` is asked what was built from it before. */
async function hydrate(
  { checkout, say }: Context,
  mirror: Mirror,
  dry: string,
  tip: string | undefined,
  images: ReadonlyMap<string, ImageReference>,
): Promise<Hydrated> {
  const builds = await buildsAt(mirror.git, dry);
  const given = Object.fromEntries([...images].map(([app, image]) => [app, formatImage(image)]));
  const known: Record<string, Record<string, string>> = {};
  const input = { builds, images: given, known };
  // The newest publish knows the image of a folder that nobody touched; only for an older tree is history read.
  const history = readPublished(mirror, tip);
  remember(known, (await history.next()).value);
  const hydrated = await hydrateCommit(checkout, dry, input, say);
  const missing = () =>
    Object.entries(hydrated.images).filter(([app, { tree, reference }]) => !reference && !known[app]?.[tree]);
  if (missing().length === 0) return hydrated;
  for await (const published of history) {
    remember(known, published);
    if (missing().length === 0) return hydrateCommit(checkout, dry, input, say);
  }
  return hydrated;
}

function remember(known: Record<string, Record<string, string>>, published: Published | undefined): void {
  for (const [app, { tree, reference }] of Object.entries(published?.images ?? {})) {
    const trees = known[app] ?? {};
    trees[tree] ??= reference;
    known[app] = trees;
  }
}

async function compose(
  { git, blobs }: Mirror,
  dry: string,
  tip: string | undefined,
  hydrated: Hydrated,
): Promise<Publication> {
  const files = new Map<string, string>();
  if (tip !== undefined) for (const [path, { id }] of await filesOf(git, tip)) files.set(path, id);
  const pipelineIds = hydrated.environments.flatMap(({ name }) => files.get(`${name}/${pipelineFile}`) ?? []);
  const texts = await blobs(pipelineIds);
  const pipelines = new Map(
    hydrated.environments.map(({ name }) => [
      name,
      String(texts.get(files.get(`${name}/${pipelineFile}`) ?? '') ?? ''),
    ]),
  );
  return composePublication(dry, hydrated, { files, pipelines, idOf: await blobIds(git) });
}

/** The id that git would give these bytes, in this repository's object format. */
async function blobIds(git: Git): Promise<(bytes: string) => string> {
  const format = await git.text(['rev-parse', '--show-object-format']);
  return (bytes) =>
    createHash(format)
      .update(`blob ${Buffer.byteLength(bytes)}\0`)
      .update(bytes)
      .digest('hex');
}

/** What a person reads after a publish, one line each. */
export function describe(result: PublishResult, dryRun: boolean): string[] {
  const would = dryRun ? 'would have ' : '';
  const lines: string[] = [];
  if (result.outcome === 'superseded')
    lines.push(`superseded by ${result.by}: ${short(result.drySha)} is older than what is published`);
  else if (result.outcome === 'unchanged') lines.push(`unchanged: ${short(result.drySha)} is already published`);
  else lines.push(`${would}published ${short(result.drySha)}: ${result.changed.length} parts changed`);
  for (const { environment, outcome, moved, steps } of result.environments) {
    if (outcome !== 'unchanged')
      lines.push(`${would}${outcome} ${environmentBranch(environment)}${moved.length ? `: ${moved.join(', ')}` : ''}`);
    for (const { name, state } of steps) {
      if (state.is === 'held')
        lines.push(
          `held ${name} in ${environment}: somebody went back, so it stays; revert the revert to lift the hold`,
        );
      if (state.is === 'edited')
        lines.push(
          `edited ${name} in ${environment}: it was changed by hand, so it is frozen; revert the edit to thaw it`,
        );
    }
  }
  return lines;
}

export async function run({ values }: Asked): Promise<void> {
  const images = new Map(((values.image ?? []) as string[]).map(parseImageArgument));
  const context = await contextOf(values);
  const dryRun = values['dry-run'] === true;
  const result = await publish(context, { dry: values.dry as string | undefined, images, dryRun });
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else for (const line of describe(result, dryRun)) console.log(line);
}
