import { readFile } from 'node:fs/promises';
import type { Registry } from '../live/registry.ts';
import { builtDigest, imageIndex, mediaType, type PlatformImage } from '../model/image-index.ts';
import { Misuse, Refusal } from '../model/refusal.ts';

/**
 * Joins the images of several platforms, which are in the registry, to one index, and pushes that by its digest. It has
 * no tag: nothing is an image of ours before it is scanned and signed.
 * @param builds files that builds left (`buildctl --metadata-file`), or digests
 * @param platforms `linux/amd64`, each of which there must be
 * @returns the digest of the index
 * @throws {Refusal} when one is not there, is no image, or a platform is missing or there twice
 */
export async function joinImages(
  registry: Registry,
  repository: string,
  builds: readonly string[],
  platforms: readonly string[],
): Promise<string> {
  for (const platform of platforms) {
    if (!/^[a-z0-9]+\/[a-z0-9]+$/.test(platform))
      throw new Misuse(`--platform ${platform}: write system and architecture, such as linux/arm64.`);
  }
  const digests = await Promise.all(builds.map(digestIn));
  const images = await Promise.all(digests.map((digest) => platformImage(registry, repository, digest)));
  const { digest, bytes } = imageIndex(images, platforms);
  await registry.put(repository, digest, { mediaType: mediaType.index, bytes });
  return digest;
}

async function digestIn(build: string): Promise<string> {
  if (build.startsWith('sha256:')) return builtDigest(build, build);
  const text = await readFile(build, 'utf8').catch((error: Error) => {
    throw new Refusal(`${build} cannot be read (${error.message}): it is what the build of a platform leaves.`);
  });
  return builtDigest(text, build);
}

/** What platform an image is for stands in its configuration. */
async function platformImage(registry: Registry, repository: string, digest: string): Promise<PlatformImage> {
  const stored = await registry.manifest(repository, digest);
  if (!stored) throw new Refusal(`${repository} has no ${digest}: its build did not push it, or a clean-up took it.`);
  const found = { digest, mediaType: stored.mediaType, size: stored.bytes.length };
  const { config } = JSON.parse(String(stored.bytes)) as { config?: { digest?: string } };
  // Whoever joins them says what is wrong with one that is no image.
  if (!config?.digest) return { ...found, os: '', architecture: '' };
  const { os, architecture, variant } = JSON.parse(String(await registry.blob(repository, config.digest)));
  return { ...found, os, architecture, variant };
}
