import { conditionOf, type Statement } from './document.ts';
import { textOf } from './template.ts';

/** A pattern of IAM: `arn:aws:s3:::example-*`. */
const matches = (pattern: string, text: string) =>
  new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*')}$`, 'i').test(text);

/** What is asked of IAM. */
export interface Request {
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * Whether statements that allow something allow this, by the operators that our templates use:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * @param values of a stack: what its parameters and AWS's own names stand for
 */
export function allows(
  statements: readonly Statement[],
  { action, resource, context = {} }: Request,
  values: Readonly<Record<string, string>>,
): boolean {
  const said = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), value]));
  return statements.some((statement) => {
    const { effect, actions, resources, condition } = statement;
    const keys = Object.values(condition).flatMap((one) => Object.keys(one));
    return (
      effect === 'Allow' &&
      actions.some((pattern) => matches(pattern, action)) &&
      resources.some((pattern) => matches(textOf(pattern, values) ?? 'unknown', resource)) &&
      keys.every((key) => {
        const given = said.get(key.toLowerCase());
        const asked = conditionOf(statement, key);
        return asked.some(({ operator, value }) => {
          const text = textOf(value, values) ?? '';
          if (operator === 'Null') return (given === undefined) === (text === 'true');
          if (operator.startsWith('ForAllValues:') && given === undefined) return true;
          return given !== undefined && (/Like$/.test(operator) ? matches(text, given) : text === given);
        });
      })
    );
  });
}
