import { isMapping } from '../../model/mapping.ts';
import { conditionOf, listOf } from '../document.ts';
import type { Resource } from '../template.ts';
import { policiesOf, propertiesOf, resourcesOf, type TemplateRule } from '../template-rule.ts';

const practices = 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html';

/** What cannot be made again as it was. */
const irreplaceable = [
  'AWS::CertificateManager::Certificate',
  'AWS::ECR::Repository',
  'AWS::IAM::OIDCProvider',
  'AWS::KMS::Alias',
  'AWS::KMS::Key',
  'AWS::Route53::HostedZone',
  'AWS::S3::Bucket',
  'AWS::S3::BucketPolicy',
];

const keeping = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' } as const;

const buckets = (...[template]: Parameters<typeof policiesOf>) => resourcesOf(template, 'AWS::S3::Bucket');

/** The value of a property below others: `VersioningConfiguration`, `Status`. */
const property = (resource: Resource, ...steps: readonly string[]): unknown =>
  steps.reduce<unknown>((at, step) => (isMapping(at) ? at[step] : undefined), propertiesOf(resource));

/** What is kept, and how. */
export const kept: readonly TemplateRule[] = [
  {
    id: 'retained',
    says: 'It must be RetainExceptOnCreate (UpdateReplacePolicy: Retain): a stack that is deleted or replaced must not take with it what cannot be made again, and a first creation that failed must leave nothing that is in the way of the next.',
    source: 'https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html',
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, ...irreplaceable))
        for (const [field, policy] of Object.entries(keeping))
          if (resource[field as keyof typeof keeping] !== policy) yield [...keys, field];
    },
    fails: [
      ...['Bucket', 'BucketPolicy', 'Key', 'KeyAlias', 'Zone', 'Images', 'Certificate', 'Forge'].map((name) => ({
        [`Resources.${name}.DeletionPolicy`]: undefined,
      })),
      ...['Retain', 'Delete', 'Snapshot'].map((policy) => ({ 'Resources.Bucket.DeletionPolicy': policy })),
      { 'Resources.Zone.DeletionPolicy': 'Retain' },
      { 'Resources.Bucket.UpdateReplacePolicy': 'Delete' },
      { 'Resources.Bucket.UpdateReplacePolicy': undefined },
    ],
  },
  {
    id: 'bucket-encrypted',
    says: 'It must be encrypted.',
    source: practices,
    *breaks(template) {
      for (const { resource, keys } of buckets(template)) {
        const [rule] = listOf(property(resource, 'BucketEncryption', 'ServerSideEncryptionConfiguration'));
        const algorithm =
          isMapping(rule) &&
          isMapping(rule.ServerSideEncryptionByDefault) &&
          rule.ServerSideEncryptionByDefault.SSEAlgorithm;
        if (algorithm !== 'AES256' && algorithm !== 'aws:kms') yield [...keys, 'Properties', 'BucketEncryption'];
      }
    },
    fails: [
      { 'Resources.Bucket.Properties.BucketEncryption': undefined },
      { 'Resources.Bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration': [] },
    ],
  },
  {
    id: 'bucket-versioned',
    says: 'It must be Enabled, and older versions must end some day: what is written over can be had back, and not for ever.',
    source: practices,
    *breaks(template) {
      for (const { resource, keys } of buckets(template)) {
        if (property(resource, 'VersioningConfiguration', 'Status') !== 'Enabled')
          yield [...keys, 'Properties', 'VersioningConfiguration'];
        const rules = listOf(property(resource, 'LifecycleConfiguration', 'Rules'));
        const ends = rules.some(
          (rule) => isMapping(rule) && rule.Status === 'Enabled' && rule.NoncurrentVersionExpiration,
        );
        if (!ends) yield [...keys, 'Properties', 'LifecycleConfiguration'];
      }
    },
    fails: [
      { 'Resources.Bucket.Properties.VersioningConfiguration': undefined },
      { 'Resources.Bucket.Properties.VersioningConfiguration.Status': 'Suspended' },
      { 'Resources.Bucket.Properties.LifecycleConfiguration': undefined },
      { 'Resources.Bucket.Properties.LifecycleConfiguration.Rules[0].Status': 'Disabled' },
    ],
  },
  {
    id: 'bucket-private',
    says: 'It must be true: no policy and no list can ever make it public.',
    source: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html',
    *breaks(template) {
      for (const { resource, keys } of buckets(template))
        for (const field of ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'])
          if (property(resource, 'PublicAccessBlockConfiguration', field) !== true)
            yield [...keys, 'Properties', 'PublicAccessBlockConfiguration', field];
    },
    fails: [
      { 'Resources.Bucket.Properties.PublicAccessBlockConfiguration': undefined },
      ...['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets'].map((field) => ({
        [`Resources.Bucket.Properties.PublicAccessBlockConfiguration.${field}`]: false,
      })),
    ],
  },
  {
    id: 'bucket-tls',
    says: 'It must have a policy that denies everybody everything without TLS (aws:SecureTransport is false).',
    source: practices,
    *breaks(template) {
      for (const { name, keys } of buckets(template)) {
        const denies = resourcesOf(template, 'AWS::S3::BucketPolicy').some((policy) => {
          const { Bucket } = propertiesOf(policy.resource);
          const own = policiesOf(template).filter(({ statement }) => statement.keys[1] === policy.name);
          return (
            isMapping(Bucket) &&
            Bucket.Ref === name &&
            own.some(
              ({ statement }) =>
                statement.effect === 'Deny' &&
                statement.principal === '*' &&
                statement.actions.includes('s3:*') &&
                statement.resources.length === 2 &&
                conditionOf(statement, 'aws:SecureTransport').some(
                  ({ operator, value }) => operator === 'Bool' && String(value) === 'false',
                ),
            )
          );
        });
        if (!denies) yield keys;
      }
    },
    fails: [
      { 'Resources.BucketPolicy': undefined },
      { 'Resources.BucketPolicy.Properties.Bucket.Ref': 'Other' },
      { 'Resources.BucketPolicy.Properties.PolicyDocument.Statement[0].Effect': 'Allow' },
      { 'Resources.BucketPolicy.Properties.PolicyDocument.Statement[0].Action': 's3:GetObject' },
      { 'Resources.BucketPolicy.Properties.PolicyDocument.Statement[0].Condition': undefined },
    ],
  },
  {
    id: 'key-rotation',
    says: 'It must be true: AWS makes new key material each year, and keeps the old for what it encrypted.',
    source: 'https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html',
    *breaks(template) {
      // One that signs has another half, which others know: AWS rotates none.
      for (const { resource, keys } of resourcesOf(template, 'AWS::KMS::Key'))
        if (property(resource, 'KeyUsage') !== 'SIGN_VERIFY' && property(resource, 'EnableKeyRotation') !== true)
          yield [...keys, 'Properties', 'EnableKeyRotation'];
    },
    fails: [
      { 'Resources.Key.Properties.EnableKeyRotation': undefined },
      { 'Resources.Key.Properties.EnableKeyRotation': false },
    ],
  },
  {
    id: 'signing-key',
    says: 'It must be denied to everybody but one role (kms:Sign, ArnNotEquals aws:PrincipalArn): whoever could sign could deploy.',
    source: 'https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html',
    *breaks(template) {
      for (const { name, resource, keys } of resourcesOf(template, 'AWS::KMS::Key')) {
        if (property(resource, 'KeyUsage') !== 'SIGN_VERIFY') continue;
        const denied = policiesOf(template).some(
          ({ statement }) =>
            statement.keys[1] === name &&
            statement.effect === 'Deny' &&
            statement.principal === '*' &&
            statement.actions.includes('kms:Sign') &&
            conditionOf(statement, 'aws:PrincipalArn').length === 1 &&
            conditionOf(statement, 'aws:PrincipalArn').every(({ operator }) => operator === 'ArnNotEquals'),
        );
        if (!denied) yield [...keys, 'Properties', 'KeyPolicy'];
      }
    },
    fails: [{ 'Resources.Key.Properties.KeyUsage': 'SIGN_VERIFY' }],
  },
  {
    id: 'images',
    says: 'It must be so: a tag means one image for ever (signatures aside, whose tags begin with sha256-), and each is looked through when it comes.',
    source: 'https://docs.aws.amazon.com/AmazonECR/latest/userguide/image-tag-mutability.html',
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, 'AWS::ECR::Repository')) {
        const excluded = listOf(property(resource, 'ImageTagMutabilityExclusionFilters'));
        const signatures = excluded.every(
          (filter) => isMapping(filter) && filter.ImageTagMutabilityExclusionFilterValue === 'sha256-*',
        );
        const mutability = property(resource, 'ImageTagMutability');
        if (!(mutability === 'IMMUTABLE' || (mutability === 'IMMUTABLE_WITH_EXCLUSION' && signatures)))
          yield [...keys, 'Properties', 'ImageTagMutability'];
        if (property(resource, 'ImageScanningConfiguration', 'ScanOnPush') !== true)
          yield [...keys, 'Properties', 'ImageScanningConfiguration'];
        if (property(resource, 'LifecyclePolicy') === undefined) yield [...keys, 'Properties', 'LifecyclePolicy'];
      }
    },
    fails: [
      { 'Resources.Images.Properties.ImageTagMutability': undefined },
      { 'Resources.Images.Properties.ImageTagMutability': 'MUTABLE' },
      {
        'Resources.Images.Properties.ImageTagMutability': 'IMMUTABLE_WITH_EXCLUSION',
        'Resources.Images.Properties.ImageTagMutabilityExclusionFilters': [
          { ImageTagMutabilityExclusionFilterType: 'WILDCARD', ImageTagMutabilityExclusionFilterValue: '*' },
        ],
      },
      { 'Resources.Images.Properties.ImageScanningConfiguration': undefined },
      { 'Resources.Images.Properties.LifecyclePolicy': undefined },
    ],
  },
  {
    id: 'certificate',
    says: 'It must be asked for by DNS, in a zone of ours: AWS renews it by itself, and nobody has to answer a mail.',
    source: 'https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html',
    *breaks(template) {
      for (const { resource, keys } of resourcesOf(template, 'AWS::CertificateManager::Certificate')) {
        if (property(resource, 'ValidationMethod') !== 'DNS') yield [...keys, 'Properties', 'ValidationMethod'];
        const options = listOf(property(resource, 'DomainValidationOptions'));
        if (options.length === 0 || !options.every((one) => isMapping(one) && one.HostedZoneId !== undefined))
          yield [...keys, 'Properties', 'DomainValidationOptions'];
      }
    },
    fails: [
      { 'Resources.Certificate.Properties.ValidationMethod': 'EMAIL' },
      { 'Resources.Certificate.Properties.DomainValidationOptions': undefined },
      { 'Resources.Certificate.Properties.DomainValidationOptions[0].HostedZoneId': undefined },
    ],
  },
];
