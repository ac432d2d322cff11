import type { ObjectDifference } from '../model/difference.ts';
import { excusedIn } from '../model/excused.ts';
import { changePolicies } from './change-policies.ts';
import { viewOf } from './view.ts';
import { type Violation, violation } from './violation.ts';

/**
 * Every change policy that a move from some objects of an app to others breaks, and that the new object does not excuse
 * itself from. An app that is added breaks none; one that is removed, or loses much, is the matter of `judgeRemovals`.
 */
export function judgeChange(before: readonly unknown[], after: readonly unknown[]): Violation[] {
  const [old, now] = [viewOf(before), viewOf(after)];
  const excused = new Map(now.subjects.map(({ id, manifest }) => [id, excusedIn(manifest)]));
  return changePolicies
    .flatMap((policy) => Array.from(policy.check(old, now), (breach) => violation(policy, breach)))
    .filter(({ object, policy }) => !excused.get(object)?.includes(policy));
}

/** All that the change policies look at in some objects, as JSON: a move that leaves it as it is breaks none of them. */
export function regardedIn(manifests: readonly unknown[]): unknown {
  const part = viewOf(manifests);
  return changePolicies.map(({ regards }) => regards(part));
}

const prefixes = [
  ...new Set(changePolicies.flatMap(({ kinds }) => kinds.map((kind) => `${kind.split('/').at(-1)?.toLowerCase()}-`))),
];

/** Whether the change policies look at what a file of a part holds: `statefulset-redis.yaml`. */
export const isRegarded = (file: string): boolean => prefixes.some((prefix) => file.startsWith(prefix));

/** Whether a change is of images and of the version's label alone: no change policy minds these, but of a Job's pods. */
export const mayAlwaysChange = (object: ObjectDifference): boolean =>
  object.change === 'changed' &&
  object.kind !== 'Job' &&
  object.fields.every(({ path }) => ['image', 'app.kubernetes.io/version'].includes(String(path.at(-1))));
