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

/** A gate's answer is evidence: it says what was seen, whichever way it went. */
export interface Answer {
  readonly agrees: boolean;
  readonly evidence: string;
}

/** Asks whether the part of `app` that stands in the source may go on. No answer is an answer that does not agree. */
export type Gate = (question: Question) => Answer | Promise<Answer>;

export interface Question {
  readonly environment: string;
  readonly app: string;
  /** The part that vouches, by tree id. */
  readonly part: string;
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
  partAtRevision: string | undefined,
  soak: number,
  now: number,
): Answer {
  const { environment, app } = question;
  if (!live) {
    return question.removed
      ? { agrees: true, evidence: `${environment} runs nothing of it any more` }
      : { agrees: false, evidence: `${environment} has not begun to run it` };
  }
  if (partAtRevision !== question.part)
    return { agrees: false, evidence: `${environment} does not run this part of ${app} yet` };
  if (live.sync !== 'Synced' || live.health !== 'Healthy') {
    return {
      agrees: false,
      evidence: `${environment} has it ${live.sync} and ${live.health}${live.message ? `: ${live.message}` : ''}`,
    };
  }
  if (soak > 0) {
    if (live.since === undefined)
      return { agrees: false, evidence: `${environment} does not say since when it is Healthy` };
    const soaked = Math.floor((now - live.since) / 1000);
    if (soaked < soak) return { agrees: false, evidence: `${environment} has it Healthy for ${soaked} s of ${soak} s` };
  }
  return {
    agrees: true,
    evidence: `${environment} has it Synced and Healthy${soak > 0 ? ` for ${soak} s and more` : ''}`,
  };
}
