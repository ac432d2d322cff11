import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdir, open, readFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { parseImage } from '../../../generators/model/image.ts';
import { Refusal } from '../../../generators/model/refusal.ts';
import { NotRunHere, unpackedArtifact } from './artifact.ts';
import type { Container, Probe, Template } from './manifests.ts';
import { programFor } from './programs.ts';

export interface PodSettings {
  readonly id: string;
  readonly template: string;
  readonly spec: Template['spec'];
  /** The world's folder: artifacts, logs and volumes are there. */
  readonly world: string;
  /** Where its logs go and its volume is: `dev/redis-0`. */
  readonly place: string;
  /** `redis:6379` → `127.0.0.1:40123`: where services of its environment are reached on this machine. */
  readonly reach: (value: string) => string;
  /** Called after every change of state. */
  readonly changed: () => void;
}

/** What a shell says when there is no such program. */
const notFound = 'status 127';

/** So many probes must fail in a row before a pod that was ready is not. */
const failureThreshold = 3;

/**
 * One pod as a process. It lives exactly as long as the pipe to its standard input (see lifeline.sh), so it can never
 * outlive whoever started it. Where its arguments or environment name a container port, it is told a free port of this
 * machine instead; where they name a mounted path, a folder.
 */
export class Pod {
  readonly id: string;
  readonly template: string;
  ready = false;
  stopping = false;
  stopped = false;
  restarts = 0;
  /** Requests that the proxy has under way to it. */
  inFlight = 0;
  /** Why it does not run, in one sentence; undefined while it does. */
  trouble: string | undefined;
  /** Whether this machine has nothing that could run it. */
  foreign = false;
  readonly #settings: PodSettings;
  readonly #container: Container;
  #ports = new Map<number, number>();
  #process: ChildProcess | undefined;
  #failures = 0;
  #ended: Promise<void> | undefined;

  constructor(settings: PodSettings) {
    this.id = settings.id;
    this.template = settings.template;
    this.#settings = settings;
    const [container] = settings.spec.containers;
    if (!container) throw new Error(`${settings.id} has no container`);
    this.#container = container;
    void this.#run();
  }

  /** The port of this machine behind a container's port, given by number or name. */
  port(target: string | number): number | undefined {
    const found = this.#container.ports?.find(({ name, containerPort }) => name === target || containerPort === target);
    return found && this.#ports.get(found.containerPort);
  }

  /** Leaves the service, finishes its requests, ends within its grace period. */
  stop(): Promise<void> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<void> {
    this.stopping = true;
    this.ready = false;
    this.#settings.changed();
    const until = Date.now() + this.#grace * 1000;
    while (this.inFlight > 0 && Date.now() < until) await delay(20);
    const child = this.#process;
    if (child && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin?.end();
      await ended;
    }
    this.stopped = true;
    this.#settings.changed();
  }

  get #grace(): number {
    return this.#settings.spec.terminationGracePeriodSeconds ?? 30;
  }

  async #run(): Promise<void> {
    while (!this.stopping) {
      const log = join(this.#settings.world, 'logs', `${this.#settings.place}.log`);
      try {
        const status = await this.#once(log);
        if (this.stopping) return;
        this.trouble = `it ended with ${status}: ${await lastLine(log)}`;
      } catch (error) {
        this.trouble = (error as Error).message;
        this.foreign = error instanceof NotRunHere;
      }
      this.ready = false;
      this.restarts++;
      this.#settings.changed();
      await delay(Math.min(30_000, 500 * 2 ** Math.min(this.restarts, 6)));
    }
  }

  async #once(log: string): Promise<string> {
    const { world, place, reach } = this.#settings;
    const { image, args = [], env = [], ports = [], volumeMounts = [] } = this.#container;
    const { repository, digest } = parseImage(image, `image of ${this.id}`);
    this.#ports = new Map();
    for (const { containerPort } of ports) this.#ports.set(containerPort, await freePort());
    for (const { name } of volumeMounts) await mkdir(join(world, 'volumes', place, name), { recursive: true });
    const local = (value: string) => {
      const mount = volumeMounts.find(({ mountPath }) => value === mountPath || value.startsWith(`${mountPath}/`));
      if (mount) return join(world, 'volumes', place, mount.name, value.slice(mount.mountPath.length));
      return String(this.#ports.get(Number(value)) ?? reach(value));
    };

    const program = programFor(repository);
    const artifact = program ? undefined : await unpackedArtifact(world, digest, repository);
    const [command, extra] = program ? [program.command, program.loopback] : [process.execPath, [artifact?.main ?? '']];
    const values = Object.fromEntries(env.map(({ name, value = '' }) => [name, local(value)]));
    await mkdir(join(log, '..'), { recursive: true });
    const out = await open(log, 'a');
    if (this.stopping) return 'nothing';
    const localArgs = program ? [...args.map(local), ...extra] : [...extra, ...args.map(local)];
    const child = spawn(join(import.meta.dirname, 'lifeline.sh'), [String(this.#grace), command, ...localArgs], {
      cwd: artifact?.dir ?? join(world, 'volumes'),
      env: { PATH: process.env.PATH, HOST: '127.0.0.1', ...values },
      // A terminal's Ctrl-C is for whoever started the world, who then closes the pipe.
      detached: true,
      stdio: ['pipe', out.fd, out.fd],
    });
    this.#process = child;
    this.#failures = 0;
    const ended = new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
    });
    void out.close();
    const probing = new AbortController();
    void this.#probe(local, probing.signal);
    const status = await ended.finally(() => probing.abort());
    if (program && status === notFound) {
      throw new Refusal(`${program.command} was not found: install Debian's package ${program.debian}`);
    }
    return status;
  }

  async #probe(local: (value: string) => string, signal: AbortSignal): Promise<void> {
    const probe = this.#container.readinessProbe;
    const period = (probe?.periodSeconds ?? 10) * 1000;
    while (!signal.aborted && !this.stopping) {
      const answer = await this.#ask(probe, local);
      if (signal.aborted || this.stopping) return;
      this.#failures = answer ? 0 : this.#failures + 1;
      const ready = answer || (this.ready && this.#failures < failureThreshold);
      if (ready !== this.ready) {
        this.ready = ready;
        if (ready) this.trouble = undefined;
        this.#settings.changed();
      }
      // A pod that starts is asked often, so that nobody waits for a period to pass.
      await delay(this.ready ? period : 100);
    }
  }

  async #ask(probe: Probe | undefined, local: (value: string) => string): Promise<boolean> {
    if (!probe) return true;
    if (probe.exec) {
      const [command = '', ...args] = probe.exec.command.map(local);
      return new Promise((resolve) => execFile(command, args, { timeout: 2000 }, (error) => resolve(error === null)));
    }
    const port = probe.httpGet && this.port(probe.httpGet.port);
    if (!probe.httpGet || port === undefined) return false;
    try {
      const response = await fetch(`http://127.0.0.1:${port}${probe.httpGet.path}`, {
        signal: AbortSignal.timeout(2000),
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }
}

const delay = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function lastLine(file: string): Promise<string> {
  const lines = (await readFile(file, 'utf8').catch(() => '')).trim().split('\n');
  return lines.at(-1)?.slice(-300) || 'it said nothing';
}
