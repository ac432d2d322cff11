import { dump, load } from 'js-yaml';
import type { AccessEntry, ClusterConfig, PodIdentity } from '../aws/cluster-config.ts';
import type { Changeable } from './eks.ts';

/** Something that is otherwise than the files say. */
export interface Difference {
  /** `access entry slipway-account-bootstrap: policies`. */
  readonly what: string;
  readonly wanted: string;
  readonly found: string;
}

/** What EKS has of a cluster, as far as its file can say something of it. */
export interface Live {
  /** What `describe-cluster` prints: https://docs.aws.amazon.com/eks/latest/APIReference/API_Cluster.html */
  readonly cluster: Changeable & {
    readonly version: string;
    readonly upgradePolicy?: { readonly supportType?: string };
    readonly accessConfig?: { readonly authenticationMode?: string };
    readonly computeConfig?: { readonly enabled?: boolean; readonly nodePools?: readonly string[] };
    readonly encryptionConfig?: readonly unknown[];
  };
  readonly addons: readonly {
    readonly addonName: string;
    readonly addonVersion: string;
    readonly configurationValues?: string;
  }[];
  readonly accessEntries: readonly LiveEntry[];
  readonly podIdentities: readonly {
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly roleArn: string;
  }[];
  readonly nodeGroups: readonly string[];
}

/** https://docs.aws.amazon.com/eks/latest/APIReference/API_AccessEntry.html */
export interface LiveEntry {
  readonly principalArn: string;
  readonly type: string;
  readonly kubernetesGroups?: readonly string[];
  readonly policies: readonly {
    readonly policyArn: string;
    readonly accessScope: { readonly type: string; readonly namespaces?: readonly string[] };
  }[];
}

/** Whether something is there at all, and a value that is empty. */
const present = 'present';
const absent = 'absent';
const none = 'none';

/** How a cluster differs from its file. @param config eksctl.yaml, filled */
export function driftOf(config: ClusterConfig, live: Live): Difference[] {
  return [
    ...clusterDrift(config, live),
    ...compared(
      'access entry',
      new Map(
        (config.accessConfig?.accessEntries ?? []).map((entry) => [nameOf(String(entry.principalARN)), wants(entry)]),
      ),
      new Map(live.accessEntries.filter(isPeoples).map((entry) => [nameOf(entry.principalArn), has(entry)])),
    ),
    ...compared(
      'add-on',
      new Map(
        (config.addons ?? []).map(({ name, version, configurationValues }) => [
          name,
          {
            ...(version === undefined || version === 'latest' ? {} : { version }),
            settings: settingsOf(configurationValues),
          },
        ]),
      ),
      new Map(
        live.addons.map(({ addonName, addonVersion, configurationValues }) => [
          addonName,
          { version: addonVersion, settings: settingsOf(configurationValues) },
        ]),
      ),
    ),
    ...compared(
      'pod identity',
      new Map(
        [
          ...(config.addons ?? []).flatMap(({ podIdentityAssociations = [] }) => podIdentityAssociations),
          ...(config.iam?.podIdentityAssociations ?? []),
        ].map((one) => [`${one.namespace}/${one.serviceAccountName}`, roleOf(one)]),
      ),
      new Map(
        live.podIdentities.map(({ namespace, serviceAccount, roleArn }) => [
          `${namespace}/${serviceAccount}`,
          { role: nameOf(roleArn) },
        ]),
      ),
    ),
    ...compared(
      'node group',
      new Map((config.managedNodeGroups ?? []).map((group) => [(group as { name: string }).name, {}])),
      new Map(live.nodeGroups.map((name) => [name, {}])),
    ),
  ];
}

type Facts = Readonly<Record<string, string>>;

/** By name: what is missing, what no file has, and what is otherwise. */
function compared(kind: string, wanted: ReadonlyMap<string, Facts>, found: ReadonlyMap<string, Facts>): Difference[] {
  const differences: Difference[] = [];
  for (const [name, facts] of wanted) {
    const other = found.get(name);
    if (!other) differences.push({ what: `${kind} ${name}`, wanted: present, found: absent });
    else differences.push(...differing(`${kind} ${name}`, facts, other));
  }
  for (const name of found.keys())
    if (!wanted.has(name)) differences.push({ what: `${kind} ${name}`, wanted: absent, found: present });
  return differences;
}

/** Of what is wanted, whatever is otherwise; what nobody asks for may be as it is. */
const differing = (what: string, wanted: Facts, found: Facts): Difference[] =>
  Object.entries(wanted)
    .filter(([field, value]) => found[field] !== value)
    .map(([field, value]) => ({ what: `${what}: ${field}`, wanted: value, found: found[field] ?? none }));

