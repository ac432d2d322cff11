import { branchOf } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { meaningOf } from './answers.ts';
import { GitError } from './git.ts';
import type { Mirror } from './mirror.ts';

/** A branch that moves: from what the remote was seen to have (undefined: it must not exist), to a commit. */
export interface Move {
  /** Full name: `refs/heads/env/dev`. */
  readonly ref: string;
  readonly from: string | undefined;
  readonly to: string;
}

/** Whether the branches moved, or somebody else moved one first and all must be decided anew. */
export type Pushed = 'moved' | 'stale';

/**
 * Moves branches, all or none, and only when each is still where it was seen: nobody's work is overwritten.
 * @throws {Refusal} when the remote refuses (protection, access) or cannot be reached
 */
export async function push(mirror: Mirror, moves: readonly Move[]): Promise<Pushed> {
  if (moves.length === 0) return 'moved';
  const leases = moves.map(({ ref, from }) => `--force-with-lease=${ref}:${from ?? ''}`);
  // Without --no-thin, push would fetch old file contents in order to send a delta against them.
  const args = [
    'push',
    '--quiet',
    '--no-thin',
    '--atomic',
    ...leases,
    'origin',
    ...moves.map(({ ref, to }) => `${to}:${ref}`),
  ];
  try {
    await mirror.git.bytes(args);
    for (const { ref, to } of moves) mirror.moved(ref, to);
    return 'moved';
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const meaning = meaningOf(error.stderr);
    if (meaning === 'moved on') return 'stale';
    if (meaning !== 'refused') {
      // The server may have moved the branches and lost the answer.
      await mirror.fetch();
      if (await happened(mirror, moves)) return 'moved';
      if (meaning === 'broken') return 'stale';
    }
    const branches = moves.map(({ ref }) => branchOf(ref)).join(', ');
    throw new Refusal(
      `${mirror.address} refused ${branches}: ${error.message}. Check that your token may push there, and how the branch is protected (npx slipway doctor tells).`,
      { cause: error },
    );
  }
}

/** Whether the branches are where they were to be, or went on from there since. */
async function happened(mirror: Mirror, moves: readonly Move[]): Promise<boolean> {
  if (moves.every(({ ref, to }) => mirror.refs.get(ref) === to)) return true;
  await mirror.deepen();
  for (const { ref, to } of moves) {
    const there = mirror.refs.get(ref);
    if (there !== to && !(there && (await mirror.git.isAncestor(to, there)))) return false;
  }
  return true;
}
