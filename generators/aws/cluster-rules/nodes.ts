import type { ClusterRule } from '../cluster-rule.ts';

const autoMode = 'https://docs.aws.amazon.com/eks/latest/eksctl/auto-mode.html';
const code = 'https://github.com/eksctl-io/eksctl/tree/main/pkg/apis/eksctl.io/v1alpha5';

/** What Auto Mode makes by itself, so that eksctl refuses it at creation. */
const inAutoMode = ['vpc-cni', 'coredns', 'kube-proxy', 'eks-pod-identity-agent', 'aws-ebs-csi-driver'];

/** Who runs nodes, and what runs on them from the first hour. */
export const nodes: readonly ClusterRule[] = [
  {
    id: 'auto-mode',
    says: 'It must be true: AWS runs the nodes, and pods have identities without an add-on.',
    source: autoMode,
    *breaks({ autoModeConfig }) {
      if (autoModeConfig?.enabled !== true) yield ['autoModeConfig', 'enabled'];
    },
    fails: [{ autoModeConfig: undefined }, { 'autoModeConfig.enabled': false }],
  },
  {
    id: 'node-pools',
    says: 'They must be general-purpose and system, each once: eksctl knows no other, and nothing could run without them.',
    source: `${code}/auto_mode.go`,
    *breaks({ autoModeConfig }) {
      const pools = [...(autoModeConfig?.nodePools ?? [])].sort();
      if (pools.join() !== 'general-purpose,system') yield ['autoModeConfig', 'nodePools'];
    },
    fails: [
      { 'autoModeConfig.nodePools': undefined },
      { 'autoModeConfig.nodePools': [] },
      { 'autoModeConfig.nodePools': ['general-purpose', 'general-purpose'] },
      { 'autoModeConfig.nodePools[]': 'gpu' },
    ],
  },
  {
    id: 'node-groups',
    says: 'It must not be there: eksctl makes no node groups in Auto Mode.',
    source: 'https://github.com/eksctl-io/eksctl/pull/8293',
    *breaks(config) {
      for (const field of ['nodeGroups', 'managedNodeGroups'] as const)
        if ((config[field]?.length ?? 0) > 0) yield [field];
    },
    fails: [{ nodeGroups: [{ name: 'workers' }] }, { managedNodeGroups: [{ name: 'workers' }] }],
  },
  {
    id: 'core-addons',
    says: `It must not be an add-on: Auto Mode brings ${inAutoMode.join(', ')} itself.`,
    source: 'https://github.com/eksctl-io/eksctl/issues/8292',
    *breaks({ addons = [] }) {
      for (const [index, { name }] of addons.entries())
        if (inAutoMode.includes(name.toLowerCase())) yield ['addons', index, 'name'];
    },
    fails: inAutoMode.map((name) => ({ 'addons[]': { name, version: 'v1.0.0-eksbuild.1' } })),
  },
  {
    id: 'addon-once',
    says: 'It must be there once.',
    source: 'https://docs.aws.amazon.com/eks/latest/eksctl/addons.html',
    *breaks({ addons = [] }) {
      for (const [index, { name }] of addons.entries())
        if (addons.findIndex((other) => other.name.toLowerCase() === name.toLowerCase()) < index)
          yield ['addons', index, 'name'];
    },
    fails: [{ 'addons[]': { name: 'Metrics-Server', version: 'v0.8.1-eksbuild.11' } }],
  },
  {
    id: 'addon-version',
    says: 'It must be one version, such as v0.8.1-eksbuild.11: without one, each run may install another.',
    source: 'https://docs.aws.amazon.com/eks/latest/eksctl/addons.html',
    *breaks({ addons = [] }) {
      for (const [index, { version = '' }] of addons.entries())
        if (!/^v\d+\.\d+\.\d+-eksbuild\.\d+$/.test(version)) yield ['addons', index, 'version'];
    },
    fails: [
      { 'addons[0].version': undefined },
      { 'addons[0].version': 'latest' },
      { 'addons[0].version': 'v0.8.1' },
      { 'addons[]': { name: 'cert-manager' } },
    ],
  },
  {
    id: 'metrics-server',
    says: 'metrics-server must be among them: without it no app that scales by load is ever healthy.',
    source: 'https://docs.aws.amazon.com/eks/latest/userguide/metrics-server.html',
    *breaks({ addons = [] }) {
      if (!addons.some(({ name }) => name === 'metrics-server')) yield ['addons'];
    },
    fails: [{ addons: undefined }, { 'addons[0].name': 'adot' }],
  },
];
