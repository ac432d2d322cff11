import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Git } from '../git/git.ts';
import { type Kubernetes, openKubernetes } from '../live/kubernetes.ts';
import type { Manifest } from '../model/manifest.ts';
import { environmentBranch } from '../model/names.ts';
import { wayBack } from '../model/pause.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { hookOf, inSyncOrder } from '../model/sync-order.ts';
import { quote, short } from '../model/words.ts';
import { argoCd, idOf, Objects, type Outcome } from './apply-objects.ts';
import { findPart, irreversibleSince, type PartRequest, standingOf } from './apply-part.ts';
import { pause, readApplication, resume, whoAsks } from './apply-pause.ts';
import { checkoutHere, say } from './checkout.ts';
import type { Asked } from './main.ts';

/** All that breaking the glass needs of the world. */
export interface Emergency {
  /** The clone that the command was called in. */
  readonly clone: Git;
  readonly kubernetes: Kubernetes;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** One line of progress, for people. */
  readonly say: (line: string) => void;
}

export interface ApplyRequest extends PartRequest {
  readonly dryRun?: boolean;
  readonly reason?: string | undefined;
  /** Also a part that this clone cannot prove. */
  readonly unproven?: boolean;
  /** Also past a migration that cannot be undone. */
  readonly pastMigrations?: boolean;
  /** Not as Argo CD, but as the user of the kubeconfig. */
  readonly asMyself?: boolean;
}

export interface ApplyResult {
  readonly environment: string;
  readonly app: string;
  readonly from: string;
  readonly part: string;
  readonly dryRun: boolean;
  /** Whether it came to applying; before that, nothing is changed. */
  readonly begun: boolean;
  /** Whether Argo CD leaves the app alone now; `absent` where it has no such Application. */
  readonly application: 'paused' | 'running' | 'absent';
  readonly objects: readonly Outcome[];
  /** Objects that Argo CD would run as hooks; they were not run. */
  readonly hooks: readonly string[];
  /** What stands in the cluster for the app and not in the part; it stays. */
  readonly left: readonly string[];
  readonly notes: readonly string[];
  readonly wayBack: readonly string[];
}

/**
 * Applies one app's part from the clone to a cluster, when what normally does it is down: no forge, no registry and no
 * Argo CD is asked. The server is asked first whether it takes every object; then Argo CD is told to leave the app alone,
 * and only then is anything applied. It may be run again at any time, and finishes what was cut off.
 * @throws {Misuse} for a commit that holds no such part
 * @throws {Refusal} when the part is not proven, or the server cannot be asked
 */
export async function apply(emergency: Emergency, request: ApplyRequest): Promise<ApplyResult> {
  const { clone, kubernetes, now, say } = emergency;
  const { environment, app, dryRun = false, unproven = false, asMyself = false } = request;
  const found = await findPart(clone, request);
  if (found.doubt && !unproven)
    throw new Refusal(
      `${environment}/${app} at ${short(found.from)} cannot be proven: ${found.doubt}. Look at it (git show ${short(found.from)}), and say --unproven if it must run all the same.`,
    );
  const standing = await standingOf(clone, environment, app);
  const past = standing?.part ? await irreversibleSince(clone, found.owner, found.part, standing.part) : [];
  if (past.length > 0 && !request.pastMigrations)
    throw new Refusal(
      `${environment}/${app} at ${short(found.from)} is from before ${past.join(', ')}, whose migration cannot be undone: it cannot run on what that left. Go forward with a fix, or say --past-migrations if you know that it can.`,
    );
  const hooks = found.manifests.filter((manifest) => hookOf(manifest) !== undefined);
  const manifests = inSyncOrder(found.manifests.filter((manifest) => hookOf(manifest) === undefined));
  const objects = new Objects(kubernetes, found.owner, asMyself ? undefined : argoCd);
  const before = await readApplication(kubernetes, environment, app);

  const would = await objects.wouldApply(manifests);
  const refused = would.some(({ outcome }) => outcome === 'refused');
  const notes = found.doubt ? [`not proven: ${found.doubt}`] : [];
  const result = async (outcomes: readonly Outcome[], begun: boolean): Promise<ApplyResult> => ({
    ...{ environment, app, from: found.from, part: found.part, dryRun, begun },
    application: before === undefined ? 'absent' : begun || before.paused ? 'paused' : 'running',
    objects: outcomes,
    hooks: hooks.map(idOf),
    left: await orNoted(objects.leftBehind(found.manifests), notes, []),
    notes,
    wayBack: wayBack(environment, app, found, {
      agrees: standing?.part === found.part,
      hasArgoCD: before !== undefined,
    }),
  });
  // One that is refused would leave the app half one part and half another.
  if (dryRun || refused) return result(would, false);

  if (before) {
    const at = new Date(now()).toISOString();
    const { from, part } = found;
    const by = await whoAsks(kubernetes);
    await pause(kubernetes, environment, app, { by, at, from, part, reason: request.reason });
    say(`paused: Application argocd-${environment}/${app}`);
    if (before.syncing) notes.push('a sync was under way, and stops where it is');
  } else say(`No Application argocd-${environment}/${app} in the cluster: nothing is paused.`);

  const outcomes = await applyAll(objects, manifests, say);
  // What was in Argo CD's queue already is done all the same: it looks at the annotation when something happens.
  const after = before && (await orNoted(readApplication(kubernetes, environment, app), notes, before));
  if (after && after.began !== before?.began)
    notes.push(`Argo CD began a sync at ${after.began}, which was queued before the pause: run this again`);
  return result(outcomes, true);
}

