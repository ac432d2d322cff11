import type { Cluster } from '../model/environment.ts';
import { Misuse } from '../model/refusal.ts';
import {
  accountRole,
  bootstrapKeeps,
  boundary,
  eksctlPrefix,
  imagesKey,
  podBoundary,
  policyArn,
  prefix,
  roleArn,
  tag,
} from './names.ts';

/**
 * What somebody must be allowed to do, as `aws iam simulate-principal-policy` is asked:
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
 */
export interface Need {
  /** `['eks:CreateCluster']`. */
  readonly actions: readonly string[];
  /** ARNs; `['*']` for what knows no resource. */
  readonly resources: readonly string[];
  /** What the request will say, by the name of the condition. @default nothing */
  readonly context?: Readonly<Record<string, string>>;
}

/**
 * What `slipway bootstrap` does to make a cluster and what stands around it. The role slipway-account-bootstrap may do
 * all of it (clusters/aws/account.yaml), and so may an administrator.
 * @throws {Misuse} when nothing says where the cluster is
 */
export function bootstrapActions(cluster: Cluster): readonly Need[] {
  const { account, region, name } = whereOf(cluster);
  const arn = (service: string, resource: string) => `arn:aws:${service}:${region}:${account}:${resource}`;
  const stacks = [`${prefix}-cluster-${name}`, `${eksctlPrefix}-${name}-cluster`];
  const made = roleArn(account, `${eksctlPrefix}-${name}-cluster-ServiceRole`);
  const limit = policyArn(account, boundary);
  const ours = { [`aws:ResourceTag/${tag}`]: name };
  return [
    {
      actions: names(
        'cloudformation',
        'CreateStack CreateChangeSet ExecuteChangeSet DescribeStacks DescribeStackEvents TagResource',
      ),
      resources: stacks.map((stack) => arn('cloudformation', `stack/${stack}/id`)),
    },
    // What an earlier run left, and what a first creation that failed did.
    {
      actions: names('cloudformation', 'DescribeChangeSet DeleteChangeSet DeleteStack'),
      resources: [arn('cloudformation', `stack/${prefix}-cluster-${name}/id`)],
    },
    // Whether the account's own stack is as its template says.
    {
      actions: names('cloudformation', 'CreateChangeSet DescribeChangeSet DeleteChangeSet DescribeStacks'),
      resources: [arn('cloudformation', `stack/${prefix}-account/id`)],
    },
    {
      actions: names('eks', 'CreateCluster DescribeCluster TagResource UpdateClusterConfig UpdateClusterVersion'),
      resources: [arn('eks', `cluster/${name}`)],
    },
    {
      actions: names('eks', 'CreateAddon CreateAccessEntry AssociateAccessPolicy CreatePodIdentityAssociation'),
      resources: [arn('eks', `cluster/${name}`)],
    },
    {
      actions: names('eks', 'ListAddons ListAccessEntries ListPodIdentityAssociations'),
      resources: [arn('eks', `cluster/${name}`)],
    },
    {
      actions: names('eks', 'DescribeAddon UpdateAddon'),
      resources: [arn('eks', `addon/${name}/metrics-server/id`)],
    },
    { actions: names('eks', 'DescribeAddonVersions DescribeClusterVersions'), resources: ['*'] },
    {
      actions: names('logs', 'PutRetentionPolicy'),
      resources: [arn('logs', `log-group:/aws/eks/${name}/cluster`)],
    },
    { actions: names('logs', 'DescribeLogGroups'), resources: [arn('logs', `log-group:/aws/eks/${name}/cluster`)] },
    { actions: names('tag', 'GetResources'), resources: ['*'] },
    { actions: names('ec2', 'CreateVpc'), resources: [arn('ec2', 'vpc/id')] },
    { actions: names('ec2', 'CreateSubnet'), resources: [arn('ec2', 'subnet/id'), arn('ec2', 'vpc/id')] },
    {
      actions: names('ec2', 'CreateNatGateway'),
      resources: [arn('ec2', 'natgateway/id'), arn('ec2', 'subnet/id'), arn('ec2', 'elastic-ip/id')],
    },
    { actions: names('ec2', 'AllocateAddress'), resources: [arn('ec2', 'elastic-ip/id')] },
    {
      actions: names('ec2', 'CreateInternetGateway AttachInternetGateway'),
      resources: [arn('ec2', 'internet-gateway/id')],
    },
    { actions: names('ec2', 'CreateRouteTable CreateRoute'), resources: [arn('ec2', 'route-table/id')] },
    {
      actions: names('ec2', 'CreateSecurityGroup AuthorizeSecurityGroupIngress'),
      resources: [arn('ec2', 'security-group/id')],
    },
    { actions: names('ec2', 'DescribeVpcs DescribeSubnets DescribeAvailabilityZones'), resources: ['*'] },
    {
      actions: names('iam', 'CreateRole PutRolePolicy'),
      resources: [made, roleArn(account, `${prefix}-cluster-${name}-admin`)],
      context: { 'iam:PermissionsBoundary': limit },
    },
    {
      actions: names('iam', 'CreateRole PutRolePolicy'),
      resources: [roleArn(account, `${prefix}-cluster-${name}-external-dns`)],
      context: { 'iam:PermissionsBoundary': policyArn(account, podBoundary) },
    },
    {
      actions: names('iam', 'AttachRolePolicy'),
      resources: [made],
      context: {
        'iam:PermissionsBoundary': limit,
        'iam:PolicyARN': 'arn:aws:iam::aws:policy/AmazonEKSClusterPolicy',
      },
    },
    { actions: names('iam', 'PassRole'), resources: [made], context: { 'iam:PassedToService': 'eks.amazonaws.com' } },
    {
      actions: names('iam', 'PassRole'),
      resources: [roleArn(account, `${prefix}-cluster-${name}-external-dns`)],
      context: { 'iam:PassedToService': 'pods.eks.amazonaws.com' },
    },
    { actions: names('kms', 'CreateKey'), resources: ['*'], context: { [`aws:RequestTag/${tag}`]: name } },
    { actions: names('kms', 'CreateAlias'), resources: [arn('kms', `alias/${prefix}-cluster-${name}`)] },
    { actions: names('kms', 'CreateAlias DescribeKey'), resources: [arn('kms', 'key/id')], context: ours },
    {
      actions: names('kms', 'CreateGrant'),
      resources: [arn('kms', 'key/id')],
      context: { ...ours, 'kms:GrantIsForAWSResource': 'true' },
    },
    { actions: names('route53', 'CreateHostedZone ListHostedZones'), resources: ['*'] },
    {
      actions: names('route53', 'ChangeResourceRecordSets GetHostedZone'),
      resources: ['arn:aws:route53:::hostedzone/id'],
    },
    { actions: names('acm', 'RequestCertificate'), resources: ['*'] },
  ];
}

