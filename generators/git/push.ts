import { Refusal } from '../model/refusal.ts';
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

/** What git, GitLab and GitHub say when the branch was moved by somebody else. */
const staleMessages = [
  'stale info',
  'non-fast-forward',
  'fetch first',
  'cannot lock ref',
  'incorrect old value provided',
  'reference already exists',
  'failed to update ref',
];

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
    return 'moved';
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    const { stderr } = error;
    if (staleMessages.some((message) => stderr.includes(message))) return 'stale';
    // The server may have moved the branches and lost the answer.
    await mirror.fetch();
    if (moves.every(({ ref, to }) => mirror.refs.get(ref) === to)) return 'moved';
    const branches = moves.map(({ ref }) => ref.replace('refs/heads/', '')).join(', ');
    throw new Refusal(
      `${mirror.address} refused ${branches}: ${error.message}. Check that your token may push there (slipway publish moves rendered and the first environments).`,
      { cause: error },
    );
  }
}