/** What is asked at the end must not hide what was done: where it cannot be had, a note says so. */
async function orNoted<T>(asked: Promise<T>, notes: string[], otherwise: T): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    notes.push(error.message);
    return otherwise;
  }
}

/** Applies one after the other, and stops where one is refused: what comes later may need it. */
async function applyAll(objects: Objects, manifests: readonly Manifest[], say: Emergency['say']): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const manifest of manifests) {
    const stopped = outcomes.some(({ outcome }) => outcome === 'refused');
    const outcome: Outcome = stopped
      ? { object: idOf(manifest), outcome: 'not applied' }
      : await applyOne(objects, manifest).catch((error: Error) => {
          if (!(error instanceof Refusal)) throw error;
          return { object: idOf(manifest), outcome: 'refused', says: error.message };
        });
    if (!stopped) say(lineOf(outcome));
    outcomes.push(outcome);
  }
  return outcomes;
}

/** A kind that the part itself brings is served a moment after it was defined. */
async function applyOne(objects: Objects, manifest: Manifest): Promise<Outcome> {
  for (let left = 20; ; left--) {
    const outcome = await objects.apply(manifest);
    if (left === 0 || !outcome.says?.includes('does not serve')) return outcome;
    await sleep(500);
  }
}

export interface ResumeRequest {
  readonly environment: string;
  readonly app: string;
  /** Although the branch says something else. */
  readonly yes?: boolean;
  readonly dryRun?: boolean;
}

export interface ResumeResult {
  readonly environment: string;
  readonly app: string;
  readonly outcome: 'resumed' | 'unchanged';
  readonly notes: readonly string[];
}

/**
 * Has Argo CD go on with an app.
 * @throws {Refusal} where it would put back something else than what was applied, unless that is wanted
 */
export async function goOn(emergency: Emergency, request: ResumeRequest): Promise<ResumeResult> {
  const { clone, kubernetes } = emergency;
  const { environment, app, yes = false, dryRun = false } = request;
  const before = await readApplication(kubernetes, environment, app);
  if (!before)
    throw new Refusal(
      `${kubernetes.server} (context ${kubernetes.context}) has no Application argocd-${environment}/${app}: there is nothing to resume.`,
    );
  if (!before.paused) return { environment, app, outcome: 'unchanged', notes: [] };
  const standing = await standingOf(clone, environment, app);
  const branch = environmentBranch(environment);
  const has = standing
    ? `${branch} at ${short(standing.tip)} (${standing.ref}) has ${standing.part ? `part ${short(standing.part)}` : `no ${app} at all, and Argo CD would remove it`}`
    : `this clone has no ${branch}`;
  const doubt = !before.applied
    ? `somebody paused it otherwise, and ${has}`
    : before.applied.part === standing?.part
      ? undefined
      : `part ${short(before.applied.part)} was applied, and ${has}`;
  if (doubt && !yes)
    throw new Refusal(
      `Argo CD would put back what the branch says: ${doubt}. Bring the branch to it and git fetch, or say --yes.`,
    );
  if (!dryRun) await resume(kubernetes, environment, app);
  return { environment, app, outcome: 'resumed', notes: [...(doubt ? [doubt] : [has])] };
}

