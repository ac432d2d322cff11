import { metadataAt } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import type { NewCommit } from '../model/commit.ts';
import type { Metadata } from '../model/metadata.ts';
import { pipelineFile } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import { move } from '../model/words.ts';

export interface Chain {
  /** One commit per app, so that `git revert` can take back one app alone. */
  readonly commits: readonly NewCommit[];
  /** What each does, in the same order: `counter 1.0.3 → 1.0.4`. */
  readonly moves: readonly string[];
  /** The provenance of each step's parts, by app. */
  readonly from: ReadonlyMap<string, Metadata>;
  readonly to: ReadonlyMap<string, Metadata>;
}

/** Composes the steps from tree ids: each puts one part, exactly as it stands in `rendered`, on the environment branch. */
export async function chain(
  mirror: Mirror,
  {
    environment,
    target,
    steps,
  }: { environment: string; target: Pick<EnvironmentHistory, 'tip'> | undefined; steps: readonly Step[] },
): Promise<Chain> {
  const names = steps.map(({ name }) => name);
  const from = target ? await metadataAt(mirror, target.tip, '', names) : new Map<string, Metadata>();
  const to = new Map<string, Metadata>();
  const commits: NewCommit[] = [];
  const moves: string[] = [];
  const read = new Map<string, Map<string, Metadata>>();
  for (const { name, offer } of steps) {
    if (offer.part === undefined) continue;
    const published = read.get(offer.commit) ?? (await metadataAt(mirror, offer.commit, `${environment}/`, names));
    read.set(offer.commit, published);
    const metadata = published.get(name);
    if (metadata) to.set(name, metadata);
    const what = move(name, from.get(name), metadata);
    const mode = name === pipelineFile ? '100644' : '040000';
    moves.push(what);
    commits.push({
      message: `${what}\n\n${metadata ? `Dry-Sha: ${metadata.drySha}\n` : ''}Rendered-Sha: ${offer.commit}\n`,
      writes: [{ path: name, mode, id: offer.part }],
    });
  }
  return { commits, moves, from, to };
}
