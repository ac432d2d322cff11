import { type Metadata, parseMetadata } from '../model/metadata.ts';
import { environmentBranch, head, metadataFile } from '../model/names.ts';
import type { Git } from './git.ts';
import { readBlobs } from './objects.ts';

/**
 * What stands in an environment, by app, as this clone last saw its branch; what was taken out is not there any more.
 * @returns undefined where the clone has no such branch
 * @throws {Refusal} when a part was not written by Slipway
 */
export async function standingIn(git: Git, environment: string): Promise<Map<string, Metadata> | undefined> {
  const branch = environmentBranch(environment);
  const tip = (await git.commit(`refs/remotes/origin/${branch}`)) ?? (await git.commit(head(branch)));
  if (tip === undefined) return undefined;
  const files = (await git.lines(['ls-tree', '-r', tip])).flatMap((line) => {
    const [, id, app, file] = /^\d+ blob (\w+)\t([^/]+)\/([^/]+)$/.exec(line) ?? [];
    return id !== undefined && app !== undefined && file === metadataFile ? [{ id, app }] : [];
  });
  const texts = await readBlobs(
    git,
    files.map(({ id }) => id),
  );
  const parts = files.map(({ id, app }) => {
    const where = `${app}/${metadataFile} of ${branch}`;
    return [app, parseMetadata(String(texts.get(id)), where)] as const;
  });
  return new Map(parts.filter(([, { removed }]) => !removed));
}
