import type { Live } from '../../../generators/model/gate.ts';
import { Cron } from './cron.ts';
import { Job } from './job.ts';
import type { AppManifests, Unreadable } from './manifests.ts';
import type { Pod } from './pod.ts';
import { rememberSync, syncedPart } from './synced.ts';
import { type Health, RunningWorkload, type WorkloadSettings } from './workload.ts';

/** The worst first, as Argo CD orders them. https://argo-cd.readthedocs.io/en/stable/operator-manual/health/ */
const worst = ['Unknown', 'Degraded', 'Progressing', 'Suspended', 'Healthy'];

/** A sync that is under way, or failed. */
interface Sync {
  /** The PreSync job that runs now, or ran last. */
  job?: Job;
  failed?: string;
}

/**
 * One app of an environment: what its folder wants, what of it is applied, and what runs. As in Argo CD, a sync runs the
 * folder's PreSync jobs first; when one fails, the app stays as it was and is out of sync.
 */
export class Application {
  readonly name: string;
  /** What its folder says; undefined when there is no such folder any more. */
  #wanted: AppManifests | Unreadable | undefined;
  #applied: AppManifests | undefined;
  #sync: Sync | undefined;
  readonly #settings: WorkloadSettings;
  readonly #workloads = new Map<string, RunningWorkload>();
  readonly #crons = new Map<string, Cron>();
  #trouble: string | undefined;
  #status: { readonly key: string; readonly since: number } = { key: '', since: 0 };

  constructor(settings: WorkloadSettings) {
    this.name = settings.app;
    this.#settings = settings;
  }

  /** What is applied: its services, routes and ConfigMaps count from then on. */
  get applied(): AppManifests | undefined {
    return this.#applied;
  }

  /** Whether its folder is gone, and nothing of it runs any more. */
  get isGone(): boolean {
    return this.#wanted === undefined && this.pods.length === 0 && this.#crons.size === 0;
  }

