import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Refusal } from '../../../generators/model/refusal.ts';
import { NotRunHere } from './artifact.ts';
import { ask, command } from './ask.ts';
import { Checks, type ProbeKind } from './checks.ts';
import { lastWords, logSize } from './log-file.ts';
import { executableOf } from './programs.ts';
import type { Sandbox } from './sandbox.ts';
import type { Container } from './template.ts';
import { resolved } from './variables.ts';

export interface ContainerSettings {
  readonly container: Container;
  readonly sandbox: Sandbox;
  /** The world's folder. */
  readonly world: string;
  /** The file that it writes to. */
  readonly log: string;
  /** Seconds between being asked to end and being killed. */
  readonly grace: number;
  /** Called after every change of state. */
  readonly changed: () => void;
}

/** What a shell says when there is no such program. */
const notFound = 'status 127';

/** A run of so many milliseconds was no crash on start: the next one is started again at once. */
const steady = 60_000;

/**
 * One container as a process, again and again. Each process lives exactly as long as the pipe to its standard input (see
 * lifeline.sh), so it can never outlive whoever started it.
 */
export class ContainerProcess {
  readonly name: string;
  ready = false;
  /** Whether its startup probe has passed, in this run. */
  started = false;
  restarts = 0;
  /** Why it does not run, or is not ready, in one sentence; undefined while it is. */
  trouble: string | undefined;
  /** Whether this machine has nothing that could run it. */
  foreign = false;
  readonly #settings: ContainerSettings;
  readonly #stopping = new AbortController();
  #process: ChildProcess | undefined;
  #crashes = 0;
  #stolen = 0;

  constructor(settings: ContainerSettings) {
    this.name = settings.container.name;
    this.#settings = settings;
  }

  /** The number of the process that holds it, while it runs. */
  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Runs until it is stopped: whatever ends is started again, later and later when it ends soon. */
  async keep(): Promise<void> {
    await this.#again(() => false);
  }

  /** Runs until it ends with status 0, or is stopped. */
  async complete(): Promise<void> {
    await this.#again((status) => status === 'status 0');
  }

