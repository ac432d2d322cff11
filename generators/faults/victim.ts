import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { program } from '../commands/hydrate-commit.ts';
import { type Order, orderVariable } from './fault.ts';
import { readJournal, type Step } from './journal.ts';

export interface VictimOptions {
  /** A TypeScript or JavaScript file, and its arguments. */
  readonly args: readonly string[];
  /** The folder that it is called in. */
  readonly cwd: string;
  /** The folder that it takes for the system's temporary one. */
  readonly temp: string;
  readonly order: Order;
  /** A file of its own. */
  readonly journal: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Hears what it prints while it prints it. */
  readonly hear?: ((text: string) => void) | undefined;
}

/** How a process ended. */
export interface Ended {
  /** Its exit status; undefined when it was killed. */
  readonly status: number | undefined;
  readonly out: string;
  readonly err: string;
  readonly steps: readonly Step[];
}

/** So long may one process take, in milliseconds, before it counts as one that hangs. */
const patience = 120_000;

/** Loading this program takes a victim longer than most that it does: it finds what an earlier one compiled. */
const compiled = join(program, 'node_modules', '.cache', 'slipway');

/** A real process of Slipway that suffers what was ordered. It leads a process group, so that what it left can be found. */
export class Victim {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;

  constructor({ args, cwd, temp, order, journal, env, hear }: VictimOptions) {
    const child = spawn(process.execPath, ['--import', join(import.meta.dirname, 'preload.ts'), ...args], {
      cwd,
      env: {
        ...process.env,
        ...env,
        TMPDIR: temp,
        NODE_OPTIONS: '',
        NODE_COMPILE_CACHE: compiled,
        [orderVariable]: JSON.stringify({ order, journal }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child = child;
    const hung = setTimeout(() => this.#signal('SIGKILL'), patience);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      out += chunk;
      hear?.(chunk);
    });
    // What a killed process left running may keep the pipes open: they are read to their end all the same.
    const closed = new Promise<number | undefined>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? undefined));
    });
    this.ended = Promise.all([closed, text(child.stderr)])
      .then(([status, err]) => ({ status, out, err, steps: readJournal(journal) }))
      .finally(() => clearTimeout(hung));
  }

  /** Waits until nothing that it started runs any more. @throws when something does not end by itself */
  async alone(): Promise<void> {
    for (let waited = 0; this.#signal(0) && (await this.#runs()); waited += 10) {
      if (waited > 10_000) {
        this.#signal('SIGKILL');
        throw new Error(`what process ${this.#child.pid} started did not end within 10 s`);
      }
      await sleep(10);
    }
  }

  /** Whether anything in its group still runs: what has ended and was not yet collected by the system does not. */
  async #runs(): Promise<boolean> {
    const ps = spawn('ps', ['-A', '-o', 'pgid=,stat='], { stdio: ['ignore', 'pipe', 'ignore'] });
    ps.once('error', () => {});
    const lines = (await text(ps.stdout)).split('\n').map((line) => line.trim().split(/\s+/));
    // A ps that is missing says nothing; one that works lists itself.
    if (lines.length < 2) return true;
    return lines.some(([group, state]) => group === String(this.#child.pid) && !state?.startsWith('Z'));
  }

  /** Whether there was somebody in its group to hear it. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return process.kill(-(this.#child.pid as number), signal);
    } catch {
      return false;
    }
  }
}
