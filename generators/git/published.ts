import { type Published, parsePublished, type Stage } from '../model/metadata.ts';
import { head, publishedFile, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
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

/** The promotion path as it was published last. @throws {Refusal} when nothing was */
export async function readPath(mirror: Mirror): Promise<readonly Stage[]> {
  const newest = await readPublished(mirror, mirror.refs.get(head(rendered))).next();
  if (newest.value) return newest.value.environments;
  throw new Refusal(`Nothing was published at ${mirror.address} yet: run slipway publish.`);
}
