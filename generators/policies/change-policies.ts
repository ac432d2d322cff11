import type { ChangePolicy } from './change-policy.ts';
import { immutable } from './changes/immutable.ts';

/** What must hold of every change of an app. */
export const changePolicies: readonly ChangePolicy[] = immutable;
