import type { ClusterRule } from '../cluster-rule.ts';
import { tag } from '../names.ts';

const versions = 'https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html';

/** Which cluster it is, where, and of which age. */
export const place: readonly ClusterRule[] = [
  {
    id: 'name',
    says: `It must be the name of the cluster in clusters/environments.ts; write \${name}.`,
    source: 'https://docs.aws.amazon.com/eks/latest/eksctl/schema.html',
    *breaks({ metadata }, { cluster }) {
      if (metadata.name !== cluster.name) yield ['metadata', 'name'];
    },
    fails: [{ 'metadata.name': 'other' }],
  },
  {
    id: 'region',
    says: `It must be the region of the cluster in clusters/environments.ts; write \${region}.`,
    source: 'https://docs.aws.amazon.com/eks/latest/eksctl/schema.html',
    *breaks({ metadata }, { cluster }) {
      if (metadata.region !== cluster.aws.region) yield ['metadata', 'region'];
    },
    fails: [{ 'metadata.region': 'us-east-1' }],
  },
  {
    id: 'tags',
    says: `It must have the tag ${tag} with the name of the cluster, by which bills are split; write \${name}.`,
    source: 'https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/cost-alloc-tags.html',
    *breaks({ metadata }, { cluster }) {
      if (metadata.tags?.[tag] !== cluster.name) yield ['metadata', 'tags', tag];
    },
    fails: [{ 'metadata.tags': undefined }, { 'metadata.tags.slipway': 'other' }],
  },
  {
    id: 'version',
    says: 'It must be the version of Kubernetes that manifests are checked against (generators/schemas/kubernetes.json), in quotes.',
    source: versions,
    *breaks({ metadata }, { kubernetes }) {
      if (metadata.version !== kubernetes) yield ['metadata', 'version'];
    },
    fails: [{ 'metadata.version': undefined }, { 'metadata.version': '1.34' }, { 'metadata.version': 'latest' }],
  },
  {
    id: 'standard-support',
    says: 'It must be STANDARD: extended support costs more each hour than the cluster, and begins by itself.',
    source: versions,
    *breaks({ upgradePolicy }) {
      if (upgradePolicy?.supportType !== 'STANDARD') yield ['upgradePolicy', 'supportType'];
    },
    fails: [{ upgradePolicy: undefined }, { 'upgradePolicy.supportType': 'EXTENDED' }],
  },
];
