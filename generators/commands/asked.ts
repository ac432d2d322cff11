import type { MergeRequest } from '../forge/forge.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Answer, Live, Vouching } from '../model/gate.ts';
import { isDraft } from '../model/marked.ts';
import type { Stage } from '../model/metadata.ts';
import { environmentBranch } from '../model/names.ts';
import { instead } from '../model/nearest.ts';
import type { Opened, Overview } from '../model/overview.ts';
import { Misuse } from '../model/refusal.ts';
import { type GateWord, nothing, type Proposed, type Row } from '../model/row.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import type { Context } from './context.ts';
import { openedOnto, orSaid, type Proposing, proposalsIn } from './proposed.ts';
import type { Standing, Survey } from './survey.ts';

/** What a person wants to know about. */
export interface Question {
  /** @default every environment */
  readonly environment?: string | undefined;
  /** @default every app */
  readonly app?: string | undefined;
}

/**
 * The rows, with what Argo CD, the forge and the gates say of them: each environment is asked once, all at once.
 * @throws {Misuse} for an environment or an app that is not there
 */
export async function asked(
  context: Context,
  mirror: Mirror,
  stands: Standing,
  question: Question,
): Promise<Pick<Survey, 'rows' | 'environments'>> {
  check(question, stands);
  const wanted = stands.stages.filter(({ name }) => name === (question.environment ?? name));
  const telling = {
    live: onceSaid(context.say, 'Health is not shown.'),
    forge: onceSaid(context.say, 'Requests are not shown.'),
  };
  const found = await Promise.all(
    wanted.map((stage) =>
      stands.environments.has(stage.name) ? ofEnvironment(context, mirror, stands, stage, telling) : missing(stage),
    ),
  );
  const isWanted = ({ app }: Row) => app === (question.app ?? app);
  return {
    rows: found.flatMap(({ rows }) => rows.filter(isWanted)),
    environments: found.map(({ overview }) => overview),
  };
}

/** An environment of the path without a branch. */
const missing = ({ name, after }: Stage): { rows: Row[]; overview: Overview } => ({
  rows: [],
  overview: { name, ...(after === undefined ? {} : { after }), missing: true },
});

/** Whom to tell that a door does not answer. */
interface Telling {
  readonly live: Context['say'];
  readonly forge: Context['say'];
}

/** A door that does not answer is named once, however many environments it was asked for. */
function onceSaid(say: Context['say'], without: string): Context['say'] {
  let said = false;
  return (line) => {
    if (!said) say(`${line} ${without}`);
    said = true;
  };
}

function check({ environment, app }: Question, { stages, rows }: Standing): void {
  const environments = stages.map(({ name }) => name);
  if (environment !== undefined && !environments.includes(environment))
    throw new Misuse(`--env ${environment}: not an environment; ${instead(environment, environments)}`);
  const apps = [...new Set(rows.map((row) => row.app))];
  if (app !== undefined && !apps.includes(app))
    throw new Misuse(`--app ${app}: nothing of it was ever published; ${instead(app, apps)}`);
}

async function ofEnvironment(
  context: Context,
  mirror: Mirror,
  stands: Standing,
  stage: Stage,
  telling: Telling,
): Promise<{ rows: Row[]; overview: Overview }> {
  const { name, after } = stage;
  const target = stands.environments.get(name) as EnvironmentHistory;
  const opening = openedOnto({ ...context, say: telling.forge }, name);
  const [live, opened, proposals, vouched] = await Promise.all([
    liveOf({ ...context, say: telling.live }, name),
    opening,
    opening.then((requests) => proposalsIn(mirror, name, target, requests)),
    vouchedFor(context, mirror, stands, stage),
  ]);
  const next = stands.stages.find((one) => one.after === name);
  const gate = context.live ? 'Argo CD' : next && stage.reporter;
  const own = stands.rows.filter(({ environment }) => environment === name);
  const calendar = await calendarOf(context, stage, opened);
  const rows = withLive(own, live).map((row): Row => {
    const word = gateOf(row, stands, after, vouched, calendar);
    const proposed = proposals.findLast(({ app }) => app === row.app);
    return {
      ...row,
      ...(word ? { gate: word } : {}),
      ...(proposed ? { proposed: proposedOf(proposed) } : {}),
      ...(row.addresses ? { addresses: row.addresses.map((one) => context.reach?.(name, row.app, one) ?? one) } : {}),
    };
  });
  const overview = {
    ...{ name, tip: target.tip },
    ...(after === undefined ? {} : { after }),
    ...(opened ? { requests: opened.map(openedOf) } : {}),
    ...(gate === undefined ? {} : { gate }),
  };
  return { rows, overview };
}