  /** Runs once. @returns undefined when it ended with status 0, else why it did not, with its last words */
  async once(): Promise<string | undefined> {
    const from = logSize(this.#settings.log);
    const status = await this.#run();
    if (status === 'status 0') return undefined;
    return `it ended with ${status}: ${await lastWords(this.#settings.log, from)}`;
  }

  /** @param until when it is killed, in milliseconds since 1970 */
  async stop(until: number): Promise<void> {
    this.#stopping.abort();
    this.ready = false;
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.stdin?.end(`${Math.max(0, Math.ceil((until - Date.now()) / 1000))}\n`);
    await ended;
  }

  /** Does what is to be done before it is asked to end, for at most `seconds`. */
  async beforeStop(seconds: number): Promise<void> {
    const { container, sandbox } = this.#settings;
    const { sleep, exec } = container.lifecycle?.preStop ?? {};
    if (!this.#process || seconds <= 0) return;
    if (sleep) await delay(Math.min(sleep.seconds, seconds) * 1000);
    const local = (value: string) => sandbox.local(container, value);
    if (exec) await command(exec.command, { local, env: this.#environment() }, seconds);
  }

  async #again(enough: (status: string) => boolean): Promise<void> {
    const { log, changed, container, sandbox } = this.#settings;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const [from, began] = [logSize(log), Date.now()];
      try {
        const status = await this.#run();
        if (signal.aborted || enough(status)) return;
        const said = await lastWords(log, from);
        if (/EADDRINUSE|address already in use/i.test(said) && this.#stolen++ < 5) {
          // Somebody was faster on the port that it was given. That is this machine's fault: it gets another one.
          await sandbox.choosePorts(container);
          continue;
        }
        // A probe that failed says more than how the process ended.
        this.trouble = this.#fatal ? `${this.#fatal}: ${said}` : `it ended with ${status}: ${said}`;
      } catch (error) {
        this.trouble = (error as Error).message;
        this.foreign = error instanceof NotRunHere;
      }
      this.restarts++;
      this.#crashes = Date.now() - began < steady ? this.#crashes + 1 : 0;
      changed();
      const pause = this.#fatal && this.#crashes < 2 ? 0 : Math.min(30_000, 500 * 2 ** Math.min(this.#crashes, 6));
      await delay(pause, undefined, { signal }).catch(() => {});
    }
  }

  /** Why its own probe ended this run. */
  #fatal: string | undefined;

  #environment(): NodeJS.ProcessEnv {
    const { container, sandbox } = this.#settings;
    return { PATH: process.env.PATH, HOST: '127.0.0.1', ...sandbox.variables(container) };
  }

  async #run(): Promise<string> {
    const { container, sandbox, world, grace, log, changed } = this.#settings;
    const { command: file, before, after, dir, debian } = await executableOf(world, container);
    const env = this.#environment();
    const local = (value: string) => sandbox.local(container, resolved(value, env as Record<string, string>));
    const own = [...(container.command ? before.map(local) : before), ...(container.args ?? []).map(local), ...after];
    const out = await open(log, 'a');
    if (this.#stopping.signal.aborted) {
      await out.close();
      return 'nothing';
    }
    this.#fatal = undefined;
    const child = spawn(join(import.meta.dirname, 'lifeline.sh'), [String(grace), file, ...own], {
      cwd: dir ?? sandbox.dir,
      env,
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
    const probing = new AbortController();
    const checks = new Checks(container, Date.now());
    this.#judge(checks);
    for (const kind of checks.kinds) void this.#probe(kind, checks, env, probing.signal);
    const status = await ended.finally(() => {
      probing.abort();
      this.#process = undefined;
      this.ready = this.started = false;
    });
    changed();
    if (debian && status === notFound) throw new Refusal(`${file} was not found: install Debian's package ${debian}`);
    return status;
  }

  async #probe(kind: ProbeKind, checks: Checks, env: NodeJS.ProcessEnv, ended: AbortSignal): Promise<void> {
    const { container, sandbox } = this.#settings;
    const probe = container[`${kind}Probe`];
    const signal = AbortSignal.any([ended, this.#stopping.signal]);
    const target = {
      port: (port: string | number) => sandbox.port(port),
      local: (value: string) => sandbox.local(container, resolved(value, env as Record<string, string>)),
      env,
    };
    while (probe && !signal.aborted) {
      const wait = checks.wait(kind, Date.now());
      if (wait === undefined) return;
      if (wait > 0) await delay(wait, undefined, { signal }).catch(() => {});
      if (signal.aborted || (checks.wait(kind, Date.now()) ?? 0) > 0 || (kind !== 'startup' && !checks.started))
        continue;
      const why = await ask(probe, target);
      if (signal.aborted) return;
      checks.answer(kind, why === undefined, Date.now());
      this.#judge(checks, why === undefined ? undefined : `its ${kind} probe fails (${why})`);
    }
  }

  #judge(checks: Checks, why?: string): void {
    const { log, changed } = this.#settings;
    const before = [this.ready, this.started, this.trouble];
    this.ready = checks.ready && !this.#stopping.signal.aborted;
    this.started = checks.started;
    if (this.ready) this.trouble = undefined;
    else if (why && checks.unready && !checks.fatal && !this.trouble?.startsWith('its ')) {
      this.trouble = why;
      void lastWords(log, Math.max(0, logSize(log) - 2048)).then((said) => {
        if (this.trouble === why) this.trouble = `${why}: ${said}`;
      });
    }
    if (checks.fatal && !this.#fatal) {
      this.#fatal = why ?? `its ${checks.fatal} probe fails`;
      this.#process?.stdin?.end();
    }
    if (before.some((value, at) => value !== [this.ready, this.started, this.trouble][at])) changed();
  }
}
