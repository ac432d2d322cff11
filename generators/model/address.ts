import type { Manifest } from './manifest.ts';
import { isMapping } from './mapping.ts';

/** Where something answers: an address for a browser, and what has to run here for it. */
export interface Address {
  /** An app, or `forge`. */
  readonly name: string;
  /** Absent for the forge. */
  readonly environment?: string;
  /** `https://counter.example.com/` */
  readonly url: string;
  /** What it is reached through where nothing of it answers from outside. */
  readonly forward?: Forward;
}

/** A Service that kubectl brings to this machine. */
export interface Forward {
  readonly namespace: string;
  readonly service: string;
  /** Of the Service. */
  readonly port: number;
  /** Of this machine. */
  readonly local: number;
}

/** Files of a part that say where it answers. */
export const isAddressFile = (file: string): boolean =>
  /^(ingress|httproute|service)-.+\.yaml$/.test(file) || file === 'configmap-argocd-cm.yaml';

/**
 * Where an app answers, as its own objects say: the hosts of its Ingress or HTTPRoute, or the `url` that Argo CD is told;
 * else its Service, by a port of this machine. Nothing where it has none of them.
 */
export function addressesIn(name: string, environment: string, manifests: readonly Manifest[]): Address[] {
  const hosts = manifests.flatMap((manifest) => [
    ...ingressHosts(manifest),
    ...routeHosts(manifest),
    ...argoCd(manifest),
  ]);
  if (hosts.length > 0) return [...new Set(hosts)].map((url) => ({ name, environment, url }));
  const [forward] = manifests.flatMap((manifest) => forwardOf(name, environment, manifest));
  if (!forward) return [];
  const scheme = forward.port === 443 ? 'https' : 'http';
  return [{ name, environment, url: `${scheme}://127.0.0.1:${forward.local}/`, forward }];
}

/** https://kubernetes.io/docs/reference/kubernetes-api/service-resources/ingress-v1/ */
function ingressHosts({ kind, spec }: Manifest): string[] {
  if (kind !== 'Ingress' || !isMapping(spec)) return [];
  return mappings(spec.rules).flatMap(({ host, http }) => {
    const [path] = isMapping(http) ? mappings(http.paths) : [];
    return addressAt(host, path?.path);
  });
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#httproute */
const routeHosts = ({ kind, spec }: Manifest): string[] =>
  kind === 'HTTPRoute' && isMapping(spec) && Array.isArray(spec.hostnames)
    ? spec.hostnames.flatMap((host: unknown) => addressAt(host, '/'))
    : [];

/** https://argo-cd.readthedocs.io/en/stable/operator-manual/argocd-cm-yaml/ */
function argoCd({ kind, metadata, data }: Manifest): string[] {
  const url = kind === 'ConfigMap' && metadata.name === 'argocd-cm' && isMapping(data) ? data.url : undefined;
  return typeof url === 'string' && /^https?:\/\/[\w.:-]+\/?$/.test(url) ? [`${url.replace(/\/$/, '')}/`] : [];
}

/** Whatever is no plain host is nobody's address: somebody may have edited the part. */
const addressAt = (host: unknown, path: unknown): string[] =>
  typeof host === 'string' && /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(host)
    ? [`https://${host}${typeof path === 'string' && /^\/[\w./~-]*$/.test(path) ? path : '/'}`]
    : [];

function forwardOf(app: string, environment: string, { kind, metadata, spec }: Manifest): Forward[] {
  const { name: service, namespace = environment } = metadata;
  const [first] = kind === 'Service' && isMapping(spec) ? mappings(spec.ports) : [];
  const port = first?.port;
  const isLegal = [service, namespace].every((one) => typeof one === 'string' && /^[a-z0-9][a-z0-9-]*$/.test(one));
  if (!isLegal || typeof port !== 'number' || !Number.isInteger(port)) return [];
  return [{ namespace: String(namespace), service, port, local: stablePort(app, environment) }];
}

const mappings = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isMapping) : []);

/**
 * The port of this machine at which an app of an environment answers while kubectl forwards it: from 20000 to 29999, below
 * those that Linux and macOS give away by themselves, and always the same for the same two names, so that bookmarks and
 * cookies stay. Two of them may meet; then the second is refused. FNV-1a, 32 bits:
 * https://datatracker.ietf.org/doc/html/draft-eastlake-fnv-21
 */
export function stablePort(app: string, environment: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(`${environment}/${app}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return 20_000 + (hash % 10_000);
}

/** Which cluster kubectl asks. */
export interface Cluster {
  /** @default the kubeconfig that kubectl finds by itself */
  readonly kubeconfig?: string | undefined;
  /** @default the current one of the kubeconfig */
  readonly context?: string | undefined;
}

/** What a person types to the same end. */
export const forwardLine = (forward: Forward, cluster: Cluster = {}): string =>
  `kubectl ${forwardArguments(forward, cluster).join(' ')}`;

export const clusterArguments = ({ kubeconfig, context }: Cluster): string[] => [
  ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  ...(context === undefined ? [] : ['--context', context]),
];

export const forwardArguments = ({ namespace, service, port, local }: Forward, cluster: Cluster = {}): string[] => [
  ...clusterArguments(cluster),
  ...['port-forward', '--address', '127.0.0.1', '--namespace', namespace],
  ...[`svc/${service}`, `${local}:${port}`],
];

/**
 * The pages of a repository, from its address for git; undefined for one that has none, as a folder. Neither a password
 * nor the port of ssh is part of it.
 */
export function webAddressOf(remote: string): string | undefined {
  const web = /^(https?):\/\/(?:[^\s/@]*@)?([\w.-]+(?::\d+)?)\/([\w./~-]+)$/.exec(remote);
  const ssh = /^(?:ssh:\/\/)?(?:[\w.-]+@)([\w.-]+)(?::\d+(?=\/))?[:/]\/?([\w./~-]+)$/.exec(remote);
  const [scheme, host, path] = web ? [web[1], web[2], web[3]] : ['https', ssh?.[1], ssh?.[2]];
  if (host === undefined || path === undefined) return undefined;
  return `${scheme}://${host}/${path.replace(/\/$/, '').replace(/\.git$/, '')}`;
}

/** The page of a merge request. */
export const requestAddress = (project: string, iid: number): string =>
  new URL(project).hostname === 'github.com' ? `${project}/pull/${iid}` : `${project}/-/merge_requests/${iid}`;
