import { formatPath } from './json.ts';
import type { Breach, Policy, Severity } from './policy.ts';

/** A policy that does not hold, and where. */
export interface Violation {
  /** The policy's id. */
  readonly policy: string;
  readonly severity: Severity;
  /** What must hold, and what is wrong. */
  readonly says: string;
  readonly file: string;
  /** `Deployment/web`. */
  readonly object: string;
  /** `spec.template.spec.containers[0].image`; empty for the object as a whole. */
  readonly field: string;
  /** What stands there; undefined for nothing. */
  readonly value: unknown;
}

/** What a policy, about objects or about how they change, says of one place where it does not hold. */
export function violation(
  { id, says, severity = 'error' }: Pick<Policy, 'id' | 'says' | 'severity'>,
  { file, object, path, value, because }: Breach,
): Violation {
  const full = because ? `${says} ${because}` : says;
  return { policy: id, severity, says: full, file, object, field: formatPath(path), value };
}

/** One line for a person: file, field, what must hold, what is there. */
export function formatViolation({ file, field, says, value, policy }: Violation): string {
  const is = value === undefined ? 'nothing' : JSON.stringify(value);
  return `${file}${field ? `: ${field}` : ''}: ${says} It is ${is.length > 80 ? `${is.slice(0, 79)}…` : is} (${policy}).`;
}
