import { type Catalogue, type Kind, kindKey, type Schema } from './schema.ts';
import { trimmed } from './trim.ts';

type Raw = Readonly<Record<string, unknown>>;

/** One group and version of what a server answers under `/openapi/v3`, as far as it is read here. Unlike `/openapi/v2` it has the defaults. */
export interface OpenApi {
  readonly info: { readonly title: string; readonly version: string };
  readonly paths?: Readonly<Record<string, Raw>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, Raw>> };
}

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

const gvkField = 'x-kubernetes-group-version-kind';

/** One object of a stable API: `/apis/apps/v1/namespaces/{namespace}/deployments/{name}`. What can be patched there can be applied. */
const objectPath = /^\/api(?:\/v1|s\/[^/]+\/v\d+)(\/namespaces\/\{namespace\})?\/[^/{]+\/\{name\}$/;

/** The types of Kubernetes itself; those of CRDs are read from their manifests, which say more. */
const builtIn = /^io\.k8s\.(api|apiextensions-apiserver|apimachinery|kube-aggregator)\./;

/** `io.k8s.api.apps.v1.Deployment` → `apps.v1.Deployment` */
const shortName = (definition: string) => definition.split('.').slice(-3).join('.');

/**
 * What OpenAPI cannot say of a type, or says too widely, because the server reads it by a function of its own. The
 * structural schemas of CRDs know `items` as one schema only, and no `dependencies`:
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
const written: Readonly<Record<string, Schema>> = {
  'api.resource.Quantity': { format: 'quantity' },
  'util.intstr.IntOrString': { format: 'int32', 'x-kubernetes-int-or-string': true },
  // Go writes a time that is not set as null.
  'meta.v1.Time': { format: 'date-time', nullable: true, type: 'string' },
  'meta.v1.MicroTime': { format: 'date-time', nullable: true, type: 'string' },
  'apiextensions.v1.JSONSchemaPropsOrArray': { $ref: 'apiextensions.v1.JSONSchemaProps' },
};

/**
 * The stable kinds that a server of Kubernetes serves and that can be applied to it, and every type in them.
 * @throws {Error} when two types share a short name, or a schema says what is not known here
 */
export function served(documents: readonly OpenApi[]): Catalogue {
  const definitions = Object.assign({}, ...documents.map(({ components }) => components?.schemas)) as Record<
    string,
    Raw
  >;
  const kinds: Record<string, Kind> = {};
  const byKind = new Map<string, string>();
  for (const [name, definition] of Object.entries(definitions)) {
    const gvks = definition[gvkField] as readonly GroupVersionKind[] | undefined;
    if (builtIn.test(name) && gvks?.length === 1) byKind.set(keyOf(gvks[0] as GroupVersionKind), name);
  }

  const types: Record<string, Schema> = {};
  const origin = new Map<string, string>();
  const named = (definition: string): string => {
    const name = shortName(definition);
    const known = origin.get(name);
    if (known !== undefined && known !== definition) throw new Error(`${known} and ${definition} are both ${name}`);
    if (known === undefined) {
      origin.set(name, definition);
      types[name] = written[name] ?? typeOf(definitions[definition] ?? {}, named);
    }
    return name;
  };

  for (const [path, operations] of documents.flatMap(({ paths }) => Object.entries(paths ?? {}))) {
    const [match, namespaced] = objectPath.exec(path) ?? [];
    const patch = operations.patch as Raw | undefined;
    if (!match || !patch) continue;
    const key = keyOf(patch[gvkField] as GroupVersionKind);
    const definition = byKind.get(key);
    if (definition) kinds[key] = { type: named(definition), scope: namespaced ? 'Namespaced' : 'Cluster' };
  }
  const { info } = documents[0] as OpenApi;
  return { source: `${info.title} ${info.version}, /openapi/v3`, kinds: byName(kinds), types: byName(types) };
}

const keyOf = ({ group, version, kind }: GroupVersionKind) => kindKey(group ? `${group}/${version}` : version, kind);
const byName = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

/** An object without any field is one whose fields are not described, such as what webhooks and CRDs embed. */
function typeOf(definition: Raw, named: (definition: string) => string): Schema {
  const schema = trimmed(definition, (ref) => named(ref.replace('#/components/schemas/', '')));
  return schema.type === 'object' && !schema.properties && !schema.additionalProperties
    ? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
    : schema;
}
