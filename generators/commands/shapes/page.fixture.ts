import { z } from 'zod';

/** What `z.toJSONSchema` gives, as far as the shapes use it. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly additionalProperties?: Schema | boolean;
}

/** The page that says what --json prints, written from the shapes. */
export function pageOf(shapes: Readonly<Record<string, z.ZodType>>, order: readonly string[]): string {
  const sections = order.flatMap((verb) => {
    const shape = shapes[verb];
    if (!shape) return [];
    const schema = z.toJSONSchema(shape) as Schema;
    const several = schema.anyOf ?? [schema];
    const parts = several.map((one) => {
      const intro = one.description ? `${one.description}:\n\n` : '';
      return `${intro}\`\`\`\n${lines({ ...one, description: '' }, '').join('\n')}\n\`\`\``;
    });
    return [`## ${verb}\n\n${parts.join('\n\n')}`];
  });
  return `<!-- Written from shapes.ts by SLIPWAY_UPDATE=1 node --test generators/commands/shapes.test.ts -->

# What \`--json\` prints

For programs. Every answer has a \`version\`, which is 1. Within a version fields may be added, and a list of words such
as \`'opened' | 'closed'\` may grow: read what you know, and leave the rest. A field that goes, or means something else,
makes version 2. What is written for people goes to standard error, and the exit codes are those of
[exit-codes.md](exit-codes.md).

A field with \`?\` is absent where there is nothing to say. \`id\` is the whole id of a git object, \`time\` is ISO 8601 in
UTC, and \`{ [name]: … }\` has any names.

${sections.join('\n\n')}
`;
}

/** A shape, a field to a line, with what it means behind it. */
function lines(schema: Schema, indent: string): string[] {
  const { description } = schema;
  const [first = '', ...rest] = written(schema, indent);
  return [description ? `${first}  // ${description}` : first, ...rest];
}

function written(schema: Schema, indent: string): string[] {
  const { properties, required = [], items, additionalProperties, type } = schema;
  const several = schema.anyOf ?? schema.oneOf;
  if (several) {
    const all = several.map((one) => written(one, `${indent}    `));
    if (all.every(({ length }) => length === 1)) return [all.map(([only]) => only).join(' | ')];
    return ['(', ...all.flatMap(([head = '', ...others]) => [`${indent}  | ${head}`, ...others]), `${indent})`];
  }
  if (properties) {
    const fields = Object.entries(properties).flatMap(([name, field]) => {
      const [head = '', ...others] = lines(field, `${indent}  `);
      return [`${indent}  ${name}${required.includes(name) ? '' : '?'}: ${head}`, ...others];
    });
    return ['{', ...fields, `${indent}}`];
  }
  if (items) {
    const [head = '', ...others] = written(items, indent);
    if (others.length === 0) return [head.includes(' | ') ? `(${head})[]` : `${head}[]`];
    return [head, ...others.slice(0, -1), `${others.at(-1)}[]`];
  }
  if (typeof additionalProperties === 'object' && type === 'object')
    return [`{ [name]: ${written(additionalProperties, indent).join(' ')} }`];
  if ('const' in schema) return [word(schema.const)];
  if (schema.enum) return [schema.enum.map(word).join(' | ')];
  if (schema.format === 'date-time') return ['time'];
  if (schema.pattern?.includes('sha256:')) return ["'sha256:…'"];
  if (schema.pattern) return ['id'];
  return [[type ?? 'anything'].flat().join(' | ').replace('string', 'text')];
}

const word = (value: unknown) => (typeof value === 'string' ? `'${value}'` : String(value));
