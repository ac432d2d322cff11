import { isMapping } from '../../model/mapping.ts';
import { conditionOf, listOf } from '../document.ts';
import { accountRole, boundary, podBoundary, prefix } from '../names.ts';
import { grantsOf, policiesOf, propertiesOf, resourcesOf, type TemplateRule } from '../template-rule.ts';

const least = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/best-practices.html#grant-least-privilege';
const boundaries = 'https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html';
const role = 'Resources.Role.Properties.Policies[0].PolicyDocument.Statement[0]';

/** One action, or all that look: `ec2:Describe*`, `s3:GetBucket*`. Getting all of S3 is getting all that is in it. */
const isOneOrLooks = (action: string) => /^[\w-]+:(\w+|(Describe|List|Get\w+)\w*\*)$/.test(action);

/**
 * What AWS can grant for everything only. Each service's page says of each action which resources it knows:
 * https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
 */
const forAll = [
  ...['acm:RequestCertificate', 'ec2:Describe*', 'ecr:GetAuthorizationToken', 'kms:CreateKey', 'kms:ListAliases'],
  ...['cloudwatch:GetMetricData', 'cloudwatch:ListMetrics'],
  ...['cloudformation:ListExports', 'cloudformation:ListStacks', 'cloudformation:ValidateTemplate'],
  'cloudformation:DescribeStackDriftDetectionStatus',
  ...['eks:DescribeAddonConfiguration', 'eks:DescribeAddonVersions', 'eks:DescribeClusterVersions'],
  ...['eks:ListAccessPolicies', 'eks:ListClusters'],
  ...['route53:CreateHostedZone', 'route53:ListHostedZones', 'route53:ListHostedZonesByName', 'tag:GetResources'],
];

/** What changes a role's rights, and is asked with the limit that the role has. */
const limited = [
  ...['CreateRole', 'AttachRolePolicy', 'DetachRolePolicy', 'PutRolePolicy', 'DeleteRolePolicy'],
  'PutRolePermissionsBoundary',
].map((name) => `iam:${name}`);

/** What else may be done to roles of ours. */
const tended = [
  'DeleteRole',
  'TagRole',
  'UntagRole',
  'UpdateAssumeRolePolicy',
  'UpdateRole',
  'UpdateRoleDescription',
].map((name) => `iam:${name}`);

/** What changes nothing, or has a rule of its own. */
const looks = /^iam:(Get|List|Simulate)\w*$|^iam:(PassRole|CreateServiceLinkedRole)$/;

/** What the most of a role may name: whole services, but of those that give rights only what a node needs. */
const isLimited = (action: string) =>
  /^iam:(\w+InstanceProfile|PassRole|CreateServiceLinkedRole|(Get|List)ServerCertificates?)$/.test(action) ||
  /^(?!(iam|sts|organizations|account|sso|sso-directory|identitystore):)[\w-]+:[\w*]+$/.test(action);

/** Whose roles `bootstrap` may touch: those that begin like this, which the account's own do not. */
const ours = /:role\/(eksctl-|slipway-(backup|cluster)-)/;

