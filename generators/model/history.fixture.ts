import { createHash } from 'node:crypto';
import { Course, type Standing } from './course.ts';
import type { Metadata } from './metadata.ts';
import { mode } from './mode.ts';
import { pipelineFile } from './names.ts';
import type { Deed } from './request.ts';
import type { Dry, How, MainStep, Step, Told } from './story.fixture.ts';
import { type Entry, type EnvironmentHistory, type ObjectId, Timeline } from './timeline.ts';

/**
 * Histories from short tables of steps (`story.fixture.ts`), as the doors would read them; random tables are in
 * `stories.fixture.ts`. What they mean is for the tests to say.
 */

export const threeEnvironments = ['dev', 'staging', 'production'] as const;

/** Tells steps, oldest first. The first is at 2026-01-01, 00:00 UTC. */
export function tell(steps: readonly Step[], path: readonly string[] = threeEnvironments): Told {
  const story = new Telling(path);
  for (const step of steps) story.take(step);
  return story.told();
}

/** Always the same forty digits for the same words. */
export const idOf = (words: string): ObjectId => createHash('sha1').update(words).digest('hex');

type Parts = ReadonlyMap<string, ObjectId>;
interface OwnCommit {
  readonly commit: ObjectId;
  readonly time: number;
  readonly parts: Parts;
}

/** An environment branch as it grows. */
class Branch {
  readonly own: OwnCommit[] = [];
  readonly seen = new Map<string, Set<ObjectId>>();
  get parts(): Parts {
    return this.own.at(-1)?.parts ?? new Map();
  }
  see(parts: Parts): void {
    for (const [name, part] of parts) this.seen.set(name, (this.seen.get(name) ?? new Set()).add(part));
  }
}

