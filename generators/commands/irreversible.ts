import { metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { Refusal } from '../model/refusal.ts';
import type { Retreat } from '../model/rollback.ts';
import type { Rendered } from '../model/timeline.ts';
import { short, versionOf } from '../model/words.ts';

/**
 * Going back over a migration that cannot be undone would start a version on data that it cannot read.
 * @throws {Refusal} with the way forward
 */
export async function refuseIrreversible(
  mirror: Mirror,
  { timelines }: Rendered,
  environment: string,
  retreats: readonly Retreat[],
): Promise<void> {
  for (const { name, from, to } of retreats) {
    if (from === undefined || to === undefined) continue;
    const crossed = timelines.get(`${environment}/${name}`)?.between(to, from) ?? [];
    const metadata = [...(await metadataOf(mirror, crossed)).values()].filter(({ irreversible }) => irreversible);
    if (metadata.length === 0) continue;
    const ends = await metadataOf(mirror, [from, to]);
    const [now, then] = [versionOf(ends.get(from)), versionOf(ends.get(to))];
    const crossing = metadata.map((one) => versionOf(one)).join(', ');
    const came = ends.get(from)?.drySha;
    throw new Refusal(
      `${name} ${now} → ${then} crosses a migration that cannot be undone (${crossing}): ${then} cannot run on what it leaves. Roll forward: mend it on main${came ? ` (${now} came with ${short(came)})` : ''}, then npx slipway publish, and npx slipway promote --to ${environment} where it is no first environment.`,
    );
  }
}
