import type { ChangePolicy } from './change-policy.ts';
import { immutable } from './changes/immutable.ts';
import { type Violation, violation } from './judge.ts';
import { viewOf } from './view.ts';

/** What must hold of every change of an app. */
export const changePolicies: readonly ChangePolicy[] = immutable;

/**
 * Every change policy that a move from some objects of an app to others breaks. An app that is added breaks none; one
 * that is removed, or loses much, is the matter of `judgeRemovals`.
 */
export function judgeChange(before: readonly unknown[], after: readonly unknown[]): Violation[] {
  const [old, now] = [viewOf(before), viewOf(after)];
  return changePolicies.flatMap((policy) => Array.from(policy.check(old, now), (breach) => violation(policy, breach)));
}
