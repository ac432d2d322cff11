import type { Git } from '../git/git.ts';
import type { Mirror } from '../git/mirror.ts';
import { mode } from '../model/mode.ts';
import type { ObjectId } from '../model/timeline.ts';
import type { Pair } from './diff-between.ts';

/** git's unified difference of some parts, each under its environment: what `git apply` takes. */
export async function rawBetween(mirror: Mirror, pairs: readonly Pair[]): Promise<string> {
  const { git } = mirror;
  const groups = Map.groupBy(pairs, ({ environments }) => environments.join(' '));
  const texts: string[] = [];
  for (const group of groups.values()) {
    const [from = '', to = ''] = group[0]?.environments ?? [];
    const [old, now] = await Promise.all([0, 1].map((side) => folderOf(git, group, side as 0 | 1)));
    await fetched(mirror, group);
    const prefixes = [`--src-prefix=a/${from}/`, `--dst-prefix=b/${to}/`];
    const args = ['diff-tree', '-r', '-p', '--no-ext-diff', '--no-textconv', '--no-color', ...prefixes];
    texts.push(await git.text([...args, old as string, now as string]));
  }
  return texts.flatMap((text) => (text === '' ? [] : [`${text}\n`])).join('');
}

/** A folder of parts by app, in the mirror alone. */
const folderOf = (git: Git, pairs: readonly Pair[], side: 0 | 1): Promise<ObjectId> => {
  const lines = pairs.flatMap(({ app, parts }) =>
    parts[side] ? [`${mode.folder} tree ${parts[side]}\t${app}\n`] : [],
  );
  return git.text(['mktree'], lines.join(''));
};

/** Contents are not fetched with the branches; git would ask for one after the other. */
async function fetched(mirror: Mirror, pairs: readonly Pair[]): Promise<void> {
  const trees = await mirror.trees(pairs.flatMap(({ parts }) => parts.flatMap((part) => part ?? [])));
  const ids = pairs.flatMap(({ parts: [old = '', now = ''] }) => {
    const [was, is] = [trees.get(old) ?? new Map(), trees.get(now) ?? new Map()];
    const names = [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name)?.id !== is.get(name)?.id);
    return names.flatMap((name) => [was.get(name)?.id ?? [], is.get(name)?.id ?? []].flat());
  });
  await mirror.blobs(ids);
}
