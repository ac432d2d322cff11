import { Refusal } from '../model/refusal.ts';

/** How long a call is tried before it is given up. */
export interface Patience {
  /** How often one thing is asked. */
  readonly attempts: number;
  /** Milliseconds before the second attempt; longer before each further one. */
  readonly first: number;
  /** The longest wait that the server may ask for, and how long attempts begin, in milliseconds. */
  readonly longest: number;
  /** Milliseconds after which an answer is lost. */
  readonly timeout: number;
}

export const patient: Patience = { attempts: 5, first: 250, longest: 60_000, timeout: 30_000 };

/** Of who looks, and goes on without what nobody answers. */
export const hasty: Patience = { attempts: 1, first: 0, longest: 2000, timeout: 2000 };

/** A call that was refused, or got no answer. It holds nothing of what was sent: no header, no token. */
export class Failed extends Error {
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined;
  /** The scope that a token lacks, where the server says so. */
  readonly scope: string | undefined;
  /** How many milliseconds the server asks to wait. */
  readonly wait: number | undefined;

  constructor(
    message: string,
    about: { status?: number | undefined; scope?: string | undefined; wait?: number | undefined } = {},
  ) {
    super(message);
    this.status = about.status;
    this.scope = about.scope;
    this.wait = about.wait;
  }

  /** Nobody knows whether it was done: the connection broke, or something on the way failed. */
  get lost(): boolean {
    return this.status === undefined || this.status >= 500;
  }
}

/** What a refusal is about, where a call was refused. */
export const failedOf = (error: unknown): Failed | undefined =>
  error instanceof Refusal && error.cause instanceof Failed ? error.cause : undefined;

/**
 * Why there is no answer: what keeps `fetch` from one stands in its cause.
 * @param timeout how long one was waited for, in milliseconds
 */
export const whyNone = ({ name, message, cause }: Error, timeout?: number): string =>
  name === 'TimeoutError' && timeout !== undefined
    ? `it did not answer in ${timeout / 1000} s`
    : (cause as Error | undefined)?.message || message;

/** Milliseconds to wait before attempt `attempt + 1`: longer each time and never in step with others. */
export const delayOf = ({ first }: Pick<Patience, 'first'>, attempt: number): number =>
  first * 2 ** (attempt - 1) * (0.5 + Math.random());

/** Waits before attempt `attempt + 1`. */
export const pause = (patience: Pick<Patience, 'first'>, attempt: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayOf(patience, attempt)));

/**
 * Does what must not be done twice. An answer that was lost, or a refusal after one, is no answer: then it is looked
 * whether it was done, and only what was not is tried again.
 * @param look what became of it; undefined when it was not done
 * @param settles a refusal after which looking helps, without anything lost
 */
export async function once<T>(
  patience: Patience,
  attempt: () => Promise<T>,
  look: () => Promise<T | undefined>,
  settles: (failed: Failed) => boolean = () => false,
): Promise<T> {
  let lost = false;
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const failed = failedOf(error);
      if (!failed) throw error;
      lost ||= failed.lost;
      const found = lost || settles(failed) ? await look() : undefined;
      if (found !== undefined) return found;
      if (!failed.lost || tried >= patience.attempts) throw error;
      await pause(patience, tried);
    }
  }
}

/** A description that is not longer than a forge takes, by its letters. */
export function fitting(description: string, length: number): string {
  const letters = [...description];
  return letters.length > length ? `${letters.slice(0, length - 1).join('')}…` : description;
}

/** Text of a server without what must not be read in it. */
export const without = (secret: string, text: string) => (secret === '' ? text : text.replaceAll(secret, '…'));
