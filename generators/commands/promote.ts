import type { Forge, MergeRequest } from '../forge/forge.ts';
import { entriesOf, readEnvironment, readRendered } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readPublished } from '../git/published.ts';
import { push } from '../git/push.ts';
import { writeCommits } from '../git/write.ts';
import { type Answer, type Live, liveAnswer } from '../model/gate.ts';
import type { Metadata, Stage } from '../model/metadata.ts';
import { applicationFile, environmentBranch, head, pipelineFile, proposalBranch, rendered } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { type Item, type RequestText, requestText } from '../model/request.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import { type Chain, chain } from './chain.ts';
import { attempts, backoff, type Context } from './context.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

export interface PromoteRequest {
  /** Only onto this environment. @default every environment that comes after another */
  readonly to?: string | undefined;
  /** Say what would happen; move no branch and ask the forge for nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface Promotion {
  readonly environment: string;
  readonly source: string;
  readonly outcome: 'opened' | 'updated' | 'unchanged' | 'proposed' | 'closed' | 'nothing';
  readonly request?: MergeRequest | undefined;
  /** What the request does, one line per app: `counter 1.0.3 → 1.0.4`. */
  readonly moves: readonly string[];
  /** What is left alone, and why. */
  readonly left: readonly string[];
}

/**
 * Makes the forge agree with the promotion table: one request per environment with every app that is older than what
 * its source vouches for. It has no state of its own; anybody may run it at any time, and twice at once.
 * @throws {Misuse} for an environment that cannot be promoted to
 */
export async function promote(context: Context, request: PromoteRequest): Promise<Promotion[]> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const stages = await stagesOf(mirror);
    const promotions: Promotion[] = [];
    for (const stage of targets(stages, request.to))
      promotions.push(await settle(context, mirror, stages, stage, request.dryRun ?? false));
    return promotions;
  } finally {
    await mirror.close();
  }
}

/** The path as it was published last. @throws {Refusal} when nothing was */
export async function stagesOf(mirror: Mirror): Promise<readonly Stage[]> {
  for await (const { environments } of readPublished(mirror, mirror.refs.get(head(rendered)))) return environments;
  throw new Refusal(`Nothing was published at ${mirror.address} yet: run slipway publish.`);
}

function targets(stages: readonly Stage[], to: string | undefined): readonly Stage[] {
  if (to === undefined) return stages.filter(({ after }) => after !== undefined);
  const found = stages.find(({ name }) => name === to);
  if (!found)
    throw new Misuse(`--to ${to}: not an environment; known are ${stages.map(({ name }) => name).join(', ')}.`);
  if (!found.after)
    throw new Misuse(`--to ${to}: it comes first and takes what is published; promote to one of those behind it.`);
  return [found];
}

async function settle(
  context: Context,
  mirror: Mirror,
  stages: readonly Stage[],
  stage: Stage,
  dryRun: boolean,
): Promise<Promotion> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const result = await reconcile(context, mirror, stages, stage, dryRun);
    if (result !== 'stale') return result;
    await backoff(attempt);
    await mirror.fetch();
  }
  throw new Refusal(`${environmentBranch(stage.name)} moved ${attempts} times while this ran; run it again.`);
}

async function reconcile(
  context: Context,
  mirror: Mirror,
  stages: readonly Stage[],
  stage: Stage,
  dryRun: boolean,
): Promise<Promotion | 'stale'> {
  const { name: environment, after: source = '' } = stage;
  const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
  const target = await environmentAt(mirror, environment);
  const sourceHistory = await environmentAt(mirror, source);
  if (!target)
    return {
      environment,
      source,
      outcome: 'nothing',
      moves: [],
      left: [`${environmentBranch(environment)} does not exist yet: run slipway publish`],
    };

  const steps = plan({
    rendered: history,
    environment,
    target,
    source: { environment: source, history: sourceHistory },
  });
  const older = steps.filter(({ state }) => state.is === 'older');
  const answers = await ask(context, mirror, stages.find(({ name }) => name === source) as Stage, older);
  const ready = older.filter(({ name }) => (answers.get(name) ?? []).every(({ agrees }) => agrees));
  const left = steps.flatMap((step) => leftOut(step, environment, answers.get(step.name) ?? []));

  const composed = await chain(mirror, { environment, target, steps: ready });
  const items = await itemsOf(mirror, ready, composed, answers);
  const text = requestText(environment, source, items, left);
  return propose(context, mirror, { environment, source, target, composed, text, left, dryRun });
}