const openedOf = ({ iid, title, source, url }: MergeRequest): Opened => ({
  ...{ iid, title, source, url },
  ...(isDraft(title) ? { draft: true } : {}),
});

/** The same rows of one environment, with what is live of them; undefined where that cannot be asked. */
export const withLive = (rows: readonly Row[], live: readonly Live[] | undefined): Row[] =>
  rows.map((row) => {
    const found = live?.find(({ app }) => app === row.app);
    if (!found || row.health === nothing) return row;
    const { health, sync, message, url } = found;
    return {
      ...{ ...row, health, sync },
      ...(message ? { message } : {}),
      ...(url ? { url } : {}),
    };
  });

/** What is live, or undefined with a word to whoever asked where it cannot be told. */
export const liveOf = ({ live, say }: Context, environment: string): Promise<readonly Live[] | undefined> =>
  orSaid(say, live?.(environment));

const proposedOf = ({ branch, request }: Proposing): Proposed => {
  const known = request ? { iid: request.iid, url: request.url } : {};
  return { branch, ...known, ...(request && isDraft(request.title) ? { draft: true } : {}) };
};

/** What the gates say of every app that would move here; undefined for a first environment. */
async function vouchedFor(
  context: Context,
  mirror: Mirror,
  { stages, rendered, environments }: Standing,
  stage: Stage,
): Promise<ReadonlyMap<string, Vouching> | undefined> {
  const source = stages.find(({ name }) => name === stage.after);
  const target = environments.get(stage.name);
  if (!source || !target || (!context.live && source.reporter === undefined)) return undefined;
  const { decide } = await import('./decide.ts');
  const sourceHistory = environments.get(source.name);
  const published = { environments: stages };
  return (await decide(context, mirror, { published, stage, rendered, target, sourceHistory })).vouched;
}

/** Whether the environment takes promotions now; undefined where it always does. */
async function calendarOf(
  context: Context,
  stage: Stage,
  opened: readonly MergeRequest[] | undefined,
): Promise<Answer | undefined> {
  if (!stage.calendar) return undefined;
  const gates = await import('./gates.ts');
  const next = opened?.find(({ source }) => source === `${environmentBranch(stage.name)}-next`);
  return gates.calendarOf(context, stage, next);
}

/** What keeps an app from what its source runs; undefined where nothing newer waits there. */
function gateOf(
  { app, state }: Row,
  { environments }: Standing,
  after: string | undefined,
  vouched: ReadonlyMap<string, Vouching> | undefined,
  calendar: Answer | undefined,
): GateWord | undefined {
  const source = after === undefined ? undefined : environments.get(after);
  if (!source || (state !== 'older' && state !== 'held')) return undefined;
  const time = source.course.of(app)[0]?.time;
  const since = time === undefined ? {} : { since: new Date(time).toISOString() };
  const vouching = vouched?.get(app);
  const closed = calendar?.is === 'no' ? [calendar] : [];
  const agrees = vouching !== undefined && vouching.part === source.entries.get(app)?.id;
  const against = [...(agrees ? [] : (vouching?.waits ?? [])), ...closed];
  const evidence = (against.length > 0 ? against : (vouching?.answers ?? [])).map((answer) => answer.evidence);
  if (against.length === 0) return { is: vouching ? 'yes' : 'none', ...since, evidence };
  return { is: against.some(({ is }) => is === 'no') ? 'no' : 'unknown', ...since, evidence };
}
