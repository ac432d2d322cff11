import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../../generators/model/refusal.ts';
import { releasePort, reservePort } from '../runtime/ports.ts';
import type { Front } from './front.ts';
import { Tied } from './tied.ts';
import { trouble } from './trouble.ts';

export interface ServiceSettings {
  /** The checkout. */
  readonly root: string;
  /** The folder in it: `service`. */
  readonly folder: string;
  /** What Node runs there: `server.ts`. */
  readonly main: string;
  readonly env: Readonly<Record<string, string>>;
  /** The path that answers 200 when it may receive requests. */
  readonly ready: string;
  readonly front: Front;
  /** Called with each line that it says. */
  readonly said: (line: string) => void;
  /** Called when it ends by itself after it had answered, with why. */
  readonly lost: (why: string) => void;
}

interface Instance {
  readonly program: Tied;
  readonly port: number;
  /** Its last lines. */
  readonly lines: readonly string[];
  /** Whether it answered: of one that never does, it is enough to hear why. */
  answers: boolean;
}

/** So many seconds an instance that was replaced has for what it still answers. */
const grace = 12;

/** So many milliseconds a start may take. */
const patience = 20_000;

/** A service that is started again at each save: the new one answers before the old one is asked to leave. */
export class Service {
  #settings: ServiceSettings;
  #running: Instance | undefined;
  #starting: Instance | undefined;
  readonly #leaving = new Set<Instance>();

  constructor(settings: ServiceSettings) {
    this.#settings = settings;
  }

  /**
   * Starts it as it is saved now. Whoever calls this again meanwhile ends that start.
   * @param env its variables, where they are others than before
   * @returns whether it answers; false when a later call took its place
   * @throws {Refusal} saying where and why it does not start; what ran before goes on
   */
  async replace(env: Readonly<Record<string, string>> = this.#settings.env): Promise<boolean> {
    this.#settings = { ...this.#settings, env };
    const { ready, front } = this.#settings;
    this.#starting?.program.kill();
    const port = await reservePort();
    const next = this.#start(port);
    this.#starting = next;
    const answers = await Promise.race([next.program.ended, this.#answering(next, ready)]);
    if (this.#starting !== next) return false;
    this.#starting = undefined;
    if (answers !== true) {
      next.program.kill();
      releasePort(port);
      const { root, folder } = this.#settings;
      const why = trouble(next.lines, { root, folder, how: answers || `no answer at ${ready}` });
      throw new Refusal(this.#running ? `${why}; the one before goes on` : why);
    }
    next.answers = true;
    for (const line of next.lines) this.#settings.said(line);
    const before = this.#running;
    this.#running = next;
    front.target = port;
    void next.program.ended.then((how) => this.#left(next, how));
    if (before) {
      this.#leaving.add(before);
      void before.program.stop(grace).then(() => this.#leaving.delete(before));
    }
    return true;
  }

  async close(): Promise<void> {
    const last = this.#running;
    for (const { program } of [...this.#leaving, ...(this.#starting ? [this.#starting] : [])]) program.kill();
    this.#running = this.#starting = undefined;
    await last?.program.stop(1);
  }

  #start(port: number): Instance {
    const { root, folder, main, env, said } = this.#settings;
    const lines: string[] = [];
    const heard = (line: string) => {
      lines.splice(0, Math.max(0, lines.push(line) - 40));
      if (instance.answers) said(line);
    };
    const variables = { PATH: process.env.PATH, ...env, HOST: '127.0.0.1', PORT: String(port) };
    const dir = join(root, folder);
    const program = new Tied(process.execPath, [main], { dir, env: variables, said: heard });
    const instance: Instance = { port, lines, program, answers: false };
    return instance;
  }

  /** @returns false when it never did */
  async #answering({ port }: Instance, path: string): Promise<boolean> {
    for (const until = Date.now() + patience; Date.now() < until; await delay(30)) {
      const answer = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === 200) return true;
    }
    return false;
  }

  #left(instance: Instance, how: string): void {
    releasePort(instance.port);
    if (this.#running !== instance) return;
    const { root, folder, front, lost } = this.#settings;
    this.#running = front.target = undefined;
    lost(trouble(instance.lines, { root, folder, how }));
  }
}
