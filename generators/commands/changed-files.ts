import { isFolder } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { metadataFile, pipelineFile } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import type { Entry, EnvironmentHistory, ObjectId, Rendered } from '../model/timeline.ts';

/** What moves in an environment, and where it comes from. */
export interface Moving {
  readonly rendered: Rendered;
  readonly environment: string;
  /** The environment that the parts come from. */
  readonly source: string;
  readonly target: EnvironmentHistory;
  readonly steps: readonly Step[];
}

export type Files = ReadonlyMap<string, Entry>;

/** Before and after. */
export type Pair = readonly [Files, Files];

/** The files of objects that an app changes, and where to read them: before and after, in the target and in its source. */
export interface ChangedFiles {
  readonly app: string;
  readonly names: readonly string[];
  readonly target: Pair;
  readonly source: Pair;
}

/** What each step changes, file by file; no file is read. */
export async function changedFiles(mirror: Mirror, moving: Moving): Promise<ChangedFiles[]> {
  const all = moving.steps.filter(({ name }) => name !== pipelineFile).map((step) => sidesOf(moving, step));
  const trees = await mirror.trees(
    all.flatMap(({ target, source }) => [...target, ...source].flatMap((id) => id ?? [])),
  );
  const filesOf = (id: ObjectId | undefined): Files => trees.get(id ?? '') ?? new Map();
  return all.map(({ app, target, source }) => {
    const [before, after] = [filesOf(target[0]), filesOf(target[1])];
    const names = changedIn(before, after);
    return { app, names, target: [before, after], source: [filesOf(source[0]), filesOf(source[1])] };
  });
}

/** The contents of some files on both sides. */
export const contentsOf = (all: readonly (readonly [names: readonly string[], sides: Pair])[]): ObjectId[] =>
  all.flatMap(([names, sides]) => sides.flatMap((files) => names.flatMap((file) => blobOf(files.get(file)) ?? [])));

/**
 * Begins to read what judging, composing and telling a move will ask for: each by itself would ask the remote again.
 * Whoever asks meets the failure, too.
 */
export async function readAhead(mirror: Mirror, moving: Moving): Promise<void> {
  if (moving.steps.length === 0) return;
  const changed = await changedFiles(mirror, moving);
  const provenance = changed.flatMap(({ target }) => target.flatMap((files) => blobOf(files.get(metadataFile)) ?? []));
  const contents = contentsOf(changed.map(({ names, target }) => [names, target]));
  // With the provenance alone commits can be written, while the larger part is on its way.
  for (const ids of [provenance, contents]) mirror.blobs(ids).catch(() => {});
}

/** The content of a file; a link or another repository has none that is ours to read. */
export const blobOf = (entry: Entry | undefined) => (entry && /^100/.test(entry.mode) ? entry.id : undefined);

type Ends = readonly [ObjectId | undefined, ObjectId | undefined];

/** The parts of one step: what stands and what comes, and the source's two that stood when they did. */
function sidesOf(
  { rendered, environment, source, target }: Moving,
  { name, from, offer }: Step,
): { app: string; target: Ends; source: Ends } {
  const { timelines, commits } = rendered;
  const there = timelines.get(`${source}/${name}`);
  const newest = from === undefined ? undefined : timelines.get(`${environment}/${name}`)?.newest(from, commits.length);
  // Somebody may have put there what is no folder.
  const before = isFolder(target.entries.get(name)) ? from : undefined;
  return {
    app: name,
    target: [before, offer.part],
    source: [
      newest === undefined ? undefined : there?.at(newest),
      offer.part === undefined ? undefined : offer.vouched,
    ],
  };
}

/** Files of objects that are not the same on both sides. */
const changedIn = (before: Files, after: Files): string[] =>
  [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => file !== metadataFile && before.get(file)?.id !== after.get(file)?.id)
    .sort();
