/** Where progress is shown. */
export interface Shown {
  /** Whether a line can be written over. */
  readonly isTerminal: boolean;
  readonly write: (text: string) => void;
  /** Milliseconds, from any moment on. */
  readonly now: () => number;
}

/** In milliseconds: work that is quicker shows nothing, and a line is written again no sooner. */
const pace = { terminal: { first: 400, every: 100 }, elsewhere: { first: 10_000, every: 10_000 } } as const;

const standardError: Shown = {
  isTerminal: process.stderr.isTTY === true && !process.env.CI,
  write: (text) => process.stderr.write(text),
  now: () => performance.now(),
};

/** Back to the start of the line, and nothing in it. */
const clear = '\r\u001b[2K';

/** What wipes the line that stands on the terminal, when one does. */
let standing: (() => void) | undefined;

/** Makes room for another line: what was said of progress is no part of what is read. */
export function wipe(): void {
  standing?.();
  standing = undefined;
}

/**
 * How far long work is: `rendering 312 of 1,000`. On a terminal it is one line, which is gone at the end; where output
 * goes to a file or a pipeline it is a line now and then, so that whoever reads sees that it goes on.
 */
export class Progress {
  readonly #what: string;
  readonly #total: number;
  readonly #shown: Shown;
  readonly #done = new Set<string>();
  #next: number;

  /** @param what a verb: `rendering`. @param total so many are to be done */
  constructor(what: string, total: number, shown: Shown = standardError) {
    this.#what = what;
    this.#total = total;
    this.#shown = shown;
    this.#next = shown.now() + this.#pace.first;
  }

  /** Something is done; the same thing counts once. */
  done(name: string): void {
    this.#done.add(name);
    const { isTerminal, write, now } = this.#shown;
    const time = now();
    if (time < this.#next) return;
    this.#next = time + this.#pace.every;
    const line = `${this.#what} ${count(this.#done.size)} of ${count(this.#total)}`;
    write(isTerminal ? `${clear}${line}` : `${line}\n`);
    if (isTerminal) standing = () => write(clear);
  }

  /** Nothing of it stays on a terminal. */
  end(): void {
    wipe();
  }

  get #pace() {
    return this.#shown.isTerminal ? pace.terminal : pace.elsewhere;
  }
}

const count = (number: number) => number.toLocaleString('en-US');
