import { type Published, parsePublished, type Stage } from '../model/metadata.ts';
import { head, publishedFile, rendered } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';

/** What was published, newest first, read as far as the reader goes. Ends at once when nothing was. */
export async function* readPublished(mirror: Mirror, tip: string | undefined): AsyncGenerator<Published, undefined> {
  if (tip === undefined) return;
  // Most readers want the newest alone; the branch is listed for those who go on.
  yield* publishedAt(mirror, tip);
  const [, ...older] = await mirror.git.lines(['rev-list', '--first-parent', tip]);
  for (const commit of older) yield* publishedAt(mirror, commit);
}

/** What was published last; undefined when nothing was. */
export async function newestPublished(mirror: Mirror, tip: string | undefined): Promise<Published | undefined> {
  return (await readPublished(mirror, tip).next()).value;
}

/** The promotion path as it was published last. @throws {Refusal} when nothing was */
export async function readPath(mirror: Mirror): Promise<readonly Stage[]> {
  const newest = await newestPublished(mirror, mirror.refs.get(head(rendered)));
  if (newest) return newest.environments;
  throw new Refusal(`Nothing was published at ${mirror.address} yet: run slipway publish.`);
}

async function* publishedAt({ git, blobs }: Mirror, commit: string): AsyncGenerator<Published, void> {
  const id = await git.text(['rev-parse', `${commit}:${publishedFile}`]).catch((error: unknown) => {
    if (error instanceof GitError) return undefined;
    throw error;
  });
  if (id === undefined) return;
  yield parsePublished(String((await blobs([id])).get(id)), `${publishedFile} of ${rendered} at ${commit}`);
}
