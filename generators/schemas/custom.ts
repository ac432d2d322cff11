import { type Catalogue, type Kind, kindKey, type Schema } from './schema.ts';
import { trimmed } from './trim.ts';

/** A CustomResourceDefinition, as far as it is read here. */
export interface Definition {
  readonly spec: {
    readonly group: string;
    readonly scope: Kind['scope'];
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly name: string;
      readonly served: boolean;
      readonly schema: { readonly openAPIV3Schema: unknown };
    }[];
  };
}

/** Smaller than this, a type of its own is longer than what it saves. */
const worthSharing = 120;

/**
 * The kinds that CRDs declare, in every version that they serve. A structural schema knows no references, so Argo CD's
 * Application writes out a source eight times; here what occurs again is a type, named after where it stands first.
 * @param source where the CRDs were read
 * @throws {Error} when a schema says what is not known here
 */
export function custom(definitions: readonly Definition[], source: string): Catalogue {
  const kinds: Record<string, Kind> = {};
  const whole: [string, Schema][] = [];
  for (const { spec } of definitions) {
    for (const { name: version, served, schema } of spec.versions) {
      if (!served) continue;
      const type = `${spec.group}.${version}.${spec.names.kind}`;
      kinds[kindKey(`${spec.group}/${version}`, spec.names.kind)] = { type, scope: spec.scope };
      whole.push([type, withIdentity(trimmed(schema.openAPIV3Schema, unexpected))]);
    }
  }
  const types = shared(whole);
  return { source, kinds, types: Object.fromEntries(Object.entries(types).sort(([a], [b]) => (a < b ? -1 : 1))) };
}

const unexpected = (ref: string): never => {
  throw new Error(`A structural schema has no $ref: ${ref}`);
};

/** Every object has these three, described or not: their types are Kubernetes' own. */
const withIdentity = (schema: Schema): Schema => ({
  ...schema,
  properties: {
    ...schema.properties,
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { $ref: 'meta.v1.ObjectMeta' },
  },
});

function shared(whole: readonly [string, Schema][]): Record<string, Schema> {
  const times = new Map<string, number>();
  for (const [, schema] of whole) count(schema, times);
  const types: Record<string, Schema> = {};
  const names = new Map<string, string>();
  for (const [type, schema] of whole) types[type] = inside(schema, type);
  return types;

  function inside(schema: Schema, at: string): Schema {
    return {
      ...schema,
      ...(schema.properties && {
        properties: Object.fromEntries(
          Object.entries(schema.properties).map(([name, inner]) => [name, part(inner, `${at}.${name}`)]),
        ),
      }),
      ...(schema.items && { items: part(schema.items, `${at}[]`) }),
      ...(schema.additionalProperties && { additionalProperties: part(schema.additionalProperties, `${at}{}`) }),
    };
  }

  function part(schema: Schema, at: string): Schema {
    const text = JSON.stringify(schema);
    if ((times.get(text) ?? 0) < 2) return inside(schema, at);
    const known = names.get(text);
    if (known) return { $ref: known };
    names.set(text, at);
    types[at] = inside(schema, at);
    return { $ref: at };
  }
}

/** What stands inside a type that occurs again is counted with its first occurrence only. */
function count(schema: Schema, times: Map<string, number>): void {
  const text = JSON.stringify(schema);
  const before = times.get(text) ?? 0;
  if (text.length >= worthSharing) times.set(text, before + 1);
  if (before > 0) return;
  for (const inner of Object.values(schema.properties ?? {})) count(inner, times);
  if (schema.items) count(schema.items, times);
  if (schema.additionalProperties) count(schema.additionalProperties, times);
}
