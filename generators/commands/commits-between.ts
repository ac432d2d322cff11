import { readMain } from '../git/chronicle.ts';
import type { Mirror } from '../git/mirror.ts';
import { type MainCommit, ownCommits } from '../model/commits.ts';
import type { Moved } from '../model/happening.ts';
import type { Published } from '../model/metadata.ts';
import { head, main } from '../model/names.ts';

/**
 * The commits of `main` between what moved, newest first: those that touched the app or what it is built from. A step back
 * has those that it took back; what was not there, or is no more, has none.
 */
export async function commitsBetween(
  { git, refs }: Mirror,
  { images }: Pick<Published, 'images'>,
  moved: readonly Moved[],
): Promise<Map<Moved, MainCommit[]>> {
  const tip = refs.get(head(main));
  const ends = moved.filter(({ fromDry, toDry }) => fromDry !== undefined && toDry !== undefined && fromDry !== toDry);
  if (tip === undefined || ends.length === 0) return new Map();
  const chain = await git.lines(['rev-list', '--first-parent', tip]);
  const places = new Map(chain.map((commit, place) => [commit, place]));
  const ranges = ends.flatMap((one) => {
    const both = [places.get(one.fromDry ?? ''), places.get(one.toDry ?? '')];
    const [from, to] = both as [number, number];
    return both.includes(undefined) ? [] : [{ one, newest: Math.min(from, to), oldest: Math.max(from, to) }];
  });
  const wanted = new Set(ranges.flatMap(({ newest, oldest }) => chain.slice(newest, oldest)));
  const read = await readMain(
    git,
    chain.filter((commit) => wanted.has(commit)),
  );
  return new Map(
    ranges.map(({ one, newest, oldest }) => {
      const commits = chain.slice(newest, oldest).flatMap((commit) => read.get(commit) ?? []);
      return [one, ownCommits(commits, one.name, images[one.name]?.build)];
    }),
  );
}
