import type { Breach, Severity } from './policy.ts';
import type { View } from './view.ts';

/**
 * What must hold of how an app's objects change. Asked by a review, a publish and a promotion; never by a render or a
 * rollback, which must always be possible.
 */
export interface ChangePolicy {
  readonly id: string;
  /** What must not change, and the way out. */
  readonly says: string;
  /** @default 'error' */
  readonly severity?: Severity;
  readonly source: string;
  /** The kinds that it looks at: `apps/StatefulSet`. */
  readonly kinds: readonly string[];
  /** All that it looks at, as JSON: where that stays the same, it holds. */
  readonly regards: (part: View) => unknown;
  readonly check: (before: View, after: View) => Iterable<Breach>;
}
