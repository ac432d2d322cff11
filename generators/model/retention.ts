import type { Standing } from './course.ts';
import { parseImage } from './image.ts';
import { wholeId } from './object-id.ts';
import { Misuse } from './refusal.ts';
import { risenFromOldest } from './risen.ts';
import type { ObjectId } from './timeline.ts';
import { day } from './words.ts';

/** How long an image stays that an environment named: a rollback may want it. */
export const keptFor = 90 * 86_400_000;

/** A part that stood on a branch, and until when, in milliseconds since 1970; undefined where it stands. */
export interface Stood {
  readonly name: string;
  readonly part: ObjectId;
  readonly until: number | undefined;
}

/**
 * Every part that stood on a branch at any moment since, newest first. A commit counts as made no earlier than those
 * before it: a date that somebody set back takes nothing away.
 * @param standings of the branch itself, newest first
 * @param since milliseconds since 1970
 */
export function stoodSince(standings: readonly Standing[], since: number): Stood[] {
  const times = risen(standings.map(({ time }) => time));
  const replaced = new Map<string, number>();
  const found: Stood[] = [];
  for (const [index, { name, part }] of standings.entries()) {
    const until = replaced.get(name);
    replaced.set(name, times[index] as number);
    if (part !== undefined && (until === undefined || until >= since)) found.push({ name, part, until });
  }
  return found;
}

/** Times, newest first, of which none is earlier than what is older. */
const risen = (times: readonly number[]) => risenFromOldest(times.toReversed()).reverse();

/**
 * When `main` left each tree of a folder; undefined for the one that it has.
 * @param versions the commits that changed the folder, newest first, and its tree there; undefined where it went
 */
export function treesLeft(
  versions: readonly { readonly tree: string | undefined; readonly time: number }[],
): Map<string, number | undefined> {
  const times = risen(versions.map(({ time }) => time));
  const left = new Map<string, number | undefined>();
  for (const [index, { tree }] of versions.entries()) {
    // What stands there now, or stood there later, is told by the newest commit that has it.
    if (tree !== undefined && !left.has(tree)) left.set(tree, index === 0 ? undefined : times[index - 1]);
  }
  return left;
}

/** An image by its content, as a text names it. */
export interface NamedImage {
  readonly digest: string;
  /** Undefined where a digest stands alone. */
  readonly repository: string | undefined;
}

/** Every image that a text names by digest, whatever field it stands in: also where somebody edited it. */
export function imagesIn(text: string): NamedImage[] {
  return [...text.matchAll(/(?:([\w][\w./:-]*)@)?(sha256:[0-9a-f]{64})(?![0-9a-f])/g)].map(
    ([, reference, digest = '']) => ({ digest, repository: reference && repositoryIn(reference) }),
  );
}

function repositoryIn(reference: string): string | undefined {
  try {
    return parseImage(reference, 'a manifest').repository;
  } catch (error) {
    if (!(error instanceof Misuse)) throw error;
    return undefined;
  }
}

/** What a registry has of one repository, and what speaks for keeping it. */
export interface Stock {
  /** The digest that each tag is on. */
  readonly tags: ReadonlyMap<string, string>;
  /** The images of the platforms, by their index. */
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** Digests that an environment names, or named lately enough. */
  readonly named: ReadonlySet<string>;
  /** When `main` left each tree of the folder. */
  readonly trees: ReadonlyMap<string, number | undefined>;
  /** Milliseconds since 1970: what main left later stays. */
  readonly before: number;
}

/** An image that may go. */
export interface Doomed {
  readonly digest: string;
  /** Every tag that is on it. */
  readonly tags: readonly string[];
  /** When `main` left the last of its trees, in milliseconds since 1970. */
  readonly left: number;
  /** What to delete, in order: the signatures, it, and the images of its platforms that no other has. */
  readonly deletes: readonly string[];
}

export interface Kept {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly why: string;
}

const isTree = (tag: string) => wholeId.test(tag);
const isVersion = (tag: string) => /^\d+\.\d+\.\d+$/.test(tag);
/** What cosign puts beside an image: `sha256-….sig`. */
const attachment = /^sha256-([0-9a-f]{64})\.(?:sig|att|sbom)$/;

/**
 * What may be deleted: an image whose every tag says that it is old and ours. Anything that cannot be proven stays: a
 * tree that no commit of main has, a tag that is none of ours, and whatever else such an image is made of. Signatures go
 * first: what is left of a prune that was killed is not believed, and found by the next one.
 */
export function pruning(stock: Stock): { readonly take: readonly Doomed[]; readonly kept: readonly Kept[] } {
  const byDigest = new Map<string, string[]>();
  for (const [tag, digest] of stock.tags) byDigest.set(digest, [...(byDigest.get(digest) ?? []), tag]);
  const doomed = new Map<string, number>();
  const kept: Kept[] = [];
  for (const [digest, tags] of byDigest) {
    if (!tags.some(isTree)) continue;
    const judged = judge(stock, digest, tags);
    if (typeof judged === 'number') doomed.set(digest, judged);
    else kept.push({ digest, tags, why: judged });
  }
  const goes = (digest: string) => doomed.has(digest) && !stock.named.has(digest);
  // An attachment goes with what it is attached to, unless somebody put another tag on it.
  const isAttached = (digest: string, of: ReadonlySet<string>) =>
    (byDigest.get(digest) ?? []).every((tag) => of.has(`sha256:${attachment.exec(tag)?.[1]}`));
  const staying = new Set([...stock.named, ...[...byDigest.keys()].filter((digest) => !goes(digest))]);
  const platforms = new Set([...staying].flatMap((digest) => stock.children.get(digest) ?? []));
  const stays = (digest: string) => stock.named.has(digest) || platforms.has(digest);

  const take = [...doomed].flatMap(([digest, left]): Doomed[] => {
    if (stays(digest)) return [];
    const children = (stock.children.get(digest) ?? []).filter((child) => !stays(child) && !byDigest.has(child));
    const whole = new Set([digest, ...children]);
    const attached = [...byDigest.keys()].filter(
      (one) => !whole.has(one) && !stays(one) && !doomed.has(one) && isAttached(one, whole),
    );
    return [{ digest, tags: byDigest.get(digest) ?? [], left, deletes: [...attached, digest, ...children] }];
  });
  return { take: take.sort((a, b) => a.left - b.left), kept };
}

/** When main left it, or why it stays. */
function judge({ named, trees, before }: Stock, digest: string, tags: readonly string[]): number | string {
  if (named.has(digest)) return 'an environment names it, or named it lately';
  const others = tags.filter((tag) => !isTree(tag) && !isVersion(tag) && tag !== digest.replace(':', '-'));
  if (others.length > 0) return `it has the tag ${others.join(', ')}, which is none of ours`;
  let last = -Infinity;
  for (const tree of tags.filter(isTree)) {
    if (!trees.has(tree)) return `no commit of main has the tree ${tree}`;
    const left = trees.get(tree);
    if (left === undefined) return 'main has its tree';
    last = Math.max(last, left);
  }
  return last < before ? last : `main had its tree until ${day(last)}`;
}
