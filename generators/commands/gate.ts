import type { Forge } from '../forge/forge.ts';
import { reportOf } from '../gates/report.ts';
import { environmentAt, isFolder, readRendered } from '../git/history.ts';
import { openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import type { Answer, Vouching } from '../model/gate.ts';
import type { Stage } from '../model/metadata.ts';
import { environmentBranch, head, rendered } from '../model/names.ts';
import { nearest, notAnEnvironment } from '../model/nearest.ts';
import { Misuse, Refusal } from '../model/refusal.ts';
import { type ObjectId, Timeline } from '../model/timeline.ts';
import { quote } from '../model/words.ts';
import type { Context } from './context.ts';
import { type Asking, vouch } from './gates.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

/** What asking the gates needs of a context: a forge may be one that can do no more than commit statuses. */
export type GateContext = Pick<Context, 'checkout' | 'remote'> &
  Asking & { readonly forge?: Pick<Forge, 'statuses' | 'setStatus'> | undefined };

export interface GateRequest {
  readonly environment: string;
  /** Only this app. @default every app of the environment */
  readonly app?: string | undefined;
  /** Say it on the tip of the environment branch, as commit statuses. */
  readonly report?: boolean | undefined;
}

/** What the gates say of one app that stands in an environment. */
export interface Gated {
  readonly app: string;
  /** Whether every gate agrees with the part that stands there. */
  readonly agrees: boolean;
  /** The newest part that every gate agrees with; absent for none. */
  readonly part?: ObjectId;
  /** Why that part may go on. */
  readonly answers: readonly Answer[];
  /** What the part that stands there waits for. */
  readonly waits: readonly Answer[];
  /** What was said of it on the tip; absent where nobody asked for that, or it stood there already. */
  readonly reported?: string;
}

/**
 * Asks the gates about what stands in an environment; moves nothing.
 * @throws {Misuse} for an environment or an app that is not there
 * @throws {Refusal} when no gate is configured, or a report is wanted and there is nobody to ask or to tell
 */
export async function gate(context: GateContext, { environment, app, report }: GateRequest): Promise<Gated[]> {
  if (report) checkReportable(context);
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const source = stageOf((await readNewest(mirror)).environments, environment);
    if (!context.live && source.reporter === undefined)
      throw new Refusal(
        `No gate can be asked about ${environment}: set ARGOCD_SERVER and ARGOCD_AUTH_TOKEN, or name a reporter for it in clusters/environments.ts.`,
      );
    const history = await environmentAt(mirror, environment);
    if (!history) throw new Refusal(`${environmentBranch(environment)} does not exist yet: run slipway publish.`);
    const renderedHistory = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
    const timelineOf = (name: string) => renderedHistory.timelines.get(`${environment}/${name}`) ?? new Timeline();
    // What people keep there, and the pipeline file, have no folder in rendered.
    const apps = [...history.entries].filter(([name, entry]) => isFolder(entry) && timelineOf(name).parts().length);
    const names = chosen(
      apps.map(([name]) => name),
      environment,
      app,
    );
    const found = await vouch(context, mirror, { source, history, names, rendered: renderedHistory });
    const rows = names.map((name) => rowOf(name, history.entries.get(name)?.id, found.get(name)));
    return report && context.forge ? await told(context.forge, history.tip, source, rows) : rows;
  } finally {
    await mirror.close();
  }
}

function checkReportable({ live, forge }: GateContext): void {
  if (!live)
    throw new Refusal(
      'There is nothing to report: what runs is asked of Argo CD, and ARGOCD_SERVER and ARGOCD_AUTH_TOKEN are not set.',
    );
  if (!forge)
    throw new Refusal('There is nobody to report to: SLIPWAY_TOKEN, CI_SERVER_URL and CI_PROJECT_ID are not set.');
}

function stageOf(stages: readonly Stage[], environment: string): Stage {
  const found = stages.find(({ name }) => name === environment);
  if (found) return found;
  throw notAnEnvironment(
    `--env ${environment}`,
    stages.map(({ name }) => name),
  );
}

function chosen(names: readonly string[], environment: string, app: string | undefined): string[] {
  if (app === undefined) return names.toSorted();
  if (names.includes(app)) return [app];
  const near = nearest(app, names);
  throw new Misuse(
    `--app ${app}: nothing of it stands in ${environment}; ${near ? `did you mean ${near}?` : `there are ${names.join(', ')}.`}`,
  );
}

function rowOf(app: string, stands: ObjectId | undefined, vouching: Vouching | undefined): Gated {
  const { part, answers = [], waits = [] } = vouching ?? {};
  return { app, agrees: part !== undefined && part === stands, ...(part ? { part } : {}), answers, waits };
}

/**
 * Says on the tip what it does not say yet. One whose state is the same stays as it is: GitLab changes the text of a
 * commit status only together with its state.
 */
async function told(
  forge: Pick<Forge, 'statuses' | 'setStatus'>,
  tip: string,
  { reporter }: Stage,
  rows: readonly Gated[],
): Promise<Gated[]> {
  const there = new Map((await forge.statuses(tip)).map((one) => [one.name, one]));
  const found: Gated[] = [];
  for (const row of rows) {
    const status = reportOf(row.app, row, row.agrees);
    const before = there.get(status.name);
    const isSaid = before?.state === status.state && (reporter === undefined || before.author === reporter);
    if (!isSaid) await forge.setStatus(tip, status);
    found.push(isSaid ? row : { ...row, reported: status.state });
  }
  return found;
}

/** What a person reads, a line per app. */
export function describe(rows: readonly Gated[]): string[] {
  const said = (answers: readonly Answer[]) => answers.map(({ evidence }) => quote(evidence, 300)).join('; ');
  return rows.map(({ app, agrees, part, answers, waits, reported }) => {
    const earlier = part ? `; an earlier part agrees: ${said(answers)}` : '';
    const told = reported ? ` [reported ${reported}]` : '';
    return `${app} ${agrees ? `agrees: ${said(answers)}` : `waits: ${said(waits)}${earlier}`}${told}`;
  });
}

export async function run({ values }: Asked): Promise<void> {
  const environment = values.env as string | undefined;
  if (environment === undefined) throw new Misuse('gate wants --env E; see npx slipway gate --help.');
  const context = await contextOf(values);
  const app = values.app as string | undefined;
  const rows = await gate(context, { environment, app, report: values.report === true });
  if (values.json) console.log(JSON.stringify({ version: 1, environment, apps: rows }, null, 2));
  else for (const line of describe(rows)) console.log(line);
  if (rows.some(({ agrees }) => !agrees)) process.exitCode = 1;
}
