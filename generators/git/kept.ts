import { Course, type Standing } from '../model/course.ts';
import { environmentBranch, head, rendered } from '../model/names.ts';
import { type Entry, type EnvironmentHistory, type ObjectId, type Rendered, Timeline } from '../model/timeline.ts';
import type { Git } from './git.ts';
import { readEnvironment, readRendered } from './history.ts';
import type { Shelf } from './shelf.ts';

/**
 * The histories of branches for those who only look: what was read of one before is taken from a shelf, and what came
 * after it is read. Whoever writes reads all of it anew.
 */

/** An environment's branch at a tip. */
export async function lookAtEnvironment(
  git: Git,
  shelf: Shelf,
  name: string,
  tip: string,
): Promise<EnvironmentHistory> {
  const branch = head(environmentBranch(name));
  const kept = await shelf.take(branch);
  const known = kept && unlessBroken(() => environmentOf(kept.tip, kept.payload as KeptEnvironment));
  const history = await readEnvironment(git, tip, known);
  if (history !== known) shelf.put(branch, tip, () => keptEnvironment(history));
  return history;
}

/** `rendered` at a tip. */
export async function lookAtRendered(git: Git, shelf: Shelf, tip: string | undefined): Promise<Rendered> {
  const branch = head(rendered);
  const kept = await shelf.take(branch);
  const known = kept && unlessBroken(() => renderedOf(kept.payload as KeptRendered));
  const history = await readRendered(git, tip, known);
  if (tip !== undefined && history !== known) shelf.put(branch, tip, () => keptRendered(history));
  return history;
}

/** Names and commits stand once, and are meant by their places. */
interface KeptEnvironment {
  readonly names: readonly string[];
  readonly entries: readonly (readonly [name: string, mode: string, id: ObjectId])[];
  /** Of the branch itself, newest first. */
  readonly commits: readonly ObjectId[];
  /** By commit, with its time: the places of names, and what came to stand there; null where its folder went. */
  readonly standings: readonly (readonly [commit: number, time: number, ...(number | ObjectId | null)[]])[];
  /** By place of name, what stood there and is in no standing: it came with second parents. */
  readonly beside: readonly (readonly [name: number, ...ids: ObjectId[]])[];
}

function keptEnvironment({ entries, seen, course }: EnvironmentHistory): KeptEnvironment {
  const { commits, standings } = course;
  const names = [...new Set([...seen.keys(), ...standings.map(({ name }) => name)])];
  const placeOf = new Map(names.map((name, place) => [name, place]));
  const commitAt = new Map(commits.map((commit, place) => [commit, place]));
  const own = new Map(names.map((name) => [name, new Set<ObjectId | undefined>()]));
  for (const { name, part } of standings) own.get(name)?.add(part);
  return {
    names,
    entries: [...entries].map(([name, { mode, id }]) => [name, mode, id]),
    commits,
    standings: [...Map.groupBy(standings, ({ commit }) => commit)].map(([commit, all]) => [
      commitAt.get(commit) as number,
      all[0]?.time ?? 0,
      ...all.flatMap(({ name, part }) => [placeOf.get(name) as number, part ?? null]),
    ]),
    beside: [...seen].flatMap(([name, ids]) => {
      const others = [...ids].filter((id) => !own.get(name)?.has(id));
      return others.length === 0 ? [] : [[placeOf.get(name) as number, ...others] as const];
    }),
  };
}

function environmentOf(tip: ObjectId, kept: KeptEnvironment): EnvironmentHistory {
  const { names, commits } = kept;
  const seen = new Map<string, Set<ObjectId>>();
  const see = (name: string, id: ObjectId) => {
    const ids = seen.get(name);
    if (ids) ids.add(id);
    else seen.set(name, new Set([id]));
  };
  const standings: Standing[] = [];
  for (const [at, time, ...changes] of kept.standings) {
    const commit = commits[at] as ObjectId;
    for (let next = 0; next < changes.length; next += 2) {
      const name = names[changes[next] as number] as string;
      const part = (changes[next + 1] as ObjectId | null) ?? undefined;
      standings.push({ commit, name, part, time });
      if (part !== undefined) see(name, part);
    }
  }
  for (const [name, ...ids] of kept.beside) for (const id of ids) see(names[name] as string, id);
  const entries = new Map(kept.entries.map(([name, mode, id]): [string, Entry] => [name, { mode, id }]));
  return { tip, entries, seen, course: new Course(commits, standings) };
}

interface KeptRendered {
  /** From the root to the tip. */
  readonly commits: readonly ObjectId[];
  /** By path: places and parts in turn. */
  readonly timelines: Readonly<Record<string, readonly (number | ObjectId)[]>>;
}

const keptRendered = ({ commits, timelines }: Rendered): KeptRendered => ({
  commits,
  timelines: Object.fromEntries(
    [...timelines].map(([path, { entries }]) => [path, entries.flatMap(({ index, part }) => [index, part])]),
  ),
});

function renderedOf({ commits, timelines: kept }: KeptRendered): Rendered {
  const timelines = new Map<string, Timeline>();
  for (const [path, changes] of Object.entries(kept)) {
    const timeline = new Timeline();
    for (let next = 0; next < changes.length; next += 2)
      timeline.add(changes[next] as number, changes[next + 1] as ObjectId);
    timelines.set(path, timeline);
  }
  return { commits, timelines };
}

/** What is not as it was put there counts for nothing. */
function unlessBroken<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
