import { aws, type Command } from './command.ts';

/** A cluster's eksctl.yaml, as far as it says which cluster it is. */
export interface ClusterFile {
  readonly metadata: { readonly name: string; readonly region: string; readonly version: string };
}

const ask = ({ metadata: { name, region } }: ClusterFile, verb: string, option = '--cluster-name') =>
  aws(region, 'eks', verb, option, name);

export const describeCluster = (config: ClusterFile): Command => ask(config, 'describe-cluster', '--name');
export const listAddons = (config: ClusterFile): Command => ask(config, 'list-addons');
export const describeAddon = ({ metadata: { name, region } }: ClusterFile, addon: string): Command =>
  aws(region, 'eks', 'describe-addon', '--cluster-name', name, '--addon-name', addon);
export const listAccessEntries = (config: ClusterFile): Command => ask(config, 'list-access-entries');
export const listPodIdentities = (config: ClusterFile): Command => ask(config, 'list-pod-identity-associations');
export const describeAccessEntry = ({ metadata: { name, region } }: ClusterFile, principal: string): Command =>
  aws(region, 'eks', 'describe-access-entry', '--cluster-name', name, '--principal-arn', principal);
export const listAccessPolicies = ({ metadata: { name, region } }: ClusterFile, principal: string): Command =>
  aws(region, 'eks', 'list-associated-access-policies', '--cluster-name', name, '--principal-arn', principal);
export const describePodIdentity = ({ metadata: { name, region } }: ClusterFile, id: string): Command =>
  aws(region, 'eks', 'describe-pod-identity-association', '--cluster-name', name, '--association-id', id);
export const listNodeGroups = (config: ClusterFile): Command => ask(config, 'list-nodegroups');

/** The stack that eksctl makes a cluster in. */
export const eksctlStack = ({ metadata: { name } }: ClusterFile): string => `eksctl-${name}-cluster`;

const eksctl = (file: string, ...words: string[]): Command => ({
  argv: ['eksctl', ...words, '-f', '-'],
  stdin: `${file} (filled)`,
});

/** @param file the cluster's eksctl.yaml, for people */
export const createCluster = (file: string): Command =>
  // It would write into the user's own kubeconfig, and switch to it.
  eksctl(file, 'create', 'cluster', '--write-kubeconfig=false');

/** EKS goes one minor version at a time: https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html */
export const upgradeCluster = ({ metadata: { name, region } }: ClusterFile, version: string): Command => ({
  argv: ['eksctl', 'upgrade', 'cluster', '--name', name, '--region', region, '--version', version, '--approve'],
});

export const writeKubeconfig = ({ metadata: { name, region } }: ClusterFile, file: string): Command => ({
  argv: ['aws', 'eks', 'update-kubeconfig', '--name', name, '--region', region, '--kubeconfig', file, '--alias', name],
});

/** The minor versions from one to another, the first left out: `1.34` and `1.36` give `1.35` and `1.36`. */
export function versionsBetween(from: string, to: string): string[] {
  const [, last] = to.split('.').map(Number) as [number, number];
  const [major, first] = from.split('.').map(Number) as [number, number];
  return Array.from({ length: Math.max(0, last - first) }, (_, index) => `${major}.${first + index + 1}`);
}

/** What `describe-cluster` prints of what `update-cluster-config` can change. */
export interface Changeable {
  readonly logging?: {
    readonly clusterLogging?: readonly { readonly types: readonly string[]; readonly enabled: boolean }[];
  };
  readonly resourcesVpcConfig?: {
    readonly endpointPublicAccess?: boolean;
    readonly endpointPrivateAccess?: boolean;
    readonly publicAccessCidrs?: readonly string[];
  };
  readonly zonalShiftConfig?: { readonly enabled?: boolean };
}

/** What EKS has of a cluster, as far as the file says something of it. */
export interface Existing {
  readonly cluster: Changeable;
  /** By name: the version, where the file pins one. */
  readonly addons: ReadonlyMap<string, string | undefined>;
  /** By the ARNs of those who have one. */
  readonly accessEntries: readonly string[];
  /** `namespace/service account`. */
  readonly podIdentities: readonly string[];
  readonly nodeGroups: readonly string[];
}

/** A piece of a cluster that the file has and EKS has not: what is run, and the file as it is given to eksctl. */
export interface Piece {
  /** `addons metrics-server`. */
  readonly says: string;
  readonly command: Command;
  /** With the missing ones alone: eksctl stops at one that is there. */
  readonly config: ClusterFile;
}

/** What of the file can be given to a cluster that is there, and how eksctl is told. */
export const pieceCommands = (file: string): Readonly<Record<PieceName, Command>> => ({
  nodeGroups: eksctl(file, 'create', 'nodegroup'),
  addons: eksctl(file, 'create', 'addon', '--wait'),
  addonVersions: eksctl(file, 'update', 'addon', '--wait'),
  accessEntries: eksctl(file, 'create', 'accessentry'),
  podIdentities: eksctl(file, 'create', 'podidentityassociation'),
  logging: eksctl(file, 'utils', 'update-cluster-logging', '--approve'),
  endpoints: eksctl(file, 'utils', 'update-cluster-vpc-config', '--approve'),
  zonalShift: eksctl(file, 'utils', 'update-zonal-shift-config'),
});

