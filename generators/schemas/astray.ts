import { nearest } from '../model/nearest.ts';
import type { Schema } from './schema.ts';
import { formatField, type Walk } from './walk.ts';

type Types = ReadonlyMap<string, Schema>;

/** What to say of a field that the object here, of this schema, does not have: the name that was meant, or the place. */
export function astray(types: Types, walk: Walk, schema: Schema, name: string | undefined, key: string): string {
  const legal = Object.keys(schema.properties ?? {});
  const near = legal.find((word) => word.toLowerCase() === key.toLowerCase()) ?? nearest(key, legal);
  const place = near ? undefined : (above(types, walk, key) ?? below(types, walk, schema, key));
  const hint = near ? `; did you mean ${near}?` : place === undefined ? '' : `; it belongs ${place}`;
  return `is not a field of ${ownerOf(name, walk)}${hint}`;
}

/** What has the fields, as people call it: `Container` of Kubernetes' own, `Application.spec.source` of a CRD's. */
export function ownerOf(name: string | undefined, { root, keys }: Walk): string {
  const [, own] = /^\w+\.\w+\.(\w+)$/.exec(name ?? '') ?? [];
  const kind = root.slice(root.lastIndexOf('.') + 1);
  return own ?? [kind, ...keys.filter((key) => typeof key === 'string')].join('.');
}

/** The object that holds this one and has the field: what is indented too far. */
function above(types: Types, { root, keys }: Walk, key: string): string | undefined {
  const chain = [resolved(types, { $ref: root })];
  for (const step of keys) chain.push(resolved(types, inside(chain.at(-1) ?? {}, step)));
  for (let depth = keys.length - 1; depth >= 0; depth--) {
    if (Object.hasOwn(chain[depth]?.properties ?? {}, key))
      return depth === 0 ? 'to the object itself' : `to ${formatField(keys.slice(0, depth))}`;
  }
  return undefined;
}

const inside = (schema: Schema, step: string | number): Schema =>
  (typeof step === 'number' ? schema.items : (schema.properties?.[step] ?? schema.additionalProperties)) ?? {};

/** The one object inside this one that has the field: what is not indented enough. */
function below(types: Types, { keys }: Walk, schema: Schema, key: string): string | undefined {
  let level: (readonly [readonly (string | number)[], Schema])[] = [[keys, schema]];
  for (let depth = 0; depth < 3; depth++) {
    level = level.flatMap(([path, outer]) =>
      Object.entries(outer.properties ?? {})
        .filter(([name]) => name !== 'status')
        .map(([name, inner]) => [[...path, name], resolved(types, inner)] as const),
    );
    const found = level.filter(([, { properties }]) => Object.hasOwn(properties ?? {}, key));
    if (found.length > 0) return found.length === 1 ? `to ${formatField(found[0]?.[0] ?? [])}` : undefined;
  }
  return undefined;
}

const resolved = (types: Types, schema: Schema): Schema =>
  schema.$ref === undefined ? schema : resolved(types, types.get(schema.$ref) ?? {});
