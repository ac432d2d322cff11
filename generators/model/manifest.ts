import { formatYaml } from './yaml.ts';

/** One Kubernetes object, as plain data. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

/** The file that a manifest stands in, inside its part: `deployment-counter.yaml`. */
export const manifestFile = ({ kind, metadata }: Manifest) => `${kind.toLowerCase()}-${metadata.name}.yaml`;

/** What a person writes first; everything else follows in alphabetical order, so that a diff shows changes only. */
const first = [
  ...['apiVersion', 'kind', 'metadata', 'name', 'namespace', 'labels', 'annotations', 'finalizers', 'type'],
  ...['schedule', 'timeZone', 'replicas', 'minReplicas', 'maxReplicas', 'selector', 'podSelector', 'policyTypes'],
  ...['serviceAccountName', 'initContainers', 'containers', 'image', 'command', 'args', 'env', 'key', 'value'],
  ...['host', 'path', 'pathType', 'ingress', 'egress', 'from', 'to', 'ports', 'port', 'requests', 'limits'],
];
const rank = new Map(first.map((key, index) => [key, index]));
const byRank = (a: string, b: string) => {
  const difference = (rank.get(a) ?? first.length) - (rank.get(b) ?? first.length);
  return difference !== 0 ? difference : a < b ? -1 : a > b ? 1 : 0;
};

/** A manifest as YAML. The same object gives the same bytes on every machine. */
export const formatManifest = (manifest: Manifest): string => formatYaml(manifest, byRank);
