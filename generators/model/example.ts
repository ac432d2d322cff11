/** A value that stands in the repository as an example, where a team puts its own. */
export interface Example {
  /** From 1 on. */
  readonly line: number;
  /** From 1 on. */
  readonly column: number;
  /** `203.0.113.0/24`. */
  readonly value: string;
  readonly subject: Subject;
}

/** What a value says, in a person's words. */
export type Subject =
  | "secret's version"
  | 'AWS account'
  | 'repository'
  | 'domain'
  | 'addresses'
  | 'bucket'
  | 'group or application';

/**
 * What is legal and belongs to nobody. Names and addresses that are set aside for documentation:
 * https://www.rfc-editor.org/rfc/rfc2606 and https://www.rfc-editor.org/rfc/rfc5737
 */
const forms: readonly (readonly [Subject, RegExp])[] = [
  ["secret's version", /0{8}(?:-0{4}){3}-0{12}/],
  ['AWS account', /(?<!\d)0{12}(?!\d)/],
  // And the images of one; a group of it.
  ['repository', /(?:https?:\/\/)?(?:[\w-]+\.)*gitlab\.com[/:]example(?:\/[\w.-]+)*/],
  // A host, or a label of it.
  ['domain', /(?<![\w.-])(?:[\w*-]+\.)*example\.(?:com|net|org)(?![\w-])/],
  ['domain', /(?<![\w.-])(?:[\w*-]+\.)+example(?:\.[a-z]{2,})*(?![\w.-])/],
  ['addresses', /(?<![\d.])(?:192\.0\.2|198\.51\.100|203\.0\.113)\.\d{1,3}(?:\/\d{1,2})?(?![\d.])/],
  ['bucket', /(?<=['"`/]|[:=]\s*)example-[a-z0-9][a-z0-9.-]*/],
  ['group or application', /(?<=['"`])example(?:\/[\w.-]+)*(?=['"`])/],
];
// Each form is one group, so that the group which matched says the subject.
const any = new RegExp(forms.map(([, { source }]) => `(${source})`).join('|'), 'g');
const subjectOf = (match: RegExpExecArray) =>
  forms[match.findIndex((group, index) => index > 0 && group !== undefined) - 1]?.[0] ?? 'domain';

/** Lines that say something to people only, in TypeScript and in YAML. */
const comment = /^\s*(\/\/|\/?\*|#)/;

/** The examples that a file's text has, in their order. A line that is all comment has none. */
export const examplesIn = (text: string): Example[] =>
  text.split('\n').flatMap((line, index) =>
    comment.test(line)
      ? []
      : [...line.matchAll(any)].map((match) => ({
          ...{ line: index + 1, column: match.index + 1, value: match[0] },
          subject: subjectOf(match),
        })),
  );

/** A field of a definition that has an example: `aws.operators[0]` and its whole value. */
export interface ExampleField {
  readonly field: string;
  readonly value: string;
}

/** The fields of a JSON value that have an example, by their paths from `field` on. */
export function exampleFields(value: unknown, field: string): ExampleField[] {
  if (typeof value === 'string') return examplesIn(`'${value}'`).length > 0 ? [{ field, value }] : [];
  if (Array.isArray(value)) return value.flatMap((item, index) => exampleFields(item, `${field}[${index}]`));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => exampleFields(inner, `${field}.${name}`));
}
