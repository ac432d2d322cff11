import type { Container, Probe } from './template.ts';

export type ProbeKind = 'startup' | 'liveness' | 'readiness';

/** How often a container that is not ready yet is asked, in milliseconds, so that nobody waits for a period to pass. */
const often = { first: 100, later: 1000, until: 10_000 };

interface Tally {
  readonly probe: Probe;
  /** Whether what was asked holds. */
  passed: boolean;
  /** Answers of the same kind in a row, at most one per period. */
  run: number;
  last: boolean | undefined;
  /** When an answer was counted last, and when one was asked for last. */
  counted: number;
  asked: number;
}

/**
 * What the probes of one started container have said so far, and what follows from it. It asks nobody: it is told the
 * answers and the time, in milliseconds. The startup probe keeps the other two waiting; an answer counts at most once
 * per period; the thresholds and defaults are Kubernetes' own:
 * https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/#configure-probes
 */
export class Checks {
  readonly #tallies = new Map<ProbeKind, Tally>();
  readonly #started: number;

  constructor(container: Pick<Container, 'startupProbe' | 'livenessProbe' | 'readinessProbe'>, started: number) {
    this.#started = started;
    const { startupProbe: startup, livenessProbe: liveness, readinessProbe: readiness } = container;
    for (const [kind, probe] of Object.entries({ startup, liveness, readiness })) {
      if (!probe) continue;
      const tally = {
        probe,
        passed: kind === 'liveness',
        run: 0,
        last: undefined,
        counted: -Infinity,
        asked: -Infinity,
      };
      this.#tallies.set(kind as ProbeKind, tally);
    }
  }

  get kinds(): ProbeKind[] {
    return [...this.#tallies.keys()];
  }

  /** Whether it started: its startup probe passed, or it has none. */
  get started(): boolean {
    return this.#tallies.get('startup')?.passed ?? true;
  }

  get ready(): boolean {
    return this.started && (this.#tallies.get('readiness')?.passed ?? true);
  }

  /** Which probe says that the container must be restarted. */
  get fatal(): 'startup' | 'liveness' | undefined {
    if (this.#exhausted('startup')) return 'startup';
    return this.#exhausted('liveness') ? 'liveness' : undefined;
  }

  /** Whether its readiness probe failed as often as makes a pod unready. */
  get unready(): boolean {
    return this.#exhausted('readiness');
  }

  /** In how many milliseconds that probe is to be asked; undefined when it never is again. */
  wait(kind: ProbeKind, now: number): number | undefined {
    const tally = this.#tallies.get(kind);
    if (!tally || (kind === 'startup' && tally.passed)) return undefined;
    const { initialDelaySeconds = 0, periodSeconds = 10 } = tally.probe;
    if (kind !== 'startup' && !this.started) return often.first;
    const period = periodSeconds * 1000;
    const hurry = now - this.#started < often.until ? often.first : often.later;
    const every = tally.passed ? period : Math.min(period, hurry);
    return Math.max(0, this.#started + initialDelaySeconds * 1000 - now, tally.asked + every - now);
  }

  /** Takes an answer. */
  answer(kind: ProbeKind, passed: boolean, now: number): void {
    const tally = this.#tallies.get(kind);
    if (!tally) return;
    tally.asked = now;
    const { periodSeconds = 10, successThreshold = 1, failureThreshold = 3 } = tally.probe;
    const again = passed === tally.last;
    // A first failure after successes counts at once, and so does a first success: only repetitions wait.
    if (again && now - tally.counted < periodSeconds * 1000) return;
    tally.run = again ? tally.run + 1 : 1;
    tally.last = passed;
    tally.counted = now;
    if (tally.run >= (passed ? successThreshold : failureThreshold)) tally.passed = passed;
  }

  #exhausted(kind: ProbeKind): boolean {
    const tally = this.#tallies.get(kind);
    return tally?.last === false && tally.run >= (tally.probe.failureThreshold ?? 3);
  }
}
