import { createHash } from 'node:crypto';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import type { Git } from '../../../generators/git/git.ts';
import type { Live } from '../../../generators/model/gate.ts';
import { environmentBranch, head } from '../../../generators/model/names.ts';
import { type Desired, readDesired, type Workload } from './manifests.ts';
import { Pod } from './pod.ts';
import { nextStep } from './rollout.ts';

/** Restarts after which an app counts as degraded, not as starting. */
const crashLoop = 3;

interface Running {
  workload: Workload;
  hash: string;
  readonly pods: Pod[];
  /** Pods started so far: their number is their name. */
  started: number;
}

/**
 * Runs what one environment branch says, as processes of this machine, and rolls it over when the branch moves. What
 * it reports has the shape of Argo CD's answer.
 */
export class EnvironmentRuntime {
  readonly environment: string;
  readonly #repository: Git;
  readonly #world: string;
  #desired: Desired | undefined;
  readonly #running = new Map<string, Running>();
  readonly #forwards = new Map<string, { port: number; server: Server }>();
  readonly #health = new Map<string, { status: string; since: number }>();
  #closed = false;
  #turn: Promise<void> = Promise.resolve();

  constructor(environment: string, repository: Git, world: string) {
    this.environment = environment;
    this.#repository = repository;
    this.#world = world;
  }

  /** Looks at the branch and takes the next step. Calls wait for one another. */
  tick(): Promise<void> {
    this.#turn = this.#turn
      .then(() => this.#step())
      .catch((error: Error) => console.error(`${this.environment}: ${error.stack}`));
    return this.#turn;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#turn;
    await Promise.all([...this.#running.values()].flatMap(({ pods }) => pods.map((pod) => pod.stop())));
    for (const { server } of this.#forwards.values()) server.close();
  }

  /** Ready pods behind a host of one of the environment's routes, or behind `<app>.<environment>.localhost`. */
  backends(host: string): { pod: Pod; port: number }[] | undefined {
    const route = this.#desired?.routes.find(
      (candidate) => candidate.host === host || `${candidate.service}.${this.environment}.localhost` === host,
    );
    return route && this.#endpoints(route.service);
  }

  get hosts(): string[] {
    return (this.#desired?.routes ?? []).flatMap(({ host, service }) => [
      `${service}.${this.environment}.localhost`,
      host,
    ]);
  }

  /** One answer per app, as the gate asks for it. */
  applications(): Live[] {
    const { revision, parts = new Map<string, string>(), unreadable } = this.#desired ?? {};
    return [...parts].map(([app, part]) => {
      const reason = unreadable?.get(app);
      const { health, message } = reason ? { health: 'Unknown', message: reason } : this.#healthOf(app);
      // Another app's commit is no news for this one; a new part of its own is.
      const since = this.#sinceOf(app, `${health} ${part}`);
      return { app, sync: reason ? 'Unknown' : 'Synced', revision, health, message, since };
    });
  }

  #sinceOf(app: string, status: string): number {
    const before = this.#health.get(app);
    if (before?.status === status) return before.since;
    const now = Date.now();
    this.#health.set(app, { status, since: now });
    return now;
  }

  #healthOf(app: string): { health: string; message: string | undefined } {
    let health = 'Healthy';
    let message: string | undefined;
    for (const { workload, hash, pods } of this.#running.values()) {
      if (workload.app !== app) continue;
      const current = pods.filter((pod) => pod.template === hash && !pod.stopping);
      const ready = current.filter((pod) => pod.ready).length;
      if (ready === workload.wanted.replicas && pods.every((pod) => pod.template === hash || pod.stopped)) continue;
      const troubled = current.find((pod) => pod.trouble);
      // What is not run here nobody knows: it is not broken either.
      if (troubled?.foreign) return { health: 'Unknown', message: troubled.trouble };
      health = troubled && troubled.restarts >= crashLoop ? 'Degraded' : health === 'Degraded' ? health : 'Progressing';
      message = troubled
        ? `${troubled.id}: ${troubled.trouble}`
        : `${ready} of ${workload.wanted.replicas} pods of ${workload.name} are ready`;
    }
    return { health, message };
  }

