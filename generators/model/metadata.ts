import type { Calendar } from './calendar.ts';
import { wholeId } from './object-id.ts';
import type { Outline } from './outline.ts';
import type { Warning } from './part.ts';
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
  /** Its migration cannot be undone: what stood before cannot run on what it leaves. */
  readonly irreversible?: true;
  /** What policies that only warn say of it. */
  readonly warns?: readonly Warning[];
  /** The app was taken out of `main`: nothing of it runs any more. */
  readonly removed?: true;
}

export const formatMetadata = (metadata: Metadata): string => {
  const { repoURL, drySha, commands, version, commit, images, irreversible, warns, removed } = metadata;
  const record = { repoURL, drySha, commands, version, commit, images, irreversible, warns, removed };
  return `${JSON.stringify(record, null, 2)}\n`;
};

/** @throws {Refusal} naming `where` when the text is not what `formatMetadata` writes. */
export function parseMetadata(text: string, where: string): Metadata {
  const value = parseObject(text, where);
  if (typeof value.drySha !== 'string' || !wholeId.test(value.drySha)) {
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
  /** The Node that rendered: `v24.21.0`. */
  readonly node: string;
  /** Where Argo CD reads this repository from. */
  readonly repository: string;
  readonly environments: readonly Stage[];
  /** Per app whose image is built here: what it was built from, and the reference with its digest. */
  readonly images: Readonly<Record<string, PublishedImage>>;
  /** What the whole render depended on (`sourceKey`). */
  readonly source: string;
  /** By app: what its parts depended on (`keyOf`). */
  readonly keys: Readonly<Record<string, string>>;
  /** Why apps, or much of one, were taken out: `removed` of `apps/index.ts`. */
  readonly removed: Readonly<Record<string, string>>;
  /** By app: what others must know of it. */
  readonly outlines: Readonly<Record<string, Outline>>;
  /** By folder of `rendered`: its tree. What differs from it was not written by a publish. */
  readonly trees: Readonly<Record<string, string>>;
  /** Apps that could not be rendered and stayed as they were (`publish --keep-going`). */
  readonly kept: readonly string[];
}
/** An environment as the branches know it. */
export interface Stage {
  readonly name: string;
  /** Absent where apps run; what belongs to a cluster has a path of its own. */
  readonly scope?: 'cluster';
  /** The environment that it comes after; absent for a first one. */
  readonly after?: string;
  /** Seconds that a part must have been healthy here before it goes on. */
  readonly soak: number;
  /** When it takes promotions; absent for always. */
  readonly calendar?: Calendar;
  /** A request to promote onto it is merged by itself when every gate agrees. */
  readonly auto?: true;
  /** The account whose commit statuses on its branch count as evidence. */
  readonly reporter?: string;
}
export interface PublishedImage {
  /** The top-level folder that it is built from. */
  readonly build: string;
  /** That folder's tree. */
  readonly tree: string;
  readonly version: string;
  readonly commit: string;
  readonly reference: string;
}

export const formatPublished = (published: Published): string => {
  const { drySha, node, repository, environments, images, removed, outlines, source, keys, trees, kept } = published;
  const record = { drySha, node, repository, environments, images, removed, outlines, source, trees, keys, kept };
  return `${JSON.stringify(record, null, 2)}\n`;
};

/** @throws {Refusal} naming `where` when the text is not what `formatPublished` writes. */
export function parsePublished(text: string, where: string): Published {
  const { drySha } = parseMetadata(text, where);
  const value = parseObject(text, where);
  const objects = [value.images, value.removed, value.outlines, value.keys, value.trees].every(
    (field) => typeof field === 'object' && field !== null,
  );
  const lists = [value.environments, value.kept].every(Array.isArray);
  const words = [value.node, value.repository, value.source].every((field) => typeof field === 'string');
  if (!objects || !lists || !words) {
    throw new Refusal(
      `${where}: one of node, repository, environments, images, removed, outlines, source, keys, trees and kept is missing; it was not written by this Slipway.`,
    );
  }
  return { ...(value as unknown as Published), drySha };
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
