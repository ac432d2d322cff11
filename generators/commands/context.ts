import type { Forge, Mirrored } from '../forge/forge.ts';
import type { Git } from '../git/git.ts';
import type { Mirror } from '../git/mirror.ts';
import type { Live, Metrics } from '../model/gate.ts';
import { Refusal } from '../model/refusal.ts';

/** All that a verb needs of the world, handed in: the checkout, the remote, the doors that are configured, the clock. */
export interface Context {
  /** The checkout whose commits and definitions are meant. */
  readonly checkout: Git;
  /** A remote's name or address. */
  readonly remote: string;
  /** Where merge requests live; undefined when none is configured. */
  readonly forge?: Forge | undefined;
  /** A forge that has the same commits, and is told where they run; undefined when none is configured. */
  readonly mirrored?: Mirrored | undefined;
  /** What runs in an environment; undefined when nothing can be asked. */
  readonly live?: ((environment: string) => Promise<readonly Live[]>) | undefined;
  /** What measured an environment's apps; undefined when nothing did, and then no alert is asked for. */
  readonly metrics?: Metrics | undefined;
  /** Where an address of an app answers on this machine. @default as it is */
  readonly reach?: ((environment: string, app: string, address: string) => string) | undefined;
  /** On one machine nobody waits for the soak time: seconds count as soaked at once. */
  readonly soakless?: boolean | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long each phase took, in milliseconds, for whoever measures. */
  readonly timings?: Timings | undefined;
  /** One line of progress, for people. */
  readonly say: (line: string) => void;
}

/** Phases by name; they may overlap. */
export class Timings {
  readonly #phases = new Map<string, number>();
  /** Milliseconds from the start of the process until this was made. */
  readonly start = performance.now();

  /** Runs work and adds the time that it took. */
  async of<T>(phase: string, work: Promise<T> | (() => Promise<T>)): Promise<T> {
    const start = performance.now();
    try {
      return await (typeof work === 'function' ? work() : work);
    } finally {
      this.#phases.set(phase, (this.#phases.get(phase) ?? 0) + performance.now() - start);
    }
  }

  get phases(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#phases);
  }
}

/** How often a command that lost a race decides anew before it gives up. */
const attempts = 12;

/**
 * Decides anew for as long as somebody else was faster, waiting longer each time and never in step with the others.
 * @throws {Refusal} when it lost every time
 */
export async function untilSettled<T>(mirror: Mirror, decide: () => Promise<T | 'stale'>): Promise<T> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const result = await decide();
    if (result !== 'stale') return result;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(3000, 50 * 2 ** attempt)));
    await mirror.fetch();
  }
  throw new Refusal(`${mirror.address} moved ${attempts} times while this ran; run it again.`);
}
