import { metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Metadata } from '../model/metadata.ts';
import { Refusal } from '../model/refusal.ts';
import type { Retreat } from '../model/rollback.ts';
import type { ObjectId, Rendered } from '../model/timeline.ts';
import { short, versionOf } from '../model/words.ts';

/** What an app leaves behind, from an earlier part (not counted) to a later one. */
export interface Way {
  readonly name: string;
  readonly earlier: ObjectId | undefined;
  readonly later: ObjectId | undefined;
}

/** By app the provenance of what lies on its way: its earlier end not counted, its later end the last. */
export async function alongWays(
  mirror: Mirror,
  { timelines }: Rendered,
  environment: string,
  ways: readonly Way[],
): Promise<Map<string, Metadata[]>> {
  const all = ways.map(({ name, earlier, later }) => {
    const timeline = timelines.get(`${environment}/${name}`);
    const known = timeline !== undefined && earlier !== undefined && later !== undefined;
    return { name, parts: known ? timeline.between(earlier, later) : [] };
  });
  const metadata = await metadataOf(
    mirror,
    all.flatMap(({ parts }) => parts),
  );
  return new Map(all.map(({ name, parts }) => [name, parts.flatMap((part) => metadata.get(part) ?? [])]));
}

/** The versions among some parts whose migrations cannot be undone, in their order. */
export const irreversibleIn = (way: readonly Metadata[]): string[] => [
  ...new Set(way.filter(({ irreversible }) => irreversible).map(versionOf)),
];

/** By app the versions on its way whose migrations cannot be undone, oldest first. */
export async function crossedBy(
  mirror: Mirror,
  rendered: Rendered,
  environment: string,
  ways: readonly Way[],
): Promise<Map<string, string[]>> {
  const along = await alongWays(mirror, rendered, environment, ways);
  return new Map([...along].map(([name, way]) => [name, irreversibleIn(way)]));
}

/**
 * Going back over a migration that cannot be undone would start a version on data that it cannot read.
 * @throws {Refusal} with the way forward
 */
export async function refuseIrreversible(
  mirror: Mirror,
  rendered: Rendered,
  environment: string,
  retreats: readonly Retreat[],
): Promise<void> {
  const ways = retreats.map(({ name, from, to }) => ({ name, earlier: to, later: from }));
  const crossed = await crossedBy(mirror, rendered, environment, ways);
  for (const { name, from, to } of retreats) {
    const crossing = crossed.get(name) ?? [];
    if (crossing.length === 0 || from === undefined || to === undefined) continue;
    const ends = await metadataOf(mirror, [from, to]);
    const [now, then] = [versionOf(ends.get(from)), versionOf(ends.get(to))];
    const came = ends.get(from)?.drySha;
    throw new Refusal(
      `${name} ${now} → ${then} crosses a migration that cannot be undone (${crossing.join(', ')}): ${then} cannot run on what it leaves. Roll forward: mend it on main${came ? ` (${now} came with ${short(came)})` : ''}, then npx slipway publish, and npx slipway promote --to ${environment} where it is no first environment.`,
    );
  }
}
