import type { ClusterConfig } from '../aws/cluster-config.ts';
import type { Stack } from '../aws/stacks.ts';
import { type Difference, driftOf, type Live, type LiveEntry } from '../bootstrap/drift.ts';
import * as eks from '../bootstrap/eks.ts';
import * as objects from '../bootstrap/objects.ts';
import type { Cloud } from '../bootstrap/plan.ts';
import * as formation from '../bootstrap/stack.ts';
import * as drift from '../bootstrap/stack-drift.ts';
import { Refusal } from '../model/refusal.ts';
import { checkAccount } from './bootstrap-run.ts';
import { described, unless } from './bootstrap-stack.ts';
import { ask, until, type Work } from './bootstrap-work.ts';

/** What of the world is asked, without the means to change it. */
export type Looking = Pick<Work, 'target' | 'run' | 'say' | 'pace' | 'signal' | 'template'>;

/**
 * How a cluster, and what stands around it in its account, differ from the files. Nothing is changed by it.
 * @throws {Refusal} where something cannot be seen: what nobody looked at is not said to be right
 */
export async function findDrift(work: Looking): Promise<Difference[]> {
  const { cloud } = work.target;
  if (!cloud) return argoCdDrift(work);
  await checkAccount(work, cloud);
  const found: Difference[] = [];
  for (const stack of cloud.stacks) {
    work.say(`stack ${stack.name} …`);
    found.push(...(await driftOfStack(work, stack)));
  }
  work.say(`cluster ${cloud.eksctl.config.metadata.name} …`);
  const cluster = await clusterDrift(work, cloud);
  found.push(...cluster.differences);
  if (!cluster.isThere) return found;
  await work.run(eks.writeKubeconfig(cloud.eksctl.config, cloud.kubeconfig));
  return [...found, ...(await argoCdDrift(work))];
}

async function driftOfStack(work: Looking, stack: Stack): Promise<Difference[]> {
  const standing = await described(work, stack.region, stack.name);
  const state = formation.standingOf(standing?.StackStatus);
  const what = `stack ${stack.name}`;
  if (!standing || state === 'absent' || state === 'reviewed') return [{ what, wanted: 'present', found: 'absent' }];
  if (state !== 'there') return [{ what, wanted: 'whole', found: standing.StackStatus }];
  const deployed = await ask<{ TemplateBody: unknown }>(work, drift.deployedTemplate(stack));
  const parameters = Object.fromEntries(
    (standing.Parameters ?? []).map(({ ParameterKey, ParameterValue }) => [ParameterKey, ParameterValue]),
  );
  const { StackDriftDetectionId: id } = await ask<{ StackDriftDetectionId: string }>(work, drift.detectDrift(stack));
  const detection = await until(work, `Comparing ${stack.name} with what it made`, async () => {
    const now = await ask<drift.Detection>(work, drift.describeDetection(stack, id));
    return drift.isDetecting(now) ? undefined : now;
  });
  if (detection.DetectionStatus !== 'DETECTION_COMPLETE')
    throw new Refusal(
      `CloudFormation could not compare ${stack.name} with what it made: ${detection.DetectionStatusReason ?? detection.DetectionStatus}. Give the role that asks the right to read it (clusters/aws/account.yaml, role Drift), and run this again.`,
    );
  return [
    ...drift.undeployed(stack, work.template(stack.file), { template: String(deployed.TemplateBody), parameters }),
    ...drift.stackDrift(stack, await ask<drift.ResourceDrifts>(work, drift.describeDrifts(stack))),
  ];
}

/** How the cluster in EKS differs from its file. */
export async function clusterDrift(
  work: Pick<Work, 'run'>,
  { eksctl: { config } }: Cloud,
): Promise<{ readonly isThere: boolean; readonly differences: Difference[] }> {
  const answer = await unless(
    /ResourceNotFoundException|No cluster found/,
    ask<Pick<Live, 'cluster'>>(work, eks.describeCluster(config)),
  );
  if (!answer)
    return {
      isThere: false,
      differences: [{ what: `cluster ${config.metadata.name}`, wanted: 'present', found: 'absent' }],
    };
  const live: Live = {
    cluster: answer.cluster,
    addons: await addonsOf(work, config),
    accessEntries: await entriesOf(work, config),
    podIdentities: await identitiesOf(work, config),
    nodeGroups: (await ask<{ nodegroups: string[] }>(work, eks.listNodeGroups(config))).nodegroups,
  };
  return { isThere: true, differences: driftOf(config as ClusterConfig, live) };
}

async function addonsOf(work: Pick<Work, 'run'>, config: eks.ClusterFile): Promise<Live['addons']> {
  const { addons } = await ask<{ addons: string[] }>(work, eks.listAddons(config));
  return Promise.all(
    addons.map(
      async (name) => (await ask<{ addon: Live['addons'][number] }>(work, eks.describeAddon(config, name))).addon,
    ),
  );
}

async function entriesOf(work: Pick<Work, 'run'>, config: eks.ClusterFile): Promise<Live['accessEntries']> {
  const { accessEntries } = await ask<{ accessEntries: string[] }>(work, eks.listAccessEntries(config));
  return Promise.all(
    accessEntries.map(async (principal) => {
      const [{ accessEntry }, { associatedAccessPolicies }] = await Promise.all([
        ask<{ accessEntry: Omit<LiveEntry, 'policies'> }>(work, eks.describeAccessEntry(config, principal)),
        ask<{ associatedAccessPolicies: LiveEntry['policies'] }>(work, eks.listAccessPolicies(config, principal)),
      ]);
      return { ...accessEntry, policies: associatedAccessPolicies };
    }),
  );
}

async function identitiesOf(work: Pick<Work, 'run'>, config: eks.ClusterFile): Promise<Live['podIdentities']> {
  const { associations } = await ask<{ associations: { associationId: string }[] }>(
    work,
    eks.listPodIdentities(config),
  );
  return Promise.all(
    associations.map(
      async ({ associationId: id }) =>
        (await ask<{ association: Live['podIdentities'][number] }>(work, eks.describePodIdentity(config, id)))
          .association,
    ),
  );
}

/** Whether the cluster runs the Argo CD that bootstrap installs. */
async function argoCdDrift(work: Looking): Promise<Difference[]> {
  const wanted = `v${work.target.argoCd.version}`;
  const found = objects.argoVersions(await ask(work, objects.listWorkloads(work.target.way)));
  return found.length === 1 && found[0] === wanted
    ? []
    : [{ what: 'Argo CD', wanted, found: found.join(', ') || 'absent' }];
}
