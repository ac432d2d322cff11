import { environmentAt, isFolder, metadataAt, readRendered, treeChanges } from '../git/history.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { type Foreign, foreignIn, kindOf, meaningOf, newestOwn } from '../model/foreign.ts';
import type { Live } from '../model/gate.ts';
import type { Metadata, Stage } from '../model/metadata.ts';
import { head, pipelineFile, rendered } from '../model/names.ts';
import { plan, type Step } from '../model/promotion.ts';
import { Refusal } from '../model/refusal.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';
import { newerThan, quote, releaseLine, short, versionOf } from '../model/words.ts';
import type { Context } from './context.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';

/** One app in one environment. */
export interface Row {
  readonly environment: string;
  readonly app: string;
  /** `removed`, or `edited` for a part that is not ours. */
  readonly version: string;
  /** The commit of `main` that it is named after: where the image's source last changed, else where its part did. */
  readonly commit?: string;
  /** When it came to stand here (ISO 8601), by the branch's own commits. */
  readonly since?: string;
  /** `Healthy`, `Progressing` …; `unknown` where nothing can be asked. */
  readonly health: string;
  readonly state: Step['state']['is'];
  readonly held: boolean;
  /** The files of an edited app that are not those of the newest part of ours that stood there; absent where none did. */
  readonly edited?: readonly string[];
  /** Why it is as it is, where that needs words. */
  readonly note?: string;
}

export interface Status {
  readonly rows: readonly Row[];
  /** What no publish wrote. */
  readonly foreign: readonly Foreign[];
}

/** The apps alone of `survey`. */
export const status = async (context: Context): Promise<readonly Row[]> => (await survey(context)).rows;

/** What stands where, since when, and what is held: read from the branches; health from what is live, where it can be asked. */
export async function survey(context: Context): Promise<Status> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const history = await readRendered(mirror.git, mirror.refs.get(head(rendered)));
    const environments = new Map<string, EnvironmentHistory>();
    const rows: Row[] = [];
    const foreign: Foreign[] = [];
    for (const stage of (await readNewest(mirror)).environments) {
      const { name: environment, after } = stage;
      const target = await environmentAt(mirror, environment);
      if (target === undefined) continue;
      environments.set(environment, target);
      const source = after ? { environment: after, history: environments.get(after) } : undefined;
      const metadata = await metadataAt(mirror, target.tip);
      const live = await liveOf(context, environment);
      const steps = plan({ rendered: history, environment, target, source });
      foreign.push(...foreignIn(environment, target, steps, pipelineFile));
      for (const step of steps) {
        if (step.name === pipelineFile) continue;
        const edited = step.state.is === 'edited' ? await editOf(mirror, history, environment, target, step.name) : {};
        rows.push({ ...row(step, stage, target, metadata.get(step.name), live), ...edited });
      }
    }
    return { rows, foreign };
  } finally {
    await mirror.close();
  }
}

/** What was edited, against the newest part of ours that stood there. */
async function editOf(
  { git }: Mirror,
  { timelines }: Rendered,
  environment: string,
  { entries, seen }: EnvironmentHistory,
  app: string,
): Promise<Pick<Row, 'edited' | 'note'>> {
  const here = entries.get(app);
  if (here && !isFolder(here)) return { note: `a ${kindOf(here)} stands in its place: ${frozen}` };
  const own = newestOwn(timelines.get(`${environment}/${app}`), seen.get(app) ?? new Set());
  if (!here || own === undefined) return {};
  const edited = (await treeChanges(git, own, here.id)).map(({ path }) => path);
  return { edited, note: `${quote(edited.join(', '))} changed by hand: ${frozen}` };
}

const frozen = 'frozen until the edit is reverted';

async function liveOf({ live, say }: Context, environment: string): Promise<readonly Live[] | undefined> {
  try {
    return await live?.(environment);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    say(error.message);
    return undefined;
  }
}

function row(
  { name, from, state, offer, isAhead }: Step,
  { name: environment, after = '' }: Pick<Stage, 'name' | 'after'>,
  target: EnvironmentHistory,
  metadata: Metadata | undefined,
  live: readonly Live[] | undefined,
): Row {
  const [since] = target.course.of(name);
  const found = live?.find(({ app }) => app === name);
  const stands = from !== undefined && state.is !== 'edited';
  const note =
    state.is === 'edited'
      ? `changed by hand: ${frozen}`
      : state.heldBelow
        ? `somebody went back: it stays until ${releaseLine(environment, name)}, or a revert of the revert`
        : (found?.message ?? (state.is === 'newer' ? newerThan(after, isAhead) : undefined) ?? whyNot(offer));
  return {
    environment,
    app: name,
    version: state.is === 'edited' ? 'edited' : from === undefined ? '-' : versionOf(metadata),
    ...(stands && metadata && !metadata.removed ? { commit: metadata.commit ?? metadata.drySha } : {}),
    ...(since ? { since: new Date(since.time).toISOString() } : {}),
    health: metadata?.removed || from === undefined ? '-' : (found?.health ?? 'unknown'),
    state: state.is,
    held: state.heldBelow !== undefined,
    ...(note ? { note } : {}),
  };
}

const whyNot = (offer: Step['offer']) => (offer.part === undefined ? offer.why : undefined);

const columns = ['environment', 'app', 'version', 'commit', 'since', 'health', 'state'] as const;

/** The rows as a table for a terminal; notes stand below it. */
export function table(rows: readonly Row[], now: number, foreign: readonly Foreign[] = []): string[] {
  const cells = rows.map((row) => ({
    environment: row.environment,
    app: row.app,
    version: row.version,
    commit: row.commit ? short(row.commit) : '-',
    since: row.since ? ago(now - Date.parse(row.since)) : '-',
    health: row.health,
    state: row.held ? 'held' : row.state === 'none' ? '-' : row.state,
  }));
  const lines = [Object.fromEntries(columns.map((column) => [column, column])) as (typeof cells)[number], ...cells];
  const widths = columns.map((column) => Math.max(...lines.map((line) => line[column].length)));
  const format = (line: (typeof cells)[number]) =>
    columns
      .map((column, index) => line[column].padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd();
  const notes = rows.flatMap(({ environment, app, note }) => (note ? [`${environment}/${app}: ${note}`] : []));
  const others = foreign.map(({ environment, name, is }) => `${environment}/${quote(name)}: ${meaningOf[is]}`);
  return [...lines.map(format), ...notes, ...others];
}

/** A duration in its largest whole unit: `3 min`. */
function ago(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 172800) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

export async function run({ values }: Asked): Promise<void> {
  const context = await contextOf(values);
  const { rows, foreign } = await survey(context);
  if (values.json) console.log(JSON.stringify({ version: 1, rows, foreign }, null, 2));
  else for (const line of table(rows, context.now(), foreign)) console.log(line);
}
