import type { Path } from '../model/environment.ts';
import { checkPath } from '../model/environment-schema.ts';

const cluster = {
  name: 'shop',
  profile: 'eks' as const,
  registries: ['registry.example.org/shop'],
  storage: 'gp3',
  network: '10.30.0.0/16',
  aws: { account: '000000000000', region: 'eu-west-1', operators: ['198.51.100.0/24', '203.0.113.7/32'] },
  namespaces: {},
};

const environment = { cluster: 'shop', replicas: 1, resources: { cpu: '1', memory: '1Gi' }, soak: '1m' };

/** A promotion path in one of two clusters. */
export const path: Path = checkPath({
  repository: 'https://gitlab.example.org/group/shop.git',
  clusters: [cluster, { ...cluster, name: 'other', network: '10.40.0.0/16' }],
  environments: [
    { ...environment, name: 'live', domain: 'shop.example.org', production: true },
    { ...environment, name: 'platform-shop', domain: 'platform.shop.example.org', scope: 'cluster' },
    { ...environment, name: 'test', cluster: 'other', domain: 'other.shop.example.org' },
    { ...environment, name: 'far', cluster: 'other', domain: 'example.org' },
  ],
});

/** A good file of eksctl for the cluster `shop`. */
export const good = `
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: '\${name}', region: '\${region}', version: '1.36', tags: { slipway: '\${name}' } }
upgradePolicy: { supportType: STANDARD }
autoModeConfig:
  enabled: true
  nodePools: [general-purpose, system]
  permissionsBoundaryARN: arn:aws:iam::\${account}:policy/slipway-boundary
accessConfig:
  authenticationMode: API
  bootstrapClusterCreatorAdminPermissions: false
  accessEntries:
    - principalARN: arn:aws:iam::\${account}:role/slipway-cluster-\${name}-admin
      accessPolicies:
        - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy
          accessScope: { type: cluster }
    - principalARN: arn:aws:iam::\${account}:role/slipway-account-bootstrap
      accessPolicies:
        - policyARN: arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy
          accessScope: { type: namespace, namespaces: [live] }
secretsEncryption: { keyARN: 'arn:aws:kms:\${region}:\${account}:alias/slipway-cluster-\${name}' }
vpc:
  cidr: \${network}
  controlPlaneOnPrivateSubnets: true
  nat: { gateway: HighlyAvailable }
  clusterEndpoints: { privateAccess: true, publicAccess: true }
  publicAccessCIDRs: \${operators}
zonalShiftConfig: { enabled: true }
cloudWatch: { clusterLogging: { enableTypes: [all], logRetentionInDays: 365 } }
addons:
  - { name: metrics-server, version: v0.8.1-eksbuild.11 }
  - name: external-dns
    version: v0.21.0-eksbuild.8
    configurationValues: |
      policy: sync
      domainFilters: \${domains}
      excludeDomains: \${foreignDomains}
    podIdentityAssociations:
      - namespace: external-dns
        serviceAccountName: external-dns
        roleARN: arn:aws:iam::\${account}:role/slipway-cluster-\${name}-external-dns
iam:
  serviceRolePermissionsBoundary: arn:aws:iam::\${account}:policy/slipway-boundary
  podIdentityAssociations:
    - namespace: live
      serviceAccountName: backup
      roleARN: arn:aws:iam::\${account}:role/slipway-backup-live-writer
`;
