import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { NotRunHere } from './artifact.ts';
import { ContainerProcess } from './container.ts';
import { former, remember } from './former.ts';
import { boundLog, olderLog } from './log-file.ts';
import { executableOf } from './programs.ts';
import { type Configs, Sandbox } from './sandbox.ts';
import type { Container, ObjectMeta, PodSpec } from './template.ts';

export interface PodSettings {
  readonly app: string;
  /** Its name: `counter-3`. */
  readonly id: string;
  readonly environment: string;
  /** The hash of the template that it was started from. */
  readonly template: string;
  /** Of the template. */
  readonly metadata?: ObjectMeta | undefined;
  readonly spec: PodSpec;
  /** The world's folder: artifacts, logs and volumes are there. */
  readonly world: string;
  /** `redis:6379` → `127.0.0.1:40123`: where services of its environment are reached on this machine. */
  readonly reach: (value: string) => string;
  readonly configs: Configs;
  /** Called after every change of state. */
  readonly changed: () => void;
}

/** One pod as processes: what prepares it to its end, one after another, and then its containers beside each other. */
export class Pod {
  readonly id: string;
  readonly template: string;
  stopping = false;
  stopped = false;
  /** Since when it is ready, or else since when it runs, in milliseconds since 1970. */
  since = Date.now();
  /** Requests that the proxy has under way to it. */
  inFlight = 0;
  /** How a pod that runs once ended: undefined when all went well, else why not. Pending for ever for others. */
  readonly finished: Promise<string | undefined>;
  readonly #settings: PodSettings;
  readonly #sandbox: Sandbox;
  readonly #logs: string[] = [];
  #running: ContainerProcess[] = [];
  /** Whether all of its containers have been started. */
  #whole = false;
  #ready = false;
  #obstacle: { readonly why: string; readonly foreign: boolean } | undefined;
  #ended: Promise<void> | undefined;

  constructor(settings: PodSettings) {
    this.id = settings.id;
    this.template = settings.template;
    this.#settings = settings;
    this.#sandbox = new Sandbox(settings);
    this.finished = this.#run();
  }

  get ready(): boolean {
    return this.#ready && !this.stopping;
  }

  get restarts(): number {
    return this.#running.reduce((sum, { restarts }) => sum + restarts, 0);
  }