const lineOf = ({ object, outcome, says }: Outcome) => `${outcome}: ${object}${says ? `: ${quote(says, 600)}` : ''}`;

/** What a person reads, a line each. */
export function describe(result: ApplyResult): string[] {
  const { environment, app, from, part, dryRun, begun, application, objects, hooks, left, notes } = result;
  const counts = Map.groupBy(objects, ({ outcome }) => outcome);
  const refused = counts.has('refused');
  const stands = begun
    ? `Some of it was applied${application === 'paused' ? ', and Argo CD stays paused' : ''}`
    : 'Nothing was applied';
  return [
    `${environment}/${app} from ${short(from)} (part ${short(part)})${dryRun ? ', as it would be' : ''}:`,
    ...objects.map((one) => `  ${lineOf(one)}`),
    `  ${[...counts].map(([outcome, list]) => `${list.length} ${outcome}`).join(', ') || 'no objects'}`,
    ...hooks.map(
      (id) => `  NOT RUN: ${id} is a hook, and what a migration does has no way back; run it by hand if it must run`,
    ),
    ...left.map((id) => `  left behind: ${id} is not in the part, and stays`),
    ...notes.map((note) => `  note: ${note}`),
    ...(application === 'absent' ? [`  note: there is no Application argocd-${environment}/${app} to pause`] : []),
    ...(refused && !dryRun ? [`${stands}: mend what was refused, and run the same again.`] : []),
    ...(begun ? ['The way back:', ...result.wayBack.map((line) => `  ${line}`)] : []),
  ];
}

export async function run({ values }: Asked): Promise<void> {
  const { env: environment, app, from, kubeconfig, context, reason } = values as Partial<Record<string, string>>;
  const flag = (name: string) => values[name] === true;
  if (environment === undefined || app === undefined) throw new Misuse('slipway apply wants --env E and --app A.');
  if (flag('resume') === (from !== undefined))
    throw new Misuse('slipway apply wants --from COMMIT, or --resume when all is well again, and not both.');
  if (flag('yes') && !flag('resume')) throw new Misuse('--yes goes with --resume.');
  for (const name of ['unproven', 'past-migrations', 'as-myself', 'reason'])
    if (values[name] !== undefined && from === undefined) throw new Misuse(`--${name} goes with --from COMMIT.`);
  const clone = await checkoutHere();
  // What is asked for wrongly is said before any credential is asked for.
  if (from !== undefined) await findPart(clone, { environment, app, from });
  const kubernetes = await openKubernetes({
    kubeconfigs: kubeconfigsOf(kubeconfig, process.env),
    context,
    env: process.env,
    now: Date.now,
  });
  const emergency: Emergency = { clone, kubernetes, now: Date.now, say };
  const dryRun = flag('dry-run');
  try {
    say(`context ${kubernetes.context}, ${kubernetes.server}`);
    if (from === undefined) {
      const result = await goOn(emergency, { environment, app, yes: flag('yes'), dryRun });
      const line = `${dryRun ? 'would be ' : ''}${result.outcome}: Application argocd-${environment}/${app}`;
      print(values, result, [line, ...result.notes.map((note) => `  note: ${note}`)]);
      return;
    }
    const result = await apply(emergency, {
      ...{ environment, app, from, reason, dryRun },
      unproven: flag('unproven'),
      pastMigrations: flag('past-migrations'),
      asMyself: flag('as-myself'),
    });
    print(values, result, describe(result));
    if (result.objects.some(({ outcome }) => outcome === 'refused')) process.exitCode = 1;
  } finally {
    kubernetes.close();
  }
}

function print(values: Asked['values'], result: ApplyResult | ResumeResult, lines: readonly string[]): void {
  if (values.json) console.log(JSON.stringify({ version: 1, ...result }, null, 2));
  else for (const line of lines) console.log(line);
}

/** Where kubectl looks: https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/ */
const kubeconfigsOf = (named: string | undefined, { KUBECONFIG }: NodeJS.ProcessEnv): string[] => {
  const listed = (KUBECONFIG ?? '').split(delimiter).filter((path) => path !== '');
  return named ? [named] : listed.length > 0 ? listed : [join(homedir(), '.kube', 'config')];
};
