import * as eks from '../bootstrap/eks.ts';
import type { Cloud } from '../bootstrap/plan.ts';
import { standingOf } from '../bootstrap/stack.ts';
import { isBefore } from '../bootstrap/tools.ts';
import { Refusal } from '../model/refusal.ts';
import { statusOf, unless } from './bootstrap-stack.ts';
import { ask, until, type Work } from './bootstrap-work.ts';

type Described = eks.Existing['cluster'] & { readonly status: string; readonly version: string };

/** Makes the cluster, or brings it to what its file says. @returns what was done */
export async function bringCluster(work: Work, cloud: Cloud): Promise<string> {
  const { config, text, file } = cloud.eksctl;
  const { name, version } = config.metadata;
  const done: string[] = [];
  let found = await settled(work, cloud);
  if (!found) {
    await mayBeCreated(work, cloud);
    // What an eksctl that was stopped had begun may have become a cluster meanwhile.
    found = await settled(work, cloud);
  }
  if (!found) {
    await work.run(eks.createCluster(file), text);
    done.push('created');
    found = await settled(work, cloud);
    if (!found) throw new Refusal(`eksctl says that it made ${name}, and EKS has no such cluster. Run this again.`);
  }
  if (isBefore(version, found.version))
    throw new Refusal(
      `${name} runs ${found.version}, and ${file} says ${version}: no cluster goes back. Put metadata.version: "${found.version}" there, commit it, and run this again.`,
    );
  for (const next of eks.versionsBetween(found.version, version)) {
    work.say(`${name} goes to ${next}, which takes its time …`);
    await work.run(eks.upgradeCluster(config, next));
    done.push(`upgraded to ${next}`);
    await settled(work, cloud);
  }
  for (const { says, command, config: lacking } of await missing(work, cloud)) {
    work.say(`${name} gets ${says}`);
    // JSON is YAML, too.
    await work.run(command, `${JSON.stringify(lacking, null, 2)}\n`);
    done.push(`got ${says}`);
    await settled(work, cloud);
  }
  const left = done.length > 0 ? await missing(work, cloud) : [];
  if (left.length > 0)
    throw new Refusal(
      `eksctl ended well, and EKS still lacks ${left.map(({ says }) => says).join('; ')}. Run this again; if it stays, compare ${file} with the cluster.`,
    );
  return done.length > 0 ? done.join('; ') : 'unchanged';
}

/** The cluster, once nobody works on it; undefined when there is none. @throws {Refusal} when it is broken or going */
async function settled(work: Work, { eksctl: { config } }: Cloud): Promise<Described | undefined> {
  const { name } = config.metadata;
  const { cluster } = await until(work, `The cluster ${name}`, async () => {
    const answer = await unless(
      /ResourceNotFoundException|No cluster found/,
      ask<{ cluster: Described }>(work, eks.describeCluster(config)),
    );
    if (!answer) return { cluster: undefined };
    const { status } = answer.cluster;
    if (status === 'ACTIVE') return answer;
    if (status === 'FAILED' || status === 'DELETING')
      throw new Refusal(
        `The cluster ${name} is ${status}. Look at it with aws eks describe-cluster; when it is gone, run this again.`,
      );
    work.say(`${name} is ${status}: waiting …`);
    return undefined;
  });
  return cluster;
}

/** An eksctl that was stopped leaves a stack, which goes on without it. @throws {Refusal} where that came to nothing */
async function mayBeCreated(work: Work, { region, eksctl: { config } }: Cloud): Promise<void> {
  const stack = eks.eksctlStack(config);
  const { status } = await until(work, `The stack ${stack}`, async () => {
    const status = await statusOf(work, region, stack);
    return standingOf(status) === 'busy' ? undefined : { status };
  });
  if (standingOf(status) === 'absent' || (status?.endsWith('CREATE_COMPLETE') ?? false)) return;
  const { name } = config.metadata;
  throw new Refusal(
    `An earlier eksctl left the stack ${stack} as ${status}, and no cluster. Take it away with eksctl delete cluster --name ${name} --region ${region} --wait, then run this again.`,
  );
}

async function missing(work: Work, { eksctl: { config, file } }: Cloud): Promise<eks.Piece[]> {
  const { cluster } = await ask<{ cluster: Described }>(work, eks.describeCluster(config));
  const { addons: names } = await ask<{ addons: string[] }>(work, eks.listAddons(config));
  const addons = new Map<string, string | undefined>(names.map((name) => [name, undefined]));
  for (const name of eks.pinnedAddons(config).filter((pinned) => addons.has(pinned))) {
    const { addon } = await ask<{ addon: { addonVersion: string } }>(work, eks.describeAddon(config, name));
    addons.set(name, addon.addonVersion);
  }
  const { accessEntries } = await ask<{ accessEntries: string[] }>(work, eks.listAccessEntries(config));
  const { associations } = await ask<{ associations: { namespace: string; serviceAccount: string }[] }>(
    work,
    eks.listPodIdentities(config),
  );
  const { nodegroups } = eks.hasNodeGroups(config)
    ? await ask<{ nodegroups: string[] }>(work, eks.listNodeGroups(config))
    : { nodegroups: [] };
  const podIdentities = associations.map(({ namespace, serviceAccount }) => `${namespace}/${serviceAccount}`);
  return eks.missingPieces(config, { cluster, addons, accessEntries, podIdentities, nodeGroups: nodegroups }, file);
}
