import { createHash } from 'node:crypto';
import type { ObjectId } from './timeline.ts';

/** What a dry commit holds, by git's own ids: equal ids are equal bytes. */
export interface Sources {
  /** What every part depends on: `generators/`, `clusters/`, the lockfile and `package.json`. */
  readonly shared: readonly ObjectId[];
  /** All of `apps/`. */
  readonly everyApp: ObjectId;
  /** By app: its folder. */
  readonly apps: ReadonlyMap<string, ObjectId>;
}

/** What the manifests say of an image that is built here. */
export interface BuiltInput {
  readonly reference: string;
  readonly version: string;
  readonly commit: string;
}

/** Told apart, so that a later way of counting never takes over what an earlier one wrote. */
const way = 'slipway-key-1';

/**
 * What an app's parts depend on, as one word: equal keys are equal manifests in every environment. It is sound because
 * an app can reach nothing but its own folder (generators/hermetic/imports.ts refuses the rest).
 * @returns 32 hex digits; undefined when the commit has no such folder
 */
export function keyOf({ shared, apps }: Sources, app: string, built: BuiltInput | undefined): string | undefined {
  const own = apps.get(app);
  if (own === undefined) return undefined;
  return digest([way, app, own, ...shared, ...(built ? [built.reference, built.version, built.commit] : [])]);
}

/** All that a whole render depends on beside the images. */
export const sourceKey = ({ shared, everyApp }: Sources): string => digest([way, everyApp, ...shared]);

const digest = (values: readonly string[]) =>
  createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 32);
