import { Misuse } from './refusal.ts';

/** `registry/repository[:tag][@sha256:…]`. A manifest of a published part always has the digest. */
export interface ImageReference {
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:` and 64 lower-case hex digits. */
  readonly digest?: string;
}

// The grammar of distribution/reference: https://github.com/distribution/reference/blob/main/reference.go
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const host = '[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?';
const grammar = new RegExp(
  `^(?<repository>(?:${host}/)?${component}(?:/${component})*)(?::(?<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$`,
);

/**
 * Reads an image reference.
 * @throws {Misuse} naming `where` and the text when it is not one.
 */
export function parseImage(text: string, where: string): ImageReference {
  const groups = text.length <= 512 ? grammar.exec(text)?.groups : undefined;
  if (!groups?.repository) {
    throw new Misuse(
      `${where}: ${JSON.stringify(text)} is not an image reference; write registry/name:tag@sha256:<64 hex digits>.`,
    );
  }
  const { repository, tag, digest } = groups;
  return { repository, ...(tag ? { tag } : {}), ...(digest ? { digest } : {}) };
}

/** Whether a text is the digest of an image, as `ImageReference` has it. */
export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

export function formatImage({ repository, tag, digest }: ImageReference): string {
  return `${repository}${tag ? `:${tag}` : ''}${digest ? `@${digest}` : ''}`;
}

/** An app and the image that was given for it. */
export type GivenImage = readonly [app: string, image: ImageReference];

/**
 * Reads one `--image NAME=REF@sha256:…`; NAME is the app.
 * @throws {Misuse} when the name, the reference or the digest is missing.
 */
export const parseImageArgument = (text: string): GivenImage => parseGiven(text, '--image ');

/**
 * Reads a file of `--images`: a line `NAME=REF@sha256:…` for each app, as `slipway image find --all` writes it. Blank
 * lines and those that begin with `#` say nothing.
 * @param file its name, for messages
 * @throws {Misuse} naming the file and the line
 */
export function parseImageList(text: string, file: string): GivenImage[] {
  return text.split('\n').flatMap((line, index) => {
    const said = line.trim();
    return said === '' || said.startsWith('#') ? [] : [parseGiven(said, `--images ${file}:${index + 1}: `)];
  });
}

/** @param where what stands before it in a message: `--image ` */
function parseGiven(text: string, where: string): GivenImage {
  const equals = text.indexOf('=');
  if (equals < 1)
    throw new Misuse(`${where}${text}: write NAME=REF@sha256:<digest>, as in counter=registry/counter@sha256:….`);
  const image = parseImage(text.slice(equals + 1), `${where}${text.slice(0, equals)}`);
  if (!image.digest)
    throw new Misuse(`${where}${text}: the digest is missing; a tag can move, so write ${text}@sha256:<digest>.`);
  return [text.slice(0, equals), image];
}

/**
 * Images by app, from wherever they were given. The same image twice is no contradiction.
 * @throws {Misuse} naming an app that was given two
 */
export function givenImages(given: readonly GivenImage[]): Map<string, ImageReference> {
  const images = new Map<string, ImageReference>();
  for (const [app, image] of given) {
    const [one, other] = [images.get(app), image].map((known) => known && formatImage(known));
    if (one !== undefined && one !== other)
      throw new Misuse(`${app} is given two images, ${one} and ${other}: say which by --image or --images, once.`);
    images.set(app, image);
  }
  return images;
}
