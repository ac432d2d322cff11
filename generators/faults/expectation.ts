import { createHash } from 'node:crypto';
import type { Bundle } from '../model/bundle.ts';
import type { History, Place } from './history.ts';

/** What a pipeline may come to. */
export type Outcome = 'published' | 'unchanged' | 'superseded' | 'refused';

/** A commit of `rendered`, as the model sees it. */
interface Publish {
  /** By app: the place of `main` whose manifests stand there. */
  readonly content: ReadonlyMap<string, Place>;
  /** By app that was rendered, and not kept: its word. */
  readonly known: ReadonlyMap<string, string>;
  readonly kept: readonly string[];
}

/**
 * The whole of what must happen, in a few lines: the newest place of `main` that was published wins, whatever comes
 * later; what has no place is refused. It shares no code with what it is held against.
 */
export class Expectation {
  readonly #history: History;
  /** How much of the chain is on the remote's `main`. */
  visible: number;
  #newest = -1;
  readonly #publishes: Publish[] = [];

  constructor(history: History, visible: number) {
    this.#history = history;
    this.visible = visible;
  }

  /** What a pipeline of a commit must come to. */
  outcome(dry: string): Outcome {
    const place = this.#history.chain.findIndex(({ commit }) => commit === dry);
    if (place < 0 || place >= this.visible) return 'refused';
    if (place < this.#newest) return 'superseded';
    return place === this.#newest ? 'unchanged' : 'published';
  }

  /** The apps whose keys a commit of `rendered` records, by its number from 0. */
  known(number: number): readonly string[] {
    return [...(this.#publishes[number]?.known.keys() ?? [])];
  }

  /** The apps that were rendered for the newest publish, or taken over, and those that were kept. */
  get apps(): { readonly known: readonly string[]; readonly kept: readonly string[] } {
    const { known = new Map(), kept = [] } = this.#publishes.at(-1) ?? {};
    return { known: [...known.keys()].sort(), kept };
  }

  /** How many commits `rendered` has. */
  get length(): number {
    return this.#publishes.length;
  }

  /** Tells the model of a publish. @param kept apps that could not be rendered */
  published(place: Place, kept: readonly string[]): void {
    const content = new Map<string, Place>();
    for (const app of Object.keys(place.words)) {
      const there = kept.includes(app) ? this.#publishes.at(-1)?.content.get(app) : place;
      if (there) content.set(app, there);
    }
    const known = new Map(Object.entries(place.words).filter(([app]) => !kept.includes(app)));
    this.#publishes.push({ content, known, kept });
    this.#newest = this.#history.chain.indexOf(place);
  }

  /**
   * What a render of this place on an older commit of `rendered` must give: the whole, without what is the same there.
   * @param base the commit's number, from 0, and its name
   */
  rendered({ bundle, words }: Place, base: { readonly number: number; readonly commit: string }): Bundle {
    const known = this.#publishes[base.number]?.known;
    const taken = Object.keys(words).filter((app) => known?.get(app) === words[app]);
    const parts = bundle.parts.filter(({ app }) => !taken.includes(app));
    return { ...bundle, base: base.commit, taken: taken.sort(), parts };
  }

  /** Every manifest of `rendered`, by path, as git names its content. */
  get files(): Readonly<Record<string, string>> {
    const content = this.#publishes.at(-1)?.content ?? new Map<string, Place>();
    const parts = [...content].flatMap(([app, place]) => place.bundle.parts.filter((part) => part.app === app));
    const files = parts.flatMap(({ environment, app, files }) =>
      Object.entries(files).map(([name, text]) => [`${environment}/${app}/${name}`, blobOf(text)] as const),
    );
    return Object.fromEntries(files.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

/** https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
function blobOf(text: string): string {
  const bytes = Buffer.from(text);
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
