import { Refusal } from './refusal.ts';

/**
 * The `hydrator.metadata` of a part. The first three fields are those of Argo CD's source hydrator, whose readers
 * ignore the others: https://argo-cd.readthedocs.io/en/stable/user-guide/source-hydrator/
 */
export interface Metadata {
  readonly repoURL: string;
  /** The dry commit at which this part's manifests last changed. */
  readonly drySha: string;
  /** What a person types at that commit to see the same manifests. */
  readonly commands: readonly string[];
  /** The version for people: `1.4.7`, or the tag of a pinned image. */
  readonly version?: string;
  /** The commit that last touched what the image is built from. */
  readonly commit?: string;
  /** Every image of the part, by container. */
  readonly images?: Readonly<Record<string, string>>;
  /** The app was taken out of `main`: nothing of it runs any more. */
  readonly removed?: true;
}

export const formatMetadata = ({ repoURL, drySha, commands, version, commit, images, removed }: Metadata): string =>
  `${JSON.stringify({ repoURL, drySha, commands, version, commit, images, removed }, null, 2)}\n`;

/** @throws {Refusal} naming `where` when the text is not what `formatMetadata` writes. */
export function parseMetadata(text: string, where: string): Metadata {
  const value = parseObject(text, where);
  if (typeof value.drySha !== 'string' || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(value.drySha)) {
    throw new Refusal(
      `${where}: drySha is ${JSON.stringify(value.drySha)}, not a commit; the file was not written by Slipway.`,
    );
  }
  return value as unknown as Metadata;
}

/**
 * The `published.json` at the root of `rendered`: what the newest publish was made from. It names the path as well, so
 * that whoever reads the branches needs neither the apps nor the clusters of any commit.
 */
export interface Published {
  readonly drySha: string;
  readonly environments: readonly Stage[];
  /** Per app whose image is built here: the tree that it was built from, and the reference with its digest. */
  readonly images: Readonly<Record<string, PublishedImage>>;
}
/** An environment as the branches know it. */
export interface Stage {
  readonly name: string;
  /** The environment that it comes after; absent for a first one. */
  readonly after?: string;
  /** Seconds that a part must have been healthy here before it goes on. */
  readonly soak: number;
}
export interface PublishedImage {
  readonly tree: string;
  readonly reference: string;
}

export const formatPublished = ({ drySha, environments, images }: Published): string =>
  `${JSON.stringify({ drySha, environments, images }, null, 2)}\n`;

/** @throws {Refusal} naming `where` when the text is not what `formatPublished` writes. */
export function parsePublished(text: string, where: string): Published {
  const { drySha } = parseMetadata(text, where);
  const { images, environments } = parseObject(text, where);
  if (typeof images !== 'object' || images === null || !Array.isArray(environments)) {
    throw new Refusal(`${where}: images or environments is missing; the file was not written by Slipway.`);
  }
  return { drySha, environments: environments as Stage[], images: images as Published['images'] };
}

function parseObject(text: string, where: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {}
  if (typeof value !== 'object' || value === null)
    throw new Refusal(`${where} is not a JSON object; it was not written by Slipway.`);
  return value as Record<string, unknown>;
}
