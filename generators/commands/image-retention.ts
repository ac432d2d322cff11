import { readCourse } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { Registry } from '../live/registry.ts';
import { parseImage } from '../model/image.ts';
import { mode as kind } from '../model/mode.ts';
import { branchOf, head, main, publishedFile, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import {
  type Doomed,
  imagesIn,
  type Kept,
  keptFor,
  type NamedImage,
  pruning,
  stoodSince,
  treesLeft,
} from '../model/retention.ts';
import { isEcr } from '../model/signer.ts';
import { day } from '../model/words.ts';
import type { Context } from './context.ts';

/** Where an image was named: by a part on a branch, or by what was published last. */
export interface Place {
  readonly branch: string;
  readonly app: string;
  /** When it went from there, in milliseconds since 1970; undefined where it stands. */
  readonly until: number | undefined;
}

export interface ImageRow {
  readonly repository: string;
  readonly digest: string;
  readonly places: readonly Place[];
  /** `unknown`: the registry cannot be asked; `why` says the reason. */
  readonly state: 'there' | 'missing' | 'unknown';
  readonly why?: string;
  /** Built here, so that its being unknown is a fault of ours. */
  readonly built: boolean;
}

/** What a prune would take of one repository, and what it leaves. */
export interface Pruning {
  readonly repository: string;
  readonly take: readonly Doomed[];
  readonly kept: readonly Kept[];
}

export interface RetentionReport {
  readonly images: readonly ImageRow[];
  readonly prunings: readonly Pruning[];
}

type Needs = Pick<Context, 'checkout' | 'remote' | 'now'> & { readonly registry: Registry };

/** Calls at once: a registry limits them. */
const atOnce = 8;

/**
 * Every image that an environment named in the last 90 days, and whether its registry has it; and what a prune would
 * take after `within` more milliseconds.
 * @throws {Refusal} when nothing was published, or the remote cannot be read
 */
export async function retentionReport(needs: Needs, within = 0): Promise<RetentionReport> {
  const mirror = await openMirror(needs.checkout, needs.remote);
  try {
    const now = needs.now();
    const built = await builtIn(mirror);
    const uses = await usesSince(mirror, now - keptFor);
    const rows = rowsOf(uses).map((row) => ({ ...row, built: built.has(row.repository) }));
    const images = await each(
      rows,
      async (row): Promise<ImageRow> => ({ ...row, ...(await stateOf(needs.registry, row)) }),
    );
    const sorted = images.sort((a, b) => (`${a.repository}${a.digest}` < `${b.repository}${b.digest}` ? -1 : 1));
    return { images: sorted, prunings: await plan(mirror, needs.registry, built, uses, now + within) };
  } finally {
    await mirror.close();
  }
}

/**
 * Deletes what no environment named in 90 days and no tree of main needs, as `pruning` proves it. What it decides by is
 * read again right before it deletes.
 * @returns what was deleted, or would be
 * @throws {Refusal} for a registry that does not delete by this API
 */
export async function prune(needs: Needs, dryRun: boolean, say: Context['say']): Promise<readonly Pruning[]> {
  const mirror = await openMirror(needs.checkout, needs.remote);
  try {
    for (;;) {
      const before = JSON.stringify([...mirror.refs].sort());
      const built = await builtIn(mirror);
      const amazon = dryRun ? undefined : [...built.keys()].find(isEcr);
      if (amazon)
        throw new Refusal(
          `${amazon}: Amazon's registry deletes by its own API alone. See what may go with slipway image prune --dry-run, and delete it with aws ecr batch-delete-image. A lifecycle policy must not delete tagged images: it knows their age, and not where they run.`,
        );
      const now = needs.now();
      const uses = await usesSince(mirror, now - keptFor);
      const prunings = await plan(mirror, needs.registry, built, uses, now);
      if (dryRun) return prunings;
      await mirror.fetch();
      // Somebody promoted or went back meanwhile: what may go is another question now.
      if (JSON.stringify([...mirror.refs].sort()) !== before) continue;
      for (const { repository, take } of prunings) {
        for (const { digest, tags, deletes } of take) {
          for (const one of deletes) await needs.registry.remove(repository, one);
          say(`deleted ${repository}@${digest} (${tags.join(', ')})`);
        }
      }
      return prunings;
    }
  } finally {
    await mirror.close();
  }
}

/** Repositories of what is built here, and the folder of each. */
async function builtIn(mirror: Mirror): Promise<Map<string, string>> {
  const { images } = await readNewest(mirror);
  return new Map(
    Object.entries(images).map(([app, { reference, build }]) => [
      parseImage(reference, `${publishedFile}: images.${app}`).repository,
      build,
    ]),
  );
}

/** An image that was named somewhere; of a digest alone nobody knows where the image is. */
interface Use extends NamedImage {
  readonly place: Place;
}

/** Where each image was named since: on every environment branch and proposal, and by what was published last. */
async function usesSince(mirror: Mirror, since: number): Promise<Use[]> {
  const stood = [];
  for (const [ref, tip] of mirror.refs) {
    const branch = branchOf(ref);
    if (!branch.startsWith('env/')) continue;
    const { standings } = await readCourse(mirror.git, tip);
    for (const one of stoodSince(standings, since)) stood.push({ ...one, branch });
  }
  const files = await filesOf(mirror, new Set(stood.map(({ part }) => part)));
  const blobs = await mirror.blobs([...files.values()].flat());
  const usesIn = (text: string, place: Place) => imagesIn(text).map((image): Use => ({ ...image, place }));
  return [
    ...stood.flatMap(({ branch, name: app, part, until }) =>
      (files.get(part) ?? []).flatMap((file) => usesIn(String(blobs.get(file)), { branch, app, until })),
    ),
    ...Object.entries((await readNewest(mirror)).images).flatMap(([app, { reference }]) =>
      usesIn(reference, { branch: rendered, app, until: undefined }),
    ),
  ];
}

/** Each image with its places, each once. */
function rowsOf(uses: readonly Use[]): Pick<ImageRow, 'repository' | 'digest' | 'places'>[] {
  const known = uses.flatMap(({ repository, ...rest }) => (repository === undefined ? [] : [{ ...rest, repository }]));
  return [...Map.groupBy(known, ({ repository, digest }) => `${repository}@${digest}`).values()].map((same) => {
    const [{ repository, digest }] = same as [(typeof known)[number]];
    const places = new Map(same.map(({ place }) => [`${place.branch} ${place.app} ${place.until}`, place]));
    return { repository, digest, places: [...places.values()] };
  });
}

/** The files of parts, by part; somebody may have put a folder into one. What is no folder has none. */
async function filesOf(mirror: Mirror, parts: ReadonlySet<string>): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>([...parts].map((part) => [part, []]));
  let folders = new Map([...parts].map((part) => [part, [part]]));
  while (folders.size > 0) {
    const deeper = new Map<string, string[]>();
    for (const [folder, entries] of await mirror.trees(folders.keys())) {
      for (const { mode, id } of entries.values()) {
        for (const part of folders.get(folder) ?? []) {
          if (mode === kind.folder) deeper.set(id, [...(deeper.get(id) ?? []), part]);
          else if (mode !== kind.submodule) found.get(part)?.push(id);
        }
      }
    }
    folders = deeper;
  }
  return found;
}

