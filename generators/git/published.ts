import { type Published, parsePublished } from '../model/metadata.ts';
import { head, publishedFile, rendered } from '../model/names.ts';
import { Unpublished } from '../model/refusal.ts';
import type { Git } from './git.ts';
import type { Mirror } from './mirror.ts';
import { readBlobs } from './objects.ts';

/** Where `published.json` is read from: a mirror, or a clone that has `rendered`. */
export type Reader = Pick<Mirror, 'git' | 'blobs' | 'deepen'>;

/** A clone as a reader: what it has of `rendered` is read where it is. */
export function cloned(git: Git): Reader & { newest(): Promise<string | undefined> } {
  return {
    git,
    blobs: (ids) => readBlobs(git, ids),
    deepen: async () => {},
    /** The newest commit of `rendered` that the clone has, if its `published.json` is there. */
    async newest() {
      for (const ref of [`refs/remotes/origin/${rendered}`, head(rendered)]) {
        const tip = await git.commit(ref);
        if (tip && (await git.holds(['cat-file', '-e', `${tip}:${publishedFile}`], [1, 128]))) return tip;
      }
      return undefined;
    },
  };
}

/** What was published, newest first, read as far as the reader goes. Ends at once when nothing was. */
export async function* readPublished(mirror: Reader, tip: string | undefined): AsyncGenerator<Published, undefined> {
  if (tip === undefined) return;
  // Most readers want the newest alone; the branch is fetched and listed for those who go on.
  const newest = await publishedAt(mirror, tip);
  if (newest) yield newest;
  await mirror.deepen();
  const [, ...older] = await mirror.git.lines(['rev-list', '--first-parent', tip]);
  for (const commit of older) {
    const published = await publishedAt(mirror, commit);
    if (published) yield published;
  }
}

/** What was published last; undefined when nothing was. */
export async function newestPublished(mirror: Reader, tip: string | undefined): Promise<Published | undefined> {
  return (await readPublished(mirror, tip).next()).value;
}

/** What was published last. @throws {Refusal} when nothing was */
export async function readNewest(mirror: Mirror): Promise<Published> {
  const newest = await newestPublished(mirror, mirror.refs.get(head(rendered)));
  if (newest) return newest;
  throw new Unpublished(`Nothing was published at ${mirror.address} yet: run slipway publish.`);
}

/** What one commit of `rendered` says was published; undefined where the file is missing. @throws {Refusal} when it is not ours */
export async function publishedAt({ git, blobs }: Reader, commit: string): Promise<Published | undefined> {
  const id = await git.named(`${commit}:${publishedFile}`);
  if (id === undefined) return undefined;
  return parsePublished(String((await blobs([id])).get(id)), `${publishedFile} of ${rendered} at ${commit}`);
}
