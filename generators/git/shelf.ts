import { hash } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectFormat } from '../model/object-id.ts';
import type { ObjectId } from '../model/timeline.ts';

/** How what is kept is written down. Another number, and all of it is read anew: raise it with every change of it. */
const version = 1;

/** Somebody who has not ended writing after so many milliseconds was stopped. */
const patience = 60_000;

/** What was read of a branch up to a commit. */
export interface Kept {
  readonly tip: ObjectId;
  /** As it was put there. */
  readonly payload: unknown;
}

/**
 * What was read of branches, beside the clone: a file for each, for whoever looks again. It is never needed: what is
 * missing, broken or of another version is nothing, and what cannot be written is not kept.
 */
export class Shelf {
  readonly #dir: string;
  readonly #format: ObjectFormat;
  readonly #writing = new Set<Promise<void>>();

  /**
   * @param dir a folder of its own, which is made when something is put there
   * @param format how the clone names objects
   */
  constructor(dir: string, format: ObjectFormat) {
    this.#dir = dir;
    this.#format = format;
  }

  /** @param branch its full name */
  async take(branch: string): Promise<Kept | undefined> {
    try {
      const text = await readFile(this.#file(branch), 'utf8');
      const end = text.indexOf('\n');
      const json = text.slice(end + 1);
      const tip = text.slice(0, end).split(' ')[3] ?? '';
      if (text.slice(0, end) !== this.#headOf(branch, tip, json)) return undefined;
      return { tip, payload: JSON.parse(json) };
    } catch {
      return undefined;
    }
  }

  /**
   * Begins to write. Whoever reads meanwhile finds what was there before.
   * @param payload asked for once nobody waits for it, and if nobody else is writing
   */
  put(branch: string, tip: ObjectId, payload: () => unknown): void {
    const writing = this.#write(branch, tip, payload)
      .catch(() => {})
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** Waits for what is being written. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }

  #file(branch: string): string {
    return join(this.#dir, encodeURIComponent(branch));
  }

  #headOf(branch: string, tip: ObjectId, json: string): string {
    const head = ['slipway', version, this.#format, tip, branch].join(' ');
    return `${head} ${hash('sha256', `${head}\n${json}`)}`;
  }

  /** One writes at a time: who comes meanwhile has read the same or will do so again. */
  async #write(branch: string, tip: ObjectId, payload: () => unknown): Promise<void> {
    const file = this.#file(branch);
    const beginning = `${file}.new`;
    await mkdir(this.#dir, { recursive: true });
    const handle = await open(beginning, 'wx').catch(async (error: Error) => {
      if (Date.now() - (await stat(beginning)).mtimeMs > patience) await rm(beginning, { force: true });
      throw error;
    });
    try {
      const json = JSON.stringify(payload());
      await handle.writeFile(`${this.#headOf(branch, tip, json)}\n${json}`);
      await handle.close();
      await rename(beginning, file);
    } catch (error) {
      await handle.close().catch(() => {});
      await rm(beginning, { force: true });
      throw error;
    }
  }
}
