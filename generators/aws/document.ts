import { isMapping } from '../model/mapping.ts';
import type { Keys } from './rule.ts';

/** One statement of a policy, with lists where IAM allows one word as well. */
export interface Statement {
  /** Where it stands in its file. */
  readonly keys: Keys;
  readonly effect: string;
  readonly actions: readonly string[];
  readonly resources: readonly unknown[];
  readonly principal: unknown;
  /** By operator, then by key: `{ StringEquals: { 'aws:SourceAccount': '…' } }`. */
  readonly condition: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** `NotAction`, `NotResource` or `NotPrincipal`, which grant what nobody listed. */
  readonly negations: readonly string[];
}

/**
 * The statements of a policy document. In a template it may be a text with parameters (`!Sub`), since no name of a field
 * can have one. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
export function statementsOf(document: unknown, keys: Keys): Statement[] {
  if (!isMapping(document)) return [];
  if (typeof document['Fn::Sub'] === 'string') return statementsOf(parsed(document['Fn::Sub']), keys);
  const several = Array.isArray(document.Statement);
  return listOf(document.Statement).map((each, index) => {
    const statement = isMapping(each) ? each : {};
    return {
      keys: several ? [...keys, 'Statement', index] : [...keys, 'Statement'],
      effect: String(statement.Effect),
      actions: listOf(statement.Action).map(String),
      resources: listOf(statement.Resource),
      principal: statement.Principal,
      condition: (statement.Condition ?? {}) as Statement['condition'],
      negations: ['NotAction', 'NotResource', 'NotPrincipal'].filter((field) => field in statement),
    };
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What IAM allows to stand alone or in a list. */
export const listOf = (value: unknown): readonly unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** The values that a condition allows for a key, whatever the operator: IAM does not mind the case of keys. */
export const conditionOf = ({ condition }: Statement, key: string): readonly { operator: string; value: unknown }[] =>
  Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(keys)
      .filter(([name]) => name.toLowerCase() === key.toLowerCase())
      .flatMap(([, value]) => listOf(value).map((one) => ({ operator, value: one }))),
  );

/** Every action of every service, or of one: `*`, `s3:*`. */
export const isWide = (action: string) => /^(\*|[\w-]*\*?:\*)$/.test(action);
