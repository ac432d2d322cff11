import * as eks from '../bootstrap/eks.ts';
import * as objects from '../bootstrap/objects.ts';
import type { Cloud } from '../bootstrap/plan.ts';
import { planOf, toolsOf } from '../bootstrap/plan.ts';
import * as rights from '../bootstrap/rights.ts';
import type { Step } from '../bootstrap/step.ts';
import { checkTool } from '../bootstrap/tools.ts';
import { kubernetes } from '../model/kinds.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { bringArgoCd, bringCredential, bringPlatform } from './bootstrap-argo-cd.ts';
import { bringCluster } from './bootstrap-cluster.ts';
import { bringStack } from './bootstrap-stack.ts';
import { Interrupted, ToolError, versionOf } from './bootstrap-tool.ts';
import { ask, until, type Work } from './bootstrap-work.ts';

/**
 * Takes every step in turn. Nothing is written down: what is there says how far an earlier run came.
 * @throws {Refusal} naming the step, what failed in it, and how to go on
 */
export async function bootstrap(work: Work, again: string): Promise<void> {
  const steps = planOf(work.target);
  for (const [index, step] of steps.entries()) {
    const place = `${index + 1}/${steps.length}`;
    work.say(`${place}  ${step.title} …`);
    const start = performance.now();
    try {
      const done = await take(work, step);
      work.say(`${place}  ${step.title}: ${done} (${elapsed(performance.now() - start)})`);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw explained(error, `Step ${place}, ${step.title}`, again);
    }
  }
}

const elapsed = (milliseconds: number) =>
  milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)} s` : `${Math.round(milliseconds / 60_000)} min`;

function explained(error: Refusal, step: string, again: string): Refusal {
  const next =
    error instanceof Interrupted
      ? ` Nothing has to be cleaned up: ${again} goes on from here.`
      : error instanceof ToolError
        ? ` When that is put right, ${again} goes on from here.`
        : '';
  const Kind = error instanceof Misuse ? Misuse : Refusal;
  return new Kind(`${step}: ${error.message}${next}`, { cause: error });
}

async function take(work: Work, { id }: Step): Promise<string> {
  const { cloud } = work.target;
  switch (id) {
    case 'values':
      return checkValues(work);
    case 'tools':
      return checkTools(work);
    case 'files':
      return readFiles(work);
    case 'argo-cd':
      return bringArgoCd(work);
    case 'credential':
      return bringCredential(work);
    case 'platform':
      return bringPlatform(work);
  }
  if (!cloud) return checkServer(work);
  switch (id) {
    case 'identity':
      return checkIdentity(work, cloud);
    case 'rights':
      return checkRights(work, cloud);
    case 'cluster':
      await checkEntry(work, cloud);
      return bringCluster(work, cloud);
    case 'kubeconfig':
      return writeKubeconfig(work, cloud);
  }
  const stack = cloud.stacks.find(({ name }) => id === `stack ${name}`);
  if (!stack) throw new Error(`no step ${id}`);
  return bringStack(work, stack);
}

/** @throws {Misuse} naming every value of the example that is left */
export function refuseExamples(examples: readonly string[]): void {
  if (examples.length > 0)
    throw new Misuse(
      `${examples.length === 1 ? 'a value is' : `${examples.length} values are`} still the example's:\n${examples.map((one) => `  ${one}\n`).join('')}Put your own there, commit, and run this again.`,
    );
}

async function checkValues({ examples, token, say, target }: Work): Promise<string> {
  refuseExamples(examples);
  if (token === undefined)
    say(`  SLIPWAY_REPOSITORY_TOKEN is not set: ${target.cluster.name} must have the repository's Secret already`);
  return 'none is the example’s';
}

async function checkTools({ target, run }: Work): Promise<string> {
  const found: string[] = [];
  const wrong: string[] = [];
  for (const name of toolsOf(target)) {
    try {
      found.push(`${name} ${checkTool(name, await versionOf(name, run))}`);
    } catch (error) {
      if (!(error instanceof Refusal) || error instanceof Interrupted || error instanceof ToolError) throw error;
      wrong.push(error.message);
    }
  }
  if (wrong.length > 0) throw new Refusal(wrong.join('\n'));
  return found.join(', ');
}

/** All that is needed later is read now: nobody waits for a cluster to be told that a file is missing. */
async function readFiles(work: Work): Promise<string> {
  const { objects: part, where, examples } = await work.part();
  // A cluster that is there already need have nothing of AWS.
  if (work.target.cloud && examples.length > 0)
    throw new Misuse(
      `what was published last has values of the example:\n${examples.map((one) => `  ${one}\n`).join('')}Put your own into clusters/environments.ts and apps/, publish (and promote), and run this again.`,
    );
  const release = await work.release(part);
  objects.phasesOf(release, part, where);
  return `${part.length} objects of ${where}, ${release.length} of Argo CD ${work.target.argoCd.version}`;
}

