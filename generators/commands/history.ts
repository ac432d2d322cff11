import { readTimes } from '../git/chronicle.ts';
import { type Mirror, openMirror } from '../git/mirror.ts';
import { readNewest } from '../git/published.ts';
import { type Cell, type Colour, columns, type Setting } from '../model/columns.ts';
import type { MainCommit } from '../model/commits.ts';
import type { Standing } from '../model/course.ts';
import { type Happening, type Moved, undoOf, wayOf } from '../model/happening.ts';
import type { Published } from '../model/metadata.ts';
import { pipelineFile } from '../model/names.ts';
import { instead } from '../model/nearest.ts';
import { Misuse } from '../model/refusal.ts';
import { type Since, sinceOf } from '../model/since.ts';
import type { EnvironmentHistory } from '../model/timeline.ts';
import { minute, visible } from '../model/words.ts';
import { commitsBetween } from './commits-between.ts';
import type { Context } from './context.ts';
import { happenings, type Read } from './happenings.ts';
import { Histories } from './histories.ts';
import type { Asked } from './main.ts';
import { contextOf } from './surroundings.ts';
import { terminal } from './terminal.ts';

export interface HistoryRequest {
  /** Only this environment, only this app. @default all */
  readonly environment?: string | undefined;
  readonly app?: string | undefined;
  /** Only what happened after it. @default all */
  readonly since?: Since | undefined;
  /** So many happenings. @default 20 */
  readonly limit?: number;
}

/** What moved, with the commits of `main` that it brought, or took back. */
export interface MovedCommits extends Moved {
  readonly commits: readonly { readonly sha: string; readonly by: string; readonly subject: string }[];
}

export interface Chronicle {
  /** Newest first. */
  readonly happenings: readonly (Omit<Happening, 'changes'> & {
    readonly changes: readonly MovedCommits[];
    /** What undoes it, where it is the newest of its environment. */
    readonly undo?: readonly string[];
  })[];
  /** So many commits did something before these, and after `since`. */
  readonly earlier: number;
}

/**
 * What happened in one environment or all, newest first, by the branches alone.
 * @throws {Misuse} for an environment, app or revision that there is not
 */
export async function chronicle(context: Context, request: HistoryRequest): Promise<Chronicle> {
  const mirror = await openMirror(context.checkout, context.remote);
  try {
    const histories = new Histories(mirror, mirror.shelf, context.now());
    histories.readAhead();
    const published = await readNewest(mirror);
    const read = await readOf(published, histories);
    const names = [...read.environments.keys()].filter((name) => (request.environment ?? name) === name);
    check(read, names, request);
    const { limit = 20, app } = request;
    const within = await withinOf(mirror, read, request);
    const told = await happenings(mirror, read, names, {
      moments: limit,
      within: (environment, standing) => (app ?? standing.name) === standing.name && within(environment, standing),
    });
    const shown = told.happenings.slice(0, limit);
    const over = told.happenings.slice(limit).flatMap(({ commits }) => commits);
    const between = await commitsBetween(
      mirror,
      published,
      shown.flatMap(({ changes }) => changes),
    );
    return {
      happenings: shown.map((one) => withCommits(one, between, read)),
      earlier: told.earlier + over.length,
    };
  } finally {
    await mirror.close();
  }
}

async function readOf({ environments: stages }: Published, histories: Histories): Promise<Read> {
  const rendered = await histories.rendered();
  const all = await Promise.all(stages.map(async ({ name }) => [name, await histories.environment(name)] as const));
  const environments = new Map(all.filter((one): one is [string, EnvironmentHistory] => one[1] !== undefined));
  return { stages, rendered, environments };
}

/** @throws {Misuse} naming what is known */
function check(
  { stages, rendered, environments }: Read,
  names: readonly string[],
  { environment, app }: HistoryRequest,
): void {
  const known = stages.map(({ name }) => name);
  if (environment !== undefined && !known.includes(environment))
    throw new Misuse(`--env ${environment}: not an environment; ${instead(environment, known)}`);
  if (app === undefined) return;
  // A file of people, or the pipeline file, is no app.
  const isApp = (path: string) => rendered.timelines.has(path) && !path.endsWith(`/${pipelineFile}`);
  const stood = new Set(
    names.flatMap((place) => {
      const standings = environments.get(place)?.course.standings ?? [];
      return standings.flatMap(({ name }) => (isApp(`${place}/${name}`) ? [name] : []));
    }),
  );
  if (!stood.has(app))
    throw new Misuse(
      `--app ${app}: it never stood in ${environment ?? 'any environment'}; ${instead(app, [...stood].sort())}`,
    );
}

