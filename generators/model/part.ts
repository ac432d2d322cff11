import type { Excuse } from './app.ts';
import type { Stage } from './metadata.ts';
import { blobId, type ObjectFormat } from './object-id.ts';
import type { Outline } from './outline.ts';
import type { ObjectId } from './timeline.ts';

/** One app's folder in one environment, before it has a place in git. A value between rendering and writing. */
export interface Part {
  readonly environment: string;
  readonly app: string;
  /** The manifests and `application.yaml`, by file name. `hydrator.metadata` is written at publish, when these changed. */
  readonly files: Readonly<Record<string, string>>;
  readonly version: string;
  readonly commit?: string;
  /** Image references by container. */
  readonly images: Readonly<Record<string, string>>;
  /** In a first environment: the hash of what the change policies look at, as 16 hex digits (`regardedIn`). */
  readonly fixed?: string;
  /** Its migration cannot be undone: what stood before cannot run on what it leaves. */
  readonly irreversible?: true;
  /** What policies that only warn say of it. */
  readonly warns?: readonly Warning[];
  /** What a reviewer should know of it, though it is no reason to refuse it. */
  readonly remarks?: readonly Remark[];
}

/** A policy that only warns, and does not hold. */
export interface Warning {
  readonly policy: string;
  /** `StatefulSet/redis`. */
  readonly object: string;
  readonly says: string;
}

/** A policy that does not hold, by leave or since it only warns. */
export interface Remark {
  readonly policy: string;
  /** `Deployment/counter`. */
  readonly object: string;
  readonly field: string;
  /** Absent where the policy only warns. */
  readonly excuse?: Excuse;
  readonly says: string;
}

/** A part whose files git knows, by their ids. */
export interface StoredPart extends Omit<Part, 'files'> {
  readonly files: Readonly<Record<string, ObjectId>>;
}

/** A part by the ids that git gives its files. */
export function identified(format: ObjectFormat, { files, ...part }: Part): StoredPart {
  const ids = Object.entries(files).map(([name, text]) => [name, blobId(format, text)] as const);
  return { ...part, files: Object.fromEntries(ids) };
}

/** An app that cannot be rendered, and why. */
export interface Failure {
  readonly app: string;
  readonly message: string;
  /** 2 when its definition is wrong, 1 otherwise. */
  readonly exitCode: number;
}

/** What one dry commit says of the whole, beside its parts. */
export interface Summary {
  readonly repository: string;
  /** In path order. */
  readonly environments: readonly Stage[];
  /** Every app of the commit, also those that were not rendered, in alphabetical order. */
  readonly apps: readonly string[];
  /** Per environment the pipeline file of its branch. */
  readonly pipelines: Readonly<Record<string, string>>;
  /** Per app or part of it that was taken out: why. */
  readonly removed: Readonly<Record<string, string>>;
  /** Per app that was rendered. */
  readonly outlines: Readonly<Record<string, Outline>>;
  /** Per app that was rendered and whose image is built here. `reference` is absent when nobody knows a digest. */
  readonly images: Readonly<Record<string, Named>>;
  /** The Node that rendered. */
  readonly node: string;
}

/** The image of an app that is built here. */
export type Named = Build & { readonly build: string; readonly reference?: string };

/** What the render half says, a line each: the last is the summary. */
export type Line = { readonly part: Part } | { readonly failed: Failure } | { readonly summary: Summary };

/** What git says of a folder that an image is built from, at a dry commit. */
export interface Build {
  /** The folder's git tree id: the image's tag. */
  readonly tree: string;
  /** `major.minor` of its package.json and the number of first-parent commits since that line last changed. */
  readonly version: string;
  /** The last commit that touched it. */
  readonly commit: string;
}

/** All that a render may depend on beside the dry commit's own files. */
export interface RenderInput {
  /** The tree of `generators/`: what a pod that runs Slipway itself checks out. Wanted by no other app. */
  readonly program?: ObjectId | undefined;
  /** By top-level folder. */
  readonly builds: Readonly<Record<string, Build>>;
  /** Digests given by hand, by app: full references. */
  readonly images: Readonly<Record<string, string>>;
  /** What `rendered` says was built before: tree id → reference, by app. */
  readonly known: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Apps whose parts are taken over as they are. */
  readonly taken: readonly string[];
}
