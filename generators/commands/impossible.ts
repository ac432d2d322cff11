import type { Mirror } from '../git/mirror.ts';
import { readBlobs } from '../git/objects.ts';
import type { Failure, Part, StoredPart } from '../model/part.ts';
import type { Present } from '../model/publication.ts';
import type { Entry, ObjectId } from '../model/timeline.ts';
import type { Replacement } from './judge-changes.ts';

/** Whether a part takes the place of one whose objects say otherwise what cannot be changed. Most publishes have none. */
export const isOtherwiseFixed = (
  { environment, app, fixed }: Pick<Part, 'environment' | 'app' | 'fixed'>,
  { published, files }: Present,
): boolean =>
  fixed !== undefined && files.has(`${environment}/${app}`) && published?.outlines[app]?.fixed?.[environment] !== fixed;

/** Keeps the texts of a part until git gives them back. */
export function retain(written: Map<ObjectId, string>, { files }: Part, stored: StoredPart): void {
  for (const [name, id] of Object.entries(stored.files)) written.set(id, files[name] as string);
}

/** The apps of which a first environment's cluster would refuse what changes. */
export async function impossibleIn(
  mirror: Mirror,
  parts: readonly Pick<StoredPart, 'environment' | 'app' | 'files' | 'fixed'>[],
  present: Present,
  written: ReadonlyMap<ObjectId, string>,
): Promise<Failure[]> {
  const replacements = parts
    .filter((part) => isOtherwiseFixed(part, present))
    .map(({ environment, app, files }): Replacement => {
      const there = present.files.get(`${environment}/${app}`) ?? new Map<string, Entry>();
      const before = new Map([...there].map(([name, { id }]) => [name, id]));
      return { environment, app, before, after: new Map(Object.entries(files)) };
    });
  if (replacements.length === 0) return [];
  // Whoever was overtaken has what was rendered in the mirror by now, and the remote has it not.
  const own = async (ids: readonly ObjectId[]) => {
    const missing = ids.filter((id) => !written.has(id));
    const texts = await readBlobs(mirror.git, missing);
    return new Map(ids.map((id) => [id, written.get(id) ?? String(texts.get(id))]));
  };
  // Loaded where something is to be judged: it brings an evaluator.
  const { impossibleChanges } = await import('./judge-changes.ts');
  const found = await impossibleChanges(replacements, { before: mirror.blobs, after: own });
  return [...found].map(([app, lines]) => ({
    app,
    message: lines.map((line) => `apps/${app}/app.ts: ${line}`).join('\n'),
    exitCode: 1,
  }));
}
