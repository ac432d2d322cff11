import type { WorldFile } from '../world.ts';
import { visit } from './visit.ts';

/** Visitors who come all the time, each soon after the last has left, and what they met. */
export class Traffic {
  readonly #world: WorldFile;
  readonly #loops = new Map<string, Promise<void>>();
  readonly #left = new Set<string>();
  readonly #failures: string[] = [];
  #requests = 0;
  #ended = false;

  constructor(world: WorldFile) {
    this.#world = world;
  }

  /** Sends a visitor to a host, from now on. A host that has one gets no other. */
  visit(host: string): void {
    if (!this.#loops.has(host)) this.#loops.set(host, this.#loop(host));
  }

  /** Sends nobody there any more. Returns when the last answer has come. */
  async leave(host: string): Promise<void> {
    this.#left.add(host);
    await this.#loops.get(host);
    this.#loops.delete(host);
    this.#left.delete(host);
  }

  /** How many asked so far, and how those fared who got no answer or one that says that the server is at fault. */
  get seen(): { readonly requests: number; readonly failures: readonly string[] } {
    return { requests: this.#requests, failures: this.#failures };
  }

  /** Returns when the last answer has come. */
  async end(): Promise<void> {
    this.#ended = true;
    await Promise.all(this.#loops.values());
  }

  async #loop(host: string): Promise<void> {
    while (!this.#ended && !this.#left.has(host)) {
      const fault = await visit(this.#world, host).then(
        ({ status, body }) => (status < 500 ? undefined : `${status}: ${body.trim()}`),
        (error: Error) => error.message,
      );
      this.#requests++;
      if (fault !== undefined) this.#failures.push(`${host} at ${new Date().toISOString()}: ${fault}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