async function environmentAt(mirror: Mirror, environment: string): Promise<EnvironmentHistory | undefined> {
  const tip = mirror.refs.get(head(environmentBranch(environment)));
  return tip === undefined ? undefined : readEnvironment(mirror.git, tip);
}

/** Every gate's answer for every app that would move. No gate agrees; a gate that cannot be asked does not. */
async function ask(
  context: Context,
  mirror: Mirror,
  source: Stage,
  steps: readonly Step[],
): Promise<Map<string, Answer[]>> {
  const answers = new Map<string, Answer[]>();
  const apps = steps.filter(({ name }) => name !== pipelineFile);
  if (!context.live || apps.length === 0) return answers;
  let live: readonly Live[];
  try {
    live = await context.live(source.name);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const { name } of apps) answers.set(name, [{ agrees: false, evidence: error.message }]);
    return answers;
  }
  for (const { name, offer } of apps) {
    if (offer.part === undefined) continue;
    const found = live.find(({ app }) => app === name);
    const question = {
      environment: source.name,
      app: name,
      part: offer.vouched ?? '',
      removed: !offer.vouched || !(await entriesOf(mirror.git, offer.vouched)).has(applicationFile),
    };
    answers.set(name, [
      liveAnswer(
        question,
        found,
        await partAt(mirror, found?.revision, name),
        context.soakless ? 0 : source.soak,
        context.now(),
      ),
    ]);
  }
  return answers;
}

/** What stood under `name` in a commit that somebody else named. */
async function partAt({ git }: Mirror, revision: string | undefined, name: string): Promise<string | undefined> {
  if (!revision || !/^[0-9a-f]{40,64}$/.test(revision) || !(await git.commit(revision))) return undefined;
  return (await entriesOf(git, revision)).get(name)?.id;
}

/** One line for what a request leaves alone; nothing for what is as it should be. */
function leftOut({ name, state, offer }: Step, environment: string, answers: readonly Answer[]): string[] {
  switch (state.is) {
    case 'held':
      return [
        `${name} is held in ${environment}: a later part stood there and somebody went back; revert the revert to lift the hold`,
      ];
    case 'edited':
      return [`${name} was edited by hand in ${environment} and is frozen: revert the edit to thaw it`];
    case 'newer':
      return [`${name} is newer in ${environment} than in its source: it stays`];
    case 'none':
      return offer.part === undefined ? [`${name} is not offered: ${offer.why}`] : [];
    case 'older':
      return answers.filter(({ agrees }) => !agrees).map(({ evidence }) => `${name} waits: ${evidence}`);
    case 'equal':
      return state.heldBelow ? [`${name} is held in ${environment}, and its source runs the same part`] : [];
  }
}

async function itemsOf(
  mirror: Mirror,
  steps: readonly Step[],
  { from, to }: Chain,
  answers: Map<string, Answer[]>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (const { name } of steps) {
    const [before, after] = [from.get(name), to.get(name)];
    items.push({
      name,
      from: before,
      to: after,
      evidence: answers.get(name) ?? [],
      commits: await commitsBetween(mirror, name, before, after),
    });
  }
  return items;
}

