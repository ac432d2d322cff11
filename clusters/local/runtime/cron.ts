import { Job, type JobResult } from './job.ts';
import type { CronJobSpec } from './manifests.ts';
import type { PodSettings } from './pod.ts';
import { executableOf } from './programs.ts';
import { nextTime } from './schedule.ts';

/** Of how many runs the logs are kept. */
const keptLogs = 5;

/** A CronJob: starts its job when it is due. What was due while the world was down is not made up for. */
export class Cron {
  readonly name: string;
  #spec: CronJobSpec;
  #next: number | undefined;
  #active: Job[] = [];
  readonly #gone: Job[] = [];
  /** Why this machine cannot run it. */
  #foreign: string | undefined;
  #last: { readonly time: number; readonly result: JobResult } | undefined;
  readonly #settings: Omit<PodSettings, 'id' | 'spec' | 'template'>;

  /** @param now in milliseconds since 1970. @throws {Refusal} for a schedule or a time zone that is none */
  constructor(name: string, spec: CronJobSpec, settings: Omit<PodSettings, 'id' | 'spec' | 'template'>, now: number) {
    this.name = name;
    this.#settings = settings;
    this.#spec = spec;
    this.#next = nextTime(spec.schedule, now, spec.timeZone);
    void this.#look();
  }

  /** Takes what the manifest says by now; a run that is under way goes on as it was. */
  change(spec: CronJobSpec, now: number): void {
    if (spec.schedule !== this.#spec.schedule || spec.timeZone !== this.#spec.timeZone)
      this.#next = nextTime(spec.schedule, now, spec.timeZone);
    this.#spec = spec;
    void this.#look();
  }

  /** Starts a run when one is due. */
  step(now: number): void {
    if (this.#next === undefined || now < this.#next) return;
    const due = this.#next;
    const { schedule, timeZone, suspend, concurrencyPolicy = 'Allow', jobTemplate } = this.#spec;
    this.#next = nextTime(schedule, now, timeZone);
    if (suspend || (concurrencyPolicy === 'Forbid' && this.#active.length > 0)) return;
    if (concurrencyPolicy === 'Replace') for (const job of this.#active) void job.stop();
    // As the controller names it: by the minute that it was due.
    const job = new Job(`${this.name}-${Math.floor(due / 60_000)}`, jobTemplate.spec, {
      ...this.#settings,
      template: schedule,
    });
    this.#active.push(job);
    void job.result.then((result) => {
      this.#active = this.#active.filter((candidate) => candidate !== job);
      this.#gone.push(job);
      if (this.#gone.length > keptLogs) void this.#gone.shift()?.forget();
      if (result.outcome !== 'stopped') this.#last = { time: due, result };
      this.#settings.changed();
    });
  }

  get jobs(): readonly Job[] {
    return this.#active;
  }

  /** What its last run says of the app, or would say of the next one, in Argo CD's words; undefined when that is nothing. */
  get health(): { readonly health: string; readonly message: string } | undefined {
    if (!this.#last && this.#foreign) return { health: 'Healthy', message: `${this.name}: ${this.#foreign}` };
    if (!this.#last || this.#last.result.outcome === 'succeeded') return undefined;
    const { time, result } = this.#last;
    const message = `${this.name}: its run of ${new Date(time).toISOString()} ${result.outcome === 'failed' ? 'failed' : 'did not take place'}: ${result.why}`;
    return { health: result.outcome === 'failed' ? 'Degraded' : 'Unknown', message };
  }

  /** Looks whether this machine could run it: nobody should have to wait for the night to hear that it cannot. */
  async #look(): Promise<void> {
    const { initContainers = [], containers } = this.#spec.jobTemplate.spec.template.spec;
    try {
      for (const one of [...initContainers, ...containers]) await executableOf(this.#settings.world, one);
      this.#foreign = undefined;
    } catch (error) {
      this.#foreign = (error as Error).message;
    }
  }

  async stop(): Promise<void> {
    this.#next = undefined;
    await Promise.all(this.#active.map((job) => job.stop()));
  }
}
