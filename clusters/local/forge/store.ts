import { readFile, rename, writeFile } from 'node:fs/promises';

/** A list that outlives the process. One change at a time, and what changed is on disk before it is told. */
export class Store<T> {
  readonly items: T[];
  readonly #file: string;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(file: string, items: T[]) {
    this.#file = file;
    this.items = items;
  }

  /** @param file JSON; it need not be there yet */
  static async open<T>(file: string): Promise<Store<T>> {
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '[]';
      throw error;
    });
    return new Store(file, JSON.parse(text) as T[]);
  }

  /** Makes a change to the items after those that came before. One that throws is not written. */
  change<R>(make: () => Promise<R>): Promise<R> {
    const done = this.#queue.then(async () => {
      const made = await make();
      await writeFile(`${this.#file}.new`, JSON.stringify(this.items, null, 2));
      await rename(`${this.#file}.new`, this.#file);
      return made;
    });
    this.#queue = done.catch(() => {});
    return done;
  }
}