async function checkIdentity(work: Work, cloud: Cloud): Promise<string> {
  const identity = await checkAccount(work, cloud);
  const { file, config } = cloud.eksctl;
  if (!rights.mayEnter(identity, config))
    work.say(`  it has no access entry in ${file}: it can make the stacks, and another one makes the cluster`);
  return identity.Arn;
}

/** @returns whoever runs this; @throws {Refusal} when that is in another account */
export async function checkAccount(
  work: Pick<Work, 'run' | 'target'>,
  { account, region }: Cloud,
): Promise<rights.Identity> {
  const identity = await ask<rights.Identity>(work, rights.whoAmI(region));
  if (identity.Account === account) return identity;
  throw new Refusal(
    `you are ${identity.Arn} in account ${identity.Account}, and ${work.target.cluster.name} belongs into ${account}. Sign in there (AWS_PROFILE names a profile), or correct aws.account of it in clusters/environments.ts.`,
  );
}

/** The roles that a cluster lets in are made by its stacks, so that somebody else made these, perhaps just now. */
async function checkEntry(work: Work, { region, eksctl: { file, config } }: Cloud): Promise<void> {
  const identity = await ask<rights.Identity>(work, rights.whoAmI(region));
  if (rights.mayEnter(identity, config)) return;
  const { accessConfig } = config as { accessConfig?: { accessEntries?: readonly { principalARN: string }[] } };
  const entries = accessConfig?.accessEntries?.map(({ principalARN }) => principalARN) ?? [];
  throw new Refusal(
    `${identity.Arn} is in no accessConfig.accessEntries of ${file}, so that it could make the cluster and not speak to it. Everything before is done. Take a role that is there (${entries.join(', ') || 'none is'}), or add yours and commit, and run this again.`,
  );
}

async function checkRights(work: Work, { region, rights: wanted }: Cloud): Promise<string> {
  if (wanted.length === 0) return 'none is asked for';
  const identity = await ask<rights.Identity>(work, rights.whoAmI(region));
  if (rights.isRoot(identity)) return 'this is the account itself, which may do everything; a role is better';
  const role = rights.roleOf(identity);
  const missing: rights.Right[] = [];
  try {
    const principal =
      role === undefined
        ? identity.Arn
        : (await ask<{ Role: { Arn: string } }>(work, rights.readRole(region, role))).Role.Arn;
    for (const question of rights.simulations(region, principal, wanted))
      missing.push(...rights.refusedBy(await ask(work, question)));
  } catch (error) {
    if (!(error instanceof ToolError) || !/AccessDenied|not authorized to perform: iam:/.test(error.said)) throw error;
    return 'not known: this identity may not simulate (iam:SimulatePrincipalPolicy); what is missing will be said where it is';
  }
  const asked = wanted.reduce((sum, { actions }) => sum + actions.length, 0);
  if (missing.length === 0) return `${asked} actions are allowed`;
  const said = missing.map(({ action, resource }) => `${action} on ${resource}`).join(', ');
  throw new Refusal(
    `${identity.Arn} lacks ${said}. Ask whoever runs account ${identity.Account}, then run this again.`,
  );
}

async function writeKubeconfig(work: Work, { kubeconfig, eksctl: { config } }: Cloud): Promise<string> {
  await work.run(eks.writeKubeconfig(config, kubeconfig));
  const server = await until(work, `The API server of ${config.metadata.name}`, async () => {
    try {
      return await ask<ServerVersion>(work, objects.serverVersion(work.target.way));
    } catch (error) {
      // Its name is known everywhere a while after the cluster is there.
      if (error instanceof ToolError && /no such host|Unable to connect|i\/o timeout/.test(error.said))
        return undefined;
      throw error;
    }
  });
  return `${kubeconfig}; the server is ${server.serverVersion?.gitVersion ?? 'of unknown version'}`;
}

interface ServerVersion {
  readonly serverVersion?: { readonly gitVersion: string; readonly major: string; readonly minor: string };
}

async function checkServer(work: Work): Promise<string> {
  const { serverVersion: server } = await ask<ServerVersion>(work, objects.serverVersion(work.target.way)).catch(
    (error: unknown) => {
      if (!(error instanceof ToolError)) throw error;
      throw new Refusal(
        `${error.message} Is ${work.target.way.at(-1)} a context of your kubeconfig (kubectl config get-contexts), and does its cluster run?`,
        { cause: error },
      );
    },
  );
  if (!server) throw new Refusal(`the cluster of ${work.target.way.join(' ')} does not tell its version.`);
  const version = `${server.major}.${server.minor.replace(/\D/g, '')}`;
  if (version !== kubernetes)
    work.say(
      `  it is Kubernetes ${version}; everything here is checked against ${kubernetes}, and may do otherwise there`,
    );
  return server.gitVersion;
}
