import { metadataAt, metadataOf } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import { grouped, type NewCommit } from '../model/commit.ts';
import type { Metadata } from '../model/metadata.ts';
import { mode } from '../model/mode.ts';
import { pipelineFile } from '../model/names.ts';
import type { Step } from '../model/promotion.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import { move } from '../model/words.ts';

export interface Chain {
  /** One commit per app, so that `git revert` can take back one app alone; of very many, a few apps in each. */
  readonly commits: readonly NewCommit[];
  /** What each does, in the same order: `counter 1.0.3 → 1.0.4`. */
  readonly moves: readonly string[];
  /** The provenance of each step's parts, by app. */
  readonly from: ReadonlyMap<string, Metadata>;
  readonly to: ReadonlyMap<string, Metadata>;
}

/** So many commits at most: each names all that stands in an environment, so that their cost would grow squared. */
const most = 1000;

/**
 * Composes the steps from tree ids: each puts one part, exactly as it stands in `rendered`, on the environment branch; one
 * that offers none takes the folder away.
 */
export async function chain(
  mirror: Mirror,
  {
    target,
    steps,
    provenance,
  }: {
    target: Pick<EnvironmentHistory, 'tip'> | undefined;
    steps: readonly Step[];
    /** Of the offered parts, by app, where it is known. @default read from git */
    provenance?: (app: string) => Metadata | undefined;
  },
): Promise<Chain> {
  const names = steps.map(({ name }) => name);
  const parts = steps.flatMap(({ name, offer }) => (name === pipelineFile ? [] : (offer.part ?? [])));
  const [from, published] = await Promise.all([
    target ? metadataAt(mirror, target.tip, '', names) : new Map<string, Metadata>(),
    provenance ? undefined : metadataOf(mirror, parts),
  ]);
  const to = new Map<string, Metadata>();
  const commits: NewCommit[] = [];
  const moves: string[] = [];
  for (const { name, offer } of steps) {
    if (offer.part === undefined) {
      const what = `${name} taken away`;
      moves.push(what);
      commits.push({ message: `${what}\n`, writes: [{ path: name, deleted: true }] });
      continue;
    }
    const metadata = provenance ? provenance(name) : published?.get(offer.part);
    if (metadata) to.set(name, metadata);
    const what = move(name, from.get(name), metadata);
    moves.push(what);
    commits.push({
      message: `${what}\n\n${metadata ? `Dry-Sha: ${metadata.drySha}\n` : ''}Rendered-Sha: ${offer.commit}\n`,
      writes: [{ path: name, mode: name === pipelineFile ? mode.file : mode.folder, id: offer.part }],
    });
  }
  return { commits: grouped(commits, most), moves, from, to };
}
