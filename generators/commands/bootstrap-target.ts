import { bootstrapActions } from '../aws/actions.ts';
import { eksctlOf } from '../aws/eksctl.ts';
import { stacksOf } from '../aws/stacks.ts';
import { argoCdRelease } from '../bootstrap/argo-cd.ts';
import type { Cloud, Target } from '../bootstrap/plan.ts';
import { type Cluster, type Environment, isHighlyAvailable, type Path, scopeOf } from '../model/environment.ts';
import { exampleFields, examplesIn } from '../model/example.ts';
import { isMapping } from '../model/mapping.ts';
import { legalEnvironment } from '../model/names.ts';
import { nearest } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import type { Definitions } from './bootstrap-definitions.ts';

interface Manifest {
  readonly url: string;
  readonly sha256: string;
}

/** What can be made of a cluster: in AWS what the repository says of it, and the manifests of Argo CD. */
export interface Makers {
  readonly stacksOf: typeof stacksOf;
  readonly eksctlOf: typeof eksctlOf;
  readonly bootstrapActions: typeof bootstrapActions;
  /** With several of everything, and with one. */
  readonly argoCdRelease: { readonly version: string; readonly ha: Manifest; readonly single: Manifest };
}

const makers: Makers = { stacksOf, eksctlOf, bootstrapActions, argoCdRelease };
const file = 'clusters/environments.ts';

/**
 * The cluster of a name, and what is made of it.
 * @param context of a kubeconfig, for a cluster that is there already
 * @throws {Misuse} for a cluster that is not there, or cannot be made so, with what to write
 */
export function targetOf(
  { path, files }: Definitions,
  name: string,
  context: string | undefined,
  { stacksOf, eksctlOf, bootstrapActions, argoCdRelease }: Makers = makers,
): Target {
  const cluster = clusterOf(path, name, context);
  const own = path.environments.filter((environment) => environment.cluster === name);
  const platform = own.find((environment) => scopeOf(environment) === 'cluster');
  if (!platform)
    throw new Misuse(
      `${file}: no environment with scope: 'cluster' is on ${name}, so that nothing says what Argo CD is there. Add one: ${example(name)}`,
    );
  const ha = isHighlyAvailable(cluster, platform);
  const { version } = argoCdRelease;
  const argoCd = { version, ...(ha ? argoCdRelease.ha : argoCdRelease.single) };
  const base = { cluster, platform: platform.name, ha, argoCd };
  if (context !== undefined) return { ...base, cloud: undefined, way: ['--context', context] };
  const cloud = cloudOf(cluster, { stacksOf, eksctlOf, bootstrapActions }, path, files);
  return { ...base, cloud, way: ['--kubeconfig', cloud.kubeconfig] };
}

function clusterOf(path: Path, name: string, context: string | undefined): Cluster {
  const cluster = path.clusters.get(name);
  if (!cluster) {
    const near = nearest(name, [...path.clusters.keys()]);
    const known = near ? `did you mean ${near}?` : `known are ${[...path.clusters.keys()].join(', ')}.`;
    const add = context === undefined ? '' : ` ${added(path, name)}`;
    throw new Misuse(`${name} is not a cluster of ${file}; ${known}${add}`);
  }
  if (context !== undefined && cluster.profile !== 'local') {
    const there = [...path.clusters.values()].find(({ profile }) => profile === 'local');
    throw new Misuse(
      `${file}: ${name} has profile: '${cluster.profile}', and --context is for a cluster with profile: 'local'. Leave --context out, or name ${there ? there.name : `a cluster of your own. ${added(path, 'home')}`}`,
    );
  }
  if (context === undefined && cluster.profile === 'local')
    throw new Misuse(
      `${file}: ${name} has profile: 'local', which nobody makes: name the context of your kubeconfig where it is, with --context NAME (kubectl config get-contexts lists them).`,
    );
  return cluster;
}

/** How to have a cluster of one's own, of a name that nothing has yet. */
function added({ environments }: Path, name: string): string {
  const { environments: own } = localCluster(name);
  const taken = own.find((one) => environments.some((other) => other.name === one.name));
  if (taken) return `To have a cluster of your own, choose another name: ${taken.name} is an environment already.`;
  return own.every((one) => legalEnvironment(one.name))
    ? `To have a cluster of your own, add to ${file}:\n${lines(name)}`
    : `To have a cluster of your own, choose a name that is a DNS label of at most 31 characters, as in home.`;
}

