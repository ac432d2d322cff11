import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface TiedSettings {
  readonly dir: string;
  readonly env: NodeJS.ProcessEnv;
  /** Called with each line of its output, as it is. */
  readonly said: (line: string) => void;
}

/** A program that ends when it is told to, and when this process ends, in whatever way (lifeline.sh). */
export class Tied {
  /** How it ended: `status 1`, `SIGKILL`. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;

  constructor(program: string, args: readonly string[], { dir, env, said }: TiedSettings) {
    const lifeline = join(import.meta.dirname, '..', 'runtime', 'lifeline.sh');
    // A terminal's Ctrl-C is for whoever started it, who then closes the pipe.
    this.#process = spawn(lifeline, ['2', program, ...args], { cwd: dir, env, detached: true, stdio: 'pipe' });
    const { stdin, stdout, stderr } = this.#process;
    stdin?.on('error', () => {});
    for (const output of [stdout, stderr]) {
      if (output) createInterface({ input: output, crlfDelay: Number.POSITIVE_INFINITY }).on('line', said);
    }
    this.ended = new Promise((resolve) => {
      this.#process.once('error', (error) => resolve(error.message));
      // Once its output is read, too: its last words say why.
      this.#process.once('close', (code, signal) => resolve(signal ?? `status ${code}`));
    });
  }

  /** Ends it at once, with all that it started. */
  kill(): void {
    try {
      if (this.#process.pid !== undefined) process.kill(-this.#process.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }

  /** Asks it to end, and ends it after so many seconds. */
  async stop(seconds: number): Promise<void> {
    this.#process.stdin?.end(`${seconds}\n`);
    await this.ended;
  }
}