async function stateOf(
  registry: Registry,
  { repository, digest }: { repository: string; digest: string },
): Promise<Pick<ImageRow, 'state' | 'why'>> {
  try {
    return { state: (await registry.has(repository, digest)) ? 'there' : 'missing' };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { state: 'unknown', why: error.message };
  }
}

/**
 * @param uses since `keptFor` before `at`, or longer
 * @param at when it would be pruned, in milliseconds since 1970
 */
async function plan(
  mirror: Mirror,
  registry: Registry,
  built: ReadonlyMap<string, string>,
  uses: readonly Use[],
  at: number,
): Promise<Pruning[]> {
  const lately = uses.filter(({ place: { until = at } }) => until >= at - keptFor);
  const named = new Set(lately.map(({ digest }) => digest));
  const prunings: Pruning[] = [];
  for (const [repository, folder] of built) {
    const tags = new Map<string, string>();
    const children = new Map<string, readonly string[]>();
    const look = async (reference: string) => {
      const stored = await registry.manifest(repository, reference);
      if (!stored) return undefined;
      const { manifests = [] } = JSON.parse(String(stored.bytes)) as { manifests?: readonly { digest: string }[] };
      children.set(
        stored.digest,
        manifests.map(({ digest }) => digest),
      );
      return stored.digest;
    };
    const listed = (await registry.tags(repository)).sort();
    const digests = await each(listed, look);
    for (const [index, tag] of listed.entries()) {
      const digest = digests[index];
      if (digest) tags.set(tag, digest);
    }
    // Somebody may have moved the tag of what runs: it is made of images all the same.
    await each(
      [...named].filter((digest) => !children.has(digest)),
      look,
    );
    const trees = treesLeft(await versionsOf(mirror, folder));
    prunings.push({ repository, ...pruning({ tags, children, named, trees, before: at - keptFor }) });
  }
  return prunings;
}

