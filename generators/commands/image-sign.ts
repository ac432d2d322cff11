import { formatImage, isDigest } from '../model/image.ts';
import { wholeId } from '../model/object-id.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { quote, short } from '../model/words.ts';
import { findImage, type ImageDoors } from './image-find.ts';

export interface SignRequest {
  readonly repository: string;
  /** What it was built from. */
  readonly tree: string;
  readonly digest: string;
  /** For people: a second tag. @default none */
  readonly version?: string | undefined;
  /** A CycloneDX document of what is in it. @default none is stated */
  readonly sbom?: string | undefined;
  /** A repository elsewhere that gets it, too, with its signatures. @default none */
  readonly copyTo?: string | undefined;
}

export interface Signed {
  /** `stands`: another image of this tree was signed before, and stays the one. */
  readonly outcome: 'signed' | 'unchanged' | 'stands';
  readonly digest: string;
  /** What was done, in order: `signature`, `sbom`, `copy`, `tag 1.4.7`. */
  readonly did: readonly string[];
}

/**
 * Signs an image by its digest, and makes it the image of its tree. The tags come last, so that a tag of ours is always
 * on something that is signed, stated and copied; killed anywhere, the next run does what is missing.
 * @throws {Misuse} for a digest or version that is none
 * @throws {Refusal} when the registry does not have it, or its version is another image's
 */
export async function signImage(doors: ImageDoors, request: SignRequest): Promise<Signed> {
  const { registry, cosign, say } = doors;
  const { repository, tree, digest, version, sbom, copyTo } = request;
  checkRequest(request);
  const image = { repository, digest };
  const stored = await registry.manifest(repository, digest);
  if (!stored)
    throw new Refusal(`${repository} has no ${digest}: push it by its digest (slipway image join), then sign it.`);

  const before = await findImage(doors, repository, tree);
  if (before.is === 'found' && before.digest !== digest) {
    say(
      `${repository}:${short(tree)} is ${before.digest} already, signed by us for this tree: that stays the image of it, and ${digest} gets no tag.`,
    );
    return { outcome: 'stands', digest: before.digest, did: [] };
  }
  if (before.is === 'doubtful' && before.digest !== digest)
    say(
      `${repository}:${tree} was ${before.digest}, which is not ours (${quote(before.why, 200)}): somebody pushed that tag, and it is put right.`,
    );
  const tags = [{ tag: tree, is: before.is === 'absent' ? undefined : before.digest }];
  if (version !== undefined) tags.push({ tag: version, is: await versionAt(doors, request, version) });

  const did: string[] = [];
  const annotations = { tree, ...(version === undefined ? {} : { version }) };
  if ((await cosign.doubt(image, annotations)) !== undefined) {
    await cosign.sign(image, annotations);
    const doubt = await cosign.doubt(image, annotations);
    if (doubt !== undefined)
      throw new Refusal(
        `${repository}@${digest} was signed, and the signature is not believed (${doubt}). Somebody else may write signatures there, or the key that verifies is another: look at ${signatureTag(digest)}, and run this again.`,
      );
    did.push('signature');
  }
  if (sbom !== undefined && (await cosign.attestationDoubt(image)) !== undefined) {
    await cosign.attest(image, sbom);
    const doubt = await cosign.attestationDoubt(image);
    if (doubt !== undefined)
      throw new Refusal(
        `The SBOM of ${repository}@${digest} was stated, and is not believed (${doubt}). Run this again.`,
      );
    did.push('sbom');
  }
  if (copyTo !== undefined) {
    await cosign.copy(image, formatImage({ repository: copyTo, tag: tree }));
    did.push('copy');
  }
  for (const { tag, is } of tags) {
    if (is === digest) continue;
    await registry.put(repository, tag, stored);
    did.push(`tag ${tag}`);
  }
  return { outcome: did.some((step) => step !== 'copy') ? 'signed' : 'unchanged', digest, did };
}

const signatureTag = (digest: string) => `${digest.replace(':', '-')}.sig`;

function checkRequest({ digest, version }: SignRequest): void {
  if (!isDigest(digest))
    throw new Misuse(`--digest ${digest}: write sha256:<64 hex digits>, as slipway image join prints it.`);
  // A tag like these would be taken for a tree, or for a signature.
  const isTaken = (tag: string) => wholeId.test(tag) || tag.startsWith('sha256-');
  if (version !== undefined && (!/^\w[\w.-]{0,127}$/.test(version) || isTaken(version)))
    throw new Misuse(`--version ${version}: write a version for people, such as 1.4.7.`);
}

/**
 * What a version stands on. One that we gave to another image is not taken from it in silence; where somebody else put
 * it, it is ours all the same.
 */
async function versionAt(
  { registry, cosign, say }: ImageDoors,
  { repository, digest }: SignRequest,
  version: string,
): Promise<string | undefined> {
  const there = (await registry.manifest(repository, version))?.digest;
  if (there === undefined || there === digest) return there;
  const doubt = await cosign.doubt({ repository, digest: there }, { version });
  if (doubt === undefined)
    throw new Refusal(
      `${repository}:${version} is ${there}, signed by us as that version, and no version means two images. Change the version in package.json; nothing was signed.`,
    );
  say(`${repository}:${version} was ${there}, which is not ours (${quote(doubt, 200)}): it is put right.`);
  return there;
}