  get pods(): readonly Pod[] {
    return [...this.#workloads.values()].flatMap(({ pods }) => pods);
  }

  /** The pods of one workload. */
  podsOf(workload: string): readonly Pod[] {
    return this.#workloads.get(workload)?.pods ?? [];
  }

  /** Whether a rollout is about to replace a pod. */
  isOld(pod: Pod): boolean {
    return [...this.#workloads.values()].some((workload) => workload.isOld(pod));
  }

  /** Pods of jobs that run now. */
  get jobPods(): readonly Pod[] {
    const jobs = [...this.#crons.values()].flatMap((cron) => cron.jobs);
    return [...jobs, ...(this.#sync?.job ? [this.#sync.job] : [])].flatMap(({ pod }) => pod ?? []);
  }

  /** Takes what the branch says by now. @param now in milliseconds since 1970 */
  want(wanted: AppManifests | Unreadable | undefined, now: number): void {
    if (wanted?.part === this.#wanted?.part) return;
    this.#wanted = wanted;
    // An app that cannot be read goes on as it was.
    if (wanted && 'unreadable' in wanted) return;
    void this.#sync?.job?.stop();
    this.#sync = undefined;
    // What was synced before the world ended needs no job again.
    if (!wanted || wanted.hooks.length === 0 || syncedPart(this.#settings) === wanted.part) this.#apply(wanted, now);
    else void this.#syncTo(wanted);
  }

  /** Takes the next step of everything in it. @param now in milliseconds since 1970 */
  step(now: number): void {
    for (const [name, workload] of this.#workloads) {
      workload.step(now);
      const stays = this.#applied?.workloads.some((candidate) => candidate.name === name);
      if (!stays && workload.pods.length === 0) this.#workloads.delete(name);
    }
    for (const cron of this.#crons.values()) cron.step(now);
  }

  /** As the gate asks for it; undefined when its folder is gone. @param now in milliseconds since 1970 */
  live(revision: string | undefined, now: number): Live | undefined {
    if (!this.#wanted) return undefined;
    const { sync, health, message } = this.#state(this.#wanted, now);
    // Another app's commit is no news for this one; a new part of its own is.
    const key = `${sync} ${health} ${this.#wanted.part}`;
    if (key !== this.#status.key) this.#status = { key, since: now };
    return { app: this.name, sync, revision, health, message, since: this.#status.since };
  }

  /** @param most seconds for each pod to end in, when fewer than its own shall do */
  async stop(most?: number): Promise<void> {
    await Promise.all([
      this.#sync?.job?.stop(),
      ...[...this.#crons.values()].map((cron) => cron.stop()),
      ...[...this.#workloads.values()].map((workload) => workload.stop(most)),
    ]);
  }

  #state(wanted: AppManifests | Unreadable, now: number): Health & { readonly sync: string } {
    if ('unreadable' in wanted) return { sync: 'Unknown', health: 'Unknown', message: wanted.unreadable };
    const { health, message } = this.#health(now);
    if (!this.#sync) return { sync: 'Synced', health, message };
    if (this.#sync.failed) return { sync: 'OutOfSync', health, message: this.#sync.failed };
    const under = `its PreSync job ${this.#sync.job?.name} runs`;
    return { sync: 'OutOfSync', health: this.#applied ? health : 'Missing', message: under };
  }

  #health(now: number): Health {
    if (this.#trouble) return { health: 'Degraded', message: this.#trouble };
    if (!this.#applied) return { health: 'Missing', message: undefined };
    const all: Health[] = [...this.#workloads.values()].map((workload) => workload.health(now));
    for (const { health } of this.#crons.values()) if (health) all.push(health);
    // Of two that are as bad, the one that says why.
    const rank = ({ health, message }: Health) => worst.indexOf(health) * 2 + (message === undefined ? 1 : 0);
    return all.sort((one, other) => rank(one) - rank(other))[0] ?? { health: 'Healthy', message: undefined };
  }

  async #syncTo(wanted: AppManifests): Promise<void> {
    const sync: Sync = {};
    this.#sync = sync;
    const configs = (name: string) => wanted.configs.get(name) ?? this.#settings.configs(name);
    for (const { name, spec } of wanted.hooks) {
      sync.job = new Job(name, spec, { ...this.#settings, configs, template: wanted.part });
      const { outcome, why } = await sync.job.result;
      // The branch has moved on in the meantime.
      if (this.#sync !== sync) return;
      if (outcome === 'succeeded') continue;
      sync.failed = `the sync failed: its PreSync job ${name} ${outcome === 'failed' ? 'failed' : `is ${outcome}`}: ${why}`;
      this.#settings.changed();
      return;
    }
    this.#sync = undefined;
    rememberSync(this.#settings, wanted.part);
    this.#apply(wanted, Date.now());
    this.#settings.changed();
  }

  #apply(wanted: AppManifests | undefined, now: number): void {
    this.#applied = wanted;
    this.#trouble = undefined;
    for (const workload of wanted?.workloads ?? []) {
      const running = this.#workloads.get(workload.name);
      if (running) running.change(workload);
      else this.#workloads.set(workload.name, new RunningWorkload(workload, this.#settings));
    }
    for (const [name, running] of this.#workloads)
      if (!wanted?.workloads.some((candidate) => candidate.name === name)) running.end();
    this.#schedule(wanted?.cronJobs ?? [], now);
  }

  #schedule(cronJobs: AppManifests['cronJobs'], now: number): void {
    for (const { name, spec } of cronJobs) {
      try {
        const cron = this.#crons.get(name);
        if (cron) cron.change(spec, now);
        else this.#crons.set(name, new Cron(name, spec, this.#settings, now));
      } catch (error) {
        this.#trouble = `${name}: ${(error as Error).message}`;
      }
    }
    for (const [name, cron] of this.#crons) {
      if (cronJobs.some((candidate) => candidate.name === name)) continue;
      this.#crons.delete(name);
      void cron.stop();
    }
  }
}
