import { formatField } from '../schemas/walk.ts';

/** Where something stands: `['addons', 0, 'version']`. */
export type Keys = readonly (string | number)[];

/** A change to something good, by field: `{ 'vpc.cidr': '10.0.0.0/8' }`; `undefined` takes a field away, `addons[]` adds one. */
export type Change = Readonly<Record<string, unknown>>;

/** What must hold of a file for AWS. */
export interface Rule<File, Facts> {
  /** `nat-gateway`. */
  readonly id: string;
  /** One sentence: what must hold, and why or what to do. */
  readonly says: string;
  /** The authority. */
  readonly source: string;
  /** Every field where it does not hold; none when it holds. */
  readonly breaks: (file: File, facts: Facts) => Iterable<Keys>;
  /** Changes to a good file, after each of which it must not hold. */
  readonly fails: readonly Change[];
}

/** Every rule that does not hold, a line for each field: file, field, value, what must hold. */
export const broken = <File, Facts>(
  rules: readonly Rule<File, Facts>[],
  name: string,
  file: File,
  facts: Facts,
): string[] =>
  rules.flatMap(({ id, says, breaks }) =>
    [...breaks(file, facts)].map(
      (keys) => `${name}: ${formatField(keys)} is ${shown(valueAt(file, keys))}: ${says} (${id})`,
    ),
  );

const valueAt = (file: unknown, keys: Keys): unknown =>
  keys.reduce((at, key) => (at as Record<string | number, unknown> | undefined)?.[key], file);

/** As it would be written, cut. */
function shown(value: unknown): string {
  const text = value === undefined ? 'not given' : JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
