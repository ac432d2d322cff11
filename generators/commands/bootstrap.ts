import { randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { argoCdRelease, installation } from '../bootstrap/argo-cd.ts';
import { formatDifference } from '../bootstrap/drift.ts';
import { formatPlan, planOf, type Target } from '../bootstrap/plan.ts';
import { planPrefix } from '../bootstrap/stack.ts';
import type { Manifest } from '../model/manifest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { short } from '../model/words.ts';
import { type Changes, findChanges, formatChanges } from './bootstrap-changes.ts';
import { type Definitions, definitionsAt } from './bootstrap-definitions.ts';
import { describeDestroy } from './bootstrap-destroy.ts';
import { findDrift, type Looking } from './bootstrap-drift.ts';
import { bootstrap, refuseExamples } from './bootstrap-run.ts';
import { type PipelineRole, pipelineRoles, signIn } from './bootstrap-sign-in.ts';
import { paramsOf, readPart, readRelease } from './bootstrap-sources.ts';
import { examplesLeft, type Makers, targetOf } from './bootstrap-target.ts';
import { Interrupted, type RunTool, toolRunner } from './bootstrap-tool.ts';
import type { Pace, Work } from './bootstrap-work.ts';
import type { Context } from './context.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

export interface BootstrapRequest {
  readonly cluster: string;
  /** The commit whose definitions are meant. @default HEAD of the checkout */
  readonly dry?: string | undefined;
  /** The context of a kubeconfig where the cluster is already. */
  readonly context?: string | undefined;
  /** A file with Argo CD's manifest. @default it is fetched */
  readonly argoCd?: string | undefined;
}

/** What a bootstrap needs of the world, beside what every verb has. */
export interface BootstrapWorld {
  readonly run: RunTool;
  readonly signal: AbortSignal;
  readonly token: string | undefined;
  readonly agree: Work['agree'];
  readonly pace: Pace;
  /** What is made, for whoever has other files. @default that of this repository */
  readonly makers?: Makers | undefined;
  /** @default that of the pinned release */
  readonly installation?: ((...given: Parameters<typeof installation>) => readonly Manifest[]) | undefined;
}

/** What is asked for, read and checked; nothing was asked of any cluster. */
export interface Prepared {
  readonly dry: string;
  readonly definitions: Definitions;
  readonly target: Target;
  readonly examples: readonly string[];
}

/** @throws {Misuse} for a commit or cluster that cannot be meant */
export async function prepare(
  { checkout }: Pick<Context, 'checkout'>,
  { cluster, dry: name = 'HEAD', context }: BootstrapRequest,
  makers?: Makers,
): Promise<Prepared> {
  const dry = await checkout.commit(name);
  if (!dry) throw new Misuse(`--dry ${name} is not a commit of ${checkout.dir}; fetch it, or name another.`);
  const definitions = await definitionsAt(checkout, dry);
  const target = targetOf(definitions, cluster, context, makers);
  return { dry, definitions, target, examples: examplesLeft(definitions, target) };
}

/** What the steps need, from what was prepared. What takes time is read once, when a step first asks. */
export function workOf(context: Context, request: BootstrapRequest, prepared: Prepared, world: BootstrapWorld): Work {
  const { target, dry, definitions, examples } = prepared;
  let part: ReturnType<Work['part']> | undefined;
  let manifest: Promise<string> | undefined;
  return {
    target,
    run: world.run,
    signal: world.signal,
    agree: world.agree,
    pace: world.pace,
    token: world.token,
    say: context.say,
    examples,
    repository: definitions.path.repository,
    template: (file) => definitions.files.get(file) as string,
    part: () => (part ??= readPart(context, target, dry)),
    release: async (objects: readonly Manifest[]) => {
      manifest ??= readRelease(target, request.argoCd);
      return (world.installation ?? installation)(await manifest, { ha: target.ha, params: paramsOf(objects) });
    },
  };
}

/** What a person types to go on. */
export const again = ({ cluster, context, dry, argoCd }: BootstrapRequest): string =>
  [
    `npx slipway bootstrap ${cluster}`,
    ...(context === undefined ? [] : [`--context ${context}`]),
    ...(dry === undefined ? [] : [`--dry ${dry}`]),
    ...(argoCd === undefined ? [] : [`--argo-cd ${argoCd}`]),
  ].join(' ');

export async function run({ values, words: [cluster = ''] }: Asked): Promise<void> {
  const { dry, context: named, 'argo-cd': argoCd } = values as Readonly<Record<string, string | undefined>>;
  const asked = ['dry-run', 'eksctl', 'destroy', 'drift'].filter((option) => values[option]);
  if (asked.length > 1) throw new Misuse(`--${asked[0]} and --${asked[1]} are two questions: ask one of them.`);
  if (values.json && !values['dry-run'] && !values.drift)
    throw new Misuse('--json says what --dry-run or --drift would: give it with one of them.');
  if (values['change-sets'] && !values['dry-run'])
    throw new Misuse('--change-sets says what a run would change: give it with --dry-run.');
  const role = roleNamed(values.as);
  // Its folder is another one later.
  const manifest = argoCd === undefined ? undefined : resolve(argoCd);
  const request: BootstrapRequest = { cluster, dry, context: named, argoCd: manifest };
  const context = await contextOf(values);
  const prepared = await prepare(context, request);
  const { target } = prepared;
  const dirty = await context.checkout.text(['status', '--porcelain', '--', 'clusters']);
  if (dry === undefined && dirty !== '')
    context.say(`What is changed under clusters/ and not committed does not count: ${short(prepared.dry)} does.`);

  if (values.eksctl) return void process.stdout.write(inAws(target, '--eksctl').eksctl.text);
  if (values['dry-run'] && !values['change-sets']) return printPlan(prepared, { json: values.json === true });
  const stop = new AbortController();
  const interrupt = () => stop.abort(new Interrupted('it was stopped.'));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, interrupt);
  const signed = role === undefined ? undefined : await signIn(process.env, role, inAws(target, '--as'));
  try {
    const tool = toolRunner(signed?.env ?? process.env, stop.signal);
    if (values.destroy) {
      for (const line of await describeDestroy(tool, inAws(target, '--destroy'))) console.log(line);
      return;
    }
    if (target.cloud) await mkdir(dirname(join(context.checkout.dir, target.cloud.kubeconfig)), { recursive: true });
    // The kubeconfig's name is relative, as it is printed.
    process.chdir(context.checkout.dir);
    const work = workOf(context, request, prepared, {
      run: tool,
      signal: stop.signal,
      token: process.env.SLIPWAY_REPOSITORY_TOKEN || undefined,
      agree: values.yes ? async () => true : agreedOnTerminal(stop.signal),
      pace: { every: 10_000, atMost: 40 * 60_000 },
    });
    if (values.drift) return await printDrift(prepared, work, values.json === true);
    if (values['dry-run']) {
      refuseExamples(prepared.examples);
      const changes = await findChanges(work, `${planPrefix}${randomUUID()}`);
      return printPlan(prepared, { json: values.json === true, changes });
    }
    await bootstrap(work, again(request));
    console.log(
      `${cluster} is there, with Argo CD ${argoCdRelease.version}, and has what stands on env/${target.platform}.`,
    );
    if (target.cloud)
      console.log(`  kubectl --kubeconfig ${target.cloud.kubeconfig} get applications --all-namespaces`);
  } finally {
    await signed?.signOut();
  }
}

