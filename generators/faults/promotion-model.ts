import type { Git } from '../git/git.ts';
import type { Stage } from '../model/metadata.ts';
import { difference, Graph } from './graph.ts';

/** The pipeline file: it moves like an app that no gate is asked about. */
const pipeline = '.gitlab-ci.yml';

export type Word = 'equal' | 'older' | 'newer' | 'held' | 'edited' | 'none';

/** A part that should stand under a name. */
export interface Wish {
  readonly name: string;
  readonly part: string;
}

/**
 * The design's promotion table and its promises, over nothing but what git says: it shares no code with what it is held
 * against. A part is the id of its folder, and its place the number of the publish that first had it.
 */
export class PromotionModel {
  readonly graph: Graph;
  readonly stages: readonly Stage[];
  /** Whether a gate agrees with what stands in an environment. */
  readonly agrees: (environment: string, name: string) => boolean;
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

  constructor(git: Git, stages: readonly Stage[], agrees: (environment: string, name: string) => boolean) {
    this.#git = git;
    this.graph = new Graph(git);
    this.stages = stages;
    this.agrees = agrees;
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
    const stands = this.standing(source).get(name);
    if (stands === undefined || !(name === pipeline || this.agrees(source, name))) return undefined;
    return this.#published
      .findLast((parts) => parts.get(`${source}/${name}`) === stands)
      ?.get(`${environment}/${name}`);
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
    return older.sort().map((name) => ({ name, part: this.offer(environment, name) as string }));
  }

  /** What the requests of single apps put there: what a held one could go on to, and what an edited one was before. */
  returns(environment: string): Wish[] {
    return this.names(environment)
      .filter((name) => name !== pipeline)
      .sort()
      .flatMap((name) => {
        const word = this.word(environment, name);
        const part =
          word === 'held'
            ? this.offer(environment, name)
            : word === 'edited'
              ? this.#last(environment, name)
              : undefined;
        return part === undefined ? [] : [{ name, part }];
      });
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
        ({ name, to }) => to === undefined || this.place(environment, name, to) === undefined,
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
      .flatMap((id) => this.graph.changed(id).map(({ name, to = '' }) => ({ name, part: to })));
  }

  /** The last part of ours that stood there, along the branch's own commits. */
  #last(environment: string, name: string): string | undefined {
    const own = this.graph.own(this.graph.heads.get(`env/${environment}`));
    return own
      .map((id) => this.graph.commit(id).entries.get(name))
      .find((part) => part !== undefined && this.place(environment, name, part) !== undefined);
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
  return new Map([...standing, ...wishes.map(({ name, part }) => [name, part] as const)]);
}

export const isSame = (one: ReadonlyMap<string, string>, other: ReadonlyMap<string, string>) =>
  difference(one, other).length === 0;
