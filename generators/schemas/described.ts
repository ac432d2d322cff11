import { type Catalogue, kindKey, type Schema } from './schema.ts';
import { trimmed } from './trim.ts';

type Raw = Readonly<Record<string, unknown>>;

/** A JSON schema of draft 7 that describes one kind, as eksctl publishes one: https://json-schema.org/draft-07 */
export interface Described {
  /** The kind's own definition: `#/definitions/ClusterConfig`. */
  readonly $ref: string;
  readonly definitions: Readonly<Record<string, Raw>>;
}

/**
 * The kind that a JSON schema describes, and every type in it. Draft 7 says of an object that it has no other fields,
 * where a catalogue says so of those that have; and it may leave out that it is one.
 * @param source where the schema was read
 * @throws {Error} when it describes no kind, or says what is not known here
 */
export function described({ $ref, definitions }: Described, source: string): Catalogue {
  const root = definitions[definitionOf($ref)];
  const version = onlyWord(root, 'apiVersion');
  const kind = onlyWord(root, 'kind');
  // Of `eksctl.io/v1alpha5` the types are `eksctl.v1alpha5.Addon`, …
  const prefix = version.replace(/^(\w+)[^/]*\//, '$1.');
  const types: Record<string, Schema> = {};
  const named = (ref: string): string => {
    const definition = definitionOf(ref);
    const name = `${prefix}.${definition.replaceAll('|', '.')}`;
    if (!Object.hasOwn(types, name)) {
      const raw = definitions[definition];
      if (!raw) throw new Error(`${ref} is not defined`);
      // Before it is made: a type may contain itself.
      types[name] = {};
      types[name] = trimmed(closed(raw, definitions), named);
    }
    return name;
  };
  const type = named($ref);
  return {
    source,
    // It is applied by a program and not to a cluster: it has no namespace.
    kinds: { [kindKey(version, kind)]: { type, scope: 'Cluster' } },
    types: Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

const definitionOf = (ref: string) => ref.replace('#/definitions/', '');

/** What the root's field must be: its apiVersion and its kind are enums of one word. */
function onlyWord(root: Raw | undefined, field: string): string {
  const { enum: words } = ((root?.properties as Raw | undefined)?.[field] ?? {}) as { enum?: readonly unknown[] };
  if (words?.length !== 1 || typeof words[0] !== 'string') throw new Error(`The schema does not say its ${field}`);
  return words[0];
}

/** What is for readers, or is said by a catalogue without a word. */
const unsaid = new Set(['x-intellij-html-description', 'preferredOrder', 'default']);

/** A schema of draft 7 in the words of a structural one. */
function closed(raw: Raw, definitions: Described['definitions']): Raw {
  const { oneOf, ...rest } = raw;
  // The fields of its one alternative stand beside its own.
  if (oneOf !== undefined) {
    const [only, ...more] = oneOf as readonly Raw[];
    const other = only && definitions[definitionOf(String(only.$ref))];
    if (!other || more.length > 0) throw new Error(`oneOf is known with one $ref only: ${JSON.stringify(oneOf)}`);
    const properties = { ...(other.properties as Raw), ...(rest.properties as Raw) };
    return closed({ ...other, ...rest, properties }, definitions);
  }
  const inner = (value: unknown) => closed(value as Raw, definitions);
  const kept = Object.entries(rest).flatMap(([keyword, value]): [string, unknown][] => {
    if (unsaid.has(keyword)) return [];
    if (keyword === 'additionalProperties')
      return value === false ? [] : [[keyword, value === true ? {} : inner(value)]];
    if (keyword === 'items') return [[keyword, inner(value)]];
    if (keyword === 'properties')
      return [[keyword, Object.fromEntries(Object.entries(value as Raw).map(([name, field]) => [name, inner(field)]))]];
    return [[keyword, value]];
  });
  return { ...(rest.properties ? { type: 'object' } : {}), ...Object.fromEntries(kept) };
}
