import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** So many milliseconds of silence make one save of what an editor does in several steps. */
const silence = 60;

/** What no source is in. */
const isAside = (name: string) => name.startsWith('.') || name === 'node_modules' || name === 'dist';

/**
 * Tells when something is saved in a checkout, or git moved its HEAD. What has changed is for git to say: this only
 * wakes whoever asks it.
 */
export class Saves {
  readonly #root: string;
  readonly #gitDir: string;
  readonly #saved: (at: number) => void;
  readonly #watching = new Map<string, FSWatcher>();
  #first: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #polling: NodeJS.Timeout | undefined;

  /**
   * @param gitDir where HEAD stands
   * @param saved called after each save, with the time of its first sign, by `performance.now()`
   */
  constructor(root: string, gitDir: string, saved: (at: number) => void) {
    this.#root = root;
    this.#gitDir = gitDir;
    this.#saved = saved;
    this.#look();
  }

  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#polling);
    for (const watcher of this.#watching.values()) watcher.close();
    this.#watching.clear();
  }

  #look(): void {
    this.#watch(this.#gitDir);
    const found = [this.#root];
    // It grows while it is walked.
    for (const dir of found) {
      this.#watch(dir);
      const entries = (() => {
        try {
          return readdirSync(dir, { withFileTypes: true });
        } catch {
          // It went away meanwhile.
          return [];
        }
      })();
      found.push(
        ...entries.filter((entry) => entry.isDirectory() && !isAside(entry.name)).map(({ name }) => join(dir, name)),
      );
    }
    for (const [dir, watcher] of this.#watching) {
      if (dir === this.#gitDir || found.includes(dir)) continue;
      watcher.close();
      this.#watching.delete(dir);
    }
  }

  #watch(dir: string): void {
    if (this.#watching.has(dir)) return;
    try {
      const watcher = watch(dir, () => this.#heard());
      watcher.on('error', () => {
        watcher.close();
        this.#watching.delete(dir);
      });
      this.#watching.set(dir, watcher);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      // This machine watches no more folders for anybody: it is looked at every second instead.
      this.#polling ??= setInterval(() => this.#saved(performance.now()), 1000);
    }
  }

  #heard(): void {
    this.#first ??= performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      const at = this.#first ?? performance.now();
      this.#first = undefined;
      this.#look();
      this.#saved(at);
    }, silence);
  }
}
