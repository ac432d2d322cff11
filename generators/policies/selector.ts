import { fieldsOf, itemsOf } from './json.ts';

type Labels = Readonly<Record<string, unknown>>;

/**
 * Whether a label selector takes these labels; an empty one takes all.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#resources-that-support-set-based-requirements
 */
export function selects(selector: unknown, labels: Labels): boolean {
  const { matchLabels, matchExpressions } = fieldsOf(selector);
  return (
    Object.entries(fieldsOf(matchLabels)).every(([name, value]) => own(labels, name) === value) &&
    itemsOf(matchExpressions).every((expression) => holds(fieldsOf(expression), labels))
  );
}

const own = (labels: Labels, name: string) => (Object.hasOwn(labels, name) ? labels[name] : undefined);

function holds({ key, operator, values }: Readonly<Record<string, unknown>>, labels: Labels): boolean {
  const value = typeof key === 'string' ? own(labels, key) : undefined;
  switch (operator) {
    case 'In':
      return value !== undefined && itemsOf(values).includes(value);
    case 'NotIn':
      return value === undefined || !itemsOf(values).includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    default:
      return false;
  }
}
