import type { Random } from './random.ts';

/** What a task did, in numbers: printed at its end. */
export type Summary = Readonly<Record<string, number>>;

/** One proof of the harness, in its long or its short form. */
export interface Task {
  readonly name: string;
  /** One sentence for the help. */
  readonly about: string;
  /** How many trials the long form has. */
  readonly count: number;
  /** @throws when something is not as it must be; the message says what was done, so that it can be done again */
  run(options: TaskOptions): Promise<Summary>;
}

export interface TaskOptions {
  readonly random: Random;
  /** How many trials. @default as many as the short form has */
  readonly count?: number | undefined;
  /** Progress: so many of so many. */
  readonly say: (done: number, of: number) => void;
}
