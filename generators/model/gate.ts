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
  /** What was synced, in any order (`status.history`). @default nothing is known of it */
  readonly deployed?: readonly Deployed[] | undefined;
  /** Where a person sees it. */
  readonly url?: string | undefined;
}

/** A sync that succeeded. */
export interface Deployed {
  /** The commit of the environment branch that was synced. */
  readonly revision: string;
  /** Milliseconds since 1970. */
  readonly time: number;
}

/** The health of one app as it was once measured. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly time: number;
  /** In the words of `Live`. */
  readonly health: string;
}

/** An alert of one app that fired. */
export interface Firing {
  /** Its name: `CounterErrorBudgetBurns`. */
  readonly alert: string;
  /** When it was last seen firing, in milliseconds since 1970. */
  readonly last: number;
}

/** What measured an environment: each is one question for all of its apps, about the last `seconds` before `now`. */
export interface Metrics {
  /** By app, in order of time. @throws {Refusal} when it cannot be asked */
  health(environment: string, seconds: number, now: number): Promise<ReadonlyMap<string, readonly Sample[]>>;
  /** By app. @throws {Refusal} when it cannot be asked */
  firing(environment: string, seconds: number, now: number): Promise<ReadonlyMap<string, readonly Firing[]>>;
}

/** A gate's answer is evidence: it says what was asked and seen, whichever way it went. */
export interface Answer {
  /** Which gate was asked: `soak`, `alert`, `calendar` or `report`. */
  readonly gate: string;
  /** `no` speaks against it; `unknown` waits: time will tell, or nobody could be asked. */
  readonly is: 'yes' | 'no' | 'unknown';
  /** What was seen, and by whom; steady, so that it may stand in a request: since when, never for how long. */
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

/** A moment as evidence says it: `2026-11-20T16:00:00Z`. */
export const moment = (time: number) => `${new Date(time).toISOString().slice(0, 19)}Z`;