function clusterDrift({ metadata, ...file }: ClusterConfig, { cluster }: Live): Difference[] {
  const vpc = cluster.resourcesVpcConfig ?? {};
  const logged = cluster.logging?.clusterLogging?.flatMap(({ types, enabled }) => (enabled ? types : [])) ?? [];
  const types = file.cloudWatch?.clusterLogging?.enableTypes;
  const all = types?.some((type) => /^(\*|all)$/.test(type));
  const { clusterEndpoints: ends, publicAccessCIDRs: sources } = file.vpc ?? {};
  const rows: readonly (readonly [field: string, wanted: unknown, found: unknown])[] = [
    ['version', metadata.version, cluster.version],
    ['support', file.upgradePolicy?.supportType, cluster.upgradePolicy?.supportType],
    ['authentication mode', file.accessConfig?.authenticationMode, cluster.accessConfig?.authenticationMode],
    ['Auto Mode', file.autoModeConfig?.enabled, cluster.computeConfig?.enabled ?? false],
    ['node pools', sorted(file.autoModeConfig?.nodePools), sorted(cluster.computeConfig?.nodePools ?? [])],
    ['encryption of Secrets', file.secretsEncryption && true, (cluster.encryptionConfig ?? []).length > 0],
    ['private endpoint', ends?.privateAccess, vpc.endpointPrivateAccess],
    ['public endpoint', ends?.publicAccess, vpc.endpointPublicAccess],
    ['public endpoint for', sorted(sources), sorted(vpc.publicAccessCidrs ?? [])],
    ['logs', sorted(all ? everyLog : types), sorted(logged)],
    ['zonal shift', file.zonalShiftConfig?.enabled, cluster.zonalShiftConfig?.enabled ?? false],
  ];
  return rows
    .filter(([, wanted, found]) => wanted !== undefined && String(wanted) !== String(found))
    .map(([field, wanted, found]) => ({
      what: `cluster ${metadata.name}: ${field}`,
      wanted: String(wanted) || none,
      found: found === undefined ? none : String(found) || none,
    }));
}

/** https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html */
const everyLog = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'];

const sorted = (list: readonly string[] | undefined) => list && [...list].sort().join(', ');

/** A role by its name, since EKS and eksctl leave out its path: `slipway-account-drift`. */
const nameOf = (arn: string) => arn.replace(/^arn:[^:]*:iam::\d*:(role|user)\/(.*\/)?/, '');

/** EKS makes entries for nodes, and for its own services: https://docs.aws.amazon.com/eks/latest/userguide/creating-access-entries.html */
const isPeoples = ({ type, principalArn }: LiveEntry) =>
  type === 'STANDARD' && !principalArn.includes(':role/aws-service-role/');

const wants = ({ accessPolicies = [], kubernetesGroups = [] }: AccessEntry): Facts => ({
  policies: policiesOf(
    accessPolicies.map(({ policyARN, accessScope = {} }) => ({
      policyArn: String(policyARN),
      accessScope: { type: String(accessScope.type), namespaces: accessScope.namespaces ?? [] },
    })),
  ),
  groups: sorted(kubernetesGroups) || none,
});

const has = ({ policies, kubernetesGroups = [] }: LiveEntry): Facts => ({
  policies: policiesOf(policies),
  groups: sorted(kubernetesGroups) || none,
});

/** `AmazonEKSViewPolicy on argocd`. */
const policiesOf = (policies: LiveEntry['policies']): string =>
  policies
    .map(({ policyArn, accessScope: { type, namespaces = [] } }) => {
      const scope = type === 'cluster' ? 'the cluster' : [...namespaces].sort().join('+');
      return `${policyArn.replace(/^.*\//, '')} on ${scope}`;
    })
    .sort()
    .join(', ') || none;

/** A role that eksctl makes has a name that nobody wrote. */
const roleOf = ({ roleARN }: PodIdentity): Facts => (roleARN === undefined ? {} : { role: nameOf(roleARN) });

/** Settings in one form, whether they were given as YAML or as JSON. What is neither is compared as it is. */
function settingsOf(text: string | undefined): string {
  if (text === undefined || text.trim() === '') return none;
  try {
    return dump(load(text), { sortKeys: true, flowLevel: 0, noRefs: true, lineWidth: -1 }).trim();
  } catch {
    return text;
  }
}

/** `access entry …: policies: the files say …, live is …`. */
export const formatDifference = ({ what, wanted, found }: Difference): string =>
  `${what}: the files say ${cut(wanted)}, live is ${cut(found)}`;

const cut = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