  async #step(): Promise<void> {
    if (this.#closed) return;
    const revision = await this.#repository.commit(head(environmentBranch(this.environment)));
    if (revision && revision !== this.#desired?.revision) await this.#adopt(revision);
    for (const running of this.#running.values()) this.#roll(running);
  }

  async #adopt(revision: string): Promise<void> {
    const before = this.#desired;
    const desired = await readDesired(this.#repository, revision);
    for (const service of desired.services)
      for (const { port } of service.ports) await this.#forward(service.name, port);
    const wanted = new Map(desired.workloads.map((workload) => [`${workload.app}/${workload.name}`, workload]));
    for (const [key, workload] of wanted) {
      const hash = createHash('sha256').update(JSON.stringify(workload.template)).digest('hex');
      const running = this.#running.get(key) ?? { workload, hash, pods: [], started: 0 };
      this.#running.set(key, Object.assign(running, { workload, hash }));
    }
    for (const [key, running] of this.#running) {
      if (wanted.has(key) || desired.unreadable.has(running.workload.app)) continue;
      running.workload = { ...running.workload, wanted: { ...running.workload.wanted, replicas: 0 } };
      running.hash = '';
    }
    // An app that cannot be read goes on as it was.
    const kept = before?.routes.filter(({ service }) => desired.unreadable.has(service)) ?? [];
    const keptServices = before?.services.filter(({ name }) => desired.unreadable.has(name)) ?? [];
    this.#desired = {
      ...desired,
      routes: [...desired.routes, ...kept],
      services: [...desired.services, ...keptServices],
    };
  }

  #roll(running: Running): void {
    const { workload, hash, pods } = running;
    for (let index = pods.length - 1; index >= 0; index--) if (pods[index]?.stopped) pods.splice(index, 1);
    const { start, stop } = nextStep(pods, { ...workload.wanted, template: hash });
    for (const id of stop) void pods.find((pod) => pod.id === id)?.stop();
    // A stateful pod's successor has the same volume: it waits until the old one has let go.
    if (workload.stateful && pods.some((pod) => pod.stopping)) return;
    for (let count = 0; count < start; count++)
      pods.push(this.#start(running, workload.stateful ? pods.length : ++running.started));
  }

  #start({ workload, hash }: Running, number: number): Pod {
    const id = `${workload.name}-${number}`;
    return new Pod({
      id,
      template: hash,
      spec: workload.template.spec,
      world: this.#world,
      place: `${this.environment}/${id}`,
      reach: (value) => this.#reach(value),
      changed: () => void this.tick(),
    });
  }

  #endpoints(service: string, target?: string | number): { pod: Pod; port: number }[] {
    const found = this.#desired?.services.find(({ name }) => name === service);
    const wanted = target ?? found?.ports[0]?.target;
    if (!found || wanted === undefined) return [];
    const pods = [...this.#running.values()]
      .filter(({ workload }) => workload.name === found.selects)
      .flatMap(({ pods: here }) => here);
    return pods.flatMap((pod) => {
      const port = pod.ready && !pod.stopping ? pod.port(wanted) : undefined;
      return port === undefined ? [] : [{ pod, port }];
    });
  }

  /** A service's own address on this machine: what kube-proxy is in a cluster. */
  async #forward(service: string, port: number): Promise<void> {
    const key = `${service}:${port}`;
    if (this.#forwards.has(key)) return;
    const server = createServer((socket) => {
      const target = this.#desired?.services
        .find(({ name }) => name === service)
        ?.ports.find((candidate) => candidate.port === port)?.target;
      const endpoints = target === undefined ? [] : this.#endpoints(service, target);
      const endpoint = endpoints[Math.floor(Math.random() * endpoints.length)];
      socket.on('error', () => socket.destroy());
      if (!endpoint) return void socket.destroy();
      const upstream = connect(endpoint.port, '127.0.0.1');
      upstream.on('error', () => socket.destroy());
      upstream.on('close', () => socket.destroy());
      socket.on('close', () => upstream.destroy());
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
    this.#forwards.set(key, { port: (server.address() as AddressInfo).port, server });
  }

  #reach(value: string): string {
    let reached = value;
    for (const [address, { port }] of this.#forwards) {
      const pattern = new RegExp(`(?<![\\w.-])${address.replaceAll('.', '\\.')}(?!\\d)`, 'g');
      reached = reached.replace(pattern, `127.0.0.1:${port}`);
    }
    return reached;
  }
}
