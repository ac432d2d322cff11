import type { Aws, Cluster, Environment } from '../model/environment.ts';
import type { ClusterConfig } from './cluster-config.ts';
import type { DnsFilter } from './dns-filter.ts';
import type { Rule } from './rule.ts';

/** Facts about the cluster that a file of eksctl is for. */
export interface ClusterFacts {
  readonly cluster: Cluster & { readonly aws: Aws; readonly network: string };
  /** Those that run in it. */
  readonly environments: readonly Environment[];
  /** The networks of the other clusters. */
  readonly networks: readonly string[];
  /** Whose DNS records it may write. */
  readonly dns: DnsFilter;
  /** The version of Kubernetes that manifests are checked against: `1.36`. */
  readonly kubernetes: string;
}

/** What must hold of a file of eksctl: what eksctl itself refuses only while it runs, and what we ask beyond it. */
export type ClusterRule = Rule<ClusterConfig, ClusterFacts>;
