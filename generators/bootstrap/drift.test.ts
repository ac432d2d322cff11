import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterConfig } from '../aws/cluster-config.ts';
import { driftOf, formatDifference, type Live } from './drift.ts';
import { argoVersions } from './objects.ts';

const config: ClusterConfig = {
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: { name: 'shop', region: 'eu-central-1', version: '1.36' },
  upgradePolicy: { supportType: 'STANDARD' },
  autoModeConfig: { enabled: true, nodePools: ['system', 'general-purpose'] },
  accessConfig: { authenticationMode: 'API' },
  secretsEncryption: { keyARN: 'arn:aws:kms:eu-central-1:000000000000:alias/slipway-cluster-shop' },
  vpc: { clusterEndpoints: { privateAccess: true, publicAccess: true }, publicAccessCIDRs: ['10.0.0.0/8'] },
  zonalShiftConfig: { enabled: true },
  cloudWatch: { clusterLogging: { enableTypes: ['all'] } },
  addons: [{ name: 'external-dns', version: 'v1', configurationValues: 'policy: sync\ntxtOwnerId: shop\n' }],
};

const live: Live = {
  cluster: {
    version: '1.36',
    upgradePolicy: { supportType: 'STANDARD' },
    accessConfig: { authenticationMode: 'API' },
    computeConfig: { enabled: true, nodePools: ['general-purpose', 'system'] },
    encryptionConfig: [{ resources: ['secrets'] }],
    logging: {
      clusterLogging: [{ types: ['scheduler', 'api', 'audit', 'authenticator', 'controllerManager'], enabled: true }],
    },
    resourcesVpcConfig: { endpointPublicAccess: true, endpointPrivateAccess: true, publicAccessCidrs: ['10.0.0.0/8'] },
    zonalShiftConfig: { enabled: true },
  },
  // Settings are the same in whichever way they were written.
  addons: [
    { addonName: 'external-dns', addonVersion: 'v1', configurationValues: '{"txtOwnerId":"shop","policy":"sync"}' },
  ],
  accessEntries: [],
  podIdentities: [],
  nodeGroups: [],
};

test('each field of a cluster that somebody changed is a difference of its own, and the order of a list is none', () => {
  assert.deepEqual(driftOf(config, live), []);
  const table: readonly (readonly [change: Partial<Live['cluster']>, says: string])[] = [
    [{ version: '1.37' }, 'version: the files say 1.36, live is 1.37'],
    [{ upgradePolicy: { supportType: 'EXTENDED' } }, 'support: the files say STANDARD, live is EXTENDED'],
    [
      { accessConfig: { authenticationMode: 'API_AND_CONFIG_MAP' } },
      'authentication mode: the files say API, live is API_AND_CONFIG_MAP',
    ],
    [{ encryptionConfig: [] }, 'encryption of Secrets: the files say true, live is false'],
    [
      { computeConfig: { enabled: true, nodePools: ['system'] } },
      'node pools: the files say general-purpose, system, live is system',
    ],
    [{ zonalShiftConfig: { enabled: false } }, 'zonal shift: the files say true, live is false'],
    [
      { logging: { clusterLogging: [{ types: ['api'], enabled: true }] } },
      'logs: the files say api, audit, authenticator, controllerManager, scheduler, live is api',
    ],
    [
      { resourcesVpcConfig: { ...live.cluster.resourcesVpcConfig, publicAccessCidrs: ['0.0.0.0/0'] } },
      'public endpoint for: the files say 10.0.0.0/8, live is 0.0.0.0/0',
    ],
  ];
  for (const [change, says] of table)
    assert.deepEqual(driftOf(config, { ...live, cluster: { ...live.cluster, ...change } }).map(formatDifference), [
      `cluster shop: ${says}`,
    ]);
});

test('of what runs, the versions of Argo CD are told, whatever registry its images come from', () => {
  const workload = (...images: string[]) => ({
    spec: { template: { spec: { containers: images.map((image) => ({ image })) } } },
  });
  assert.deepEqual(
    argoVersions({
      items: [
        workload('quay.io/argoproj/argocd:v3.6.1', 'docker.io/library/redis:8.2'),
        workload('mirror.example.org/argocd:v3.5.0@sha256:00'),
        {},
      ],
    }),
    ['v3.5.0', 'v3.6.1'],
  );
  assert.deepEqual(argoVersions({}), []);
});