/** A cluster of one's own, but for its registries, which are those of all, and its environments. */
interface LocalCluster {
  readonly cluster: Omit<Cluster, 'registries'>;
  readonly environments: readonly Environment[];
}

/**
 * What is added to have a cluster of one's own: it has the namespaces that apps of scope cluster live in, and takes what
 * is published at once, with one pod of everything.
 */
export function localCluster(name: string): LocalCluster {
  const each = { cluster: name, replicas: 1, soak: '1m' };
  return {
    cluster: {
      ...{ name, profile: 'local', storage: 'standard', ingress: 'nginx' },
      namespaces: { agents: 'privileged', ci: 'restricted', monitoring: 'restricted' },
    },
    environments: [
      { name, ...each, domain: `${name}.localhost`, resources: { cpu: '50m', memory: '256Mi' } },
      {
        ...{ name: `platform-${name}`, ...each, scope: 'cluster', domain: `platform.${name}.localhost` },
        resources: { cpu: '50m', memory: '128Mi' },
      },
    ],
  };
}

/** What is written for a cluster of one's own, with a line for each of its entries. */
function lines(name: string): string {
  const { cluster, environments } = localCluster(name);
  return [
    ...['in clusters', `  { ${written(cluster)}, registries },`],
    ...['in environments', ...environments.map((environment) => `  { ${written(environment)} },`)],
  ].join('\n');
}

const example = (name: string) =>
  localCluster(name)
    .environments.filter((environment) => scopeOf(environment) === 'cluster')
    .map((environment) => `{ ${written(environment)} }`)
    .join();

/** Fields as they stand in a file of this repository. */
const written = (fields: object): string =>
  Object.entries(fields)
    .map(([field, value]) => {
      if (isMapping(value)) return `${field}: { ${written(value)} }`;
      return `${field}: ${typeof value === 'string' ? `'${value}'` : value}`;
    })
    .join(', ');

function cloudOf(
  cluster: Cluster,
  { stacksOf, eksctlOf, bootstrapActions }: Pick<Makers, 'stacksOf' | 'eksctlOf' | 'bootstrapActions'>,
  path: Path,
  files: Definitions['files'],
): Cloud {
  const { name, aws } = cluster;
  if (!aws)
    throw new Misuse(
      `${file}: ${name} has no field aws, so that nobody knows where to make it. Add aws: { account: '<twelve digits>', region: 'eu-central-1', operators: ['<your addresses>'] }.`,
    );
  const config = `clusters/${name}/eksctl.yaml`;
  const stacks = stacksOf(cluster, path);
  const lost = [config, ...stacks.map((stack) => stack.file)].find((wanted) => !files.has(wanted));
  if (lost !== undefined) throw new Misuse(`${lost} is not in the commit; write and commit it.`);
  const filled = eksctlOf(files.get(config) as string, config, cluster, path);
  const { metadata } = filled.config;
  const { version } = metadata;
  if (version === undefined || !/^1\.\d+$/.test(version))
    throw new Misuse(
      `${config}: metadata.version is ${JSON.stringify(version)}, and must be a version such as '1.36'.`,
    );
  return {
    account: aws.account,
    region: aws.region,
    stacks,
    rights: bootstrapActions(cluster),
    eksctl: { file: config, text: filled.text, config: { ...filled.config, metadata: { ...metadata, version } } },
    kubeconfig: `.slipway/bootstrap/${name}.kubeconfig`,
  };
}

/** The values of a target that are the example's, each with its place; of a cluster that is there only what matters to it. */
export function examplesLeft(
  { path, files }: Definitions,
  { cluster, cloud }: Pick<Target, 'cluster' | 'cloud'>,
): string[] {
  const { name } = cluster;
  const fields = [
    ...exampleFields(path.repository, 'repository'),
    ...(cloud ? exampleFields(cluster, `clusters.${name}`) : []),
    ...(cloud
      ? path.environments
          .filter((environment) => environment.cluster === name)
          .flatMap((environment) => exampleFields(environment, `environments.${environment.name}`))
      : []),
  ].map(({ field, value }) => `${file} (${field}) is ${JSON.stringify(value)}`);
  if (!cloud) return fields;
  const written = [...files]
    .filter(([path]) => path.startsWith(`clusters/${name}/`))
    .flatMap(([path, text]) =>
      examplesIn(text).map(({ line, column, value }) => `${path}:${line}:${column} is ${JSON.stringify(value)}`),
    );
  return [...fields, ...written];
}
