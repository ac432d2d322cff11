import type { Dora } from '../model/dora.ts';

/** What the board shows, as plain data: whoever gathers it has read it from branches, the forge and what is live. */
export interface Facts {
  /** In the order of the path. */
  readonly environments: readonly Environment[];
  /** Newest first. */
  readonly events: readonly Happening[];
  /** Why nothing is known of what Prometheus measures; undefined where it answers, and where there is none. */
  readonly unmeasured?: string | undefined;
}

export interface Environment {
  readonly name: string;
  /** The environment that it comes after; undefined for a first one. */
  readonly after: string | undefined;
  /** The tip of its branch; undefined where it has none yet. */
  readonly tip: string | undefined;
  readonly apps: readonly AppFacts[];
  /** The open requests onto it. */
  readonly requests: readonly RequestLine[];
  /** What a promotion would move, where no request is open for it. */
  readonly offers: readonly string[];
  /** What is left alone, and why: gates that wait, holds, edits. */
  readonly waits: readonly string[];
  /** What fires here, the worst first. @default nothing is asked */
  readonly alerts?: readonly AlertFacts[] | undefined;
}

/** An alert that fires. */
export interface AlertFacts {
  /** `ErrorBudgetBurnsFast` */
  readonly name: string;
  /** `page` wakes somebody, `ticket` does not. */
  readonly severity: string;
  readonly app: string;
  readonly summary: string;
  /** Milliseconds since 1970. */
  readonly since: number;
  /** Where it is told how to help; undefined where nobody wrote it. */
  readonly runbook: string | undefined;
}

/** What is measured of one app in one environment: a point for each step, undefined where nothing was. */
export interface Signals {
  /** Of the first and the last point, in milliseconds since 1970. */
  readonly from: number;
  readonly until: number;
  /** Requests in a second. */
  readonly requests: readonly (number | undefined)[];
  /** The share of them that failed: 0.05. */
  readonly errors: readonly (number | undefined)[];
  /** The time within which 95 of 100 were answered, in seconds. */
  readonly slow: readonly (number | undefined)[];
  /** The share of time that its busiest event loop works. */
  readonly busy: readonly (number | undefined)[];
  /** The share of the error budget that is left; below 0 where more failed; undefined where nothing is promised. */
  readonly budget: number | undefined;
  /** What came to stand here meanwhile, oldest first. */
  readonly rollouts: readonly Rollout[];
}

export interface Rollout {
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly isBack: boolean;
}

export interface AppFacts {
  readonly name: string;
  readonly version: string;
  /** The commit of `main` that it is named after. */
  readonly commit: string | undefined;
  /** Argo CD's word, or `unknown`; `-` for what is not there. */
  readonly health: string;
  /** When it came to stand here, in milliseconds since 1970. */
  readonly since: number | undefined;
  /** So many later parts are offered to it. */
  readonly behind: number;
  readonly is: 'held' | 'edited' | 'newer' | 'older' | 'equal' | 'absent';
  readonly heldBy: Held | undefined;
  /** Why it is as it is, where that needs words. */
  readonly note: string | undefined;
  /** Where it answers on this machine. */
  readonly url: string | undefined;
  /** Whether something earlier stood here, that it could go back to. */
  readonly canGoBack: boolean;
  /** What runs of it, where that is known. */
  readonly pods: readonly PodFacts[];
  /** What is measured of it; undefined where nothing is. */
  readonly signals?: Signals | undefined;
}

export interface Held {
  readonly author: string;
  /** Milliseconds since 1970. */
  readonly since: number | undefined;
  readonly words: string;
}

export interface PodFacts {
  readonly name: string;
  /** `old` has another template than what the branch says now. */
  readonly is: 'ready' | 'starting' | 'stopping' | 'failing';
  readonly isOld: boolean;
}

/** A request in a list. */
export interface RequestLine {
  readonly iid: number;
  readonly title: string;
  readonly target: string;
}

/** What a commit of an environment branch did. */
export interface Happening {
  readonly environment: string;
  readonly commit: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly author: string;
  readonly words: string;
  readonly changes: readonly HappeningChange[];
}

export interface HappeningChange {
  readonly text: string;
  readonly turn: 'new' | 'on' | 'back' | 'edited' | 'gone';
  /** Nobody has lifted the hold that it made. */
  readonly isHeld: boolean;
}

/** How well the ends of the path are delivered to. */
export interface DeliveryFacts {
  readonly ends: readonly Dora[];
  /** What each figure counts, and what it leaves out. */
  readonly terms: readonly (readonly [name: string, says: string])[];
  /** What lead times are told in: `< 1 h`. */
  readonly buckets: readonly string[];
}

/** A request in full. */
export interface RequestFacts {
  readonly iid: number;
  readonly title: string;
  readonly state: 'opened' | 'merged' | 'closed';
  readonly source: string;
  readonly target: string;
  readonly sha: string;
  /** Markdown. */
  readonly body: string;
  readonly isDraft: boolean;
  /** Why it cannot be merged as it is; undefined where it can. */
  readonly refuses: string | undefined;
  /** What its target runs of the apps that it moves. */
  readonly environment: Environment | undefined;
  readonly files: readonly FileDifference[];
  /** Files beyond those, which are too many or too large to be shown. */
  readonly more: number;
}

/** The difference of one file, as git writes it. */
export interface FileDifference {
  readonly path: string;
  readonly lines: readonly string[];
}
