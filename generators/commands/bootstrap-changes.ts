import type { Stack } from '../aws/stacks.ts';
import { type Difference, formatDifference } from '../bootstrap/drift.ts';
import * as formation from '../bootstrap/stack.ts';
import { Refusal } from '../model/refusal.ts';
import { clusterDrift, type Looking } from './bootstrap-drift.ts';
import { checkAccount } from './bootstrap-run.ts';
import { changeSetOf, statusOf } from './bootstrap-stack.ts';
import { until } from './bootstrap-work.ts';

/** What bootstrap would change in an account, by what is there. */
export interface Changes {
  readonly stacks: readonly {
    readonly name: string;
    /** It would be made; it would be changed; it would stay; nothing can be done with it as it stands. */
    readonly outcome: 'made' | 'changed' | 'unchanged' | 'stuck';
    readonly status?: string | undefined;
    readonly changes: readonly formation.Change[];
  }[];
  readonly cluster: readonly Difference[];
}

/**
 * What bootstrap would change: stacks by change sets that are made, read, and deleted again, and the cluster by
 * comparing it with its file. Nothing is executed.
 * @param name of the change sets, which no other run has at the same time
 */
export async function findChanges(work: Looking, name: string): Promise<Changes> {
  const { cloud } = work.target;
  if (!cloud) return { stacks: [], cluster: [] };
  await checkAccount(work, cloud);
  const stacks: Changes['stacks'][number][] = [];
  for (const stack of cloud.stacks) {
    work.say(`stack ${stack.name} …`);
    stacks.push(await changesOfStack(work, stack, name));
  }
  return { stacks, cluster: (await clusterDrift(work, cloud)).differences };
}

async function changesOfStack(work: Looking, stack: Stack, name: string): Promise<Changes['stacks'][number]> {
  const status = await statusOf(work, stack.region, stack.name);
  const standing = formation.standingOf(status);
  // A change set would make the stack, too, with nothing in it.
  if (standing === 'absent' || standing === 'reviewed' || standing === 'empty')
    return { name: stack.name, outcome: 'made', changes: [] };
  if (standing !== 'there') return { name: stack.name, outcome: 'stuck', status, changes: [] };
  await work.run(formation.createChangeSet(stack, 'UPDATE', name), work.template(stack.file));
  try {
    const set = await until(work, `The change set of ${stack.name}`, async () => {
      const found = await changeSetOf(work, stack.region, stack.name, name);
      return found?.Status === 'CREATE_COMPLETE' || found?.Status === 'FAILED' ? found : undefined;
    });
    if (formation.saysNothing(set)) return { name: stack.name, outcome: 'unchanged', changes: [] };
    if (set.Status === 'FAILED')
      throw new Refusal(`CloudFormation does not take ${stack.file}: ${set.StatusReason ?? 'it does not say why'}.`);
    return { name: stack.name, outcome: 'changed', changes: formation.changesOf(set) };
  } finally {
    await work.run(formation.deleteChangeSet(stack.region, stack.name, name));
  }
}

/** As people read it, with what would be lost first. */
export function formatChanges({ stacks, cluster }: Changes): string[] {
  const lost = stacks.flatMap(({ name, changes }) =>
    formation.losses(changes).map((change) => `  stack ${name}: ${formation.formatChange(change)}`),
  );
  return [
    ...(lost.length > 0 ? ['It would LOSE what these hold, and asks before it does:', ...lost, ''] : []),
    'What would be changed, by what is there:',
    '',
    ...stacks.flatMap(({ name, outcome, status, changes }) => [
      `  stack ${name}: ${outcome === 'made' ? 'would be made' : outcome === 'stuck' ? `is ${status}` : outcome}`,
      ...changes.map((change) => `    ${formation.formatChange(change)}`),
    ]),
    `  cluster: ${cluster.length === 0 ? 'unchanged' : `${cluster.length} ${cluster.length === 1 ? 'difference' : 'differences'}`}`,
    ...cluster.map((difference) => `    ${formatDifference(difference)}`),
    '',
  ];
}
