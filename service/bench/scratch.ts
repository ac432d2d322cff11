import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A folder and the processes that work in it. However this program ends, short of `kill -9`, neither is left behind. */
export class Scratch {
  readonly dir = mkdtempSync(join(tmpdir(), 'counter-bench-'));
  readonly #running = new Set<ChildProcess>();
  readonly #endings: (() => void)[] = [];

  constructor() {
    process.on('exit', () => this.close());
    for (const [signal, status] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const)
      process.on(signal, () => process.exit(status));
  }

  /** Starts a program at the head of a process group, so that what it starts ends with it. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(command, args, { ...options, detached: true });
    this.#running.add(child);
    child.on('close', () => this.#running.delete(child));
    child.on('error', () => this.#running.delete(child));
    return child;
  }

  /** Ends a program and all that it started. */
  kill({ pid }: ChildProcess): void {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }

  /** Something else that has to happen at the end, at once and without waiting. */
  atEnd(ending: () => void): void {
    this.#endings.push(ending);
  }

  close(): void {
    for (const ending of this.#endings.splice(0)) ending();
    for (const child of this.#running) this.kill(child);
    // Who is being killed may still make a file.
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}
