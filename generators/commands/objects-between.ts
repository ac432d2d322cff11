import type { Mirror } from '../git/mirror.ts';
import { beyondNames } from '../model/beyond-names.ts';
import type { ObjectDifference } from '../model/difference.ts';
import { legible } from '../model/legible.ts';
import type { Manifest } from '../model/manifest.ts';
import { metadataFile } from '../model/names.ts';
import { readYaml } from '../model/plain-yaml.ts';
import { Refusal } from '../model/refusal.ts';
import type { Entry } from '../model/timeline.ts';
import { blobOf } from './changed-files.ts';
import type { Pair } from './diff-between.ts';
import { manifestIn } from './object-changes.ts';

export interface ObjectsBetween {
  readonly objects: readonly ObjectDifference[];
  /** Files that somebody wrote so that they cannot be read. */
  readonly illegible: readonly string[];
}

/**
 * What the objects of some parts differ by, in the same order. Only files that differ are read.
 * @param domains of an environment
 */
export async function objectsBetween(
  mirror: Mirror,
  pairs: readonly Pair[],
  domains: (environment: string) => readonly string[],
): Promise<ObjectsBetween[]> {
  const trees = await mirror.trees(pairs.flatMap(({ parts }) => parts.flatMap((part) => part ?? [])));
  const sides = pairs.map(({ parts }) => parts.map((part) => trees.get(part ?? '') ?? new Map<string, Entry>()));
  const differing = sides.map(([old, now]) => filesBetween(old, now));
  const ids = sides.flatMap((both, index) =>
    both.flatMap((files) => (differing[index] ?? []).flatMap((name) => blobOf(files.get(name)) ?? [])),
  );
  const texts = await mirror.blobs(ids);
  const manifestAt = (files: ReadonlyMap<string, Entry>, name: string) =>
    manifestOf(String(texts.get(blobOf(files.get(name)) ?? '') ?? ''), name);
  return pairs.map(({ environments }, index) => {
    const both = sides[index] ?? [];
    const names = differing[index] ?? [];
    const illegible = names.filter((name) => both.some((files) => files.has(name) && !manifestAt(files, name)));
    // What cannot be read on one side is neither gone nor new.
    const read = names.filter((name) => !illegible.includes(name));
    const [before = [], after = []] = both.map((files) => read.flatMap((name) => manifestAt(files, name) ?? []));
    return {
      objects: beyondNames(before, after, environments, [domains(environments[0]), domains(environments[1])]),
      illegible,
    };
  });
}

const filesBetween = (old: ReadonlyMap<string, Entry> = new Map(), now: ReadonlyMap<string, Entry> = new Map()) =>
  [...new Set([...old.keys(), ...now.keys()])]
    .filter((name) => name !== metadataFile && old.get(name)?.id !== now.get(name)?.id)
    .sort();

/** Read without any package: undefined for what is no object, or is written as nobody of ours writes. */
export function manifestOf(text: string, name: string): Manifest | undefined {
  const manifest = manifestIn(plain(text, name));
  return manifest && legible(manifest, (inner) => plain(inner, name));
}

function plain(text: string, name: string): unknown {
  try {
    return readYaml(text, name);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return undefined;
  }
}
