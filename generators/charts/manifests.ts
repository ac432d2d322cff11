import { loadAll } from 'js-yaml';
import type { CheckedManifests } from '../model/app-schema.ts';
import { isClusterScoped } from '../model/kinds.ts';
import type { Manifest } from '../model/manifest.ts';
import { Misuse } from '../model/refusal.ts';
import type { Placement } from './place.ts';

/** Gives the text of a file of the app's folder. @throws when there is none */
export type Read = (file: string) => string;

/**
 * Objects as they were committed. What belongs to a namespace and names none gets the one that it is rendered for.
 * @throws {Misuse} naming the file that is not YAML, or the document that is no object
 */
export function manifestsIn(app: CheckedManifests, { namespace }: Placement, read: Read): Manifest[] {
  return app.files.flatMap((file) => {
    const where = `apps/${app.name}/${file}`;
    return documents(read(file), where).map((value, index) => {
      const { apiVersion, kind, metadata } = (value ?? {}) as Partial<Manifest>;
      if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string')
        throw new Misuse(`${where}: document ${index + 1} has no apiVersion, kind and metadata.name`);
      const manifest = value as Manifest;
      const { name, ...others } = metadata;
      if (app.scope === 'cluster' && !app.namespace && !isClusterScoped(kind) && metadata.namespace === undefined)
        throw new Misuse(`${where}: ${kind} ${name} names no namespace, and neither does apps/${app.name}/app.ts`);
      return isClusterScoped(kind) || metadata.namespace !== undefined
        ? manifest
        : { ...manifest, metadata: { name, namespace, ...others } };
    });
  });
}

function documents(text: string, where: string): unknown[] {
  try {
    // What a generator leaves between two separators is no object.
    return loadAll(text).filter((value) => value !== null && value !== undefined);
  } catch (error) {
    throw new Misuse(`${where} is not YAML: ${(error as Error).message.split('\n')[0]}`, { cause: error });
  }
}
