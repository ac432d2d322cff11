import type { Git } from '../git/git.ts';
import type { Stage } from '../model/metadata.ts';
import { difference, Graph } from './graph.ts';

/** The pipeline file: it moves like an app that no gate is asked about. */
const pipeline = '.gitlab-ci.yml';

export type Word = 'equal' | 'older' | 'newer' | 'held' | 'edited' | 'none';

/** A part that should stand under a name; undefined takes the folder away. */
export interface Wish {
  readonly name: string;
  readonly part: string | undefined;
}

/** What the gates see of an app. */
export interface Seen {
  /** The commit of the environment branch that it was compared with. */
  readonly commit: string | undefined;
  readonly isSynced: boolean;
  readonly isHealthy: boolean;
  /** When its health last changed, in milliseconds since 1970. */
  readonly since: number;
}

/** What the gates are asked, and when. */
export interface Gates {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Whether anything can be learnt of an environment. */
  readonly answer: (environment: string) => boolean;
  /** Undefined where nothing is live. */
  readonly see: (environment: string, name: string) => Seen | undefined;
}

/** What is to become of a request that a person asked for. */
export type Asked =
  | { readonly is: 'theirs' | 'fine' | 'pointless' | 'overtaken' }
  | { readonly is: 'behind'; readonly wishes: readonly Wish[] };

/** So long may a rollout take, in milliseconds. */
const rollout = 600_000;

/**
 * The design's promotion table and its promises, over nothing but what git says: it shares no code with what it is held
 * against. A part is the id of its folder, and its place the number of the publish that first had it.
 */
export class PromotionModel {
  readonly graph: Graph;
  readonly stages: readonly Stage[];
  readonly gates: Gates;
  readonly #git: Git;
  /** By publish: every part, by `environment/name`. */
  readonly #published: ReadonlyMap<string, string>[] = [];
  readonly #places = new Map<string, Map<string, number>>();
  /** Parts of which anything runs: what was removed has its record alone. */
  readonly #running = new Set<string>();
  /** What ever stood at the tip of an environment branch, by `environment/name`. */
  readonly #ran = new Map<string, Set<string>>();
  /** What a person put there by name: past every gate and environment. */
  readonly #released = new Map<string, Set<string>>();

  constructor(git: Git, stages: readonly Stage[], gates: Gates) {
    this.#git = git;
    this.graph = new Graph(git);
    this.stages = stages;
    this.gates = gates;
  }

  /** Reads what was published last. */
  async published(): Promise<void> {
    const lines = await this.#git.lines(['ls-tree', '-r', '-t', 'refs/heads/rendered']);
    const parts = lines.map((line) => line.split(/[ \t]/) as [string, string, string, string]);
    const wanted = parts.filter(([, , , path]) => path.split('/').length === 2);
    const number = this.#published.push(new Map(wanted.map(([, , id, path]) => [path, id]))) - 1;
    for (const [, , id, path] of wanted) {
      const places = this.#places.get(path) ?? new Map<string, number>();
      this.#places.set(path, places);
      if (!places.has(id)) places.set(id, number);
    }
    const folders = new Map(wanted.map(([, , id, path]) => [path, id]));
    for (const [, , , path] of parts)
      if (path.endsWith('/application.yaml')) this.#running.add(folders.get(path.replace(/\/[^/]*$/, '')) ?? '');
  }

