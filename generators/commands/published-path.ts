import type { Mirror } from '../git/mirror.ts';
import { newestPublished } from '../git/published.ts';
import type { Stage } from '../model/metadata.ts';
import { head, rendered } from '../model/names.ts';

/** The path as it was published last; undefined when nothing was. */
export const pathOf = async (remote: Mirror): Promise<readonly Stage[] | undefined> =>
  (await newestPublished(remote, remote.refs.get(head(rendered))))?.environments;
