import type { Need } from '../aws/actions.ts';
import type { Stack } from '../aws/stacks.ts';
import type { Cluster } from '../model/environment.ts';
import { type Command, formatCommand } from './command.ts';
import * as eks from './eks.ts';
import * as objects from './objects.ts';
import { simulations, whoAmI } from './rights.ts';
import * as formation from './stack.ts';
import type { Step } from './step.ts';
import { type ToolName, tools } from './tools.ts';

/** What is made where, in AWS. */
export interface Cloud {
  readonly account: string;
  readonly region: string;
  readonly stacks: readonly Stack[];
  readonly rights: readonly Need[];
  /** The cluster's eksctl.yaml, filled. */
  readonly eksctl: { readonly file: string; readonly text: string; readonly config: eks.ClusterFile };
  /** Where its kubeconfig is written: `.slipway/bootstrap/nonprod.kubeconfig`. */
  readonly kubeconfig: string;
}

/** A cluster, and what bootstrap makes of it. */
export interface Target {
  readonly cluster: Cluster;
  /** The environment on whose branch the part argocd stands: `platform-nonprod`. */
  readonly platform: string;
  /** Undefined for a cluster that is there already, in a kubeconfig. */
  readonly cloud: Cloud | undefined;
  /** How kubectl finds the cluster. */
  readonly way: objects.Way;
  /** Whether people depend on it: Argo CD has several of everything then. */
  readonly ha: boolean;
  /** Argo CD's manifest, and the version that it is of. */
  readonly argoCd: { readonly version: string; readonly url: string; readonly sha256: string };
}

/** The tools that a target needs. */
export const toolsOf = ({ cloud }: Pick<Target, 'cloud'>): ToolName[] =>
  cloud ? ['git', 'aws', 'eksctl', 'kubectl'] : ['git', 'kubectl'];

/** Every step, in order. The same commands are run. */
export function planOf(target: Target): Step[] {
  const { cluster, cloud: place, platform, way, ha, argoCd } = target;
  const step = (
    id: Step['id'],
    title: string,
    why: string,
    looks: readonly Command[] = [],
    acts: readonly Command[] = [],
  ): Step => ({ id, title, why, looks, acts });
  const manifest = `install.yaml of Argo CD ${argoCd.version}`;
  const part = `argocd/ of env/${platform}`;
  const first = [
    step('values', 'values', "A cluster with a value of the example would be nobody's: they are refused."),
    step(
      'tools',
      'tools',
      'Each in the version that this was made with, or a later one.',
      toolsOf(target).map((name) => tools[name].ask),
    ),
    step(
      'files',
      'files',
      `${place ? `${place.eksctl.file} and the templates of the stacks are read from the commit, filled and checked; ` : ''}${part} and ${manifest} are read now, so that nobody waits for a cluster to be told that one is missing.`,
    ),
  ];
  const argo = [
    step(
      'argo-cd',
      `Argo CD ${argoCd.version}${ha ? ', highly available' : ''}`,
      `It syncs the branches. Its manifest is ${argoCd.url}, of which sha256 ${argoCd.sha256} is taken and nothing else; its configuration is ${part}.`,
      [objects.compare(way, manifest)],
      [
        objects.apply(way, `Namespaces and CustomResourceDefinitions of ${manifest}`),
        objects.kubectl(way, 'wait', '--for=condition=Established', '--timeout=120s', 'customresourcedefinition/…'),
        objects.apply(way, `the rest of ${manifest}, and ${part}`),
        objects.apply(way, `Deployments and StatefulSets of ${manifest}`),
        objects.kubectl(
          way,
          'rollout',
          'status',
          'deployment/…',
          '--namespace',
          objects.argoNamespace,
          '--timeout=600s',
        ),
      ],
    ),
    step(
      'credential',
      'repository credential',
      'Argo CD reads the repository with a token that may read and nothing else. It is taken from SLIPWAY_REPOSITORY_TOKEN, and shown nowhere.',
      [objects.readCredential(way)],
      [objects.apply(way, `Secret ${objects.argoNamespace}/${objects.credentialName}`)],
    ),
    step(
      'platform',
      'Application platform',
      `All the rest comes from env/${platform}, by Argo CD: this waits until it is Synced and Healthy, and says what of the environments is not yet.`,
      [objects.compare(way, 'Application platform'), objects.listApplications(way)],
      [objects.apply(way, 'Application platform')],
    ),
  ];
  if (!place)
    return [
      ...first,
      step(
        'cluster',
        `cluster ${cluster.name}`,
        'It is there already, in a kubeconfig: this asks whether it answers, and which version it is.',
        [objects.serverVersion(way)],
      ),
      ...argo,
    ];
  const { account, region, stacks, rights, eksctl } = place;
  const stackStep = (stack: Stack): Step =>
    step(
      `stack ${stack.name}`,
      `stack ${stack.name}`,
      `${stack.file}, as a change set: what it would change is said first, and what would lose something is asked about.`,
      [formation.describeStack(stack.region, stack.name)],
      [
        formation.createChangeSet(stack, 'CREATE'),
        formation.describeChangeSet(stack.region, stack.name),
        formation.executeChangeSet(stack.region, stack.name),
      ],
    );
  const { config, file } = eksctl;
  const identity = `<the identity's ARN>`;
  return [
    ...first,
    step('identity', 'identity', `Whoever runs this must be in account ${account}, and in no other.`, [whoAmI(region)]),
    step(
      'rights',
      'rights',
      'What is missing is said before anything is made, by a simulation of IAM.',
      simulations(region, identity, rights),
    ),
    ...stacks.filter((stack) => !isLate(stack)).map(stackStep),
    step(
      'cluster',
      `cluster ${config.metadata.name} ${config.metadata.version}`,
      'Made by eksctl, or brought to what the file says: its version, and then what is missing of it.',
      [
        eks.describeCluster(config),
        eks.listAddons(config),
        ...eks.pinnedAddons(config).map((name) => eks.describeAddon(config, name)),
        eks.listAccessEntries(config),
        eks.listPodIdentities(config),
        ...(eks.hasNodeGroups(config) ? [eks.listNodeGroups(config)] : []),
      ],
      [
        eks.createCluster(file),
        eks.upgradeCluster(config, config.metadata.version),
        ...Object.entries(eks.pieceCommands(file))
          .filter(([name]) => name !== 'nodeGroups' || eks.hasNodeGroups(config))
          .map(([, command]) => command),
      ],
    ),
    step(
      'kubeconfig',
      'kubeconfig',
      'A file of its own, so that nobody has another cluster under their hands afterwards.',
      [objects.serverVersion(way)],
      [eks.writeKubeconfig(config, place.kubeconfig)],
    ),
    ...argo.slice(0, -1),
    ...stacks.filter(isLate).map(stackStep),
    ...argo.slice(-1),
  ];
}

/**
 * A certificate waits until its domain is delegated, and only load balancers need it: it keeps nobody from having a
 * cluster.
 */
const isLate = ({ file }: Stack): boolean => file.endsWith('/certificate.yaml');

/** A plan as people read it. */
export function formatPlan(steps: readonly Step[]): string[] {
  const commands = (word: string, list: readonly Command[]) =>
    list.map((command) => `       ${word.padEnd(5)}  ${formatCommand(command)}`);
  return steps.flatMap(({ title, why, looks, acts }, index) => [
    `${String(index + 1).padStart(3)}  ${title}`,
    `       ${why}`,
    ...commands('look', looks),
    ...commands('act', acts),
    '',
  ]);
}
