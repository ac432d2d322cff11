import { formatImage, type ImageReference, parseImage } from './image.ts';
import { Misuse } from './refusal.ts';

/** A pin in a definition's text: what stands between quotes and reads as an image with a tag or digest. */
const quoted = /(['"`])([a-z0-9][A-Za-z0-9._/:-]*(?::[\w.-]+)?(?:@sha256:[a-f0-9]{64})?)\1/g;

/**
 * Changes the pin of an image in place: every one of the same repository that stands in an app's definition.
 * @param source the text of `apps/<app>/app.ts`
 * @param reference `registry/name:tag@sha256:…`
 * @returns the new text, and what stood there
 * @throws {Misuse} for a reference without tag or digest, a repository that is not pinned there, or the same reference
 */
export function bumped(app: string, source: string, reference: string): { text: string; before: string[] } {
  const image = parseImage(reference, 'REF@DIGEST');
  const file = `apps/${app}/app.ts`;
  if (!image.tag || !image.digest)
    throw new Misuse(
      `${reference}: write registry/name:tag@sha256:<64 hex digits>; the tag is for people, the digest is what runs.`,
    );
  const pins = [...source.matchAll(quoted)].flatMap(([, , text = '']) => pinOf(text));
  const own = pins.filter(({ repository }) => repository === image.repository);
  if (own.length === 0) {
    const known = [...new Set(pins.map(({ repository }) => repository))];
    throw new Misuse(
      `${file} pins no ${image.repository}; ${known.length > 0 ? `it pins ${known.join(', ')}.` : 'it pins no image.'}`,
    );
  }
  const before = [...new Set(own.map(formatImage))].filter((text) => text !== reference);
  if (before.length === 0) throw new Misuse(`${file} has ${reference} already; nothing is to be done.`);
  const text = source.replace(quoted, (all, quote: string, pin: string) =>
    pinOf(pin).some(({ repository }) => repository === image.repository) ? `${quote}${reference}${quote}` : all,
  );
  return { text, before };
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
