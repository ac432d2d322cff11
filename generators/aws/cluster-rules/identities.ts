import { load } from 'js-yaml';
import { scopeOf } from '../../model/environment.ts';
import { isMapping } from '../../model/mapping.ts';
import type { ClusterConfig, PodIdentity } from '../cluster-config.ts';
import type { ClusterRule } from '../cluster-rule.ts';
import { isWide, statementsOf } from '../document.ts';
import { boundary, podBoundary, policyArn } from '../names.ts';
import type { Keys } from '../rule.ts';

const associations = 'https://docs.aws.amazon.com/eks/latest/eksctl/pod-identity-associations.html';
const code = 'https://github.com/eksctl-io/eksctl/tree/main/pkg/apis/eksctl.io/v1alpha5';

/** Every identity of pods, those of add-ons too, and where it stands. */
const identitiesOf = ({ addons = [], iam }: ClusterConfig): (readonly [PodIdentity, Keys])[] => [
  ...addons.flatMap(({ podIdentityAssociations = [] }, index) =>
    podIdentityAssociations.map((one, place) => [one, ['addons', index, 'podIdentityAssociations', place]] as const),
  ),
  ...(iam?.podIdentityAssociations ?? []).map(
    (one, place) => [one, ['iam', 'podIdentityAssociations', place]] as const,
  ),
];

const policies = ['permissionPolicy', 'permissionPolicyARNs', 'wellKnownPolicies'] as const;
const tokens = ['serviceAccountRoleARN', 'attachPolicyARNs', 'attachPolicy', 'wellKnownPolicies'] as const;

