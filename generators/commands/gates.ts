import type { Forge, MergeRequest } from '../forge/forge.ts';
import { alertAnswer } from '../gates/alert.ts';
import { calendarAnswer } from '../gates/calendar.ts';
import { candidatesOf } from '../gates/candidates.ts';
import { reportAnswer } from '../gates/report.ts';
import { isSettled, type SoakFacts, soakAnswer } from '../gates/soak.ts';
import { foldersIn } from '../git/history.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Course } from '../model/course.ts';
import type { Answer, Firing, Vouching } from '../model/gate.ts';
import { overrideIn } from '../model/marked.ts';
import type { Stage } from '../model/metadata.ts';
import { applicationFile } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { type EnvironmentHistory, type ObjectId, type Rendered, Timeline } from '../model/timeline.ts';
import type { Context } from './context.ts';

/** What the gates need of a context: a forge may be one that can do no more than this. */
export type Asking = Pick<Context, 'live' | 'metrics' | 'soakless' | 'now'> & {
  readonly forge?: Pick<Forge, 'statuses'> | undefined;
};

export interface Source {
  /** The environment that apps would come from. */
  readonly source: Stage;
  readonly history: EnvironmentHistory;
  /** Apps of which something stands there. */
  readonly names: readonly string[];
  readonly rendered: Rendered;
}

/**
 * What the gates say of apps in the environment that they would come from: the newest part that all of them agree with.
 * A gate that cannot be asked does not agree; where none is configured, whatever stands there may go on. However many
 * apps there are, Argo CD is asked once, Prometheus twice, or else the forge once.
 */
export async function vouch(context: Asking, mirror: Mirror, asked: Source): Promise<Map<string, Vouching>> {
  const { source, history, names, rendered } = asked;
  if (names.length === 0) return new Map();
  if (!context.live) return source.reporter === undefined ? unasked(asked) : reported(context, asked, source.reporter);

  const now = context.now();
  const soak = context.soakless ? 0 : source.soak;
  const [live, samples, firing] = await Promise.all([
    orRefused(context.live(source.name)),
    context.metrics && orRefused(context.metrics.health(source.name, soak, now)),
    context.metrics && orRefused(context.metrics.firing(source.name, soak, now)),
  ]);
  if (live instanceof Refusal) {
    const answer: Answer = { gate: 'soak', is: 'unknown', evidence: live.message };
    return new Map(names.map((name) => [name, { part: undefined, answers: [], waits: [answer] }]));
  }

  const running = new Map(live.map((one) => [one.app, one]));
  const gone = await removedOf(mirror, asked, running);
  const found = new Map<string, Vouching>();
  for (const name of names) {
    const timeline = rendered.timelines.get(`${source.name}/${name}`) ?? new Timeline();
    found.set(
      name,
      judged({
        environment: source.name,
        app: name,
        candidates: candidatesOf(history.course.of(name), timeline),
        course: history.course,
        live: running.get(name),
        removed: gone.has(name),
        samples: of(samples, name),
        firing: of(firing, name),
        soak,
        now,
      }),
    );
  }
  return found;
}

/** The apps of which nothing is live, since what stands of them is the folder of a removed one. */
async function removedOf(
  mirror: Mirror,
  { names, history }: Source,
  running: ReadonlyMap<string, unknown>,
): Promise<ReadonlySet<string>> {
  const folders = foldersIn(history.entries);
  const absent = names.filter((name) => folders.has(name) && !running.has(name));
  const trees = await mirror.trees(absent.flatMap((name) => folders.get(name) ?? []));
  return new Set(absent.filter((name) => !trees.get(folders.get(name) ?? '')?.has(applicationFile)));
}

/** Whether the environment takes promotions now; undefined where it always does, as on one machine alone. */
export function calendarOf(
  { now, soakless }: Pick<Context, 'now' | 'soakless'>,
  { calendar }: Stage,
  there: Pick<MergeRequest, 'body'> | undefined,
  override?: string | undefined,
): Answer | undefined {
  return soakless || !calendar ? undefined : calendarAnswer(calendar, now(), override ?? overrideIn(there?.body ?? ''));
}

const unasked = ({ names, history }: Source) =>
  new Map(names.map((name) => [name, { part: history.entries.get(name)?.id, answers: [], waits: [] }]));

/** By what the reporter said of the tip: of what stands there, and of nothing older. */
async function reported(
  { forge }: Asking,
  { source, history, names }: Source,
  reporter: string,
): Promise<Map<string, Vouching>> {
  const statuses = forge
    ? await orRefused(forge.statuses(history.tip))
    : new Refusal(
        `what ${reporter} reported cannot be read: SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID are not set`,
      );
  return new Map(
    names.map((app) => {
      const answer: Answer =
        statuses instanceof Refusal
          ? { gate: 'report', is: 'unknown', evidence: statuses.message }
          : reportAnswer({ environment: source.name, app, reporter, statuses });
      const part = history.entries.get(app)?.id;
      const agrees = answer.is === 'yes';
      return [app, { part: agrees ? part : undefined, answers: agrees ? [answer] : [], waits: agrees ? [] : [answer] }];
    }),
  );
}

type Facts = Omit<SoakFacts, 'index' | 'partAt'> & {
  readonly course: Course;
  readonly firing: readonly Firing[] | Refused | undefined;
};

/** The newest candidate that every gate agrees with, and what the newest of all waits for. */
function judged({ course, firing, ...facts }: Facts): Vouching {
  const { environment, app, candidates, live, soak, now } = facts;
  if (candidates.length === 0) {
    const evidence = `it was edited by hand in ${environment}`;
    return { part: undefined, answers: [], waits: [{ gate: 'soak', is: 'no', evidence }] };
  }
  const known = new Map<string | undefined, ObjectId | undefined>();
  const partAt = (revision: string | undefined) => {
    if (!known.has(revision)) known.set(revision, course.partAt(app, revision));
    return known.get(revision);
  };
  const silent = firing ? [alertAnswer({ environment, app, firing, soak, now, link: live?.url })] : [];
  let waits: readonly Answer[] = [];
  for (const [index, { part }] of candidates.entries()) {
    const soaking = { ...facts, index, partAt, removed: facts.removed && index === 0 };
    const answers = [soakAnswer(soaking), ...silent];
    const against = answers.filter(({ is }) => is !== 'yes');
    if (against.length === 0) return { part, answers, waits };
    if (index === 0) waits = against;
    if (isSettled(soaking)) break;
  }
  return { part: undefined, answers: [], waits };
}

interface Refused {
  readonly refused: string;
}

/** What was found of one app; the refusal where nothing could be asked; undefined where nobody was. */
function of<T>(
  found: ReadonlyMap<string, readonly T[]> | Refusal | undefined,
  app: string,
): readonly T[] | Refused | undefined {
  if (found instanceof Refusal) return { refused: found.message };
  return found && (found.get(app) ?? []);
}

/** An answer, or why there is none. */
async function orRefused<T>(asked: Promise<T>): Promise<T | Refusal> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
}
