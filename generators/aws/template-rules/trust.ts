import { isMapping } from '../../model/mapping.ts';
import { conditionOf, listOf, type Statement } from '../document.ts';
import { policiesOf, propertiesOf, resourcesOf, type TemplateRule } from '../template-rule.ts';

const trustOf = (...[template]: Parameters<typeof policiesOf>) =>
  policiesOf(template)
    .filter(({ purpose, statement }) => purpose === 'trust' && statement.effect === 'Allow')
    .map(({ statement }) => statement);

const principals = ({ principal }: Statement, kind: string) => (isMapping(principal) ? listOf(principal[kind]) : []);

/** Equal, or like: an operator that also holds where nothing is said, or where something is not so, asks nothing. */
const asks = /^(StringEquals|StringLike)$/;

/** Whether a subject is of one project: nothing is left open before the branch. */
const isOfOneProject = (subject: unknown) =>
  typeof subject === 'string' &&
  /^project_path:[^*?]+:ref_type:branch:ref:[^?]+$/.test(subject) &&
  !/\*./.test(subject);

const open = (value: unknown) =>
  value === '*' || (isMapping(value) && Object.values(value).some((one) => listOf(one).includes('*')));

/** What the jobs of a forge must ask a token for to have each role: by role, with where it says so. */
const audiencesOf = (template: Parameters<typeof policiesOf>[0]) =>
  trustOf(template)
    .filter((statement) => principals(statement, 'Federated').length > 0)
    .flatMap((statement) =>
      Object.values(statement.condition)
        .flatMap((keys) => Object.entries(keys))
        .filter(([key]) => key.endsWith(':aud'))
        .flatMap(([, value]) => listOf(value).map((audience) => ({ audience, keys: statement.keys }))),
    );