  /** Looks at the branches again, and notes what the environments run. @returns what the branches were before */
  async look(): Promise<ReadonlyMap<string, string>> {
    const before = await this.graph.look();
    for (const { name: environment } of this.stages)
      for (const [name, part] of this.standing(environment)) noted(this.#ran, `${environment}/${name}`, part);
    return before;
  }

  standing(environment: string): ReadonlyMap<string, string> {
    return this.graph.tip(`env/${environment}`);
  }

  /** A person took a part past what its source runs. */
  released(environment: string, name: string): void {
    for (const branch of [`env/${environment}`, `env/${environment}-release-${name}`]) {
      const part = this.graph.tip(branch).get(name);
      if (part !== undefined) noted(this.#released, `${environment}/${name}`, part);
    }
  }

  /** −1 for no folder, which is earlier than every part; undefined for a part that is not ours. */
  place(environment: string, name: string, part: string | undefined): number | undefined {
    return part === undefined ? -1 : this.#places.get(`${environment}/${name}`)?.get(part);
  }

  /** Whether a part, as far as it is ours, is what is left of an app that was taken out. */
  isRemoved(part: string | undefined): boolean {
    return part !== undefined && !this.#running.has(part);
  }

  /** Every name that was ever published for an environment. */
  names(environment: string): string[] {
    const prefix = `${environment}/`;
    return [...this.#places.keys()].filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  }

  /** What the source offers; undefined for nothing. */
  offer(environment: string, name: string): string | undefined {
    const source = this.#source(environment);
    if (source === undefined) return this.#published.at(-1)?.get(`${environment}/${name}`);
    const part = name === pipeline ? this.standing(source).get(name) : this.vouched(source, name);
    return this.counterpart(environment, name, part);
  }

  /** What was published for an environment last together with a part of its source. */
  counterpart(environment: string, name: string, part: string | undefined): string | undefined {
    const path = `${this.#source(environment)}/${name}`;
    if (part === undefined) return undefined;
    return this.#published.findLast((parts) => parts.get(path) === part)?.get(`${environment}/${name}`);
  }

  /** The newest part of an app that an environment ran for its soak time, and still runs it or what followed. */
  vouched(environment: string, name: string): string | undefined {
    const { gates } = this;
    if (!gates.answer(environment)) return undefined;
    const runs = this.#run(environment, name);
    const seen = gates.see(environment, name);
    if (!seen) return this.isRemoved(runs[0]?.part) ? runs[0]?.part : undefined;
    const soak = (this.stages.find((stage) => stage.name === environment)?.soak ?? 0) * 1000;
    const now = gates.now();
    const compared = runs.findIndex(({ part }) => part === this.graph.commit(seen.commit).entries.get(name));
    if (compared < 0 || !seen.isHealthy) return undefined;
    return runs.find(({ time }, index) => {
      // While what followed is rolled out, an app is out of sync, and that says nothing of what it ran.
      const rolling = soak > 0 && runs.slice(0, index).some((newer) => now - newer.time <= rollout);
      const soaked = soak === 0 || now - Math.max(time, seen.since) >= soak;
      return index >= compared && soaked && (seen.isSynced || rolling);
    })?.part;
  }

  /** What stood there one after the other and never went back, nor was edited, until now: newest first, with when it came. */
  #run(environment: string, name: string): { readonly part: string; readonly time: number }[] {
    const own = this.graph.own(this.graph.heads.get(`env/${environment}`)).map((id) => this.graph.commit(id));
    const found: { part: string; time: number }[] = [];
    for (const [index, { entries, time }] of own.entries()) {
      const [part, before] = [entries.get(name), own[index + 1]?.entries.get(name)];
      if (part === before && index + 1 < own.length) continue;
      const [here, there] = [part, before].map((one) => this.place(environment, name, one));
      if (part === undefined || here === undefined) break;
      found.push({ part, time });
      if (there === undefined || there > here) break;
    }
    return found;
  }

  word(environment: string, name: string): Word {
    const here = this.place(environment, name, this.standing(environment).get(name));
    if (here === undefined) return 'edited';
    const offer = this.offer(environment, name);
    if (offer === undefined) return 'none';
    const there = this.place(environment, name, offer) as number;
    if (there === here) return 'equal';
    if (there < here) return 'newer';
    return this.isHeld(environment, name) ? 'held' : 'older';
  }

  /** Whether any commit that the branch can reach has a later part than the one that stands there. */
  isHeld(environment: string, name: string): boolean {
    const here = this.place(environment, name, this.standing(environment).get(name));
    if (here === undefined) return false;
    const all = this.graph.reachable(this.graph.heads.get(`env/${environment}`));
    return [...all].some((id) => (this.place(environment, name, this.graph.commit(id).entries.get(name)) ?? -1) > here);
  }

  isEdited(environment: string, name: string): boolean {
    return this.place(environment, name, this.standing(environment).get(name)) === undefined;
  }

  /** What the one request of an environment takes there. */
  moves(environment: string): Wish[] {
    const older = this.names(environment).filter((name) => this.word(environment, name) === 'older');
    return older.sort().map((name) => ({ name, part: this.offer(environment, name) }));
  }

  /** What the requests of single apps put there: what a held one could go on to, and what an edited one was before. */
  returns(environment: string): Wish[] {
    return this.names(environment)
      .sort()
      .flatMap((name) => {
        const word = this.word(environment, name);
        if (word === 'held') return [{ name, part: this.offer(environment, name) }];
        return word === 'edited' ? [{ name, part: this.#last(environment, name) }] : [];
      });
  }

  /**
   * What a proposal has beyond its environment branch, in order: undefined where that is more than published parts, once
   * each, and so somebody's own work.
   */
  composed(environment: string, head: string): Wish[] | undefined {
    const target = this.graph.reachable(this.graph.heads.get(`env/${environment}`));
    const beyond = [...this.graph.reachable(head)].filter((id) => !target.has(id));
    if (beyond.some((id) => this.graph.commit(id).parents.length !== 1)) return undefined;
    const changes = beyond.toReversed().flatMap((id) => this.graph.changed(id));
    const names = new Set(changes.map(({ name }) => name));
    const known = new Set(this.names(environment));
    const ours = changes.every(({ name, to }) => known.has(name) && this.place(environment, name, to) !== undefined);
    return ours && names.size === changes.length ? changes.map(({ name, to }) => ({ name, part: to })) : undefined;
  }

  /** What a promotion makes of a request that a person asked for. */
  asked(environment: string, head: string | undefined): Asked {
    const wishes = head === undefined ? undefined : this.composed(environment, head);
    if (!wishes) return { is: 'theirs' };
    const tip = this.graph.heads.get(`env/${environment}`);
    const standing = this.standing(environment);
    const open = wishes.filter(({ name, part }) => standing.get(name) !== part);
    if (open.length === 0) return { is: 'pointless' };
    const target = this.graph.reachable(tip);
    const base = this.graph.own(head).find((id) => target.has(id));
    if (base === tip) return { is: 'fine' };
    const there = this.graph.commit(base).entries;
    const moved = open.some(({ name }) => there.get(name) !== standing.get(name));
    return moved ? { is: 'overtaken' } : { is: 'behind', wishes: open };
  }

  /** What no machine may move: held and edited apps, with what stands there. */
  guarded(environment: string): Map<string, string | undefined> {
    const names = this.names(environment).filter(
      (name) => this.isHeld(environment, name) || this.isEdited(environment, name),
    );
    return new Map(names.map((name) => [name, this.standing(environment).get(name)]));
  }

  /** Parts that run where their source never ran what was published with them, and nobody released them. */
  unproven(): string[] {
    return this.stages.flatMap(({ name: environment, after }) => {
      if (after === undefined) return [];
      return [...this.standing(environment)].flatMap(([name, part]) => {
        const path = `${environment}/${name}`;
        if (this.place(environment, name, part) === undefined || this.#released.get(path)?.has(part)) return [];
        const ran = this.#ran.get(`${after}/${name}`);
        const proven = this.#published.some(
          (parts) => parts.get(path) === part && ran?.has(parts.get(`${after}/${name}`) ?? ''),
        );
        return proven ? [] : [`${path} ${part}`];
      });
    });
  }

  /**
   * What is wrong with a proposal that is no chain of published parts, one each, on a commit of its environment branch.
   * @returns undefined where nothing is
   */
  malformed(environment: string, branch: string): string | undefined {
    const target = this.graph.reachable(this.graph.heads.get(`env/${environment}`));
    for (const id of this.graph.own(this.graph.heads.get(branch))) {
      if (target.has(id)) return undefined;
      const changed = this.graph.changed(id);
      const foreign = changed.find(
        ({ name, to }) =>
          (to === undefined && branch.endsWith('-next')) || this.place(environment, name, to) === undefined,
      );
      if (changed.length !== 1 || foreign) return `${id} changes ${JSON.stringify(changed)}`;
    }
    return 'it does not stand on its environment branch';
  }

  /** What a proposal does to the tip of its environment branch, a wish for each commit; undefined where it stands elsewhere. */
  proposed(environment: string, branch: string): Wish[] | undefined {
    const target = this.graph.heads.get(`env/${environment}`) ?? '';
    const own = this.graph.own(this.graph.heads.get(branch));
    const depth = own.indexOf(target);
    if (depth < 0) return undefined;
    return own
      .slice(0, depth)
      .reverse()
      .flatMap((id) => this.graph.changed(id).map(({ name, to }) => ({ name, part: to })));
  }

  /** The last part of ours that stood there, along the branch's own commits; else the latest that a merge brought. */
  #last(environment: string, name: string): string | undefined {
    const head = this.graph.heads.get(`env/${environment}`);
    const ours = (ids: Iterable<string>) =>
      [...ids]
        .map((id) => this.graph.commit(id).entries.get(name))
        .filter((part) => part !== undefined && this.place(environment, name, part) !== undefined);
    const place = (part: string | undefined) => this.place(environment, name, part) ?? -1;
    return (
      ours(this.graph.own(head))[0] ??
      ours(this.graph.reachable(head)).toSorted((one, other) => place(other) - place(one))[0]
    );
  }

  #source(environment: string): string | undefined {
    return this.stages.find(({ name }) => name === environment)?.after;
  }
}

function noted(sets: Map<string, Set<string>>, path: string, part: string): void {
  const set = sets.get(path) ?? new Set();
  sets.set(path, set.add(part));
}

/** What a first environment looks like when it took these. */
export function taken(standing: ReadonlyMap<string, string>, wishes: readonly Wish[]): ReadonlyMap<string, string> {
  return new Map([...standing, ...wishes.flatMap(({ name, part }) => (part ? [[name, part] as const] : []))]);
}

export const isSame = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>) =>
  difference(one, other).length === 0;
