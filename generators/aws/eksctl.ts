import { dump, load, YAMLException } from 'js-yaml';
import type { Cluster, Path } from '../model/environment.ts';
import { monitoringNamespace } from '../model/monitoring.ts';
import { Misuse } from '../model/refusal.ts';
import eksctl from '../schemas/eksctl.json' with { type: 'json' };
import type { Catalogue } from '../schemas/schema.ts';
import { catalogues, strictness } from '../schemas/strictly.ts';
import type { ClusterConfig } from './cluster-config.ts';
import type { ClusterFacts } from './cluster-rule.ts';
import { clusterRules } from './cluster-rules.ts';
import { dnsFilterOf } from './dns-filter.ts';
import { filled } from './placeholder.ts';
import { broken } from './rule.ts';
import { keepers, keepersOn } from './stacks.ts';

const strictly = strictness([eksctl as Catalogue]);

/** The version that manifests are checked against: `1.36`. */
const kubernetes = /^Kubernetes v?(\d+\.\d+)/.exec(catalogues[0]?.source ?? '')?.[1] ?? '';

/**
 * The file of eksctl for a cluster, with what clusters/environments.ts says of the cluster filled in.
 * @param text `clusters/<name>/eksctl.yaml`, as it is written; `file` is its name for messages
 * @param path for the environments that run in the cluster
 * @returns what it says, but for the roles of apps that do not run there, and YAML for `eksctl create cluster -f -`
 * @throws {Misuse} with every mistake, a line each: file, field, value, what was expected. Placeholders are looked at
 * first, then fields and types, then the rules: each reads only what the one before found whole.
 */
export function eksctlOf(
  text: string,
  file: string,
  cluster: Cluster,
  path: Path,
): { config: ClusterConfig; text: string } {
  const { name, network, aws } = cluster;
  if (!aws || network === undefined)
    throw new Misuse(
      `clusters/environments.ts (clusters): ${name} has no ${aws ? 'network' : 'aws'}: ${file} cannot be filled in.`,
    );
  const dns = dnsFilterOf(name, path);
  const values = {
    ...{ name, network, ...aws },
    // They stand inside of a text, which is YAML itself: a list of JSON is one of YAML, too.
    domains: JSON.stringify(dns.domainFilters),
    foreignDomains: JSON.stringify(dns.excludeDomains),
  };
  const unfilled: string[] = [];
  const config = filled(parsed(text, file), values, unfilled) as ClusterConfig;
  refuse(unfilled.map((says) => `${file}: ${says}`));
  refuse(strictly(config).map(({ field, says }) => `${file}: ${field && `field ${field} `}${says}`));
  const facts: ClusterFacts = {
    cluster: { ...cluster, aws, network },
    environments: path.environments.filter((environment) => environment.cluster === name),
    networks: [...path.clusters.values()].flatMap((other) =>
      other.name === name || other.network === undefined ? [] : [other.network],
    ),
    dns,
    kubernetes,
  };
  refuse(broken(clusterRules, file, config, facts));
  const made = withoutIdle(config, cluster);
  return { config: made, text: dump(made, { noRefs: true, lineWidth: -1 }) };
}

/** Who keeps telemetry on other clusters has no role here: an association with one that is not there is refused by EKS. */
function withoutIdle(config: ClusterConfig, cluster: Cluster): ClusterConfig {
  const { podIdentityAssociations } = config.iam ?? {};
  if (!podIdentityAssociations) return config;
  const here = keepersOn(cluster);
  const idle = keepers.filter((one) => !here.includes(one)).map(({ app }) => `${monitoringNamespace}/${app}`);
  const kept = podIdentityAssociations.filter(
    ({ namespace, serviceAccountName }) => !idle.includes(`${namespace}/${serviceAccountName}`),
  );
  return { ...config, iam: { ...config.iam, podIdentityAssociations: kept } };
}

function refuse(mistakes: readonly string[]): void {
  if (mistakes.length > 0) throw new Misuse(mistakes.join('\n'));
}

function parsed(text: string, file: string): unknown {
  try {
    return load(text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    throw new Misuse(`${file}: is no YAML: ${error.message}`);
  }
}
