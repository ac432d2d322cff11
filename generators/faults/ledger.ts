/**
 * The design's rules about holds and promotions over plain lists: a model that shares no code with what it is held
 * against. A part is a string that is different for every part; a folder that is not there is undefined.
 */
export type Moment = Readonly<Record<string, string | undefined>>;

/** One commit of an environment branch: what stood there before it (in its first parent), and what it made of it. */
export interface Entry {
  readonly commit: string;
  readonly before: Moment;
  readonly after: Moment;
  readonly merge: boolean;
}

export type Environment = 'dev' | 'staging';

/** What the table says of an app, in the words of `slipway status`. */
export interface Word {
  readonly state: 'equal' | 'older' | 'newer' | 'held' | 'edited' | 'none';
  readonly held: boolean;
}

export class Branch {
  now: Moment = {};
  /** Every commit that the branch can reach, but for its root, in the order in which they came. */
  readonly entries: Entry[] = [];
}

export class Ledger {
  readonly branches: Readonly<Record<Environment, Branch>> = { dev: new Branch(), staging: new Branch() };
  /** `rendered`: for every publish what each environment is to have. */
  readonly #published: Readonly<Record<Environment, Moment>>[] = [];

  publish(parts: Readonly<Record<Environment, Moment>>): void {
    this.#published.push(parts);
  }

  get newest(): Readonly<Record<Environment, Moment>> {
    return this.#published.at(-1) ?? { dev: {}, staging: {} };
  }

  /** Every app that was ever published, in alphabetical order. */
  get apps(): string[] {
    return [...new Set(this.#published.flatMap(({ dev }) => Object.keys(dev)))].sort();
  }

  /** When a part came: −1 for no folder, which is earlier than every part; undefined for one that is not ours. */
  #place(environment: Environment, app: string, part: string | undefined): number | undefined {
    if (part === undefined) return -1;
    const place = this.#published.findIndex((parts) => parts[environment][app] === part);
    return place < 0 ? undefined : place;
  }

  /** What the environment's source offers. */
  desired(environment: Environment, app: string): string | undefined {
    if (environment === 'dev') return this.newest.dev[app];
    const source = this.branches.dev.now[app];
    if (source === undefined) return undefined;
    return this.#published.findLast((parts) => parts.dev[app] === source)?.[environment][app];
  }

  word(environment: Environment, app: string): Word {
    const { now, entries } = this.branches[environment];
    const here = this.#place(environment, app, now[app]);
    if (here === undefined) return { state: 'edited', held: false };
    const held = entries.some(({ after }) => (this.#place(environment, app, after[app]) ?? -1) > here);
    const desired = this.desired(environment, app);
    if (desired === undefined) return { state: 'none', held };
    const wanted = this.#place(environment, app, desired) as number;
    if (wanted === here) return { state: 'equal', held };
    if (wanted < here) return { state: 'newer', held };
    return { state: held ? 'held' : 'older', held };
  }

  /** The apps that would move now, in alphabetical order. */
  moves(environment: Environment): string[] {
    return this.apps.filter((app) => this.word(environment, app).state === 'older');
  }

  /** The moments of the chain that moves them: one more app in each. */
  chain(environment: Environment): Moment[] {
    let moment = this.branches[environment].now;
    return this.moves(environment).map((app) => {
      moment = { ...moment, [app]: this.desired(environment, app) };
      return moment;
    });
  }
}

/** The apps that an entry changed. */
export const changedBy = ({ before, after }: Pick<Entry, 'before' | 'after'>): string[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((app) => before[app] !== after[app]);

/** What a revert of an entry makes of a moment; undefined where an app that it changed has moved since. */
export function undone(now: Moment, entry: Entry): Moment | undefined {
  const changed = changedBy(entry);
  if (changed.length === 0 || changed.some((app) => now[app] !== entry.after[app])) return undefined;
  return { ...now, ...Object.fromEntries(changed.map((app) => [app, entry.before[app]])) };
}