class Telling {
  readonly #path: readonly string[];
  #now = Date.UTC(2026, 0, 1);
  #count = 0;
  #requests = 0;
  /** The words of every app, by app or `environment/app`. */
  #words: Readonly<Record<string, string>> = {};
  readonly #main: (Dry & {
    readonly before: Readonly<Record<string, string>>;
    readonly after: Readonly<Record<string, string>>;
  })[] = [];
  readonly #known = new Map<string, ObjectId>();
  readonly #commits: ObjectId[] = [];
  readonly #timelines = new Map<string, Timeline>();
  readonly #published = new Map<ObjectId, ObjectId>();
  /** What the words of a path of `rendered` were at its newest part. */
  readonly #rendered = new Map<string, string>();
  readonly #versions = new Map<string, number>();
  readonly #metadata = new Map<ObjectId, Metadata>();
  readonly #branches = new Map<string, Branch>();
  readonly #times = new Map<ObjectId, number>();
  readonly #deeds = new Map<ObjectId, Deed>();

  constructor(path: readonly string[]) {
    this.#path = path;
  }

  take(step: Step): void {
    if (this.#count++ > 0) this.#now += (step.after ?? 60) * 60_000;
    const by = step.by ?? 'Ann';
    if ('main' in step) this.#commit(step);
    else if ('publish' in step) this.#publish(step.publish);
    else if ('promote' in step) this.#promote(step, by);
    else if ('revert' in step) this.#revert(step, by);
    else if ('release' in step) this.#release(step, by);
    else if ('edit' in step) {
      if (this.#branch(step.edit)?.parts.has(step.app))
        this.#own(step.edit, [[step.app, idOf(`edit ${this.#count}`)]], `edit ${step.app}`, by);
    } else if ('remove' in step) {
      if (this.#branch(step.remove)?.parts.has(step.app))
        this.#own(step.remove, [[step.app, undefined]], `remove ${step.app}`, by);
    } else this.#decline(step.decline, by);
  }

  #commit({ main, set = {}, brings = [], reverts }: MainStep): void {
    const undone = this.#main.find(({ name }) => name === reverts);
    const before = this.#words;
    const words: Record<string, string> = { ...before };
    const change = (key: string, word: string | null | undefined) => {
      if (word === undefined || word === null) delete words[key];
      else words[key] = word;
    };
    for (const key of undone ? keysOf(undone.before, undone.after) : []) change(key, undone?.before[key]);
    for (const [key, word] of Object.entries(set)) change(key, word);
    this.#words = words;
    for (const name of [...brings, main]) this.#known.set(name, idOf(`main ${name}`));
    const sha = this.sha(main);
    this.#times.set(sha, this.#now);
    const brought = brings.map((name) => this.sha(name));
    const touches = [...new Set(keysOf(before, words).map((key) => key.split('/').at(-1) as string))].sort();
    const dry = { name: main, sha, time: this.#now, brought, touches, before, after: words };
    this.#main.push(undone ? { ...dry, reverts: undone.sha } : dry);
  }

  #publish(which: true | string): void {
    const dry = which === true ? this.#main.at(-1) : this.#main.find(({ name }) => name === which);
    const last = this.#main.findIndex(({ sha }) => sha === [...this.#published.values()].at(-1));
    if (!dry || this.#main.indexOf(dry) <= last) return;
    const commit = idOf(`publish ${dry.name}`);
    const place = this.#commits.push(commit) - 1;
    this.#published.set(commit, dry.sha);
    this.#times.set(commit, this.#now);
    const apps = new Set(Object.keys(dry.after).filter((key) => !key.includes('/')));
    for (const app of apps) {
      // A version counts what all environments see; the words of one of them are its configuration.
      if (this.#rendered.get(app) !== dry.after[app]) this.#versions.set(app, (this.#versions.get(app) ?? -1) + 1);
      this.#rendered.set(app, dry.after[app] as string);
    }
    for (const environment of this.#path) {
      if (place === 0) this.#place(`${environment}/${pipelineFile}`, place, dry, {});
      const there = [...this.#timelines.keys()].filter((path) => path.startsWith(`${environment}/`));
      const known = there.map((path) => path.slice(environment.length + 1)).filter((name) => name !== pipelineFile);
      for (const app of new Set([...apps, ...known])) {
        const path = `${environment}/${app}`;
        const word = apps.has(app) ? `${dry.after[app]} ${dry.after[path] ?? ''}` : 'removed';
        if (this.#rendered.get(path) === word) continue;
        this.#rendered.set(path, word);
        const version = `1.0.${this.#versions.get(app) ?? 0}`;
        this.#place(path, place, dry, apps.has(app) ? { version, commit: dry.sha } : { removed: true });
      }
    }
    if (place === 0) for (const environment of this.#path) this.#begin(environment);
    const [first] = this.#path;
    if (first === undefined) return;
    for (const wish of this.#older(first)) this.#own(first, [wish], `Publish ${wish[0]}`, 'Slipway');
  }

  #place(path: string, place: number, { sha }: Dry, more: Partial<Metadata>): void {
    const part = idOf(`part ${path} at ${place}`);
    const timeline = this.#timelines.get(path) ?? new Timeline();
    timeline.add(place, part);
    this.#timelines.set(path, timeline);
    this.#metadata.set(part, { repoURL: 'https://example.com/slipway.git', drySha: sha, commands: [], ...more });
  }

  #begin(environment: string): void {
    this.#branches.set(environment, new Branch());
    const file = this.#timelines.get(`${environment}/${pipelineFile}`)?.at(0);
    this.#own(environment, [[pipelineFile, file]], `Begin env/${environment}`, 'Slipway');
  }

  /** What goes on to an environment: by app the part that its source has, where that is later and nobody went back. */
  #older(environment: string): Wish[] {
    const target = this.#branch(environment);
    const source = this.#path[this.#path.indexOf(environment) - 1];
    if (!target) return [];
    return [...this.#timelines].flatMap(([path, timeline]): Wish[] => {
      const [stage, name] = path.split('/') as [string, string];
      if (stage !== environment || name === pipelineFile) return [];
      const wanted = this.#offered(timeline, source, name);
      const place = (part: ObjectId | undefined) => (part === undefined ? -1 : timeline.place(part));
      const here = place(target.parts.get(name));
      if (wanted === undefined || here === undefined || (place(wanted) as number) <= here) return [];
      return [...(target.seen.get(name) ?? [])].some((part) => (place(part) ?? -1) > here) ? [] : [[name, wanted]];
    });
  }

  #offered(timeline: Timeline, source: string | undefined, name: string): ObjectId | undefined {
    if (source === undefined) return timeline.at(this.#commits.length - 1);
    const part = this.#branch(source)?.parts.get(name);
    const newest = this.#timelines.get(`${source}/${name}`)?.newest(part ?? '', this.#commits.length);
    return newest === undefined ? undefined : timeline.at(newest);
  }

  #promote({ promote, apps, without = [], how = 'merge' }: Extract<Step, { promote: string }>, by: string): void {
    const wishes = this.#older(promote).filter(([name]) => apps?.includes(name) ?? true);
    if (wishes.length === 0) return;
    const branch = this.#branch(promote) as Branch;
    const taken = wishes.filter(([name]) => !without.includes(name));
    // Also what was taken out of a request stood on its branch, which a squash leaves behind.
    if (how !== 'squash')
      branch.see(new Map(wishes.filter(([name]) => without.includes(name)) as [string, ObjectId][]));
    this.#bring(promote, taken, how, `Promote ${taken.map(([name]) => name).join(' and ') || 'nothing'}`, by);
  }

  #revert({ revert, app, how = 'squash' }: Extract<Step, { revert: string }>, by: string): void {
    const own = this.#branch(revert)?.own ?? [];
    const changed = (at: number) => {
      const [is, was] = [own[at]?.parts ?? new Map(), own[at - 1]?.parts ?? new Map()];
      const names = new Set([...is.keys(), ...was.keys()]);
      return [...names].filter((name) => (app ?? name) === name && is.get(name) !== was.get(name));
    };
    const at = own.findLastIndex((_, index) => index > 0 && changed(index).length > 0);
    if (at < 0) return;
    const wishes = changed(at).map((name): Wish => [name, own[at - 1]?.parts.get(name)]);
    this.#bring(revert, wishes, how, `Revert ${wishes.map(([name]) => name).join(' and ')}`, by);
  }

  #release({ release, app, at, how = 'merge' }: Extract<Step, { release: string }>, by: string): void {
    const timeline = this.#timelines.get(`${release}/${app}`);
    const sha = at === undefined ? undefined : this.#known.get(at);
    const place = sha === undefined ? this.#commits.length - 1 : [...this.#published.values()].indexOf(sha);
    const part = timeline?.at(place);
    if (part === undefined || this.#branch(release)?.parts.get(app) === part) return;
    this.#bring(release, [[app, part]], how, `Release ${app}`, by);
  }

  #decline(environment: string, by: string): void {
    const wishes = this.#older(environment);
    if (wishes.length === 0) return;
    this.#branch(environment)?.see(new Map(wishes as [string, ObjectId][]));
    this.#bring(environment, [], 'merge', 'Not now', by);
  }

  #bring(environment: string, wishes: readonly Wish[], how: How, words: string, by: string): void {
    if (how === 'ff') for (const wish of wishes) this.#own(environment, [wish], `${words}: ${wish[0]}`, by);
    else this.#own(environment, wishes, words, by, how === 'merge' ? ++this.#requests : undefined);
  }

  #own(environment: string, wishes: readonly Wish[], words: string, author: string, request?: number): void {
    const branch = this.#branch(environment) as Branch;
    const parts = new Map(branch.parts);
    for (const [name, part] of wishes) {
      if (part === undefined) parts.delete(name);
      else parts.set(name, part);
    }
    const commit = idOf(`${environment} ${branch.own.length}`);
    branch.own.push({ commit, time: this.#now, parts });
    branch.see(parts);
    this.#times.set(commit, this.#now);
    const at = new Date(this.#now).toISOString();
    this.#deeds.set(commit, { by: author, words, at, ...(request === undefined ? {} : { request }) });
  }

  #branch(environment: string): Branch | undefined {
    return this.#branches.get(environment);
  }

  sha(name: string): ObjectId {
    const found = this.#known.get(name);
    if (found === undefined) throw new Error(`main has no commit ${name}`);
    return found;
  }

  told(): Told {
    const part = (environment: string, app: string, name: string): ObjectId => {
      const found = this.#timelines
        .get(`${environment}/${app}`)
        ?.at([...this.#published.values()].indexOf(this.sha(name)));
      if (found === undefined) throw new Error(`${name} made no part ${environment}/${app}`);
      return found;
    };
    return {
      path: this.#path,
      main: this.#main.map(({ before: _, after: __, ...dry }) => dry),
      rendered: { commits: this.#commits, timelines: this.#timelines },
      published: this.#published,
      environments: new Map([...this.#branches].map(([name, branch]) => [name, historyOf(branch)])),
      metadata: this.#metadata,
      times: this.#times,
      deeds: this.#deeds,
      now: this.#now,
      sha: (name) => this.sha(name),
      part,
    };
  }
}

type Wish = readonly [name: string, part: ObjectId | undefined];

/** The keys at which two records differ. */
const keysOf = (before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((key) => before[key] !== after[key]);

function historyOf({ own, seen }: Branch): EnvironmentHistory {
  const standings = own.flatMap(({ commit, time, parts }, index): Standing[] => {
    const was = own[index - 1]?.parts ?? new Map<string, ObjectId>();
    const names = [...new Set([...was.keys(), ...parts.keys()])].sort();
    const changed = names.filter((name) => was.get(name) !== parts.get(name));
    return changed.map((name) => ({ commit, time, name, part: parts.get(name) }));
  });
  const newestFirst = own.toReversed().map(({ commit }) => commit);
  const byCommit = Map.groupBy(standings, ({ commit }) => commit);
  const last = own.at(-1) as OwnCommit;
  const entry = ([name, id]: readonly [string, ObjectId]): readonly [string, Entry] => [
    name,
    { mode: name === pipelineFile ? mode.file : mode.folder, id },
  ];
  return {
    tip: last.commit,
    entries: new Map([...last.parts].map(entry)),
    seen,
    course: new Course(
      newestFirst,
      newestFirst.flatMap((commit) => byCommit.get(commit) ?? []),
    ),
  };
}
