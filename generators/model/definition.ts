import { inspect } from 'node:util';
import { z } from 'zod';
import { nearest } from './nearest.ts';

/** A schema for every field of an interface, and for no other: the manual and the check know the same fields. */
export type Shape<T> = Readonly<Record<keyof Required<T>, z.ZodType>>;

/** `true` where whatever the manual allows is of the type that the check takes; anything else is a type error. */
export type Accepts<Check, Manual> = [Manual] extends [Check] ? true : never;

/** Where a field stands: `apps/counter/app.ts:12`. */
export type Where = (path: readonly PropertyKey[]) => string;

/** One thing that is wrong with a definition. */
export interface Mistake {
  readonly path: readonly PropertyKey[];
  /** What was found and what was expected: `is 0: must be …`. */
  readonly says: string;
}

/** A field as people write it: `resources.cpu`. */
export const fieldOf = (path: readonly PropertyKey[]) => path.map(String).join('.') || 'value';

/** `file:line: field resources.cpu is "1 core": must be …`, one per mistake. */
export const told = (where: Where, mistakes: readonly Mistake[]): string[] =>
  mistakes.map(({ path, says }) => `${where(path)}: field ${fieldOf(path)} ${says}`);

/** Turns what zod found wrong into mistakes. */
export const mistakesIn = (schema: z.ZodType, error: z.ZodError, value: unknown): Mistake[] =>
  error.issues.flatMap((issue) => mistakes(schema, issue, value));

function mistakes(schema: z.ZodType, issue: z.core.$ZodIssue, value: unknown): Mistake[] {
  const { path } = issue;
  const found = valueAt(value, path);
  if (issue.code === 'unrecognized_keys') {
    const known = keysOf(schema, path, value);
    return issue.keys.map((key) => {
      const near = nearest(key, known);
      return { path: [...path, key], says: `is not known${near ? `; did you mean ${near}?` : '; is it misspelt?'}` };
    });
  }
  // A union says only that nothing matched; the branch that came furthest says why.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = issue.errors.reduce((one, other) => (depth(other) > depth(one) ? other : one));
    return best.flatMap((inner) => mistakes(schema, { ...inner, path: [...path, ...inner.path] }, value));
  }
  if (issue.code === 'invalid_key')
    return [{ path, says: `is not a legal name: ${issue.issues.map(({ message }) => message).join('; ')}` }];
  if (found === undefined && issue.code !== 'custom') return [{ path, says: 'is missing' }];
  const word = issue.code === 'invalid_value' || issue.code === 'invalid_union' ? found : undefined;
  const near = typeof word === 'string' ? nearest(word, wordsOf(issue)) : undefined;
  return [{ path, says: `is ${shown(found)}: ${issue.message}${near ? `; did you mean ${near}?` : ''}` }];
}

/** As it would be written; what is no JSON (a function, `NaN`, what holds itself) as Node shows it. */
function shown(value: unknown): string {
  try {
    const text = typeof value === 'number' ? String(value) : JSON.stringify(value);
    if (text !== undefined) return text;
  } catch {}
  return inspect(value, { depth: 1, breakLength: Number.POSITIVE_INFINITY });
}

const valueAt = (value: unknown, path: readonly PropertyKey[]) =>
  path.reduce<unknown>((at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key], value);

const depth = (issues: readonly z.core.$ZodIssue[]) =>
  Math.max(
    0,
    ...issues.map(
      (issue) => issue.path.length + (issue.code === 'unrecognized_keys' || issue.code === 'custom' ? 1 : 0),
    ),
  );

const wordsOf = (issue: z.core.$ZodIssue): string[] =>
  'values' in issue ? issue.values.map(String) : 'options' in issue ? (issue.options ?? []).map(String) : [];

/** The fields that stand in a schema at a path; of a union, those of every kind that fits the value. */
function keysOf(schema: z.ZodType, path: readonly PropertyKey[], value: unknown): string[] {
  let at: readonly z.core.$ZodType[] = [schema];
  let here = value;
  for (const step of path) {
    at = at.flatMap((one) => inner(one, here)).flatMap((one) => memberOf(one, step));
    here = valueAt(here, [step]);
  }
  const objects = at.flatMap((one) => inner(one, here));
  return objects.flatMap((one) => (one instanceof z.ZodObject ? Object.keys(one.shape) : []));
}

/** A schema without what wraps it. */
function inner(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodOptional || schema instanceof z.ZodReadonly)
    return inner(schema.def.innerType, value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { options, def } = schema;
    const kind = valueAt(value, [def.discriminator]);
    return options.filter((option) => {
      const field = option instanceof z.ZodObject ? (option.shape[def.discriminator] as z.core.$ZodType) : undefined;
      return field instanceof z.ZodLiteral && field.value === kind;
    });
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => inner(option, value));
  return [schema];
}

function memberOf(schema: z.core.$ZodType, step: PropertyKey): z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const member = schema.shape[String(step)] as z.core.$ZodType | undefined;
    return member ? [member] : [];
  }
  if (schema instanceof z.ZodRecord) return [schema.valueType];
  if (schema instanceof z.ZodArray) return [schema.element];
  return [];
}