/** Who may take a role, or reach something. */
export const trust: readonly TemplateRule[] = [
  {
    id: 'trust-forge',
    says: 'It must ask for one audience (aud) and for branches of one project (sub), with a * at its end only: every project of the forge gets tokens of the same issuer.',
    source: 'https://docs.gitlab.com/ci/cloud_services/aws/',
    *breaks(template) {
      for (const statement of trustOf(template)) {
        if (principals(statement, 'Federated').length === 0) continue;
        const asked = (claim: string) =>
          Object.values(statement.condition)
            .flatMap((keys) => Object.keys(keys))
            .filter((key) => key.endsWith(`:${claim}`))
            .flatMap((key) => conditionOf(statement, key));
        const audiences = asked('aud');
        const subjects = asked('sub');
        if (
          audiences.length === 0 ||
          audiences.some(({ operator, value }) => operator !== 'StringEquals' || String(value).includes('*'))
        )
          yield [...statement.keys, 'Condition'];
        else if (
          subjects.length === 0 ||
          subjects.some(({ operator, value }) => !asks.test(operator) || !isOfOneProject(value))
        )
          yield [...statement.keys, 'Condition'];
      }
    },
    fails: [
      {},
      { StringEquals: { 'gitlab.example.org:aud': 'shop-plan' } },
      { StringEquals: { 'gitlab.example.org:sub': 'project_path:a/b:ref_type:branch:ref:main' } },
      ...[
        '*',
        '*:ref:main',
        'project_path:*:ref_type:branch:ref:main',
        'project_path:a/*:ref_type:branch:ref:main',
        'project_path:a/b:*',
      ].map((sub) => ({
        StringEquals: { 'gitlab.example.org:aud': 'shop-plan' },
        StringLike: { 'gitlab.example.org:sub': sub },
      })),
      {
        StringLike: {
          'gitlab.example.org:aud': '*',
          'gitlab.example.org:sub': 'project_path:a/b:ref_type:branch:ref:main',
        },
      },
      {
        StringEquals: { 'gitlab.example.org:aud': 'shop-plan' },
        StringNotEquals: { 'gitlab.example.org:sub': 'project_path:a/b:ref_type:branch:ref:main' },
      },
    ].map((Condition) => ({
      'Resources.Role.Properties.AssumeRolePolicyDocument': {
        'Fn::Sub': JSON.stringify({
          Statement: [
            { Effect: 'Allow', Principal: { Federated: 'arn' }, Action: 'sts:AssumeRoleWithWebIdentity', Condition },
          ],
        }),
      },
    })),
  },
  {
    id: 'trust-audience',
    says: 'It must ask for an audience that no other role asks for: a token that one job lets out would open both.',
    source: 'https://docs.gitlab.com/ci/secrets/id_token_authentication/',
    *breaks(template) {
      const all = audiencesOf(template);
      for (const { audience, keys } of all)
        if (all.some((other) => other.audience === audience && other.keys[1] !== keys[1])) yield [...keys, 'Condition'];
    },
    fails: [
      {
        'Resources.Other': {
          Type: 'AWS::IAM::Role',
          Properties: {
            AssumeRolePolicyDocument: {
              Statement: {
                Effect: 'Allow',
                Principal: { Federated: 'arn' },
                Action: 'sts:AssumeRoleWithWebIdentity',
                Condition: { StringEquals: { 'gitlab.example.org:aud': ['shop-other', 'shop-plan'] } },
              },
            },
          },
        },
      },
    ],
  },
  {
    id: 'trust-text',
    says: 'It must be the JSON of a policy: as it is, nobody could say whom it trusts.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html',
    *breaks(template) {
      const trusting = new Set(trustOf(template).map(({ keys }) => keys[1]));
      for (const { name, keys } of resourcesOf(template, 'AWS::IAM::Role'))
        if (!trusting.has(name)) yield [...keys, 'Properties', 'AssumeRolePolicyDocument'];
    },
    fails: [
      { 'Resources.Role.Properties.AssumeRolePolicyDocument': undefined },
      { 'Resources.Role.Properties.AssumeRolePolicyDocument': { 'Fn::Sub': '{ "Statement": ' } },
    ],
  },
  {
    id: 'trust-pods',
    says: 'It must ask for the cluster, the namespace and the service account of the pod: any pod of the account could have the role.',
    source: 'https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html',
    *breaks(template) {
      for (const statement of trustOf(template)) {
        if (!principals(statement, 'Service').includes('pods.eks.amazonaws.com')) continue;
        for (const tag of ['eks-cluster-name', 'kubernetes-namespace', 'kubernetes-service-account']) {
          const asked = conditionOf(statement, `aws:RequestTag/${tag}`);
          if (asked.length === 0 || asked.some(({ operator, value }) => operator !== 'StringEquals' || value === '*'))
            yield [...statement.keys, 'Condition'];
        }
      }
    },
    fails: [
      'Condition',
      'Condition.StringEquals.aws:RequestTag/eks-cluster-name',
      'Condition.StringEquals.aws:RequestTag/kubernetes-namespace',
      'Condition.StringEquals.aws:RequestTag/kubernetes-service-account',
    ].map((field) => ({ [`Resources.Role.Properties.AssumeRolePolicyDocument.Statement[0].${field}`]: undefined })),
  },
  {
    id: 'trust-people',
    says: 'It must ask for a second factor (aws:MultiFactorAuthPresent is true): a stolen password must not be enough.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html',
    *breaks(template) {
      for (const statement of trustOf(template)) {
        if (principals(statement, 'AWS').length === 0) continue;
        const asked = conditionOf(statement, 'aws:MultiFactorAuthPresent');
        // BoolIfExists holds for whoever has an access key and no second factor.
        if (!asked.some(({ operator, value }) => operator === 'Bool' && String(value) === 'true'))
          yield [...statement.keys, 'Condition'];
      }
    },
    fails: [
      undefined,
      {},
      { Bool: { 'aws:MultiFactorAuthPresent': 'false' } },
      { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'true' } },
    ].map((Condition) => ({
      'Resources.Role.Properties.AssumeRolePolicyDocument.Statement[0]': {
        Effect: 'Allow',
        Principal: { AWS: { 'Fn::Sub': `arn:aws:iam::\${AWS::AccountId}:root` } },
        Action: 'sts:AssumeRole',
        Condition,
      },
    })),
  },
  {
    id: 'trust-somebody',
    says: 'It must ask something: whoever is named would have the role without a condition.',
    source: 'https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html',
    *breaks(template) {
      for (const { condition, keys } of trustOf(template))
        if (Object.keys(condition).length === 0) yield [...keys, 'Condition'];
    },
    fails: [
      { 'Resources.Role.Properties.AssumeRolePolicyDocument.Statement[0].Condition': undefined },
      { 'Resources.Role.Properties.AssumeRolePolicyDocument.Statement[0].Condition': {} },
    ],
  },
  {
    id: 'everybody',
    says: 'It must not be everybody, unless something is denied, or a condition says who.',
    source:
      'https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-anonymous',
    *breaks(template) {
      for (const { statement } of policiesOf(template))
        if (statement.effect === 'Allow' && open(statement.principal) && Object.keys(statement.condition).length === 0)
          yield [...statement.keys, 'Principal'];
    },
    fails: [
      ...['*', { AWS: '*' }, { AWS: ['arn:aws:iam::000000000000:root', '*'] }].map((Principal) => ({
        'Resources.BucketPolicy.Properties.PolicyDocument.Statement[1]': {
          Effect: 'Allow',
          Principal,
          Action: 's3:GetObject',
          Resource: 'arn:aws:s3:::a/*',
        },
      })),
      { 'Resources.Key.Properties.KeyPolicy.Statement[0].Principal': { AWS: '*' } },
    ],
  },
  {
    id: 'issuer',
    says: 'It must be https, with the audiences that roles ask for and no other: the address of the forge is what tokens for anything have.',
    source: 'https://docs.gitlab.com/ci/cloud_services/aws/',
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, 'AWS::IAM::OIDCProvider')) {
        const { Url, ClientIdList } = propertiesOf(resource);
        const address = isMapping(Url) ? Url['Fn::Sub'] : Url;
        if (typeof address !== 'string' || !address.startsWith('https://')) yield [...keys, 'Properties', 'Url'];
        const asked = audiencesOf(template).map(({ audience }) => String(audience));
        if (asked.length === 0 || listOf(ClientIdList).map(String).sort().join() !== asked.sort().join())
          yield [...keys, 'Properties', 'ClientIdList'];
      }
    },
    fails: [
      { 'Resources.Forge.Properties.Url': 'http://gitlab.example.org' },
      { 'Resources.Forge.Properties.ClientIdList': undefined },
      { 'Resources.Forge.Properties.ClientIdList': ['*'] },
      { 'Resources.Forge.Properties.ClientIdList': ['shop-plan', 'https://gitlab.example.org'] },
    ],
  },
];
