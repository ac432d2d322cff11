import type { Stack } from '../aws/stacks.ts';
import * as formation from '../bootstrap/stack.ts';
import { Refusal } from '../model/refusal.ts';
import { ToolError } from './bootstrap-tool.ts';
import { ask, until, type Work } from './bootstrap-work.ts';

type ChangeSet = formation.ChangeSet;

/** Brings a stack to what its template says, by a change set. @returns what was done */
export async function bringStack(work: Work, stack: Stack): Promise<string> {
  const { name, region } = stack;
  let status = await settled(work, region, name);
  if (formation.standingOf(status) === 'broken') {
    const why = formation.firstFailure(await ask(work, formation.stackEvents(region, name)));
    throw new Refusal(
      `The stack ${name} is ${status}${why ? ` (${why})` : ''}. Put it right where CloudFormation shows it (${console_(region)}), then run this again.`,
    );
  }
  if (formation.standingOf(status) === 'empty') {
    work.say(`${name} is ${status}: its creation failed, and nothing of it is there. It is deleted and made anew.`);
    await work.run(formation.deleteStack(region, name));
    status = await until(work, `Deleting ${name}`, async () => {
      const now = await statusOf(work, region, name);
      return formation.standingOf(now) === 'absent' ? 'DELETE_COMPLETE' : undefined;
    });
  }
  await dropChangeSet(work, region, name);
  const fresh = ['absent', 'reviewed'].includes(formation.standingOf(status));
  const command = formation.createChangeSet(stack, fresh ? 'CREATE' : 'UPDATE');
  await work.run(command, work.template(stack.file));
  const set = await until(work, `The change set of ${name}`, async () => {
    const found = await changeSetOf(work, region, name);
    return found?.Status === 'CREATE_COMPLETE' || found?.Status === 'FAILED' ? found : undefined;
  });
  if (formation.saysNothing(set)) {
    await work.run(formation.deleteChangeSet(region, name));
    await sayOutputs(work, region, name);
    return 'unchanged';
  }
  if (set.Status === 'FAILED') {
    await work.run(formation.deleteChangeSet(region, name));
    throw new Refusal(`CloudFormation does not take ${stack.file}: ${set.StatusReason ?? 'it does not say why'}.`);
  }
  await agreed(work, region, name, formation.changesOf(set));
  await work.run(formation.executeChangeSet(region, name));
  let said: string | undefined;
  const ended = await until(work, `The stack ${name}`, async () => {
    const now = await statusOf(work, region, name);
    if (now !== said) work.say(`  ${name} is ${now ?? 'gone'} …`);
    said = now;
    if (['busy', 'reviewed'].includes(formation.standingOf(now))) return undefined;
    // For a moment, the stack stands as before.
    const { ExecutionStatus = 'EXECUTE_COMPLETE' } = (await changeSetOf(work, region, name)) ?? {};
    return /^EXECUTE_(COMPLETE|FAILED)$|^OBSOLETE$/.test(ExecutionStatus) ? (now ?? 'gone') : undefined;
  });
  if (formation.isWhole(ended)) {
    await sayOutputs(work, region, name);
    return fresh ? 'created' : 'updated';
  }
  const why = formation.firstFailure(await ask(work, formation.stackEvents(region, name)));
  throw new Refusal(
    `The stack ${name} is ${ended}${why ? `: ${why}` : ''}. Correct ${stack.file}, commit it, and run this again.`,
  );
}

/** What people do next may need them: to delegate a domain, its name servers. */
async function sayOutputs(work: Work, region: string, name: string): Promise<void> {
  for (const { OutputKey, OutputValue } of (await described(work, region, name))?.Outputs ?? [])
    work.say(`  ${OutputKey}: ${OutputValue}`);
}

const console_ = (region: string) => `https://${region}.console.aws.amazon.com/cloudformation`;

/** Says what a change set does, and asks where something would be lost. @throws {Refusal} when nobody agrees */
async function agreed(work: Work, region: string, name: string, changes: readonly formation.Change[]): Promise<void> {
  for (const change of changes) work.say(`  ${formation.formatChange(change)}`);
  const lost = formation.losses(changes);
  if (lost.length === 0) return;
  const said = lost.map(formation.formatChange).join('; ');
  if (await work.agree(`The stack ${name} would lose what these hold: ${said}.`)) return;
  await work.run(formation.deleteChangeSet(region, name));
  throw new Refusal(
    `The stack ${name} would lose what these hold: ${said}. Nothing was changed. Where that is meant, run this again with --yes.`,
  );
}

/** How a stack stands, once nobody works on it. */
async function settled(work: Work, region: string, name: string): Promise<string | undefined> {
  const found = await until(work, `What goes on in the stack ${name}`, async () => {
    const status = await statusOf(work, region, name);
    if (formation.standingOf(status) !== 'busy') return { status };
    work.say(`${name} is ${status}: waiting …`);
    return undefined;
  });
  return found.status;
}

/** What asks a stack. */
type Asking = Pick<Work, 'run'>;

export const statusOf = async (work: Asking, region: string, name: string): Promise<string | undefined> =>
  (await described(work, region, name))?.StackStatus;

interface Described {
  readonly StackStatus: string;
  readonly Parameters?: readonly { readonly ParameterKey: string; readonly ParameterValue: string }[];
  readonly Outputs?: readonly { readonly OutputKey: string; readonly OutputValue: string }[];
}

/** A stack; undefined where there is none of this name. */
export async function described(work: Asking, region: string, name: string): Promise<Described | undefined> {
  const command = formation.describeStack(region, name);
  return (await unless(/does not exist/, ask<{ Stacks: Described[] }>(work, command)))?.Stacks[0];
}

export const changeSetOf = (work: Asking, region: string, name: string, set?: string): Promise<ChangeSet | undefined> =>
  unless(/ChangeSetNotFound|does not exist/, ask<ChangeSet>(work, formation.describeChangeSet(region, name, set)));

/** Takes away what an earlier run left. */
async function dropChangeSet(work: Work, region: string, name: string): Promise<void> {
  const left = await changeSetOf(work, region, name);
  if (!left) return;
  await until(work, `The change set of an earlier run of ${name}`, async () => {
    const found = await changeSetOf(work, region, name);
    if (!found) return true;
    if (!/_(PENDING|IN_PROGRESS)$/.test(found.Status)) await work.run(formation.deleteChangeSet(region, name));
    return (await changeSetOf(work, region, name)) === undefined ? true : undefined;
  });
}

/** What was asked for, or undefined where the tool said that there is none. */
export async function unless<T>(absent: RegExp, asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof ToolError && absent.test(error.said)) return undefined;
    throw error;
  }
}
