import type { Git } from '../../../generators/git/git.ts';
import type { Live } from '../../../generators/model/gate.ts';
import { Application } from './application.ts';
import { Branch } from './branch.ts';
import { type Desired, readDesired, type Watched } from './manifests.ts';
import type { Pod } from './pod.ts';
import { type Backend, Services } from './services.ts';
import { ingressTargets, podTargets, type TargetGroup } from './targets.ts';

/** How often the branch is looked at, in milliseconds: Argo CD does so every three minutes, or when it is told. */
const period = 500;

/** Seconds that pods have when the world ends: nobody can reach them any more, so there is nothing to drain. */
const atClose = 2;

/** A pod as the board shows it. */
export interface PodView {
  readonly app: string;
  readonly name: string;
  /** It was started from another template than its workload has by now. */
  readonly isOld: boolean;
  readonly ready: boolean;
  readonly stopping: boolean;
  /** Why it does not run, or is not ready, in one sentence. */
  readonly trouble: string | undefined;
  /** Whether this machine has nothing that could run it. */
  readonly foreign: boolean;
}

/**
 * Runs what one environment branch says, as processes of this machine, and rolls it over when the branch moves. What
 * it reports has the shape of Argo CD's answer.
 */
export class EnvironmentRuntime {
  readonly environment: string;
  readonly #repository: Git;
  readonly #world: string;
  readonly #branch: Branch;
  readonly #services: Services;
  readonly #apps = new Map<string, Application>();
  #desired: Desired | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #closed = false;
  #turn: Promise<void> | undefined;
  #again = false;

  constructor(environment: string, repository: Git, world: string) {
    this.environment = environment;
    this.#repository = repository;
    this.#world = world;
    this.#branch = new Branch(repository, environment);
    this.#services = new Services(environment, (service, port) => {
      const target = this.#service(service)?.ports.find((candidate) => candidate.port === port)?.target;
      return target === undefined ? [] : this.#endpoints(service, target);
    });
  }

  /** Begins to look at the branch, and goes on until it is closed. */
  start(): void {
    if (this.#timer || this.#closed) return;
    this.#timer = setInterval(() => this.#tick(), period);
    this.#tick();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#timer);
    await this.#turn;
    await Promise.all([...this.#apps.values()].map((app) => app.stop(atClose)));
    this.#services.close();
  }

  /** Ready pods behind a host of one of the environment's routes, or behind `<app>.<environment>.localhost`. */
  backends(host: string): Backend[] | undefined {
    const route = this.#routes.find(
      (candidate) => candidate.host === host || `${candidate.service}.${this.environment}.localhost` === host,
    );
    return route && this.#endpoints(route.service);
  }

  get hosts(): string[] {
    return this.#routes.flatMap(({ host, service }) => [`${service}.${this.environment}.localhost`, host]);
  }

  /** One answer per app, as the gate asks for it. */
  applications(): Live[] {
    const now = Date.now();
    return [...this.#apps.values()].flatMap((app) => app.live(this.#desired?.revision, now) ?? []);
  }

  /** Every pod, those of jobs that run now too. */
  pods(): readonly PodView[] {
    return [...this.#apps.values()].flatMap((app) =>
      podsOf(app).map((pod) => {
        const { id, ready, stopping, trouble, foreign } = pod;
        return { app: app.name, name: id, isOld: app.isOld(pod), ready, stopping, trouble, foreign };
      }),
    );
  }

  /** What Prometheus would find in the environment's namespace. @param proxy `127.0.0.1:8080`: where its hosts are reached */
  targets(role: string, proxy: string): TargetGroup[] {
    if (role === 'pod')
      return [...this.#apps.values()].flatMap(podsOf).flatMap((pod) => podTargets(this.environment, pod));
    return role === 'ingress' ? ingressTargets(this.environment, this.#routes, proxy) : [];
  }

  /** Files for whoever watches, by name, as they are applied. */
  watched(what: Watched): ReadonlyMap<string, string> {
    return new Map(this.#applied.flatMap(({ watched }) => [...watched[what]]));
  }

  // A look that is asked for during another one is one look afterwards, however often it is asked for.
  #tick(): void {
    if (this.#turn) {
      this.#again = true;
      return;
    }
    this.#turn = this.#step()
      .catch((error: Error) => console.error(`${this.environment}: ${error.stack}`))
      .finally(() => {
        this.#turn = undefined;
        if (this.#again && !this.#closed) this.#tick();
      });
    this.#again = false;
  }

  async #step(): Promise<void> {
    if (this.#closed) return;
    const now = Date.now();
    try {
      await this.#adopt(await this.#branch.tip(), now);
    } finally {
      // Whatever stands on the branch: what runs goes on.
      if (!this.#closed) for (const app of this.#apps.values()) app.step(Date.now());
      if (++this.#looks % 20 === 0) for (const pod of [...this.#apps.values()].flatMap(podsOf)) pod.boundLogs();
    }
  }

  async #adopt(revision: string | undefined, now: number): Promise<void> {
    if (revision === this.#desired?.revision) return;
    // A branch that is gone wants nothing.
    const desired = revision === undefined ? undefined : await readDesired(this.#repository, revision, this.#desired);
    // Every address is there before the first pod that may be told it.
    const services = [...(desired?.apps.values() ?? [])].flatMap((app) => ('services' in app ? app.services : []));
    await this.#services.open(services);
    // From here to the end without a pause: nobody may be told the new revision with the old health.
    this.#desired = desired;
    for (const name of desired?.apps.keys() ?? []) if (!this.#apps.has(name)) this.#apps.set(name, this.#app(name));
    for (const [name, app] of this.#apps) {
      app.want(desired?.apps.get(name), now);
      if (app.isGone) this.#apps.delete(name);
    }
  }

  #app(app: string): Application {
    return new Application({
      app,
      environment: this.environment,
      world: this.#world,
      reach: (value) => this.#services.reach(value),
      configs: (name) => this.#applied.map(({ configs }) => configs.get(name)).find((data) => data !== undefined),
      changed: () => this.#tick(),
    });
  }

  get #applied() {
    return [...this.#apps.values()].flatMap(({ applied }) => applied ?? []);
  }

  get #routes() {
    return this.#applied.flatMap(({ routes }) => routes);
  }

  #service(name: string) {
    return this.#applied.flatMap(({ services }) => services).find((service) => service.name === name);
  }

  #endpoints(name: string, target?: string | number): Backend[] {
    const service = this.#service(name);
    const wanted = target ?? service?.ports[0]?.target;
    if (!service || wanted === undefined) return [];
    return [...this.#apps.values()]
      .flatMap((app) => app.podsOf(service.selects))
      .flatMap((pod) => {
        const port = pod.ready ? pod.port(wanted) : undefined;
        return port === undefined ? [] : [{ pod, port }];
      });
  }
}

const podsOf = (app: Application): readonly Pod[] => [...app.pods, ...app.jobPods];
