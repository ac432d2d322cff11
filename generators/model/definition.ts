import type { z } from 'zod';

/** A schema for every field of an interface, and for no other: the manual and the check know the same fields. */
export type Shape<T> = Readonly<Record<keyof Required<T>, z.ZodType>>;

/** `true` where whatever the manual allows is of the type that the check takes; anything else is a type error. */
export type Accepts<Check, Manual> = [Manual] extends [Check] ? true : never;

/** Turns what zod found wrong into sentences of the form `file: field is value, expected …`, one per mistake. */
export function refused(file: string, error: z.ZodError, value: unknown): string[] {
  return error.issues.flatMap((issue) => sentences(file, issue, value));
}

function sentences(file: string, issue: z.core.$ZodIssue, value: unknown): string[] {
  const field = issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${file}: field ${[field, key].filter(Boolean).join('.')} is not known; is it misspelt?`,
    );
  }
  const found = issue.path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);
  // A union says only that nothing matched; the branch that came furthest says why.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const nearest = issue.errors.reduce((best, other) => (depth(other) > depth(best) ? other : best));
    return nearest.flatMap((inner) => sentences(file, { ...inner, path: [...issue.path, ...inner.path] }, value));
  }
  if (found === undefined && issue.code !== 'custom') return [`${file}: field ${field || 'value'} is missing`];
  return [`${file}: field ${field || 'value'} is ${JSON.stringify(found)}: ${issue.message}`];
}

const depth = (issues: readonly z.core.$ZodIssue[]) =>
  Math.max(
    0,
    ...issues.map(
      (issue) => issue.path.length + (issue.code === 'unrecognized_keys' || issue.code === 'custom' ? 1 : 0),
    ),
  );