/** The commits of `main` that made the difference: those that touched the app, what renders it, or what it is built from. */
async function commitsBetween(
  { git }: Mirror,
  app: string,
  from: Metadata | undefined,
  to: Metadata | undefined,
): Promise<Item['commits']> {
  if (!from || !to || !(await git.commit(from.drySha)) || !(await git.commit(to.drySha))) return [];
  const folders = ['apps', 'clusters', 'generators'].filter((folder) => folder !== 'apps').concat(`apps/${app}`);
  const format = '--format=%H%x00%aN%x00%s';
  const own = await git.lines(['log', '--first-parent', format, `${from.drySha}..${to.drySha}`, '--', ...folders]);
  const built =
    to.commit && from.commit !== to.commit
      ? await git.lines(['log', '--first-parent', format, `${from.commit}..${to.commit}`])
      : [];
  return [...new Set([...built, ...own])].map((line) => {
    const [sha = '', author = '', subject = ''] = line.split('\0');
    return { sha, author, subject };
  });
}

interface Proposing {
  readonly environment: string;
  readonly source: string;
  readonly target: EnvironmentHistory;
  readonly composed: Chain;
  readonly text: RequestText;
  readonly left: readonly string[];
  readonly dryRun: boolean;
}

/** Makes the proposal branch and its request what they should be; what is so already is not touched. */
async function propose(context: Context, mirror: Mirror, proposing: Proposing): Promise<Promotion | 'stale'> {
  const { environment, source, target, composed, text, left, dryRun } = proposing;
  const { forge } = context;
  const branch = proposalBranch(environment);
  const base = { environment, source, moves: composed.moves, left };

  if (composed.commits.length === 0) {
    const open = dryRun ? undefined : await forge?.find(branch, environmentBranch(environment));
    if (!open) return { ...base, outcome: 'nothing' };
    return { ...base, outcome: 'closed', request: await forge?.close(open.iid) };
  }
  if (dryRun) return { ...base, outcome: 'proposed' };

  const there = mirror.refs.get(head(branch));
  const written = await writeCommits(mirror.git, target.tip, composed.commits, context.now());
  const tip = written.at(-1) as string;
  const same = there !== undefined && (await sameProposal(mirror, there, tip, target.tip));
  if (!same && (await push(mirror, [{ ref: head(branch), from: there, to: tip }])) === 'stale') return 'stale';
  if (!forge) return { ...base, outcome: same ? 'unchanged' : 'proposed' };
  return { ...base, ...(await request(forge, branch, environmentBranch(environment), text, same)) };
}

/** Whether the branch already holds these parts on this tip, commit by commit: then it keeps its reviews. */
async function sameProposal({ git }: Mirror, there: string, tip: string, base: string): Promise<boolean> {
  if (!(await git.isAncestor(base, there))) return false;
  const [a, b] = await Promise.all(
    [there, tip].map((commit) => git.lines(['log', '--format=%T', `${base}..${commit}`])),
  );
  return a?.join() === b?.join();
}

async function request(forge: Forge, source: string, target: string, text: RequestText, same: boolean) {
  const found = await forge.find(source, target);
  if (!found) return { outcome: 'opened' as const, request: await forge.open({ source, target, ...text }) };
  if (found.title === text.title && found.body.trim() === text.body.trim())
    return { outcome: same ? ('unchanged' as const) : ('updated' as const), request: found };
  return { outcome: 'updated' as const, request: await forge.update(found.iid, text) };
}

/** What a person reads after a promotion run, one line each. */
export function describe(promotions: readonly Promotion[], dryRun: boolean): string[] {
  return promotions.flatMap(({ environment, outcome, request, moves, left }) => [
    outcome === 'nothing'
      ? `${environment}: nothing to promote`
      : `${environment}: ${dryRun ? 'would propose' : outcome}${request ? ` merge request !${request.iid} ${request.url}` : ''}${moves.length ? `: ${moves.join(', ')}` : ''}`,
    ...left.map((line) => `  ${line}`),
  ]);
}

export async function run({ values }: Asked): Promise<void> {
  const context = await contextOf(values);
  const dryRun = values['dry-run'] === true;
  const promotions = await promote(context, { to: values.to as string | undefined, dryRun });
  if (values.json) console.log(JSON.stringify(promotions, null, 2));
  else {
    if (!context.live) context.say('No gate is asked: ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set.');
    if (!context.forge)
      context.say('No request is opened: SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID are not set.');
    for (const line of describe(promotions, dryRun)) console.log(line);
  }
}
