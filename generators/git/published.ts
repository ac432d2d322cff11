import { type Published, parsePublished } from '../model/metadata.ts';
import { publishedFile, rendered } from '../model/names.ts';
import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';

/** What was published, newest first, read as far as the reader goes. Ends at once when nothing was. */
export async function* readPublished(
  { git, blobs }: Mirror,
  tip: string | undefined,
): AsyncGenerator<Published, undefined> {
  if (tip === undefined) return;
  const commits = await git.lines(['rev-list', '--first-parent', tip]);
  for (const commit of commits) {
    const id = await git.text(['rev-parse', `${commit}:${publishedFile}`]).catch((error: unknown) => {
      if (error instanceof GitError) return undefined;
      throw error;
    });
    if (id === undefined) continue;
    yield parsePublished(String((await blobs([id])).get(id)), `${publishedFile} of ${rendered} at ${commit}`);
  }
}
