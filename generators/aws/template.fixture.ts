import { type Template, templateOf } from './template.ts';

/** A good template with one of each. */
export const text = `
Parameters:
  Cluster: { Type: String }
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      VersioningConfiguration: { Status: Enabled }
      BucketEncryption:
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: AES256 } }]
      PublicAccessBlockConfiguration:
        { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true }
      LifecycleConfiguration:
        Rules: [{ Status: Enabled, NoncurrentVersionExpiration: { NoncurrentDays: 30 } }]
  BucketPolicy:
    Type: AWS::S3::BucketPolicy
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      Bucket: !Ref Bucket
      PolicyDocument:
        Statement:
          - Effect: Deny
            Principal: '*'
            Action: s3:*
            Resource: [!GetAtt Bucket.Arn, !Sub '\${Bucket.Arn}/*']
            Condition: { Bool: { 'aws:SecureTransport': 'false' } }
  Key:
    Type: AWS::KMS::Key
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      EnableKeyRotation: true
      KeyPolicy:
        Statement:
          - { Effect: Allow, Principal: { AWS: !Sub 'arn:aws:iam::\${AWS::AccountId}:root' }, Action: kms:*, Resource: '*' }
  KeyAlias:
    Type: AWS::KMS::Alias
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties: { AliasName: !Sub 'alias/\${Cluster}', TargetKeyId: !Ref Key }
  Zone:
    Type: AWS::Route53::HostedZone
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties: { Name: shop.example.org }
  Certificate:
    Type: AWS::CertificateManager::Certificate
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      DomainName: '*.shop.example.org'
      ValidationMethod: DNS
      DomainValidationOptions: [{ DomainName: '*.shop.example.org', HostedZoneId: !Ref Zone }]
  Images:
    Type: AWS::ECR::Repository
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties:
      ImageTagMutability: IMMUTABLE
      ImageScanningConfiguration: { ScanOnPush: true }
      LifecyclePolicy: { LifecyclePolicyText: '{}' }
  Forge:
    Type: AWS::IAM::OIDCProvider
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: Retain
    Properties: { Url: https://gitlab.example.org, ClientIdList: [shop-plan] }
  Limit:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Statement:
          - { Effect: Allow, Action: [ec2:*, route53:ListHostedZones], Resource: '*' }
          - Effect: Allow
            Action: iam:PassRole
            Resource: arn:aws:iam::000000000000:role/eksctl-*
            Condition: { StringEquals: { 'iam:PassedToService': ec2.amazonaws.com } }
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Sub slipway-backup-\${Cluster}
      PermissionsBoundary: !Sub arn:aws:iam::\${AWS::AccountId}:policy/slipway-boundary-pods
      AssumeRolePolicyDocument:
        Statement:
          - Effect: Allow
            Principal: { Service: pods.eks.amazonaws.com }
            Action: [sts:AssumeRole, sts:TagSession]
            Condition:
              StringEquals:
                aws:RequestTag/eks-cluster-name: !Ref Cluster
                aws:RequestTag/kubernetes-namespace: live
                aws:RequestTag/kubernetes-service-account: backup
      Policies:
        - PolicyName: write
          PolicyDocument:
            Statement:
              - { Effect: Allow, Action: s3:PutObject, Resource: !Sub '\${Bucket.Arn}/shop/*' }
              - { Effect: Allow, Action: ec2:Describe*, Resource: '*' }
  Pipeline:
    Type: AWS::IAM::Role
    Properties:
      RoleName: slipway-account-pipeline
      AssumeRolePolicyDocument: !Sub |
        {
          "Statement": {
            "Effect": "Allow",
            "Principal": { "Federated": "arn:aws:iam::\${AWS::AccountId}:oidc-provider/gitlab.example.org" },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
              "StringEquals": { "gitlab.example.org:aud": "shop-plan" },
              "StringLike": { "gitlab.example.org:sub": "project_path:group/shop:ref_type:branch:ref:*" }
            }
          }
        }
Outputs:
  Zone:
    Value: !Ref Zone
`;

export const good: Template = templateOf(text, 'good.yaml');
