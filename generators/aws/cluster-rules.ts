import type { ClusterRule } from './cluster-rule.ts';
import { access } from './cluster-rules/access.ts';
import { dns } from './cluster-rules/dns.ts';
import { identities } from './cluster-rules/identities.ts';
import { network } from './cluster-rules/network.ts';
import { nodes } from './cluster-rules/nodes.ts';
import { place } from './cluster-rules/place.ts';
import { records } from './cluster-rules/records.ts';

/** Everything that must hold of a file of eksctl, beyond its types. */
export const clusterRules: readonly ClusterRule[] = [
  ...place,
  ...nodes,
  ...access,
  ...network,
  ...records,
  ...identities,
  ...dns,
];
