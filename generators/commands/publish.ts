import { createReadStream } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { placeOnMain } from '../git/dry.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readPresent } from '../git/present.ts';
import { readPublished } from '../git/published.ts';
import { push } from '../git/push.ts';
import { buildsAt, sourcesAt } from '../git/sources.ts';
import { writeCommits } from '../git/write.ts';
import { type Bundle, parseBundle } from '../model/bundle.ts';
import { checkClaims, checkKeys } from '../model/claims.ts';
import { formatImage, type ImageReference, parseImageArgument } from '../model/image.ts';
import type { Published } from '../model/metadata.ts';
import { environmentBranch, head, main, rendered } from '../model/names.ts';
import { composePublication } from '../model/publication.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import { adopt } from './adopt.ts';
import { advance, type EnvironmentResult } from './advance.ts';
import { renderBundle } from './bundle.ts';
import { type Context, Timings, untilSettled } from './context.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

export interface PublishRequest {
  /** The dry commit. @default HEAD of the checkout, or what the bundle was rendered from */
  readonly dry?: string | undefined;
  /** Digests by app. */
  readonly images: ReadonlyMap<string, ImageReference>;
  /** What was rendered elsewhere; no app, chart or cluster is run then. */
  readonly bundle?: Bundle | undefined;
  /** An app that fails keeps its parts, and the others are published. */
  readonly keepGoing?: boolean | undefined;
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
  /** Apps that stayed as they were, since they cannot be rendered, and why. */
  readonly kept: readonly { readonly app: string; readonly message: string }[];
  readonly environments: readonly EnvironmentResult[];
}

/**
 * Renders one dry commit for every environment, appends it to `rendered`, and moves the first environments. Any number
 * may run at once, and any may be killed: what is missing is done by the next run.
 * @throws {Misuse} for a commit or image that cannot be meant
 * @throws {Refusal} for a commit that may not be published, a bundle that is not one, or a remote that refuses
 */