/** What a folder was on main, newest first. */
async function versionsOf({ git, refs }: Mirror, folder: string) {
  const tip = refs.get(head(main));
  if (tip === undefined) throw new Refusal('The remote has no main: nothing says what is old.');
  const lines = await git.lines(['rev-list', '--first-parent', '--timestamp', tip, '--', folder]);
  const commits = lines.map((line) => line.split(' ') as [time: string, commit: string]);
  const asked = commits.map(([, commit]) => `${commit}:${folder}\n`).join('');
  const answers = await git.lines(['cat-file', '--batch-check=%(objecttype) %(objectname)'], asked);
  return commits.map(([time], index) => {
    const [type, id] = (answers[index] ?? '').split(' ');
    return { time: Number(time) * 1000, tree: type === 'tree' ? id : undefined };
  });
}

/** Does something for all, a few at once. */
async function each<A, B>(items: readonly A[], work: (item: A) => Promise<B>): Promise<B[]> {
  const results: B[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index] as A);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}

/** What a person reads, a line each. */
export function describeReport({ images, prunings }: RetentionReport, within: string | undefined): string[] {
  const lines = images.map(({ repository, digest, places, state, why }) => {
    const word = state === 'missing' ? 'MISSING' : state;
    const where = places.map(
      ({ branch, app, until }) => `${branch}:${app}${until === undefined ? '' : ` until ${day(until)}`}`,
    );
    return `${word}  ${repository}@${digest}  ${[...new Set(where)].join(', ')}${why ? `  (${why})` : ''}`;
  });
  const missing = images.filter(({ state }) => state === 'missing').length;
  const when = within === undefined ? 'prune would take' : `within ${within} prune would take`;
  const going = prunings.flatMap(({ repository, take }) => take.map((one) => doomedLine(repository, one)));
  return [...lines, `${images.length} images, ${missing} missing; ${when} ${going.length || 'nothing'}`, ...going];
}

/** What a person reads of a prune that does nothing. */
export const describePruning = (prunings: readonly Pruning[]): string[] => [
  ...prunings.flatMap(({ repository, take, kept }) => [
    ...take.map((one) => doomedLine(repository, one)),
    ...kept
      .filter(({ why }) => why.startsWith('no commit') || why.startsWith('it has the tag'))
      .map(({ digest, why }) => `  kept ${repository}@${digest}: ${why}`),
  ]),
  `${prunings.reduce((count, { take }) => count + take.length, 0)} images would be deleted`,
];

const doomedLine = (repository: string, { digest, tags, left }: Doomed) =>
  `  ${repository}@${digest} (${tags.join(', ')}): main left it on ${day(left)}`;
