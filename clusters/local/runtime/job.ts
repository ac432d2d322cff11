import { setTimeout as delay } from 'node:timers/promises';
import type { JobSpec } from './manifests.ts';
import { Pod, type PodSettings } from './pod.ts';

export interface JobResult {
  readonly outcome: 'succeeded' | 'failed' | 'not run here' | 'stopped';
  /** Why it did not succeed. */
  readonly why?: string;
}

/** One run of a Job: pod after pod until one succeeds, the tries are used up, or it has taken too long. */
export class Job {
  readonly name: string;
  readonly result: Promise<JobResult>;
  readonly #settings: Omit<PodSettings, 'id' | 'spec'>;
  readonly #stopping = new AbortController();
  readonly #pods: Pod[] = [];
  #late = false;

  constructor(name: string, spec: JobSpec, settings: Omit<PodSettings, 'id' | 'spec'>) {
    this.name = name;
    this.#settings = settings;
    this.result = this.#run(spec);
  }

  /** The one that runs, or ran last. */
  get pod(): Pod | undefined {
    return this.#pods.at(-1);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.pod?.stop();
    await this.result;
  }

  /** Removes its logs. */
  async forget(): Promise<void> {
    for (const pod of this.#pods) await pod.forget();
  }

  async #run({ backoffLimit = 6, activeDeadlineSeconds, template }: JobSpec): Promise<JobResult> {
    const { signal } = this.#stopping;
    const timer =
      activeDeadlineSeconds === undefined
        ? undefined
        : setTimeout(() => {
            this.#late = true;
            void this.pod?.stop();
          }, activeDeadlineSeconds * 1000);
    try {
      let why: string | undefined;
      for (let tries = 0; tries <= backoffLimit; tries++) {
        const spec = { ...template.spec, restartPolicy: 'Never' };
        const pod = new Pod({ ...this.#settings, id: `${this.name}-${tries}`, metadata: template.metadata, spec });
        this.#pods.push(pod);
        why = await pod.finished;
        const { foreign } = pod;
        await pod.stop();
        if (this.#late) return { outcome: 'failed', why: `it took longer than ${activeDeadlineSeconds} s` };
        if (signal.aborted) return { outcome: 'stopped' };
        if (why === undefined) return { outcome: 'succeeded' };
        if (foreign) return { outcome: 'not run here', why };
        if (tries < backoffLimit)
          await delay(Math.min(30_000, 500 * 2 ** tries), undefined, { signal }).catch(() => {});
        if (this.#late) return { outcome: 'failed', why: `it took longer than ${activeDeadlineSeconds} s` };
        if (signal.aborted) return { outcome: 'stopped' };
      }
      return { outcome: 'failed', ...(why ? { why } : {}) };
    } finally {
      clearTimeout(timer);
    }
  }
}