/** What an administrator does, once for an account: its own stack, and whatever changes it. */
export function accountActions(cluster: Cluster): readonly Need[] {
  const { account, region } = whereOf(cluster);
  return [
    {
      actions: names('cloudformation', 'CreateStack CreateChangeSet ExecuteChangeSet'),
      resources: [`arn:aws:cloudformation:${region}:${account}:stack/${prefix}-account/id`],
    },
    {
      actions: names('iam', 'CreateRole PutRolePolicy UpdateAssumeRolePolicy'),
      resources: (['bootstrap', 'drift', 'plan', 'publish'] as const).map((name) =>
        roleArn(account, accountRole(name)),
      ),
    },
    {
      actions: names('iam', 'CreatePolicy CreatePolicyVersion'),
      resources: [boundary, podBoundary, bootstrapKeeps].map((name) => policyArn(account, name)),
    },
    { actions: names('iam', 'AttachRolePolicy'), resources: [roleArn(account, accountRole('bootstrap'))] },
    {
      actions: names('iam', 'CreateOpenIDConnectProvider'),
      resources: [`arn:aws:iam::${account}:oidc-provider/id`],
    },
    {
      actions: names('kms', 'CreateAlias'),
      resources: [`arn:aws:kms:${region}:${account}:${imagesKey}`],
    },
    { actions: names('ecr', 'CreateRepository'), resources: [`arn:aws:ecr:${region}:${account}:repository/id`] },
  ];
}

/** `eks`, `CreateCluster DescribeCluster` → `['eks:CreateCluster', 'eks:DescribeCluster']` */
const names = (service: string, actions: string) => actions.split(' ').map((action) => `${service}:${action}`);

function whereOf({ name, aws }: Cluster) {
  if (!aws) throw new Misuse(`clusters/environments.ts (clusters): ${name} has no aws: nothing says where it is.`);
  return { ...aws, name };
}
