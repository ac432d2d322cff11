import { entriesOf, filesOf, metadataAt } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { newestPublished } from '../git/published.ts';
import type { Bundle } from '../model/bundle.ts';
import type { Published } from '../model/metadata.ts';
import { head, metadataFile, rendered } from '../model/names.ts';
import type { Adopted, Present } from '../model/publication.ts';
import { Refusal } from '../model/refusal.ts';

/**
 * What a bundle takes over from its base, where `rendered` has moved since and says something else.
 * @throws {Refusal} when the base is no commit of `rendered`
 */
export async function adopt(
  mirror: Mirror,
  { base, taken, summary }: Pick<Bundle, 'base' | 'taken' | 'summary'>,
  present: Present,
): Promise<{ parts: Adopted[]; published: Published | undefined }> {
  const { git } = mirror;
  await mirror.deepen();
  const tip = mirror.refs.get(head(rendered));
  if (!base || !tip || !(await git.commit(base)) || !(await git.isAncestor(base, tip)))
    throw new Refusal(`The bundle stands on ${base}, which is no commit of ${rendered}: render it again.`);
  const published = await newestPublished(mirror, base);
  const parts: Adopted[] = [];
  for (const { name: environment } of summary.environments) {
    const there = await entriesOf(git, base, `${environment}/`);
    const moved = taken.filter((app) => there.get(app)?.id !== present.folders.get(environment)?.get(app)?.id);
    if (moved.length === 0) continue;
    const provenance = await metadataAt(mirror, base, `${environment}/`, moved);
    for (const app of moved) {
      const metadata = provenance.get(app);
      if (!metadata)
        throw new Refusal(`${environment}/${app} of ${rendered} at ${base} has no provenance: render again.`);
      const files = await filesOf(git, base, `${environment}/${app}/`);
      files.delete(metadataFile);
      const ids = Object.fromEntries([...files].map(([name, { id }]) => [name, id]));
      const fixed = published?.outlines[app]?.fixed?.[environment];
      parts.push({ environment, app, files: ids, metadata, ...(fixed ? { fixed } : {}) });
    }
  }
  return { parts, published };
}