export async function publish(context: Context, request: PublishRequest): Promise<PublishResult> {
  const { bundle } = request;
  const name = request.dry ?? bundle?.drySha ?? 'HEAD';
  const here = await context.checkout.commit(name);
  const unknown = new Misuse(`--dry ${name} is not a commit of ${context.checkout.dir}; fetch it, or name another.`);
  if (!here && !bundle) throw unknown;
  const timings = context.timings ?? new Timings();
  const mirror = await timings.of('git: fetch', openMirror(context.checkout, context.remote, 'tips'));
  try {
    // Whoever publishes what another job rendered may know the commit by the remote alone.
    const dry = here ?? (await mirror.git.commit(name));
    if (!dry) throw unknown;
    if (bundle && bundle.drySha !== dry)
      throw new Misuse(
        `--dry ${name}: the bundle was rendered from ${bundle.drySha}. Leave --dry out, or render again.`,
      );
    const once = { bundle };
    const appended = await untilSettled(mirror, () => append({ ...context, timings }, mirror, dry, request, once));
    const { dryRun = false } = request;
    // Whoever was overtaken meanwhile moves the environments to what is newest by then.
    const newest = () => (dryRun ? appended.tip : (mirror.refs.get(head(rendered)) ?? appended.tip));
    const environments = await timings.of('git: first environments', () =>
      untilSettled(mirror, () => advance(context, mirror, newest(), dryRun)),
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
  context: Context & { readonly timings: Timings },
  mirror: Mirror,
  dry: string,
  request: PublishRequest,
  once: { bundle: Bundle | undefined },
): Promise<Appended | 'stale'> {
  const { git } = mirror;
  const tip = mirror.refs.get(head(rendered));
  const { timings } = context;
  const place = placeOnMain(git, dry, mirror.refs.get(head(main)), readPublished(mirror, tip));
  const order = await timings.of('git: order on main', place);
  if (tip !== undefined && order.is !== 'newer') {
    if (order.is === 'superseded')
      return { tip, result: { outcome: 'superseded', drySha: dry, by: order.by, changed: [], kept: [] } };
    refuseOtherDigests(dry, order.published, request.images, request.bundle);
    return { tip, result: { outcome: 'unchanged', drySha: dry, changed: [], kept: [] } };
  }

  // Rendered once, however often the race for the branch is lost.
  const { images, keepGoing } = request;
  once.bundle ??= await renderBundle(mirror, { timings, dry, base: tip, images, keepGoing, say: context.say });
  const { commit, changed } = await timings.of('read rendered, hash and compare', compose(mirror, tip, once.bundle));
  const [written] = await timings.of('git: import', writeCommits(git, tip, [commit], context.now()));
  if (!written) throw new Error('git wrote no commit');
  const moves = request.dryRun ? [] : [{ ref: head(rendered), from: tip, to: written }];
  if ((await timings.of('git: push', push(mirror, moves))) === 'stale') return 'stale';
  const kept = once.bundle.kept.map(({ app, message }) => ({ app, message }));
  // Written: tens of megabytes of manifests that nobody asks for again.
  once.bundle = undefined;
  return { tip: written, result: { outcome: 'published', drySha: dry, changed, kept } };
}

async function compose(mirror: Mirror, tip: string | undefined, bundle: Bundle) {
  const { git } = mirror;
  const moved = bundle.taken.length > 0 && bundle.base !== tip;
  const left = new Set([...(moved ? [] : bundle.taken), ...bundle.kept.map(({ app }) => app)]);
  const [sources, builds, present] = await Promise.all([
    sourcesAt(git, bundle.drySha),
    buildsAt(git, bundle.drySha),
    readPresent(mirror, tip, (app) => !left.has(app)),
  ]);
  const { published } = present;
  const before = published && (await git.commit(published.drySha));
  if (published && before) checkKeys(published, await sourcesAt(git, before), tip ?? '');
  const adopted = moved ? await adopt(mirror, bundle, present) : { parts: [], published };
  checkClaims(bundle, sources, builds, adopted.published);
  return composePublication(
    bundle,
    sources,
    { ...present, ...(adopted.published ? { published: adopted.published } : {}) },
    adopted.parts,
  );
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

/** What a person reads after a publish, one line each. */
export function describe(result: PublishResult, dryRun: boolean): string[] {
  const would = dryRun ? 'would have ' : '';
  const lines: string[] = [];
  if (result.outcome === 'superseded')
    lines.push(`superseded by ${result.by}: ${short(result.drySha)} is older than what is published`);
  else if (result.outcome === 'unchanged') lines.push(`unchanged: ${short(result.drySha)} is already published`);
  else lines.push(`${would}published ${short(result.drySha)}: ${result.changed.length} parts changed`);
  for (const { app, message } of result.kept) lines.push(`kept ${app} as it was: ${message}`);
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
  const { from, dry } = values as { from?: string; dry?: string };
  if (from !== undefined && images.size > 0)
    throw new Misuse('--image says what is rendered, and --from publishes what was: give it to slipway render --all.');
  const context = await contextOf(values);
  const dryRun = values['dry-run'] === true;
  const bundle = from === undefined ? undefined : await readBundle(from);
  const keepGoing = values['keep-going'] === true;
  const timings = new Timings();
  const result = await publish({ ...context, timings }, { dry, images, bundle, keepGoing, dryRun });
  const { SLIPWAY_TIMINGS: file } = process.env;
  if (file)
    await writeFile(file, JSON.stringify({ phases: { 'node: start and load': timings.start, ...timings.phases } }));
  if (values.json) console.log(JSON.stringify(result, null, 2));
  else for (const line of describe(result, dryRun)) console.log(line);
  if (result.kept.length > 0) process.exitCode = 1;
}

/** A bundle in a file. @throws {Refusal} when it cannot be read or is not one */
export async function readBundle(file: string): Promise<Bundle> {
  const input = createReadStream(file);
  const opened = new Promise<void>((resolve, reject) => input.once('open', () => resolve()).once('error', reject));
  await opened.catch((error: Error) => {
    throw new Refusal(
      `--from ${file} cannot be read: ${error.message}. Make it with slipway render --all --bundle ${file}.`,
    );
  });
  return parseBundle(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), file);
}