type PieceName =
  | 'nodeGroups'
  | 'addons'
  | 'addonVersions'
  | 'accessEntries'
  | 'podIdentities'
  | 'logging'
  | 'endpoints'
  | 'zonalShift';

/** Without a version, EKS chooses one, and leaves it so. */
interface Addon {
  readonly name: string;
  readonly version?: string;
}

/** The addons of a file that are pinned to one version. */
export const pinnedAddons = (config: ClusterFile): string[] =>
  ((config as ClusterFile & Fields).addons ?? [])
    .filter(({ version }) => version !== undefined && version !== 'latest')
    .map(({ name }) => name);

/** Whether a file has groups of nodes; with Auto Mode it has none. */
export const hasNodeGroups = (config: ClusterFile): boolean =>
  ((config as ClusterFile & Fields).managedNodeGroups ?? []).length > 0;

/** The fields of an eksctl file that are compared. https://docs.aws.amazon.com/eks/latest/eksctl/schema.html */
interface Fields {
  readonly managedNodeGroups?: readonly { readonly name: string }[];
  readonly addons?: readonly Addon[];
  readonly accessConfig?: { readonly accessEntries?: readonly { readonly principalARN: string }[] };
  readonly iam?: {
    readonly podIdentityAssociations?: readonly { readonly namespace: string; readonly serviceAccountName: string }[];
  };
  readonly cloudWatch?: { readonly clusterLogging?: { readonly enableTypes?: readonly string[] } };
  readonly vpc?: {
    readonly clusterEndpoints?: { readonly publicAccess?: boolean; readonly privateAccess?: boolean };
    readonly publicAccessCIDRs?: readonly string[];
  };
  readonly zonalShiftConfig?: { readonly enabled?: boolean };
}

/** What the file has and the cluster has not, in the order in which it is added. */
export function missingPieces(config: ClusterFile, there: Existing, file: string): Piece[] {
  const fields = config as ClusterFile & Fields;
  const commands = pieceCommands(file);
  const pieces: Piece[] = [];
  const add = (name: PieceName, says: string, changed: Partial<Fields> = {}) =>
    pieces.push({ says, command: commands[name], config: { ...config, ...changed } });
  const lacking = <T>(wanted: readonly T[] | undefined, key: (item: T) => string, present: readonly string[]) =>
    (wanted ?? []).filter((item) => !present.includes(key(item)));

  const groups = lacking(fields.managedNodeGroups, ({ name }) => name, there.nodeGroups);
  if (groups.length > 0) add('nodeGroups', said('node groups', groups, 'name'), { managedNodeGroups: groups });
  const addons = lacking(fields.addons, ({ name }) => name, [...there.addons.keys()]);
  if (addons.length > 0) add('addons', said('addons', addons, 'name'), { addons });
  const others = (fields.addons ?? []).filter(
    ({ name, version }) =>
      pinnedAddons(config).includes(name) && ![version, undefined].includes(there.addons.get(name)),
  );
  if (others.length > 0) add('addonVersions', said('other versions of', others, 'name'), { addons: others });
  const entries = lacking(fields.accessConfig?.accessEntries, ({ principalARN }) => principalARN, there.accessEntries);
  if (entries.length > 0)
    add('accessEntries', said('access entries', entries, 'principalARN'), {
      accessConfig: { ...fields.accessConfig, accessEntries: entries },
    });
  const identities = lacking(
    fields.iam?.podIdentityAssociations,
    ({ namespace, serviceAccountName }) => `${namespace}/${serviceAccountName}`,
    there.podIdentities,
  );
  if (identities.length > 0)
    add('podIdentities', said('pod identities', identities, 'serviceAccountName'), {
      iam: { ...fields.iam, podIdentityAssociations: identities },
    });

  const { cluster } = there;
  const types = fields.cloudWatch?.clusterLogging?.enableTypes;
  const logged = cluster.logging?.clusterLogging?.flatMap(({ types, enabled }) => (enabled ? types : [])) ?? [];
  if (types && !sameSet(types.some((type) => /^(\*|all)$/.test(type)) ? everyLog : types, logged))
    add('logging', `logs of ${types.join(', ')}`);
  const { clusterEndpoints, publicAccessCIDRs } = fields.vpc ?? {};
  const vpc = cluster.resourcesVpcConfig ?? {};
  const differs = <T>(wanted: T | undefined, found: T | undefined) => wanted !== undefined && wanted !== found;
  if (
    differs(clusterEndpoints?.publicAccess, vpc.endpointPublicAccess) ||
    differs(clusterEndpoints?.privateAccess, vpc.endpointPrivateAccess) ||
    (publicAccessCIDRs !== undefined && !sameSet(publicAccessCIDRs, vpc.publicAccessCidrs ?? []))
  )
    add('endpoints', 'who reaches the API server');
  if (differs(fields.zonalShiftConfig?.enabled, cluster.zonalShiftConfig?.enabled ?? false))
    add('zonalShift', 'zonal shift');
  return pieces;
}

/** https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html */
const everyLog = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

const said = <K extends string>(what: string, items: readonly Readonly<Record<K, string>>[], key: K) =>
  `${what} ${items.map((item) => item[key]).join(', ')}`;

const sameSet = (left: readonly string[], right: readonly string[]) =>
  left.length === right.length && [...left].sort().join() === [...right].sort().join();
