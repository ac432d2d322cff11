import type { NewCommit } from './commit.ts';
import { mode } from './mode.ts';
import { pipelineFile } from './names.ts';
import type { EnvironmentHistory, ObjectId, Timeline } from './timeline.ts';

/** One commit of a proposal branch, and what it puts under which names; undefined takes a name away. */
export interface Link {
  readonly commit: ObjectId;
  readonly message: string;
  readonly isMerge: boolean;
  readonly sets: readonly { readonly name: string; readonly mode: string; readonly id: ObjectId | undefined }[];
}

/** What a proposal branch holds beyond the environment branch that it is for. */
export interface Proposed {
  /** Where it leaves that branch. */
  readonly base: ObjectId;
  /** Oldest first. */
  readonly links: readonly Link[];
}

/**
 * Whether a proposal is nothing but parts that stood at their very paths of `rendered`, each put once: what a run may
 * compose anew. Anything else is somebody's own work (a file, a revert that takes an app out, a merge).
 */
export function isComposed(
  { links }: Proposed,
  environment: string,
  timelines: ReadonlyMap<string, Timeline>,
): boolean {
  const names = links.flatMap(({ sets }) => sets.map(({ name }) => name));
  if (new Set(names).size !== names.length) return false;
  return links.every(
    ({ isMerge, sets }) =>
      !isMerge &&
      sets.every(({ name, id, mode: is }) => {
        const timeline = timelines.get(`${environment}/${name}`);
        const isPart = id === undefined || timeline?.place(id) !== undefined;
        return timeline !== undefined && isPart && (id === undefined || is === modeOf(name));
      }),
  );
}

const modeOf = (name: string) => (name === pipelineFile ? mode.file : mode.folder);

/** Whether a proposal already puts these parts, commit by commit, on this tip: then it keeps its reviews. */
export function isSame({ base, links }: Proposed, tip: ObjectId, commits: readonly NewCommit[]): boolean {
  const line = (name: string, id: string | undefined) => `${name} ${id ?? ''}`;
  const there = links.map(({ sets }) =>
    sets
      .map(({ name, id }) => line(name, id))
      .sort()
      .join('\n'),
  );
  const wanted = commits.map(({ writes }) =>
    writes
      .map((write) => line(write.path, 'id' in write ? write.id : undefined))
      .sort()
      .join('\n'),
  );
  return base === tip && there.length === wanted.length && there.every((text, at) => text === wanted[at]);
}

/** What is to be done about a proposal that a person asked for. */
export type Tended =
  /** It stands on the tip, and changes something. */
  | { readonly is: 'fine' }
  /** All that it puts stands there by now. */
  | { readonly is: 'pointless' }
  /** The tip moved, and nothing that it touches: the same, on the new tip. */
  | { readonly is: 'behind'; readonly commits: readonly NewCommit[] }
  /** What it touches moved since: whether it is still wanted, a person has to say. */
  | { readonly is: 'overtaken'; readonly names: readonly string[] };

/**
 * @param there what stood on the environment branch where the proposal left it
 * @param now the environment branch
 */
export function tended(
  { base, links }: Proposed,
  there: EnvironmentHistory['entries'],
  now: Pick<EnvironmentHistory, 'tip' | 'entries'>,
): Tended {
  const open = links.map(({ message, sets }) => ({
    message,
    sets: sets.filter(({ name, id }) => now.entries.get(name)?.id !== id),
  }));
  const left = open.filter(({ sets }) => sets.length > 0);
  if (left.length === 0) return { is: 'pointless' };
  if (base === now.tip) return { is: 'fine' };
  const names = left.flatMap(({ sets }) => sets.map(({ name }) => name));
  const moved = names.filter((name) => there.get(name)?.id !== now.entries.get(name)?.id);
  if (moved.length > 0) return { is: 'overtaken', names: moved };
  const commits = left.map(({ message, sets }) => ({
    message: `${message.trimEnd()}\n`,
    writes: sets.map(({ name, id, mode }) =>
      id === undefined ? { path: name, deleted: true as const } : { path: name, mode, id },
    ),
  }));
  return { is: 'behind', commits };
}