/** What pods may do in AWS, and what any role of the cluster may do at most. */
export const identities: readonly ClusterRule[] = [
  {
    id: 'no-tokens',
    says: "It must not be there: pods have identities by association; tokens of a cluster's own issuer would be a second way, and eksctl refuses both at once.",
    source: `${code}/addon.go`,
    *breaks({ addons = [], iam }) {
      if (iam?.withOIDC) yield ['iam', 'withOIDC'];
      if ((iam?.serviceAccounts?.length ?? 0) > 0) yield ['iam', 'serviceAccounts'];
      for (const [index, addon] of addons.entries())
        for (const field of tokens) if (addon[field] !== undefined) yield ['addons', index, field];
    },
    fails: [
      { 'iam.withOIDC': true },
      { 'iam.serviceAccounts': [{ metadata: { name: 'a', namespace: 'dev' } }] },
      { 'addons[0].serviceAccountRoleARN': 'arn:aws:iam::000000000000:role/a' },
      { 'addons[0].attachPolicyARNs': ['arn:aws:iam::aws:policy/AmazonS3FullAccess'] },
      { 'addons[1].attachPolicy': { Statement: [] } },
      { 'addons[1].wellKnownPolicies': { externalDNS: true } },
    ],
  },
  {
    id: 'identity-whose',
    says: 'It must say whose it is: a namespace and a service account, which no other identity names.',
    source: `${code}/addon.go`,
    *breaks(config) {
      const seen = new Set<string>();
      for (const [{ namespace, serviceAccountName }, keys] of identitiesOf(config)) {
        const whose = `${namespace}/${serviceAccountName}`;
        if (!namespace || !serviceAccountName || seen.has(whose)) yield keys;
        seen.add(whose);
      }
    },
    fails: [
      { 'iam.podIdentityAssociations[0].namespace': undefined },
      { 'iam.podIdentityAssociations[0].serviceAccountName': '' },
      {
        'iam.podIdentityAssociations[]': {
          namespace: 'external-dns',
          serviceAccountName: 'external-dns',
          roleARN: 'arn:aws:iam::000000000000:role/a',
        },
      },
    ],
  },
  {
    id: 'identity-role',
    says: 'It must have a role, or a policy of its own, and not both.',
    source: `${code}/addon.go`,
    *breaks(config) {
      for (const [identity, keys] of identitiesOf(config)) {
        const own = policies.some((field) => identity[field] !== undefined);
        if (own === (identity.roleARN !== undefined)) yield keys;
      }
    },
    fails: [
      { 'iam.podIdentityAssociations[0].roleARN': undefined },
      { 'iam.podIdentityAssociations[0].permissionPolicyARNs': ['arn:aws:iam::aws:policy/AmazonS3FullAccess'] },
      { 'addons[1].podIdentityAssociations[0].permissionPolicy': { Statement: [] } },
      { 'addons[1].podIdentityAssociations[0].wellKnownPolicies': { externalDNS: true } },
    ],
  },
  {
    id: 'identity-tags',
    says: 'It must not be there: by these tags a role knows whose pod asks, and it trusts no other.',
    source: 'https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html',
    *breaks(config) {
      for (const [{ disableSessionTags }, keys] of identitiesOf(config))
        if (disableSessionTags) yield [...keys, 'disableSessionTags'];
    },
    fails: [{ 'iam.podIdentityAssociations[0].disableSessionTags': true }],
  },
  {
    id: 'identity-reach',
    says: 'It must not be there: what AWS or eksctl wrote for everybody reaches every zone, volume or bucket; write what it needs.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege',
    *breaks(config) {
      for (const [index, { useDefaultPodIdentityAssociations }] of (config.addons ?? []).entries())
        if (useDefaultPodIdentityAssociations) yield ['addons', index, 'useDefaultPodIdentityAssociations'];
      for (const [{ permissionPolicyARNs, wellKnownPolicies }, keys] of identitiesOf(config)) {
        if (permissionPolicyARNs) yield [...keys, 'permissionPolicyARNs'];
        if (wellKnownPolicies) yield [...keys, 'wellKnownPolicies'];
      }
    },
    fails: [
      { 'addons[1].useDefaultPodIdentityAssociations': true },
      { 'addons[1].podIdentityAssociations[0].wellKnownPolicies': { externalDNS: true } },
      { 'iam.podIdentityAssociations[0].permissionPolicyARNs': ['arn:aws:iam::aws:policy/AmazonS3FullAccess'] },
    ],
  },
  {
    id: 'identity-policy',
    says: 'It must name each action and each resource: no *, no s3:*, and nothing that is not listed.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege',
    *breaks(config) {
      for (const [{ permissionPolicy }, keys] of identitiesOf(config)) {
        if (!permissionPolicy) continue;
        const statements = statementsOf(permissionPolicy, [...keys, 'permissionPolicy']);
        if (statements.length === 0) yield [...keys, 'permissionPolicy'];
        for (const { effect, actions, resources, negations, keys: at } of statements) {
          if (effect !== 'Allow') continue;
          if (actions.length === 0 || actions.some(isWide)) yield [...at, 'Action'];
          if (resources.length === 0 || resources.includes('*')) yield [...at, 'Resource'];
          for (const field of negations) yield [...at, field];
        }
      }
    },
    fails: [
      ...[
        { Action: '*', Resource: 'arn:aws:s3:::a/b' },
        { Action: ['s3:PutObject', 's3:*'], Resource: 'arn:aws:s3:::a/b' },
        { Action: 's3:PutObject', Resource: '*' },
        { Action: 's3:PutObject' },
        { NotAction: 's3:GetObject', Resource: 'arn:aws:s3:::a/b' },
        { Action: 's3:PutObject', NotResource: 'arn:aws:s3:::a/b' },
      ].map((statement) => ({
        'iam.podIdentityAssociations[0].roleARN': undefined,
        'iam.podIdentityAssociations[0].permissionPolicy': { Statement: [{ Effect: 'Allow', ...statement }] },
      })),
      { 'iam.podIdentityAssociations[0].permissionPolicy': {} },
    ],
  },
  {
    id: 'identity-place',
    says: 'It must be a namespace that clusters/environments.ts has for this cluster: what stands in any other comes as an add-on.',
    source: associations,
    *breaks({ iam }, { cluster, environments }) {
      const own = environments.filter((one) => scopeOf(one) === 'environment').map(({ name }) => name);
      const legal = [...own, ...Object.keys(cluster.namespaces)];
      for (const [index, { namespace = '' }] of (iam?.podIdentityAssociations ?? []).entries())
        if (!legal.includes(namespace)) yield ['iam', 'podIdentityAssociations', index, 'namespace'];
    },
    fails: [
      { 'iam.podIdentityAssociations[0].namespace': 'kube-system' },
      { 'iam.podIdentityAssociations[0].namespace': 'dev' },
    ],
  },
  {
    id: 'identity-account',
    says: "It must be the ARN of a role in the cluster's account.",
    source: associations,
    *breaks(config, { cluster }) {
      for (const [{ roleARN }, keys] of identitiesOf(config))
        if (roleARN !== undefined && !roleARN.startsWith(`arn:aws:iam::${cluster.aws.account}:role/`))
          yield [...keys, 'roleARN'];
    },
    fails: [{ 'iam.podIdentityAssociations[0].roleARN': 'arn:aws:iam::111111111111:role/a' }],
  },
  {
    id: 'boundary',
    says: `It must be the ARN of ${boundary}, and of ${podBoundary} for pods: no role that eksctl makes may do more than a cluster needs.`,
    source: 'https://docs.aws.amazon.com/eks/latest/eksctl/iam-permissions-boundary.html',
    *breaks(config, { cluster }) {
      const arn = policyArn(cluster.aws.account, boundary);
      const { autoModeConfig, iam } = config;
      if (iam?.serviceRolePermissionsBoundary !== arn) yield ['iam', 'serviceRolePermissionsBoundary'];
      if (autoModeConfig?.permissionsBoundaryARN !== arn) yield ['autoModeConfig', 'permissionsBoundaryARN'];
      for (const [{ roleARN, permissionsBoundaryARN }, keys] of identitiesOf(config))
        if (roleARN === undefined && permissionsBoundaryARN !== policyArn(cluster.aws.account, podBoundary))
          yield [...keys, 'permissionsBoundaryARN'];
    },
    fails: [
      { 'iam.serviceRolePermissionsBoundary': undefined },
      { 'autoModeConfig.permissionsBoundaryARN': 'arn:aws:iam::aws:policy/AdministratorAccess' },
      { 'iam.serviceRolePermissionsBoundary': policyArn('000000000000', podBoundary) },
      { 'iam.podIdentityAssociations[0].roleARN': undefined },
      {
        'iam.podIdentityAssociations[0].roleARN': undefined,
        'iam.podIdentityAssociations[0].permissionsBoundaryARN': policyArn('000000000000', boundary),
      },
    ],
  },
  {
    id: 'addon-values',
    says: 'It must be YAML or JSON with names and values.',
    source: `${code}/addon.go`,
    *breaks({ addons = [] }) {
      for (const [index, { configurationValues }] of addons.entries())
        if (configurationValues !== undefined && !isValues(configurationValues))
          yield ['addons', index, 'configurationValues'];
    },
    fails: [{ 'addons[0].configurationValues': 'a: b: c' }, { 'addons[0].configurationValues': 'sync' }],
  },
];

function isValues(text: string): boolean {
  try {
    return isMapping(load(text));
  } catch {
    return false;
  }
}
