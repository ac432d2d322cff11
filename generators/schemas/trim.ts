import type { Schema } from './schema.ts';

/** What a schema says that is for readers, for patches, or for a program that a render does not run (CEL). */
const ignored = new Set([
  ...['title', 'description', 'example', 'externalDocs', 'x-kubernetes-group-version-kind'],
  ...['x-kubernetes-patch-strategy', 'x-kubernetes-patch-merge-key', 'x-kubernetes-map-type', 'x-kubernetes-unions'],
  ...['x-kubernetes-validations', 'x-kubernetes-selectable-fields', 'anyOf'],
]);

const plain = new Set([
  ...['type', 'format', 'enum', 'required', 'nullable', 'minimum', 'maximum', 'minLength', 'maxLength'],
  ...['minItems', 'maxItems', 'minProperties', 'maxProperties'],
  ...['x-kubernetes-int-or-string', 'x-kubernetes-preserve-unknown-fields', 'x-kubernetes-list-map-keys'],
]);

type Raw = Readonly<Record<string, unknown>>;

/**
 * A schema without what checks nothing.
 * @param named the name under which a `$ref` is found
 * @throws {Error} on a keyword that nobody here knows: it may forbid something
 */
export function trimmed(raw: unknown, named: (ref: string) => string): Schema {
  const schema = raw as Raw;
  const inner = (value: unknown) => trimmed(value, named);
  const entries = Object.keys(schema)
    .sort()
    .flatMap((keyword): [string, unknown][] => {
      const value = schema[keyword];
      if (keyword === 'anyOf' && !schema['x-kubernetes-int-or-string'])
        throw new Error(`anyOf is known beside x-kubernetes-int-or-string only: ${JSON.stringify(value)}`);
      if (keyword === 'pattern') return [[keyword, common(value as string)]];
      if (plain.has(keyword)) return [[keyword, value]];
      if (ignored.has(keyword)) return [];
      switch (keyword) {
        case '$ref':
          return [[keyword, named(value as string)]];
        case 'allOf':
          // A $ref with a default beside it.
          return Object.entries(inner(only(value as readonly unknown[])));
        case 'default':
          return typeof value === 'object' || value === '' || value === 0 || value === false ? [] : [[keyword, value]];
        case 'properties':
          return [
            [
              keyword,
              Object.fromEntries(
                Object.keys(value as Raw)
                  .sort()
                  .map((name) => [name, inner((value as Raw)[name])]),
              ),
            ],
          ];
        case 'items':
          return [[keyword, inner(value)]];
        case 'additionalProperties':
          return [[keyword, value === true ? {} : inner(value)]];
        case 'x-kubernetes-list-type':
          return value === 'atomic' ? [] : [[keyword, value]];
        default:
          throw new Error(`The schema keyword ${keyword} is not known: ${JSON.stringify(value)}`);
      }
    });
  return Object.fromEntries(entries);
}

/** A pattern in words that Go and JavaScript share: that letters may be small or capital JavaScript says of a group. */
const common = (pattern: string) => pattern.replace(/^(\^?)\(\?i\)(.*)$/s, '$1(?i:$2)');

function only(schemas: readonly unknown[]): unknown {
  if (schemas.length !== 1) throw new Error(`allOf is known with one schema only: ${JSON.stringify(schemas)}`);
  return schemas[0];
}
