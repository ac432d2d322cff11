import { readEnvironment, readRendered } from '../git/history.ts';
import { lookAtEnvironment, lookAtRendered } from '../git/kept.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Shelf } from '../git/shelf.ts';
import { environmentBranch, head, isProposal, rendered } from '../model/names.ts';
import type { EnvironmentHistory, Rendered } from '../model/timeline.ts';

/** The histories of the branches, as the mirror saw them last: each is read once for as long as its tip stays. */
export class Histories {
  readonly #mirror: Mirror;
  readonly #shelf: Shelf | undefined;
  readonly #now: number | undefined;
  // Of each branch the last alone, for whoever looks again and again.
  readonly #environments = new Map<string, ReadAt<EnvironmentHistory>>();
  #rendered: ReadAt<Rendered> | undefined;

  /**
   * @param shelf what was read before counts, for those who only look. @default all is read
   * @param now milliseconds since 1970: times follow the branches, and none is later. @default they are as commits say
   */
  constructor(mirror: Mirror, shelf?: Shelf, now?: number) {
    this.#mirror = mirror;
    this.#now = now;
    this.#shelf = shelf;
  }

  rendered(): Promise<Rendered> {
    const { git, refs } = this.#mirror;
    const tip = refs.get(head(rendered));
    if (this.#rendered?.tip !== tip || !this.#rendered) {
      const read = this.#shelf ? lookAtRendered(git, this.#shelf, tip) : readRendered(git, tip);
      this.#rendered = { tip, read };
    }
    return this.#rendered.read;
  }

  /** Begins to read all of them at once: what takes time is git, beside this process. */
  readAhead(): void {
    const start = head(environmentBranch(''));
    const branches = [...this.#mirror.refs.keys()].filter((ref) => ref.startsWith(start) && !isProposal(ref));
    const begun = [this.rendered(), ...branches.map((ref) => this.environment(ref.slice(start.length)))];
    // Whoever asks for one of them meets its failure.
    for (const one of begun) one.catch(() => {});
  }

  /** Undefined for an environment that has no branch. */
  async environment(name: string): Promise<EnvironmentHistory | undefined> {
    const { git, refs } = this.#mirror;
    const tip = refs.get(head(environmentBranch(name)));
    if (tip === undefined) return undefined;
    const known = this.#environments.get(name);
    if (known?.tip === tip) return known.read;
    const read = this.#inOrder(
      this.#shelf ? lookAtEnvironment(git, this.#shelf, name, tip) : readEnvironment(git, tip),
    );
    this.#environments.set(name, { tip, read });
    return read;
  }

  async #inOrder(read: Promise<EnvironmentHistory>): Promise<EnvironmentHistory> {
    const history = await read;
    return this.#now === undefined ? history : { ...history, course: history.course.inOrder(this.#now) };
  }
}

interface ReadAt<History> {
  readonly tip: string | undefined;
  readonly read: Promise<History>;
}