/** What came after the time, or after the commit: of the branch itself by its place, of another by when it was made. */
async function withinOf(
  { git }: Mirror,
  { environments }: Read,
  { since }: HistoryRequest,
): Promise<(environment: string, standing: Standing) => boolean> {
  if (since === undefined) return () => true;
  if ('time' in since) return (_, standing) => standing.time >= since.time;
  const commit = await git.commit(since.revision);
  if (commit === undefined)
    throw new Misuse(
      `--since ${since.revision}: neither a time nor a commit that is known here; write 30d, 2026-11-20, or a commit of main, rendered or an environment branch.`,
    );
  const time = (await readTimes(git, [commit])).get(commit) ?? 0;
  return (environment, standing) => {
    const course = environments.get(environment)?.course;
    const place = course?.place(commit);
    return place === undefined ? standing.time > time : (course?.place(standing.commit) ?? place) < place;
  };
}

function withCommits(
  happening: Happening,
  between: ReadonlyMap<Moved, readonly MainCommit[]>,
  { environments }: Read,
): Chronicle['happenings'][number] {
  const newest = environments.get(happening.environment)?.course.standings[0]?.commit;
  const undo = happening.commits.includes(newest ?? '') ? undoOf(happening) : [];
  const changes = happening.changes.map((one) => ({
    ...one,
    commits: (between.get(one) ?? []).map(({ sha, author, subject }) => ({ sha, by: author, subject })),
  }));
  return { ...happening, changes, ...(undo.length > 0 ? { undo } : {}) };
}

/**
 * What a person reads: a line each, below it the words of whoever did it, and what undoes the newest.
 */
export function describe(
  { happenings: all, earlier }: Chronicle,
  request: HistoryRequest,
  { width, paint }: Setting = {},
): string[] {
  const several = request.environment === undefined;
  const heading = ['when (UTC)', 'commit', ...(several ? ['where'] : []), 'who', 'what', 'how'];
  const rows = all.flatMap((one) => {
    const { time, commits, environment, by = 'unknown', changes } = one;
    const begin = [minute(time), abbreviated(commits[0]), ...(several ? [environment] : []), visible(by, 40)];
    return changes.map((change, index): Cell[] => [
      ...(index === 0 ? begin : begin.map(() => '')),
      `${visible(whatOf(change))}${counted(change)}`,
      { text: wayOf({ ...one, changes: [change] }), colour: colourOf(change) },
    ]);
  });
  const place = several ? 4 : 3;
  const shape = Array.from({ length: place + 2 }, (_, at) =>
    at === place ? { least: 20 } : at > 1 ? { least: 6 } : {},
  );
  const [first = '', ...lines] = columns([heading.map((text): Cell => ({ text, colour: 'dim' })), ...rows], {
    width,
    shape,
    paint,
  });
  const under = (text: string) => columns([['', text]], { width, shape: [{}, { least: 20 }] });
  const told = all.flatMap(({ changes, words, undo = [] }) => [
    ...lines.splice(0, changes.length),
    ...(words === '' ? [] : under(`“${visible(words, 200)}”`)),
    ...undo.map((line) => `  undo: ${line}`),
  ]);
  if (told.length === 0) return [`nothing happened${request.since === undefined ? '' : ' since then'}`];
  const more = earlier === 0 ? [] : [`${earlier} earlier: --limit ${all.length + earlier} shows them all`];
  return [first, ...told, ...more];
}

/** As short as it can still be pasted into where and diff. */
const abbreviated = (commit = '') => commit.slice(0, 8);

/** The same version twice is told by the commits of main, an edit by its files. */
function whatOf({ text, from, to, fromDry, toDry, files = [] }: Moved): string {
  if (files.length > 0) return `${text}: ${files.join(', ')}`;
  const isSame = from !== undefined && from === to && fromDry !== toDry;
  return isSame ? `${text} (${abbreviated(fromDry)} → ${abbreviated(toDry)})` : text;
}

const counted = ({ commits: { length } }: MovedCommits) =>
  length === 0 ? '' : ` (${length} ${length === 1 ? 'commit' : 'commits'})`;

function colourOf({ how }: Moved): Colour {
  if (how === 'back' || how === 'edited') return 'red';
  return how === 'hotfix' || how === 'again' || how === 'fix' || how === 'repaired' ? 'yellow' : 'green';
}

/** As programs read it. */
const dated = ({ happenings: all, earlier }: Chronicle) => ({
  happenings: all.map(({ time, ...one }) => ({ at: new Date(time).toISOString(), ...one })),
  earlier,
});

export async function run({ values }: Asked): Promise<void> {
  const { env: environment, app, since, limit = '20' } = values as Partial<Record<string, string>>;
  if (!/^[1-9]\d{0,6}$/.test(limit)) throw new Misuse(`--limit ${limit}: it must be a whole number from 1 on.`);
  const context = await contextOf(values);
  const from = since === undefined ? undefined : sinceOf(since, context.now());
  const request = { environment, app, since: from, limit: Number(limit) };
  const found = await chronicle(context, request);
  if (values.json) console.log(JSON.stringify({ version: 1, ...dated(found) }, null, 2));
  else for (const line of describe(found, request, terminal())) console.log(line);
}
