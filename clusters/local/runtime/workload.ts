import type { Workload } from './manifests.ts';
import { Pod, type PodSettings } from './pod.ts';
import { nextOrdinals, nextStep, type RolloutPod } from './rollout.ts';

/** Restarts after which an app counts as degraded, not as starting. */
const crashLoop = 3;
/** Of how many pods that are gone the logs are kept. */
const keptLogs = 10;

/** A health in Argo CD's words, and why it is not better. */
export interface Health {
  readonly health: string;
  readonly message: string | undefined;
}

export type WorkloadSettings = Omit<PodSettings, 'id' | 'spec' | 'template'>;

/** A Deployment or a StatefulSet: the pods of it, rolled over step by step to what its manifest wants. */
export class RunningWorkload {
  readonly name: string;
  readonly #settings: WorkloadSettings;
  #workload: Workload;
  /** By number, which is in their names. */
  readonly #pods = new Map<number, Pod>();
  readonly #gone: Pod[] = [];
  /** Pods of a Deployment started so far. */
  #started = 0;
  /** What a rollout has reached, since when, and whether it was ever done. */
  #progress = { mark: '', since: 0, done: false };

  constructor(workload: Workload, settings: WorkloadSettings) {
    this.name = workload.name;
    this.#workload = workload;
    this.#settings = settings;
  }

  get pods(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  /** Takes what the manifest says by now. */
  change(workload: Workload): void {
    this.#workload = workload;
  }

  /** Wants no pod any more. */
  end(): void {
    this.#workload = { ...this.#workload, wanted: { ...this.#workload.wanted, replicas: 0 } };
  }

  /** Takes the next step. @param now in milliseconds since 1970 */
  step(now: number): void {
    for (const [number, pod] of this.#pods) if (pod.stopped) this.#forget(number, pod);
    const { kind, wanted, parallel } = this.#workload;
    if (kind === 'StatefulSet') {
      const seen = new Map([...this.#pods].map(([number, pod]) => [number, this.#seen(pod, now)]));
      const { start, stop } = nextOrdinals(seen, wanted, parallel);
      for (const id of stop) this.#stop(id);
      for (const number of start) this.#start(number);
    } else {
      const { start, stop } = nextStep(
        this.pods.map((pod) => this.#seen(pod, now)),
        wanted,
      );
      for (const id of stop) this.#stop(id);
      for (let count = 0; count < start; count++) this.#start(++this.#started);
    }
    this.#measure(now);
  }

  /** How it is. @param now in milliseconds since 1970 */
  health(now: number): Health {
    const { kind, wanted, progressDeadlineSeconds: deadline } = this.#workload;
    if (this.#isDone(now)) return { health: 'Healthy', message: undefined };
    const current = this.#current;
    const troubled = current.find((pod) => pod.trouble);
    const trouble = troubled && `${troubled.id}: ${troubled.trouble}`;
    // What is not run here nobody knows: it is not broken either.
    if (troubled?.foreign) return { health: 'Unknown', message: troubled.trouble };
    const { since, done } = this.#progress;
    if (kind === 'Deployment' && !done && now - since > deadline * 1000) {
      const late = `${this.name} has not progressed for ${deadline} s`;
      return { health: 'Degraded', message: trouble ? `${late}: ${trouble}` : late };
    }
    const available = current.filter((pod) => this.#isAvailable(pod, now)).length;
    const message = trouble ?? `${available} of ${wanted.replicas} pods of ${this.name} are ready`;
    return { health: troubled && troubled.restarts >= crashLoop ? 'Degraded' : 'Progressing', message };
  }

  /** Whether a pod of this workload was started from another template than it has by now. */
  isOld(pod: Pod): boolean {
    return this.pods.includes(pod) && pod.template !== this.#workload.wanted.template;
  }

  /** @param most seconds for each pod to end in, when fewer than its own shall do */
  async stop(most?: number): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.stop(most)));
  }

  get #current(): Pod[] {
    return this.pods.filter((pod) => pod.template === this.#workload.wanted.template && !pod.stopping);
  }

  #isAvailable({ ready, since }: Pod, now: number): boolean {
    return ready && now - since >= this.#workload.minReadySeconds * 1000;
  }

  #isDone(now: number): boolean {
    const { template, replicas } = this.#workload.wanted;
    const available = this.#current.filter((pod) => this.#isAvailable(pod, now));
    // One that was told to leave is not counted any more, however long it takes.
    return available.length === replicas && this.pods.every((pod) => pod.template === template || pod.stopping);
  }

  /** Every pod that starts, becomes available or goes is progress; a restart is none. */
  #measure(now: number): void {
    const { template } = this.#workload.wanted;
    const pods = this.pods.map((pod) => `${pod.id} ${pod.stopping} ${this.#isAvailable(pod, now)}`);
    const mark = `${template} ${pods.join()}`;
    const another = !this.#progress.mark.startsWith(`${template} `);
    if (mark !== this.#progress.mark) this.#progress = { mark, since: now, done: !another && this.#progress.done };
    if (this.#isDone(now)) this.#progress.done = true;
  }

  #seen(pod: Pod, now: number): RolloutPod {
    const { id, template, ready, stopping } = pod;
    return { id, template, ready, stopping, available: this.#isAvailable(pod, now) };
  }

  #start(number: number): void {
    const { template, wanted } = this.#workload;
    const id = `${this.name}-${number}`;
    const { metadata, spec } = template;
    this.#pods.set(number, new Pod({ ...this.#settings, id, template: wanted.template, metadata, spec }));
  }

  #stop(id: string): void {
    void this.pods.find((pod) => pod.id === id)?.stop();
  }

  #forget(number: number, pod: Pod): void {
    this.#pods.delete(number);
    // A stateful pod comes back under its name, and its log goes on.
    if (this.#workload.kind === 'StatefulSet') return;
    this.#gone.push(pod);
    if (this.#gone.length > keptLogs) void this.#gone.shift()?.forget();
  }
}