/** What a role may do. */
export const grants: readonly TemplateRule[] = [
  {
    id: 'actions',
    says: 'It must name each action: no *, no s3:*; a * may stand at the end of what only describes or lists.',
    source: least,
    *breaks(template) {
      for (const { actions, keys } of grantsOf(template))
        if (actions.length === 0 || !actions.every(isOneOrLooks)) yield [...keys, 'Action'];
    },
    fails: ['*', 's3:*', 's3:Put*', 's3:Get*', '*:*', ['s3:PutObject', 'iam:*'], undefined].map((value) => ({
      [`${role}.Action`]: value,
    })),
  },
  {
    id: 'resources',
    says: 'It must name what is meant; * is for actions that AWS knows no resource for.',
    source: least,
    *breaks(template) {
      for (const { actions, resources, keys } of grantsOf(template)) {
        const everything = resources.length === 0 || resources.some((one) => one === '*' || one === 'arn:aws:*');
        if (everything && !actions.every((action) => forAll.includes(action))) yield [...keys, 'Resource'];
      }
    },
    fails: [
      { [`${role}.Resource`]: '*' },
      { [`${role}.Resource`]: ['arn:aws:s3:::a', '*'] },
      { [`${role}.Resource`]: undefined },
      { [`${role}.Resource`]: '*', [`${role}.Action`]: ['ecr:GetAuthorizationToken', 'ecr:PutImage'] },
    ],
  },
  {
    id: 'negations',
    says: 'It must not be there: what is not listed would be granted, even what AWS has not thought of yet.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notaction.html',
    *breaks(template) {
      for (const { statement } of policiesOf(template))
        if (statement.effect === 'Allow') for (const field of statement.negations) yield [...statement.keys, field];
    },
    fails: [
      { [`${role}.NotAction`]: 'iam:*' },
      { [`${role}.NotResource`]: 'arn:aws:s3:::a' },
      { 'Resources.BucketPolicy.Properties.PolicyDocument.Statement[1]': { Effect: 'Allow', NotPrincipal: '*' } },
    ],
  },
  {
    id: 'pass-role',
    says: 'It must say to which service (iam:PassedToService), and which roles.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html',
    *breaks(template) {
      for (const { purpose, statement } of policiesOf(template)) {
        const { actions, effect, keys } = statement;
        if (effect !== 'Allow' || !['grant', 'limit'].includes(purpose) || !actions.includes('iam:PassRole')) continue;
        if (conditionOf(statement, 'iam:PassedToService').length === 0) yield [...keys, 'Condition'];
        if (statement.resources.includes('*')) yield [...keys, 'Resource'];
      }
    },
    fails: [
      { [`${role}.Action`]: 'iam:PassRole' },
      { 'Resources.Limit.Properties.PolicyDocument.Statement[1].Condition': undefined },
      { 'Resources.Limit.Properties.PolicyDocument.Statement[1].Resource': '*' },
    ],
  },
  {
    id: 'make-roles',
    says: `It must be for roles with a limit alone (iam:PermissionsBoundary is ${boundary} or ${podBoundary}): a role without it could do anything.`,
    source: boundaries,
    *breaks(template) {
      for (const statement of grantsOf(template)) {
        const making = statement.actions.some((action) => limited.includes(action));
        const asked = conditionOf(statement, 'iam:PermissionsBoundary');
        if (making && !(asked.length > 0 && asked.every(({ operator }) => /^(StringEquals|ArnEquals)$/.test(operator))))
          yield [...statement.keys, 'Condition'];
      }
    },
    fails: limited.flatMap((action) => [
      { [`${role}.Action`]: action },
      { [`${role}.Action`]: action, [`${role}.Condition`]: { StringEquals: { 'aws:SourceAccount': '1' } } },
      {
        [`${role}.Action`]: action,
        [`${role}.Condition`]: { StringEqualsIfExists: { 'iam:PermissionsBoundary': 'a' } },
      },
    ]),
  },
  {
    id: 'own-roles',
    says: 'It must be roles of eksctl, clusters or backups: nobody may make himself stronger, or take the limit from what others made.',
    source: boundaries,
    *breaks(template) {
      for (const { actions, resources, keys } of grantsOf(template)) {
        const changing = actions.filter((action) => action.startsWith('iam:') && !looks.test(action));
        if (changing.length === 0) continue;
        if (!changing.every((action) => limited.includes(action) || tended.includes(action))) yield [...keys, 'Action'];
        if (!resources.every((one) => ours.test(JSON.stringify(one)))) yield [...keys, 'Resource'];
      }
    },
    fails: [
      ...['iam:CreateRole', 'iam:UpdateAssumeRolePolicy', 'iam:DeleteRole', 'iam:PutRolePolicy'].map((action) => ({
        [`${role}.Action`]: action,
        [`${role}.Resource`]: { 'Fn::Sub': `arn:aws:iam::\${AWS::AccountId}:role/${accountRole('bootstrap')}` },
      })),
      ...['iam:CreateUser', 'iam:CreateAccessKey', 'iam:CreatePolicyVersion', 'iam:DeleteRolePermissionsBoundary'].map(
        (action) => ({
          [`${role}.Action`]: action,
          [`${role}.Resource`]: { 'Fn::Sub': `arn:aws:iam::\${AWS::AccountId}:role/eksctl-*` },
        }),
      ),
      { [`${role}.Action`]: 'iam:PutRolePolicy', [`${role}.Resource`]: 'arn:aws:iam::000000000000:role/slipway-*' },
    ],
  },
  {
    id: 'limit',
    says: 'It must keep a role from giving rights: no *, nothing of iam but what a node needs, nothing of organizations, account or sts.',
    source: boundaries,
    *breaks(template) {
      for (const { purpose, statement } of policiesOf(template)) {
        if (purpose !== 'limit' || statement.effect !== 'Allow') continue;
        if (statement.actions.length === 0 || !statement.actions.every(isLimited)) yield [...statement.keys, 'Action'];
      }
    },
    fails: [
      '*',
      '*:*',
      'iam:*',
      'iam:Create*',
      'iam:CreateUser',
      'iam:PutRolePolicy',
      'iam:AttachRolePolicy',
      'sts:AssumeRole',
      'organizations:LeaveOrganization',
    ].map((action) => ({ 'Resources.Limit.Properties.PolicyDocument.Statement[0].Action': ['ec2:*', action] })),
  },
  {
    id: 'role-name',
    says: `It must begin with ${prefix}-, as all of ours do, so that it is found, and others' rights do not reach it.`,
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html',
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, 'AWS::IAM::Role'))
        if (!nameOf(propertiesOf(resource).RoleName).startsWith(`${prefix}-`))
          yield [...keys, 'Properties', 'RoleName'];
    },
    fails: [
      { 'Resources.Role.Properties.RoleName': undefined },
      { 'Resources.Role.Properties.RoleName': 'backup' },
      { 'Resources.Role.Properties.RoleName': { 'Fn::Sub': `\${Cluster}-backup` } },
    ],
  },
  {
    id: 'role-limit',
    says: `It must be ${podBoundary} where pods have the role, and ${boundary} elsewhere, but for the account's own roles, which an administrator makes.`,
    source: boundaries,
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, 'AWS::IAM::Role')) {
        const { RoleName, PermissionsBoundary, AssumeRolePolicyDocument } = propertiesOf(resource);
        const own = nameOf(RoleName).startsWith(`${prefix}-account-`);
        const pods = JSON.stringify(AssumeRolePolicyDocument ?? '').includes('pods.eks.amazonaws.com');
        if (!own && !nameOf(PermissionsBoundary).endsWith(`:policy/${pods ? podBoundary : boundary}`))
          yield [...keys, 'Properties', 'PermissionsBoundary'];
      }
    },
    fails: [
      { 'Resources.Role.Properties.PermissionsBoundary': undefined },
      ...['aws:policy/AdministratorAccess', '000000000000:policy/slipway-boundary'].map((limit) => ({
        'Resources.Role.Properties.PermissionsBoundary': `arn:aws:iam::${limit}`,
      })),
      { 'Resources.Role.Properties.AssumeRolePolicyDocument.Statement[0].Principal.Service': 'eks.amazonaws.com' },
    ],
  },
  {
    id: 'role-policies',
    says: 'It must not be there: what a role may do stands beside it, and what AWS wrote for everybody reaches too far.',
    source: least,
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, 'AWS::IAM::Role'))
        if (listOf(propertiesOf(resource).ManagedPolicyArns).length > 0)
          yield [...keys, 'Properties', 'ManagedPolicyArns'];
      for (const { keys } of resourcesOf(template, 'AWS::IAM::User', 'AWS::IAM::AccessKey', 'AWS::IAM::Group'))
        yield keys;
    },
    fails: [
      { 'Resources.Role.Properties.ManagedPolicyArns': ['arn:aws:iam::aws:policy/AdministratorAccess'] },
      { 'Resources.Ann': { Type: 'AWS::IAM::User' } },
      { 'Resources.AnnKey': { Type: 'AWS::IAM::AccessKey', Properties: { UserName: 'ann' } } },
    ],
  },
  {
    id: 'policy-size',
    says: 'They must have at most 10,240 characters together, white space aside: AWS takes no more of a role; a policy by itself at most 6,144.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html',
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, 'AWS::IAM::Role'))
        if (
          sizeOf(listOf(propertiesOf(resource).Policies).map((one) => (isMapping(one) ? one.PolicyDocument : one))) >
          10_240
        )
          yield [...keys, 'Properties', 'Policies'];
      for (const { resource, keys } of resourcesOf(template, 'AWS::IAM::ManagedPolicy'))
        if (sizeOf([propertiesOf(resource).PolicyDocument]) > 6144) yield [...keys, 'Properties', 'PolicyDocument'];
    },
    fails: [
      {
        [`${role}.Resource`]: Array.from(
          { length: 200 },
          (_, index) => `arn:aws:s3:::bucket-of-many-${index}/some/prefix/that/is/long/*`,
        ),
      },
      {
        'Resources.Limit.Properties.PolicyDocument.Statement[0].Resource': Array.from(
          { length: 200 },
          (_, index) => `arn:aws:s3:::bucket-of-many-${index}/*`,
        ),
      },
    ],
  },
];

const sizeOf = (documents: readonly unknown[]) =>
  documents.reduce<number>((sum, document) => sum + JSON.stringify(document ?? '').replace(/\s/g, '').length, 0);

/** A text as it is written, parameters and all. */
const nameOf = (value: unknown): string =>
  typeof value === 'string' ? value : isMapping(value) && typeof value['Fn::Sub'] === 'string' ? value['Fn::Sub'] : '';