  /** Why it does not run, in one sentence; undefined while it does. */
  get trouble(): string | undefined {
    if (this.#obstacle) return this.#obstacle.why;
    const troubled = this.#running.find(({ trouble }) => trouble !== undefined);
    return this.#running.length > 1 && troubled ? `${troubled.name}: ${troubled.trouble}` : troubled?.trouble;
  }

  /** What its template said of it, and of its containers. */
  get metadata(): ObjectMeta {
    return this.#settings.metadata ?? {};
  }

  get spec(): PodSpec {
    return this.#settings.spec;
  }

  /** Whether this machine has nothing that could run it. */
  get foreign(): boolean {
    return this.#obstacle?.foreign ?? this.#running.some(({ foreign }) => foreign);
  }

  /** The port of this machine behind a container's port, given by number or name. */
  port(target: string | number): number | undefined {
    return this.#sandbox.port(target);
  }

  /** Leaves the service, finishes its requests, ends within its grace period. @param most seconds, when fewer shall do */
  stop(most = Number.POSITIVE_INFINITY): Promise<void> {
    this.#ended ??= this.#end(Math.min(most, this.#grace));
    return this.#ended;
  }

  /** Keeps its logs from growing for ever. */
  boundLogs(): void {
    for (const log of this.#logs) boundLog(log);
  }

  /** Removes its logs. */
  async forget(): Promise<void> {
    for (const log of this.#logs) for (const file of [log, olderLog(log)]) await rm(file, { force: true });
  }

  get #grace(): number {
    return this.#settings.spec.terminationGracePeriodSeconds ?? 30;
  }

  async #end(grace: number): Promise<void> {
    this.stopping = true;
    this.#changed();
    const until = Date.now() + grace * 1000;
    // Told first, since nobody sends it anything any more; then it may finish what it has.
    await Promise.all(this.#running.map((container) => container.beforeStop(grace)));
    while (this.inFlight > 0 && Date.now() < until) await delay(20);
    // What runs beside the containers ends after them.
    const besides = this.#running.filter((container) => this.#isSidecar(container.name));
    await Promise.all(this.#running.filter((one) => !besides.includes(one)).map((one) => one.stop(until)));
    await Promise.all(besides.map((one) => one.stop(until)));
    await this.#sandbox.remove();
    this.stopped = true;
    this.#settings.changed();
  }

  #changed(): void {
    const ready = this.#whole && !this.stopping && this.#running.every((container) => container.ready);
    if (ready !== this.#ready) this.since = Date.now();
    this.#ready = ready;
    this.#settings.changed();
  }

  #isSidecar(name: string): boolean {
    return (this.#settings.spec.initContainers ?? []).some(
      (one) => one.name === name && one.restartPolicy === 'Always',
    );
  }

  async #run(): Promise<string | undefined> {
    const { spec } = this.#settings;
    for (let tries = 0; !this.stopping; tries++) {
      try {
        await this.#prepare();
        this.#obstacle = undefined;
        break;
      } catch (error) {
        this.#obstacle = { why: (error as Error).message, foreign: error instanceof NotRunHere };
        this.#changed();
        if (this.#isOnce) return this.#obstacle.why;
        await delay(Math.min(30_000, 500 * 2 ** Math.min(tries, 6)));
      }
    }
    for (const container of spec.initContainers ?? []) {
      if (this.stopping) return undefined;
      const why = await this.#before(container);
      if (why !== undefined) return `${container.name}: ${why}`;
    }
    if (this.stopping) return undefined;
    const containers = spec.containers.map((container) => this.#process(container));
    this.#running = [...this.#running.filter(({ name }) => this.#isSidecar(name)), ...containers];
    this.#whole = true;
    const ends = containers.map((one) => (this.#isOnce ? this.#once(one) : one.keep()));
    this.#remember();
    return (await Promise.all(ends)).find((why) => why !== undefined) ?? undefined;
  }

  get #isOnce(): boolean {
    return ['Never', 'OnFailure'].includes(this.#settings.spec.restartPolicy ?? 'Always');
  }

  async #prepare(): Promise<void> {
    const { spec, world, environment, id, app } = this.#settings;
    await mkdir(join(world, 'logs', environment, app), { recursive: true });
    // All or nothing: half a pod would be none.
    for (const container of [...(spec.initContainers ?? []), ...spec.containers]) await executableOf(world, container);
    await former(world, environment, id, this.#grace);
    if (!this.stopping) await this.#sandbox.prepare();
    // It was stopped in the meantime, and then nobody else gives this back.
    if (this.stopping) await this.#sandbox.remove();
  }

  /** An init container to its end, or a sidecar until it has started. @returns why a pod that runs once cannot go on */
  async #before(container: Container): Promise<string | undefined> {
    const one = this.#process(container);
    this.#running = [...this.#running, one];
    if (container.restartPolicy === 'Always') {
      void one.keep();
      while (!one.started && !this.stopping) await delay(50);
      return undefined;
    }
    const why = this.#isOnce ? await this.#once(one) : await one.complete();
    this.#running = this.#running.filter((candidate) => candidate !== one);
    return why ?? undefined;
  }

  async #once(container: ContainerProcess): Promise<string | undefined> {
    try {
      return await container.once();
    } catch (error) {
      return (error as Error).message;
    }
  }

  #process(container: Container): ContainerProcess {
    const { spec, world, environment, app, id } = this.#settings;
    const several = spec.containers.length + (spec.initContainers?.length ?? 0) > 1;
    const log = join(world, 'logs', environment, app, `${id}${several ? `.${container.name}` : ''}.log`);
    this.#logs.push(log);
    return new ContainerProcess({
      ...{ container, world, log, sandbox: this.#sandbox, grace: this.#grace },
      changed: () => {
        this.#remember();
        this.#changed();
      },
    });
  }

  #remember(): void {
    const { world, environment, id } = this.#settings;
    remember(
      world,
      environment,
      id,
      this.#running.flatMap(({ pid }) => pid ?? []),
    );
  }
}
