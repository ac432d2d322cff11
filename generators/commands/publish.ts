import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { openMirror } from '../git/mirror.ts';
import type { Bundle } from '../model/bundle.ts';
import type { ImageReference } from '../model/image.ts';
import { environmentBranch, head, rendered } from '../model/names.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { releaseLine, short } from '../model/words.ts';
import { advance, type EnvironmentResult } from './advance.ts';
import { append } from './append.ts';
import { type Context, Timings, untilSettled } from './context.ts';
import { Hydration } from './hydrate-commit.ts';
import { imagesIn } from './images.ts';
import type { Asked } from './main.ts';
import { contextOf, tellTimings } from './surroundings.ts';

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
  const { bundle, dryRun = false } = request;
  const name = request.dry ?? bundle?.drySha ?? 'HEAD';
  const here = await context.checkout.commit(name);
  const unknown = new Misuse(`--dry ${name} is not a commit of ${context.checkout.dir}; fetch it, or name another.`);
  if (!here && !bundle) throw unknown;
  const timings = context.timings ?? new Timings();
  // It loads the commit's generators while the remote is asked.
  const hydration = here && !bundle ? new Hydration(context.checkout, here, context.say, { timings }) : undefined;
  const opened = timings.of('git: fetch', openMirror(context.checkout, context.remote, { depth: 'tips' }));
  try {
    const mirror = await opened;
    // Whoever publishes what another job rendered may know the commit by the remote alone.
    const dry = here ?? (await mirror.git.commit(name));
    if (!dry) throw unknown;
    if (bundle && bundle.drySha !== dry)
      throw new Misuse(
        `--dry ${name}: the bundle was rendered from ${bundle.drySha}. Leave --dry out, or render again.`,
      );
    const work = { ...request, dry, hydration, rendered: undefined, written: new Map() };
    const appended = await untilSettled(mirror, () => append({ ...context, timings }, mirror, work));
    if (appended.environments) return { ...appended.result, environments: appended.environments };
    // Whoever was overtaken meanwhile moves the environments to what is newest by then.
    const newest = () => (dryRun ? appended.tip : (mirror.refs.get(head(rendered)) ?? appended.tip));
    const environments = await timings.of('git: first environments', () =>
      untilSettled(mirror, () => advance(context, mirror, newest(), dryRun)),
    );
    return { ...appended.result, environments };
  } finally {
    hydration?.close();
    await opened.then((mirror) => mirror.close()).catch(() => {});
  }
}

/** So many are named in a line; the branch itself has all of them, and so has --json. */
const named = 20;
const few = (moved: readonly string[]) =>
  moved.slice(0, named).join(', ') + (moved.length > named ? `, and ${moved.length - named} more` : '');

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
      lines.push(`${would}${outcome} ${environmentBranch(environment)}${moved.length ? `: ${few(moved)}` : ''}`);
    for (const { name, state } of steps) {
      if (state.is === 'held')
        lines.push(
          `held ${name} in ${environment}: somebody went back, so it stays; ${releaseLine(environment, name)} lifts the hold`,
        );
      if (state.is === 'edited')
        lines.push(
          `edited ${name} in ${environment}: it was changed by hand, so it is frozen; revert the edit, or ${releaseLine(environment, name)}`,
        );
    }
  }
  return lines;
}

export async function run({ values }: Asked): Promise<void> {
  const images = await imagesIn(values);
  const { from, dry } = values as { from?: string; dry?: string };
  if (from !== undefined && images.size > 0)
    throw new Misuse(
      '--image and --images say what is rendered, and --from publishes what was: give them to slipway render --all.',
    );
  const context = await contextOf(values);
  const dryRun = values['dry-run'] === true;
  const bundle = from === undefined ? undefined : await readBundle(from);
  const keepGoing = values['keep-going'] === true;
  const timings = new Timings();
  const result = await publish({ ...context, timings }, { dry, images, bundle, keepGoing, dryRun });
  await tellTimings(timings);
  if (values.json) console.log(JSON.stringify({ version: 1, ...result }, null, 2));
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
  // It brings a YAML parser, which nobody else needs to publish.
  const { parseBundle } = await import('../model/bundle.ts');
  return parseBundle(createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY }), file);
}
