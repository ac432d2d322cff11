import type { Stage } from './metadata.ts';

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
}

/** What one dry commit is in every environment: the answer of the render half. */
export interface Hydrated {
  readonly repository: string;
  /** In path order. */
  readonly environments: readonly Stage[];
  readonly parts: readonly Part[];
  /** Per environment the pipeline file of its branch. */
  readonly pipelines: Readonly<Record<string, string>>;
  /** Per app whose image is built here. `reference` is absent when nobody knows a digest for this tree. */
  readonly images: Readonly<Record<string, { readonly tree: string; readonly reference?: string }>>;
}

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
  /** By top-level folder. */
  readonly builds: Readonly<Record<string, Build>>;
  /** Digests given by hand, by app: full references. */
  readonly images: Readonly<Record<string, string>>;
  /** What `rendered` says was built before: tree id → reference, by app. */
  readonly known: Readonly<Record<string, Readonly<Record<string, string>>>>;
}
