import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../../generators/model/refusal.ts';
import { boundLog, lastWords, logSize } from '../runtime/log-file.ts';
import { releasePort, reservePort } from '../runtime/ports.ts';

/** Seconds that it has between being asked to end and being killed. */
const grace = 3;
/** Milliseconds that it may take until it works; one that did so for longer did not crash on start. */
const patience = 20_000;

/** Where a program tells its arguments, with a NUL between them: https://pkg.go.dev/net/http/pprof#Cmdline */
export const commandLine = '/debug/pprof/cmdline';

export interface KeptSettings {
  /** Its name, and that of its log. */
  readonly name: string;
  readonly command: string;
  /** @param port of this machine, at which it shall answer */
  readonly args: (port: number) => readonly string[];
  /** The folder that it works in. */
  readonly dir: string;
  /** The path that answers 200 once it works; at `commandLine` it says how it was started, as programs in Go do. */
  readonly ready: string;
}

/** A program that watches the world, for as long as the world lives: however it ends, it is started again at its port. */
export class Kept {
  readonly log: string;
  readonly #settings: KeptSettings;
  readonly #stopping = new AbortController();
  #port: number;
  #process: ChildProcess | undefined;
  #works = false;
  /** Whether it ever worked: from then on its address is known to others, and stays. */
  #known = false;
  #why: string | undefined;
  readonly #end: Promise<void>;

  private constructor(settings: KeptSettings, port: number) {
    this.#settings = settings;
    this.#port = port;
    this.log = join(settings.dir, `${settings.name}.log`);
    this.#end = this.#keep();
  }

  /**
   * @param most milliseconds that it may take until it works
   * @throws {Refusal} when it does not, with its last words
   */
  static async start(settings: KeptSettings, most = patience): Promise<Kept> {
    const kept = new Kept(settings, await reservePort());
    for (const until = Date.now() + most; !kept.#works; await delay(25)) {
      if (Date.now() < until) continue;
      await kept.stop();
      throw new Refusal(`${settings.command} did not start: ${kept.trouble ?? (await lastWords(kept.log, 0))}`);
    }
    return kept;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Why it does not work, in one sentence; undefined while it does. */
  get trouble(): string | undefined {
    return this.#works ? undefined : (this.#why ?? `${this.#settings.name} starts`);
  }

  /** Has it read its configuration anew. @returns why it did not */
  async reload(): Promise<string | undefined> {
    try {
      const answer = await fetch(`${this.url}/-/reload`, { method: 'POST', signal: AbortSignal.timeout(10_000) });
      return answer.ok ? undefined : (await answer.text()).trim();
    } catch (error) {
      return (error as Error).message;
    }
  }

  boundLog(): void {
    boundLog(this.log);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#process?.stdin?.end(`${grace}\n`);
    await this.#end;
    releasePort(this.#port);
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopping;
    for (let crashes = 0; !signal.aborted; crashes++) {
      const [from, began] = [logSize(this.log), Date.now()];
      const status = await this.#run().catch((error: Error) => error.message);
      if (signal.aborted) return;
      const said = await lastWords(this.log, from);
      this.#why = `${this.#settings.name} ended (${status}): ${said}`;
      console.error(this.#why);
      if (!this.#known && /address already in use/i.test(said)) {
        // Somebody was faster on that port, and nobody knows it yet.
        const before = this.#port;
        this.#port = await reservePort();
        releasePort(before);
        continue;
      }
      if (Date.now() - began > patience) crashes = 0;
      await delay(Math.min(30_000, 250 * 2 ** Math.min(crashes, 7)), undefined, { signal }).catch(() => {});
    }
  }

  async #run(): Promise<string> {
    const { command, args, dir } = this.#settings;
    const argv = [command, ...args(this.#port)];
    const out = await open(this.log, 'a');
    const lifeline = join(import.meta.dirname, '..', 'runtime', 'lifeline.sh');
    const child = spawn(lifeline, [String(grace), ...argv], {
      cwd: dir,
      env: { PATH: process.env.PATH },
      // A terminal's Ctrl-C is for whoever started the world, who then closes the pipe.
      detached: true,
      stdio: ['pipe', out.fd, out.fd],
    });
    this.#process = child;
    child.stdin?.on('error', () => {});
    const ended = new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
    });
    await out.close();
    // It was stopped while its log was opened.
    if (this.#stopping.signal.aborted) child.stdin?.end(`${grace}\n`);
    const gone = new AbortController();
    void this.#greet(argv.join('\0'), gone.signal);
    return ended.finally(() => {
      gone.abort();
      this.#works = false;
    });
  }

  /** Waits until it works, it and nobody else: another program may have taken the port before it. */
  async #greet(argv: string, gone: AbortSignal): Promise<void> {
    const told = async (path: string) => {
      const signal = AbortSignal.any([gone, AbortSignal.timeout(2000)]);
      const answer = await fetch(`${this.url}${path}`, { signal });
      const text = await answer.text();
      return answer.ok ? text : undefined;
    };
    const works = async () => (await told(this.#settings.ready)) !== undefined && (await told(commandLine)) === argv;
    while (!gone.aborted) {
      if ((await works().catch(() => false)) && !gone.aborted) {
        this.#works = this.#known = true;
        return;
      }
      await delay(50);
    }
  }
}
