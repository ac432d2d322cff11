import type { Git } from '../git/git.ts';
import type { Cosign } from '../live/cosign.ts';
import type { Registry } from '../live/registry.ts';
import { formatImage } from '../model/image.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { quote, short } from '../model/words.ts';
import { Progress } from './progress.ts';

/** What images are found, signed and kept with. */
export interface ImageDoors {
  readonly registry: Registry;
  readonly cosign: Cosign;
  /** One line of progress, for people. */
  readonly say: (line: string) => void;
}

/** What a registry has under the tag of a tree. */
export type Found =
  | { readonly is: 'found'; readonly digest: string }
  | { readonly is: 'absent' }
  /** Somebody pushed the tag, and it is not ours. */
  | { readonly is: 'doubtful'; readonly digest: string; readonly why: string };

/**
 * The image of a tree, when the registry has it signed by main's pipeline for this very tree. Merge requests of members
 * can push any tag, an old image of ours under a new tree's tag as well: so the signature must name the tree. The tag
 * may move at any moment; what is verified, and given back, is the digest that it had.
 * @throws {Refusal} when the registry or the signer cannot be asked: that is no answer
 */
export async function findImage(
  { registry, cosign }: Pick<ImageDoors, 'registry' | 'cosign'>,
  repository: string,
  tree: string,
): Promise<Found> {
  const stored = await registry.manifest(repository, tree);
  if (!stored) return { is: 'absent' };
  const { digest } = stored;
  const why = await cosign.doubt({ repository, digest }, { tree });
  return why === undefined ? { is: 'found', digest } : { is: 'doubtful', digest, why };
}

/** Why there is no image to go on with, as a sentence. */
export const absence = (repository: string, tree: string, found: Exclude<Found, { is: 'found' }>): string =>
  found.is === 'absent'
    ? `${repository} has no image of tree ${short(tree)}: it was not built yet.`
    : `${repository}:${tree} is ${found.digest}, which is not believed (${quote(found.why, 200)}): somebody pushed that tag. It is built anew.`;

/**
 * The id of a folder's tree at a commit: the tag of what is built from it.
 * @param folder of the repository; `.` for all of it
 * @throws {Misuse} where there is no such folder
 */
export async function treeOf(git: Git, folder: string, commit = 'HEAD'): Promise<string> {
  const path = folder.replace(/^\.\/|\/+$/g, '');
  if (/^(-|\/|\.\.(\/|$))/.test(path))
    throw new Misuse(`--folder ${folder}: write a folder of the repository: service.`);
  if ((await git.commit(commit)) === undefined) throw new Misuse(`${commit} is not a commit of ${git.dir}.`);
  const found = await git.named(`${commit}:${path === '.' ? '' : path}`);
  const tree = found && (await git.named(`${found}^{tree}`));
  if (tree) return tree;
  throw new Misuse(`--folder ${folder}: ${commit} has no such folder.`);
}

/** An app and where the image that is built for it belongs. */
export interface Wanted {
  readonly app: string;
  readonly repository: string;
  readonly tree: string;
  /** The commit of main that brought this tree: its pipeline builds it. */
  readonly commit: string;
  /** What was published for the same tree; undefined where nothing was. */
  readonly published: string | undefined;
}

/** What to do where an image does not come: a pipeline that failed is not made up for by a later one. */
const remedy = ({ commit }: Wanted): string =>
  `The pipeline of ${short(commit)} builds it: if that failed or was cancelled, retry its failed job, or run a pipeline of main by hand (task: pipeline).`;

export interface Waiting {
  /** Milliseconds for which is waited for what somebody still builds. @default 0 */
  readonly wait?: number | undefined;
  /** Milliseconds between two looks. @default 10 seconds */
  readonly every?: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** References by app, and what there is none of. */
export interface FoundAll {
  readonly images: ReadonlyMap<string, string>;
  /** Why, by app. */
  readonly missing: ReadonlyMap<string, string>;
}

/**
 * The images of apps: what was published for the same tree, if the registry still has it, else what is signed there.
 * @throws {Refusal} when a registry cannot be asked for what was not published
 */
export async function findImages(
  doors: ImageDoors,
  wanted: readonly Wanted[],
  { wait = 0, every = 10_000, now }: Waiting,
): Promise<FoundAll> {
  const begun = now();
  const images = new Map<string, string>();
  const missing = new Map<string, string>();
  const told = new Set<string>();
  const tellOnce = (line: string) => {
    if (!told.has(line)) doors.say(line);
    told.add(line);
  };
  const progress = new Progress('finding images:', wanted.length);
  for (const one of wanted) {
    const still = one.published && (await stillThere(doors, one));
    if (still) images.set(one.app, still);
    if (still) progress.done(one.app);
  }
  let last = -Infinity;
  for (;;) {
    let fault: Refusal | undefined;
    missing.clear();
    for (const one of wanted.filter(({ app }) => !images.has(app))) {
      const { app, repository, tree } = one;
      const found = await findImage(doors, repository, tree).catch((error: Error) => {
        if (!(error instanceof Refusal)) throw error;
        fault = error;
        return { is: 'absent' } as const;
      });
      progress.done(app);
      if (found.is === 'found') images.set(app, formatImage({ repository, tag: tree, digest: found.digest }));
      else {
        missing.set(app, fault?.message ?? `${absence(repository, tree, found)} ${remedy(one)}`);
        if (found.is === 'doubtful' || wait > 0) tellOnce(`${app}: ${missing.get(app)}`);
      }
    }
    progress.end();
    const left = begun + wait - now();
    if (missing.size === 0) return { images, missing };
    if (left <= 0) {
      if (fault) throw fault;
      return { images, missing };
    }
    if (now() - last >= 60_000) {
      last = now();
      const since = new Date(begun).toISOString().slice(11, 19);
      doors.say(
        `waiting since ${since} UTC, for ${minutes(left)} more at most, for ${list(wanted.filter(({ app }) => missing.has(app)))}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, Math.min(every, left)));
  }
}

/** What was published, unless the registry says that it is gone. A registry that is down holds up nothing of it. */
async function stillThere({ registry, say }: ImageDoors, { app, published = '' }: Wanted): Promise<string | undefined> {
  const [repository = '', digest = ''] = published.split('@');
  try {
    if (await registry.has(repository.replace(/:[\w.-]+$/, ''), digest)) return published;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(`${app}: ${error.message} What was published is taken without a look: ${published}`);
    return published;
  }
  say(`${app}: ${published} was published, and the registry does not have it any more`);
  return undefined;
}

const minutes = (milliseconds: number) =>
  milliseconds >= 60_000 ? `${Math.ceil(milliseconds / 60_000)} min` : `${Math.ceil(milliseconds / 1000)} s`;

const list = (wanted: readonly Wanted[]) =>
  wanted.map(({ app, repository, tree }) => `${app} (${repository}:${short(tree)})`).join(', ');
