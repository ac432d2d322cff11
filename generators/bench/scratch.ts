import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const open = new Set<Scratch>();
const closeAll = () => {
  for (const scratch of open) scratch.closeNow();
};
process.on('exit', closeAll);
for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)
  process.on(signal, () => process.exit(status));

/** A folder and the processes that work in it. However this program ends, short of `kill -9`, neither is left behind. */
export class Scratch {
  readonly dir: string;
  readonly #running = new Set<ChildProcess>();
  #folders = 0;

  constructor() {
    this.dir = mkdtempSync(join(tmpdir(), 'slipway-bench-'));
    open.add(this);
  }

  /** A new, empty folder. */
  async folder(name: string): Promise<string> {
    const dir = join(this.dir, `${++this.#folders}-${name}`);
    await mkdir(dir);
    return dir;
  }

  /** Starts a program at the head of a process group, so that what it starts ends with it. */
  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const child = spawn(command, args, { ...options, detached: true });
    this.#running.add(child);
    child.on('close', () => this.#running.delete(child));
    return child;
  }

  async remove(dir: string): Promise<void> {
    await rm(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }

  closeNow(): void {
    for (const { pid } of this.#running) {
      try {
        if (pid !== undefined) process.kill(-pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
    // Whoever is being killed, or ends by itself, may still make a file, and with it the folder.
    for (let absent = 0, round = 0; absent < 2 && round < 30; round++) {
      rmSync(this.dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      absent = existsSync(this.dir) ? 0 : absent + 1;
    }
    open.delete(this);
  }
}
