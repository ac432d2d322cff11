import { isMapping } from '../../model/mapping.ts';
import type { AccessEntry } from '../cluster-config.ts';
import type { ClusterRule } from '../cluster-rule.ts';

const entries = 'https://docs.aws.amazon.com/eks/latest/userguide/access-entries.html';
const code = 'https://github.com/eksctl-io/eksctl/tree/main/pkg/apis/eksctl.io/v1alpha5/access_entry.go';

const entriesOf = ({ accessConfig }: { readonly accessConfig?: { readonly accessEntries?: readonly AccessEntry[] } }) =>
  accessConfig?.accessEntries ?? [];
const at = ['accessConfig', 'accessEntries'] as const;

const policy = /^arn:aws:eks::aws:cluster-access-policy\/\w+$/;
const admin = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';

/** Who may speak to Kubernetes. */
export const access: readonly ClusterRule[] = [
  {
    id: 'authentication-mode',
    says: 'It must be API: who may do what stands in access entries, which eksctl makes in no other mode, and in no ConfigMap.',
    source: entries,
    *breaks({ accessConfig, iamIdentityMappings = [] }) {
      if (accessConfig?.authenticationMode !== 'API') yield ['accessConfig', 'authenticationMode'];
      if (iamIdentityMappings.length > 0) yield ['iamIdentityMappings'];
    },
    fails: [
      { 'accessConfig.authenticationMode': undefined },
      { 'accessConfig.authenticationMode': 'CONFIG_MAP' },
      { 'accessConfig.authenticationMode': 'API_AND_CONFIG_MAP' },
      { iamIdentityMappings: [{ arn: 'arn:aws:iam::000000000000:role/a', groups: ['system:masters'] }] },
    ],
  },
  {
    id: 'creator-admin',
    says: 'It must be false: whoever makes the cluster would be an administrator whom no list names.',
    source: entries,
    *breaks({ accessConfig }) {
      if (accessConfig?.bootstrapClusterCreatorAdminPermissions !== false)
        yield ['accessConfig', 'bootstrapClusterCreatorAdminPermissions'];
    },
    fails: [
      { 'accessConfig.bootstrapClusterCreatorAdminPermissions': undefined },
      { 'accessConfig.bootstrapClusterCreatorAdminPermissions': true },
    ],
  },
  {
    id: 'principal',
    says: "It must be the ARN of a role in the cluster's account, once: people and pipelines take a role, and no user has a key.",
    source: code,
    *breaks(config, { cluster }) {
      const seen = new Set<unknown>();
      for (const [index, { principalARN }] of entriesOf(config).entries()) {
        const legal =
          typeof principalARN === 'string' &&
          new RegExp(`^arn:aws:iam::${cluster.aws.account}:role/[\\w+=,.@-]{1,64}$`).test(principalARN);
        if (!legal || seen.has(principalARN)) yield [...at, index, 'principalARN'];
        seen.add(principalARN);
      }
    },
    fails: [
      { 'accessConfig.accessEntries[0].principalARN': undefined },
      { 'accessConfig.accessEntries[0].principalARN': 7 },
      { 'accessConfig.accessEntries[0].principalARN': 'arn:aws:iam::111111111111:role/admin' },
      { 'accessConfig.accessEntries[0].principalARN': 'arn:aws:iam::000000000000:user/ann' },
      { 'accessConfig.accessEntries[0].principalARN': 'arn:aws:iam::000000000000:role/slipway-account-bootstrap' },
    ],
  },
  {
    id: 'entry-type',
    says: 'It must be STANDARD, or not be there: other entries are those of nodes, which Auto Mode makes.',
    source: code,
    *breaks(config) {
      for (const [index, { type = 'STANDARD' }] of entriesOf(config).entries())
        if (type !== 'STANDARD') yield [...at, index, 'type'];
    },
    fails: [{ 'accessConfig.accessEntries[0].type': 'EC2_LINUX' }, { 'accessConfig.accessEntries[0].type': 'admin' }],
  },
  {
    id: 'kubernetes-groups',
    says: 'It must not be there: rights come from access policies, which AWS shows beside the role, and not from a group.',
    source: entries,
    *breaks(config) {
      for (const [index, entry] of entriesOf(config).entries())
        for (const field of ['kubernetesGroups', 'kubernetesUsername'] as const)
          if (entry[field] !== undefined) yield [...at, index, field];
    },
    fails: [
      { 'accessConfig.accessEntries[0].kubernetesGroups': ['system:masters'] },
      { 'accessConfig.accessEntries[0].kubernetesUsername': 'admin' },
    ],
  },
  {
    id: 'access-policy',
    says: 'It must be an access policy of EKS, such as arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy.',
    source: code,
    *breaks(config) {
      for (const [index, { accessPolicies = [] }] of entriesOf(config).entries()) {
        if (accessPolicies.length === 0) yield [...at, index, 'accessPolicies'];
        for (const [place, { policyARN }] of accessPolicies.entries())
          if (typeof policyARN !== 'string' || !policy.test(policyARN))
            yield [...at, index, 'accessPolicies', place, 'policyARN'];
      }
    },
    fails: [
      { 'accessConfig.accessEntries[0].accessPolicies': [] },
      { 'accessConfig.accessEntries[0].accessPolicies[0].policyARN': undefined },
      { 'accessConfig.accessEntries[0].accessPolicies[0].policyARN': 'arn:aws:iam::aws:policy/AdministratorAccess' },
    ],
  },
  {
    id: 'access-scope',
    says: 'It must be cluster, without namespaces, or namespace with some.',
    source: code,
    *breaks(config) {
      for (const [index, { accessPolicies = [] }] of entriesOf(config).entries())
        for (const [place, { accessScope: { type, namespaces = [] } = {} }] of accessPolicies.entries())
          if (!(type === 'cluster' ? namespaces.length === 0 : type === 'namespace' && namespaces.length > 0))
            yield [...at, index, 'accessPolicies', place, 'accessScope'];
    },
    fails: [
      { 'accessConfig.accessEntries[0].accessPolicies[0].accessScope': undefined },
      { 'accessConfig.accessEntries[0].accessPolicies[0].accessScope.type': 'everything' },
      { 'accessConfig.accessEntries[0].accessPolicies[0].accessScope.type': 'namespace' },
      { 'accessConfig.accessEntries[0].accessPolicies[0].accessScope.namespaces': ['dev'] },
    ],
  },
  {
    id: 'administrator',
    says: `Some entry must have ${admin}: nobody could reach the cluster.`,
    source: entries,
    *breaks(config) {
      const administers = ({ accessPolicies = [] }: AccessEntry) =>
        accessPolicies.some((one) => isMapping(one) && one.policyARN === admin);
      if (!entriesOf(config).some(administers)) yield [...at];
    },
    fails: [{ 'accessConfig.accessEntries': undefined }, { 'accessConfig.accessEntries': [] }],
  },
];
