import type { Definition } from '../cluster.fixture.ts';
import type { Catalogue, Schema } from './schema.ts';
import { catalogues } from './strictly.ts';

type Types = Catalogue['types'];

/**
 * CRDs of what the catalogues add to Kubernetes, so that a server holds objects against what they say. They say what
 * they kept: the rules in CEL of the real ones are not among it.
 */
export const definitions: readonly Definition[] = catalogues.slice(1).flatMap(definitionsOf);

function definitionsOf({ kinds, types }: Catalogue): Definition[] {
  const declared = Object.entries(kinds).map(([key, { type, scope }]) => {
    const [, group = '', version = '', kind = ''] = /^(.+)\/(.+) (.+)$/.exec(key) ?? [];
    return { group, version, kind, type, scope };
  });
  return [...Map.groupBy(declared, ({ group, kind }) => `${group} ${kind}`).values()].flatMap((versions) => {
    const [first] = versions;
    if (!first) return [];
    const { group, kind, scope } = first;
    const singular = kind.toLowerCase();
    const plural = `${singular}${singular.endsWith('s') ? 'es' : 's'}`;
    return {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope,
        names: { kind, plural, singular },
        versions: versions.map(({ version, type }, index) => ({
          name: version,
          served: true,
          storage: index === 0,
          schema: { openAPIV3Schema: structural({ $ref: type }, types) },
        })),
      },
    };
  });
}

/**
 * A schema without references, and with a word of what may be anything.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
function structural({ $ref, ...schema }: Schema, types: Types): object {
  // The server knows metadata by itself, and lets nobody describe it.
  if ($ref === 'meta.v1.ObjectMeta') return { type: 'object' };
  if ($ref !== undefined) return structural(types[$ref] ?? {}, types);
  const { properties, items, additionalProperties } = schema;
  const anything = schema.type === undefined && !schema['x-kubernetes-int-or-string'];
  return {
    ...schema,
    ...(anything ? { 'x-kubernetes-preserve-unknown-fields': true } : {}),
    ...(properties && {
      properties: Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, structural(inner, types)]),
      ),
    }),
    ...(items && { items: structural(items, types) }),
    ...(additionalProperties && { additionalProperties: structural(additionalProperties, types) }),
  };
}
