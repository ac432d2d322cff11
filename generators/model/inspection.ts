import { isProposalFor, proposalBranch, releaseBranch } from './names.ts';
import { stateOf } from './state.ts';
import type { ObjectId, Timeline } from './timeline.ts';
import type { Verdict } from './verdict.ts';

/** What was found of a request onto an environment branch. */
export interface Inspection {
  /** `env/staging`, onto which it goes, and where that stood. */
  readonly branch: string;
  readonly tip: ObjectId;
  readonly proposal: ObjectId;
  /** The proposal branch that stands at it; undefined for a request of a person's own. */
  readonly source: string | undefined;
  /** What it does, a line per app: `counter 1.0.3 → 1.0.4`. */
  readonly moves: readonly string[];
  /** What is wrong: it shall not be merged. */
  readonly verdicts: readonly Verdict[];
  /** What nobody can prove, and may be meant: a person has to look. */
  readonly doubts: readonly string[];
  readonly notes: readonly string[];
}

/** One name under which a request puts something else; undefined where nothing stands. */
export interface Arrival {
  readonly name: string;
  readonly from: ObjectId | undefined;
  readonly to: ObjectId | undefined;
}

/** Which way a name goes in the order of `rendered`. */
export type Way =
  | 'forward'
  | 'back'
  /** Forward again, past something later that was taken back. */
  | 're-apply'
  /** What stands there is not ours, and makes room. */
  | 'mended'
  /** Its folder goes. */
  | 'away';

/**
 * @param seen all that ever stood under this name on the environment branch
 * @returns undefined when what comes never stood at this path of `rendered`
 */
export function wayOf(
  { from, to }: Arrival,
  timeline: Timeline | undefined,
  seen: ReadonlySet<ObjectId>,
): Way | undefined {
  const there = to === undefined ? -1 : timeline?.place(to);
  if (there === undefined) return undefined;
  const here = from === undefined ? -1 : timeline?.place(from);
  if (here === undefined) return 'mended';
  if (to === undefined) return 'away';
  if (there < here) return 'back';
  return stateOf({ timeline, target: from, desired: to, seen }).is === 'held' ? 're-apply' : 'forward';
}

/** What a proposal branch may do, by its name. */
export interface Errand {
  readonly kind: 'promotion' | 'release' | 'rollback';
  /** The one app that it is for. @default any */
  readonly app?: string | undefined;
}

/** What a branch is for; undefined when it proposes nothing to the environment. */
export function errandOf(environment: string, branch: string): Errand | undefined {
  if (!isProposalFor(environment, branch)) return undefined;
  if (branch === proposalBranch(environment)) return { kind: 'promotion' };
  const release = releaseBranch(environment, '');
  if (branch.startsWith(release)) return { kind: 'release', app: branch.slice(release.length) };
  // `env/staging-rollback`, or `env/staging-rollback-counter`.
  const app = branch.slice(`env/${environment}-rollback-`.length);
  return { kind: 'rollback', app: app || undefined };
}

const permitted: Readonly<Record<Errand['kind'], readonly Way[]>> = {
  promotion: ['forward'],
  release: ['forward', 'back', 're-apply', 'mended'],
  rollback: ['back', 'mended', 'away'],
};

const deeds: Readonly<Record<Way, string>> = {
  forward: 'it goes forward',
  back: 'it goes back',
  're-apply': 'it brings back what was taken back',
  mended: 'it takes an edit away',
  away: 'it takes the folder away',
};

/** Why what a branch does with a name is not its errand; undefined where it is. */
export function strays({ kind, app }: Errand, name: string, way: Way): string | undefined {
  if (app !== undefined && name !== app) return `this ${kind} is of ${app} alone`;
  return permitted[kind].includes(way) ? undefined : `${deeds[way]}, and a ${kind} never does`;
}

/** What a merge means beyond what moves, where it means more. */
export function consequence(name: string, way: Way, isHeldAfter: boolean): string | undefined {
  if (way === 'back' || way === 'away') return `${name} goes back, and is held from then on`;
  if (way === 're-apply')
    return isHeldAfter
      ? `${name} goes forward, and stays held: something later was taken back`
      : `${name} comes back after it was taken back: this ends the hold`;
  return way === 'mended' ? `${name} was edited by hand: this takes the edit away` : undefined;
}
