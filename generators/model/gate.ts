import type { ObjectId } from './timeline.ts';

/** What is live of one app in one environment, in the words of an Argo CD Application. */
export interface Live {
  readonly app: string;
  /** `Synced`, `OutOfSync` or `Unknown`. */
  readonly sync: string;
  /** The commit of the environment branch that was compared (`status.sync.revision`). */
  readonly revision: string | undefined;
  /** `Healthy`, `Progressing`, `Degraded`, `Missing`, `Suspended` or `Unknown`. */
  readonly health: string;
  /** Why it is not healthy, where that is known. */
  readonly message?: string | undefined;
  /** When the health last changed, in milliseconds since 1970; undefined when it is not known. */
  readonly since?: number | undefined;
}

/** A gate's answer is evidence: it says what was asked and seen, whichever way it went. */
export interface Answer {
  /** Which gate was asked: `soak`. */
  readonly gate: string;
  /** No answer is `unknown`, which waits. */
  readonly is: 'yes' | 'no' | 'unknown';
  /** What was seen; steady, so that it may stand in a request: since when, never for how long. */
  readonly evidence: string;
  /** Where a person sees the same. */
  readonly link?: string | undefined;
}

/** What the gates say of one app in the environment that it would come from. */
export interface Vouching {
  /** The newest part there that every gate agrees with; undefined for none. */
  readonly part: ObjectId | undefined;
  /** Why that part may go on. */
  readonly answers: readonly Answer[];
  /** What something newer waits for. */
  readonly waits: readonly Answer[];
}

export interface Question {
  readonly environment: string;
  readonly app: string;
  /** The part that vouches, by tree id. */
  readonly part: ObjectId;
  /** The app was taken out: nothing of it should be live. Only asked where nothing is. */
  readonly removed: boolean;
}

/**
 * The gate "the source runs this part and is ready": Synced, Healthy, at a revision that holds exactly this part, for
 * the soak time.
 * @param live what runs of the app; undefined when nothing is known of it
 * @param partAtRevision the app's tree in `live.revision`; undefined when that commit does not have it
 * @param soak seconds
 * @param now milliseconds since 1970
 */
export function liveAnswer(
  question: Question,
  live: Live | undefined,
  partAtRevision: ObjectId | undefined,
  soak: number,
  now: number,
): Answer {
  const { environment, app } = question;
  const answer = (is: Answer['is'], evidence: string): Answer => ({ gate: 'soak', is, evidence });
  if (!live) {
    return question.removed
      ? answer('yes', `${environment} runs nothing of it any more`)
      : answer('no', `${environment} has not begun to run it`);
  }
  if (partAtRevision !== question.part) return answer('no', `${environment} does not run this part of ${app} yet`);
  if (live.sync !== 'Synced' || live.health !== 'Healthy') {
    return answer(
      'no',
      `${environment} has it ${live.sync} and ${live.health}${live.message ? `: ${live.message}` : ''}`,
    );
  }
  if (soak === 0) return answer('yes', `${environment} has it Synced and Healthy`);
  if (live.since === undefined) return answer('unknown', `${environment} does not say since when it is Healthy`);
  const since = new Date(live.since).toISOString();
  const isSoaked = now - live.since >= soak * 1000;
  return answer(
    isSoaked ? 'yes' : 'no',
    `${environment} has it Synced and Healthy since ${since}, and ${soak} s are asked`,
  );
}