function roleNamed(said: Asked['values'][string]): PipelineRole | undefined {
  if (said === undefined) return undefined;
  const role = pipelineRoles.find((one) => one === said);
  if (role) return role;
  throw new Misuse(`--as ${said} is no role that a pipeline has: expected one of ${pipelineRoles.join(', ')}.`);
}

/** Every step with its commands, and, where somebody asked, what they would change. */
function printPlan(
  { dry, target, examples }: Prepared,
  { json, changes }: { readonly json: boolean; readonly changes?: Changes },
): void {
  const steps = planOf(target);
  if (json) {
    const cluster = target.cluster.name;
    console.log(JSON.stringify({ version: 1, cluster, dry, examples, changes, steps }, null, 2));
    return;
  }
  for (const line of [...(changes ? formatChanges(changes) : []), ...formatPlan(steps)]) console.log(line);
  for (const left of examples) console.log(`It would be refused: ${left}, which is the example's.`);
}

/** Drift is no fault of whoever asks, and no success either: exit code 3. */
async function printDrift({ dry, target, examples }: Prepared, work: Looking, json: boolean): Promise<void> {
  refuseExamples(examples);
  const differences = await findDrift(work);
  const { name } = target.cluster;
  if (json) console.log(JSON.stringify({ version: 1, cluster: name, dry, differences }, null, 2));
  else if (differences.length === 0) console.log(`${name} is as the files of ${short(dry)} say.`);
  else {
    console.log(
      `${name} is not as the files of ${short(dry)} say, in ${differences.length} ${differences.length === 1 ? 'place' : 'places'}:`,
    );
    for (const difference of differences) console.log(`  ${formatDifference(difference)}`);
    console.log(
      `npx slipway bootstrap ${name} adds what is missing; what no file has, and what somebody changed by hand, is put right where it was made, or written into the files.`,
    );
  }
  if (differences.length > 0) process.exitCode = 3;
}

function inAws({ cluster, cloud }: Target, option: string): NonNullable<Target['cloud']> {
  if (cloud) return cloud;
  throw new Misuse(`${option} is about what is in AWS, and ${cluster.name} has nothing there.`);
}

/** Asks whoever sits there; where nobody does, nobody agrees. */
const agreedOnTerminal =
  (signal: AbortSignal) =>
  async (question: string): Promise<boolean> => {
    if (!process.stdin.isTTY || !process.stderr.isTTY) return false;
    const terminal = createInterface({ input: process.stdin, output: process.stderr });
    try {
      return (await terminal.question(`${question} Do it? Type yes: `, { signal })).trim() === 'yes';
    } catch (error) {
      throw new Refusal('nobody answered.', { cause: error });
    } finally {
      terminal.close();
    }
  };
