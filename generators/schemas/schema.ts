/**
 * The subset of OpenAPI 3 that Kubernetes describes its types with: https://spec.openapis.org/oas/v3.0.4#schema-object
 * and https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 * Without `type`, anything is legal.
 */
export interface Schema {
  /** The name of another type of the same document; nothing stands beside it. */
  readonly $ref?: string;
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean';
  readonly format?: string;
  readonly enum?: readonly unknown[];
  /** Kept for the sake of list keys, which count with it where they are left out. */
  readonly default?: unknown;
  readonly nullable?: boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly 'x-kubernetes-int-or-string'?: boolean;
  readonly 'x-kubernetes-preserve-unknown-fields'?: boolean;
  /** What may stand twice in a list: nothing in a `set`, no two objects with the same keys in a `map`. */
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
}

/** One kind in one version, as a server serves it. */
export interface Kind {
  /** The name of its type. */
  readonly type: string;
  readonly scope: 'Namespaced' | 'Cluster';
}

/** What one product adds to a cluster: the kinds that can be applied, and the types that they are made of. */
export interface Catalogue {
  /** Where it was read. */
  readonly source: string;
  /** By `<apiVersion> <kind>`: `apps/v1 Deployment`. */
  readonly kinds: Readonly<Record<string, Kind>>;
  readonly types: Readonly<Record<string, Schema>>;
}

/** How a kind is found in a catalogue: `apps/v1 Deployment`. */
export const kindKey = (apiVersion: string, kind: string) => `${apiVersion} ${kind}`;
