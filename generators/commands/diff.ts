import { writeFile } from 'node:fs/promises';
import { differencePage } from '../board/difference-page.ts';
import type { Git } from '../git/git.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readPresent } from '../git/present.ts';
import type { Reader } from '../git/published.ts';
import { sourcesAt } from '../git/sources.ts';
import type { Bundle } from '../model/bundle.ts';
import type { ImageReference } from '../model/image.ts';
import { head, pipelineFile, rendered } from '../model/names.ts';
import { formatPreview, type Preview, previewed, type Touched } from '../model/preview.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { day } from '../model/words.ts';
import { expired } from '../policies/excuse.ts';
import { renderBundle } from './bundle.ts';
import { coloured } from './coloured.ts';
import { changesOf, compared, notBuiltIn } from './comparison.ts';
import type { Context } from './context.ts';
import { type DryAsked, dryOf } from './dry-asked.ts';
import { imagesIn } from './images.ts';
import type { Asked } from './main.ts';
import { unexplainedRemovals } from './removals.ts';
import { contextOf } from './surroundings.ts';

export interface DiffRequest {
  /** The commit, on `main` or not. @default HEAD of the checkout */
  readonly dry?: string | undefined;
  /** What is saved instead of a commit. */
  readonly workTree?: boolean | undefined;
  /** Digests by app. An app whose image nobody knows is shown with its tree id. */
  readonly images: ReadonlyMap<string, ImageReference>;
  /** Only this environment, only this app. @default all */
  readonly environment?: string | undefined;
  readonly app?: string | undefined;
}

/**
 * What publishing a commit would change against the remote's `rendered`: the very publication is composed, and not
 * written.
 * @throws {Misuse} for a commit, environment or app that there is not
 * @throws {Refusal} when the commit cannot be rendered as a whole, or the remote cannot be read
 */
export async function diff(context: Context, request: DiffRequest): Promise<Preview> {
  const meant = await dryOf(context.checkout, request.dry, request.workTree);
  try {
    return await previewOf(context, meant, request);
  } finally {
    await meant.close();
  }
}

async function previewOf(
  context: Context,
  meant: DryAsked,
  { images, workTree, ...only }: DiffRequest,
): Promise<Preview> {
  const { checkout, say } = context;
  const { dry, uncommitted } = meant;
  const mirror = await openMirror(checkout, context.remote, { depth: 'tips' });
  try {
    const base = mirror.refs.get(head(rendered));
    const reader = await readerOf(mirror, checkout, meant.objects);
    const bundle = await renderBundle(reader, { dry, base, images, uncommitted, keepGoing: true, unbuilt: true, say });
    const left = new Set([...bundle.taken, ...bundle.kept.map(({ app }) => app)]);
    const [sources, present] = await Promise.all([
      sourcesAt(reader.git, dry),
      readPresent(mirror, base, (app) => !left.has(app)),
    ]);
    const { publication, touched: all } = compared(bundle, sources, present);
    const stood = [...present.folders.values()].flatMap((entries) => [...entries.keys()]);
    check(bundle, stood, only);

    const wanted = (environment: string, app: string) =>
      (only.environment ?? environment) === environment && (only.app ?? app) === app;
    const touched = all.filter(({ environment, app }) => wanted(environment, app));
    const texts = await mirror.blobs(touched.flatMap(({ before }) => [...before.values()]));
    const pipelines = publication.changed.map((path) => path.split('/') as [string, string]);
    const last = present.published?.drySha;
    const behind = last !== undefined && (await lacks(reader.git, dry, last)) ? last : undefined;
    return {
      drySha: meant.name,
      ...(workTree ? { workTree } : {}),
      base,
      parts: changesOf(touched, texts),
      pipelines: pipelines.flatMap(([stage, file]) => (file === pipelineFile && wanted(stage, file) ? [stage] : [])),
      notBuilt: notBuiltIn(bundle).filter(({ app }) => (only.app ?? app) === app),
      failed: bundle.kept.filter(({ app }) => (only.app ?? app) === app),
      expired: expiredIn(touched, context.now()),
      removals: await unexplainedRemovals(mirror, base, publication),
      ...(behind ? { behind } : {}),
    };
  } finally {
    await mirror.close();
  }
}

/** Excuses of changed parts that end before today: whoever touches the app renews them, or does without. */
function expiredIn(touched: readonly Touched[], now: number): string[] {
  const today = day(now);
  const lines = touched.flatMap(({ app, remarks }) =>
    expired(
      remarks.flatMap(({ excuse }) => (excuse ? [excuse] : [])),
      today,
    ).map(
      ({ policy, until, owner }) =>
        `apps/${app}/app.ts: the excuse from ${policy} ended on ${until}; ${owner} renews it with a reason, or does without.`,
    ),
  );
  return [...new Set(lines)];
}

/**
 * The mirror borrows what the checkout has, but not from a shallow one: there the commit itself is read beside it, and so
 * is what is saved and not committed.
 */
async function readerOf(mirror: Mirror, checkout: Git, saved: string | undefined): Promise<Reader> {
  if (saved) return { ...mirror, git: mirror.git.with({ GIT_ALTERNATE_OBJECT_DIRECTORIES: saved }) };
  const question = ['rev-parse', '--path-format=absolute', '--is-shallow-repository', '--git-path', 'objects'];
  const [shallow, objects = ''] = await checkout.lines(question);
  if (shallow === 'false') return mirror;
  return { ...mirror, git: mirror.git.with({ GIT_ALTERNATE_OBJECT_DIRECTORIES: objects }) };
}

function check(
  { summary }: Bundle,
  stood: readonly string[],
  { environment, app }: Pick<DiffRequest, 'environment' | 'app'>,
): void {
  const stages = summary.environments.map(({ name }) => name);
  if (environment !== undefined && !stages.includes(environment))
    throw new Misuse(`--env ${environment}: not an environment; known are ${stages.join(', ')}.`);
  const apps = new Set([...summary.apps, ...stood]);
  apps.delete(pipelineFile);
  if (app !== undefined && !apps.has(app))
    throw new Misuse(`--app ${app}: not an app; known are ${[...apps].sort().join(', ') || 'none'}.`);
}

/** Whether a commit does not have another one in its history. */
const lacks = async (git: Git, dry: string, other: string): Promise<boolean> =>
  dry !== other && (await git.commit(other)) !== undefined && !(await git.isAncestor(other, dry));

/** @throws {Refusal} when it cannot be written */
async function save(preview: Preview, lines: readonly string[], file: string): Promise<void> {
  const page = () => differencePage(`What publishing ${previewed(preview)} would change`, lines).text;
  try {
    await writeFile(file, file.endsWith('.html') ? page() : lines.map((line) => `${line}\n`).join(''));
  } catch (error) {
    throw new Refusal(`--out ${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

export async function run({ values }: Asked): Promise<void> {
  const images = await imagesIn(values);
  const { dry, env: environment, app } = values as { dry?: string; env?: string; app?: string };
  const workTree = values['work-tree'] === true;
  const preview = await diff(await contextOf(values), { dry, workTree, images, environment, app });
  const lines = formatPreview(preview);
  if (values.json) console.log(JSON.stringify({ version: 1, ...preview }, null, 2));
  else for (const line of lines) console.log(coloured(line));
  if (values.out !== undefined) await save(preview, lines, values.out as string);
  const refused = preview.parts.some((part) => part.refused.length > 0);
  const { failed, expired, removals } = preview;
  if (refused || failed.length + expired.length + removals.length > 0) process.exitCode = 1;
}
