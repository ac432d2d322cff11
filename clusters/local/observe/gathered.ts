import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What a key of a ConfigMap may be that becomes a file: it stays in its folder. */
const fileName = /^[A-Za-z0-9][\w.-]*\.yaml$/;

export interface GatheredSettings {
  readonly dir: string;
  /** What the environments say by now, by file name. */
  readonly wanted: () => ReadonlyMap<string, string>;
  /** Whether who reads it would take a file. @returns why not */
  readonly check: (file: string) => Promise<string | undefined>;
  /** The folder has changed. @returns why that had no effect: then it is told again at the next look */
  readonly changed: () => Promise<string | undefined>;
}

/**
 * Files from the environments in a folder that a program reads. One that the program would refuse does not come in:
 * what it was before stays, and so do all others.
 */
export class Gathered {
  readonly #settings: GatheredSettings;
  /** As they stand in the folder. */
  readonly #files = new Map<string, string>();
  /** The text that was refused, and why. */
  readonly #refused = new Map<string, { readonly text: string; readonly why: string }>();
  #dirty = true;
  #why: string | undefined;

  private constructor(settings: GatheredSettings) {
    this.#settings = settings;
  }

  /** Begins with an empty folder: what stood there was of another run. */
  static async in(settings: GatheredSettings): Promise<Gathered> {
    await rm(settings.dir, { recursive: true, force: true });
    await mkdir(settings.dir, { recursive: true });
    return new Gathered(settings);
  }

  /** What did not come in, and why, one sentence each. */
  get troubles(): readonly string[] {
    return [...[...this.#refused].map(([name, { why }]) => `${name}: ${why}`), ...(this.#why ? [this.#why] : [])];
  }

  /** Takes what is wanted by now. A look that finds nothing new costs nothing. */
  async look(): Promise<void> {
    const wanted = this.#settings.wanted();
    for (const [name, { text }] of this.#refused) if (wanted.get(name) !== text) this.#refused.delete(name);
    for (const name of [...this.#files.keys()]) if (!wanted.has(name)) await this.#drop(name);
    for (const [name, text] of wanted) if (this.#files.get(name) !== text) await this.#take(name, text);
    if (!this.#dirty) return;
    this.#why = await this.#settings.changed();
    this.#dirty = this.#why !== undefined;
  }

  async #drop(name: string): Promise<void> {
    await rm(join(this.#settings.dir, name), { force: true });
    this.#files.delete(name);
    this.#dirty = true;
  }

  async #take(name: string, text: string): Promise<void> {
    if (this.#refused.get(name)?.text === text) return;
    const why = fileName.test(name) ? await this.#put(name, text) : 'it is no name of a file that ends in .yaml';
    if (why === undefined) {
      this.#files.set(name, text);
      this.#dirty = true;
      return;
    }
    this.#refused.set(name, { text, why });
    console.error(`${name} stays as it was: ${why}`);
  }

  async #put(name: string, text: string): Promise<string | undefined> {
    // Nobody reads a file of that name.
    const file = join(this.#settings.dir, `${name}.new`);
    await writeFile(file, text);
    const why = await this.#settings.check(file);
    if (why === undefined) await rename(file, join(this.#settings.dir, name));
    else await rm(file);
    return why;
  }
}

/** The files of a folder that a program reads. */
export const filesIn = async (dir: string): Promise<string[]> =>
  (await readdir(dir))
    .filter((name) => fileName.test(name))
    .sort()
    .map((name) => join(dir, name));
