import { createHash } from 'node:crypto';
import { isDigest } from './image.ts';
import { Refusal } from './refusal.ts';

/** Media types of what a registry keeps: https://github.com/opencontainers/image-spec/blob/main/media-types.md */
export const mediaType = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  dockerIndex: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
} as const;

/** The image of one platform, as the registry has it. */
export interface PlatformImage {
  readonly digest: string;
  readonly mediaType: string;
  /** Bytes of its manifest. */
  readonly size: number;
  readonly os: string;
  readonly architecture: string;
  /** `v8`; most have none. */
  readonly variant?: string | undefined;
}

export interface ImageIndex {
  readonly digest: string;
  readonly bytes: Buffer;
}

/** `sha256:` and the hash of these bytes, as registries name them. */
export const digestOf = (bytes: string | Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** `linux/arm64`; a variant does not tell two images of one platform apart. */
export const platformOf = ({ os, architecture }: Pick<PlatformImage, 'os' | 'architecture'>) => `${os}/${architecture}`;

/**
 * One image for several platforms: https://github.com/opencontainers/image-spec/blob/main/image-index.md. The bytes are
 * a function of what is joined, in whatever order it comes; nothing of commit or time stands in them.
 * @param platforms which there must be: `linux/amd64`
 * @throws {Refusal} where one is missing, there twice, not wanted, or no image
 */
export function imageIndex(images: readonly PlatformImage[], platforms: readonly string[]): ImageIndex {
  for (const { digest, mediaType: type } of images) {
    if (type !== mediaType.manifest && type !== mediaType.dockerManifest)
      throw new Refusal(
        `${digest} is ${type || 'of no media type'}, not the image of one platform: build each platform by itself, without provenance and SBOM attached, and join those.`,
      );
  }
  const byPlatform = Map.groupBy(images, platformOf);
  for (const [platform, [one, other]] of byPlatform) {
    if (other)
      throw new Refusal(
        `${one?.digest} and ${other.digest} are both images for ${platform}: join one of each platform, from one build.`,
      );
    if (!platforms.includes(platform))
      throw new Refusal(
        `${one?.digest} is an image for ${platform}, and ${platforms.join(' and ')} are wanted: build for those, or say --platform ${platform}.`,
      );
  }
  const missing = platforms.filter((platform) => !byPlatform.has(platform));
  if (missing.length > 0)
    throw new Refusal(
      `The image for ${missing.join(' and ')} is missing: give the digest that its build job pushed, or say which platforms there are with --platform.`,
    );
  const manifests = [...byPlatform]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, [image]]) => (image ? [image] : []))
    .map(({ mediaType: type, digest, size, os, architecture, variant }) => ({
      mediaType: type,
      digest,
      size,
      platform: { architecture, os, ...(variant ? { variant } : {}) },
    }));
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaType.index, manifests }));
  return { digest: digestOf(bytes), bytes };
}

/**
 * The digest that a build left: what `buildctl --metadata-file` wrote, or the digest alone.
 * @throws {Refusal} naming `where` when there is none
 */
export function builtDigest(text: string, where: string): string {
  const trimmed = text.trim();
  let digest: unknown = trimmed;
  if (trimmed.startsWith('{')) {
    try {
      digest = (JSON.parse(trimmed) as Record<string, unknown>)['containerimage.digest'];
    } catch {
      digest = undefined;
    }
  }
  if (typeof digest === 'string' && isDigest(digest)) return digest;
  throw new Refusal(
    `${where} has no digest: it must be what buildctl --metadata-file writes (containerimage.digest), or sha256:<64 hex digits> alone.`,
  );
}
