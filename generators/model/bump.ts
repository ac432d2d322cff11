import type { Source } from './app.ts';
import { formatImage, type ImageReference, parseImage } from './image.ts';
import { Misuse } from './refusal.ts';

/** A pin in a definition's text: what stands between quotes and reads as an image with a tag or digest. */
const quoted = /(['"`])([a-z0-9][A-Za-z0-9._/:-]*(?::[\w.-]+)?(?:@sha256:[a-f0-9]{64})?)\1/g;

/** `source: { repository: '…', commit: '…' }`, its fields in any order. */
const recorded =
  /\bsource['"]?\s*:\s*\{(?=[^{}]*\brepository['"]?\s*:\s*(['"`])([^'"`{}]+)\1)[^{}]*\bcommit['"]?\s*:\s*(['"`])([0-9a-f]{40,64})\3/g;

/** What a definition shall have from now on. */
export interface Bump {
  /** `registry/name:tag@sha256:…` */
  readonly reference: string;
  /** The commit that it was built from, where the definition records one. */
  readonly commit?: string | undefined;
}

/**
 * Changes the pin of an image in place: every one of the same repository that stands in an app's definition, and the
 * commit that it was built from beside it.
 * @param source the text of `apps/<app>/app.ts`
 * @returns the new text, and what stood there
 * @throws {Misuse} for a reference without tag or digest, a repository that is not pinned there, the same reference, or
 * one of image and commit without the other
 */
export function bumped(app: string, source: string, { reference, commit }: Bump): { text: string; before: string[] } {
  const file = `apps/${app}/app.ts`;
  const { repository } = pinOfBump(reference);
  const own = pinnedIn(app, source, repository);
  const known = sourceIn(app, source);
  if (known && !commit)
    throw new Misuse(
      `${file} records that its image is built from ${known.repository}: name the commit with --source SHA --history DIR, a clone of that.`,
    );
  if (commit && !known)
    throw new Misuse(
      `${file} records no source: write source: { repository: 'https://…', commit: '<the commit of the image that is pinned>' } beside the image, once.`,
    );
  const before = [...new Set(own.map(formatImage))].filter((text) => text !== reference);
  if (before.length === 0) throw new Misuse(`${file} has ${reference} already; nothing is to be done.`);
  const pinned = source.replace(quoted, (all, quote: string, pin: string) =>
    pinOf(pin).some((one) => one.repository === repository) ? `${quote}${reference}${quote}` : all,
  );
  const text = commit
    ? pinned.replace(recorded, (all: string) => `${all.slice(0, -1).replace(/[0-9a-f]+$/, commit)}${all.at(-1)}`)
    : pinned;
  return { text, before };
}

/** @throws {Misuse} for a reference without tag or digest */
export function pinOfBump(reference: string): ImageReference {
  const image = parseImage(reference, 'REF@DIGEST');
  if (image.tag && image.digest) return image;
  throw new Misuse(
    `${reference}: write registry/name:tag@sha256:<64 hex digits>; the tag is for people, the digest is what runs.`,
  );
}

/**
 * Every image of a repository that stands in a definition.
 * @throws {Misuse} where none does, naming those that do
 */
export function pinnedIn(app: string, source: string, repository: string): ImageReference[] {
  const pins = [...source.matchAll(quoted)].flatMap(([, , text = '']) => pinOf(text));
  const own = pins.filter((pin) => pin.repository === repository);
  if (own.length > 0) return own;
  const known = [...new Set(pins.map((pin) => pin.repository))];
  throw new Misuse(
    `apps/${app}/app.ts pins no ${repository}; ${known.length > 0 ? `it pins ${known.join(', ')}.` : 'it pins no image.'}`,
  );
}

/**
 * Where a definition says that its image comes from; undefined where it does not.
 * @throws {Misuse} where it says so more than once
 */
export function sourceIn(app: string, source: string): Source | undefined {
  const [found, other] = source.matchAll(recorded);
  if (other) throw new Misuse(`apps/${app}/app.ts records a source twice: leave one.`);
  return found && { repository: found[2] as string, commit: found[4] as string };
}

/** An image that a text names; a word without tag and digest is none. */
function pinOf(text: string): ImageReference[] {
  try {
    const image = parseImage(text, '');
    return image.tag || image.digest ? [image] : [];
  } catch {
    return [];
  }
}
