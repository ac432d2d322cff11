import type { Excuse } from './app.ts';

/** What others must know of an app, without loading it. */
export interface Outline {
  readonly owner: string;
  /** Absent: it stands in every environment. */
  readonly scope?: 'cluster';
  /** The port at which others call it. */
  readonly port?: number;
  /** The apps that it calls. */
  readonly calls?: readonly string[];
  /** What it answers from outside, in every environment: `counter.dev.example.com/`. */
  readonly routes?: readonly string[];
  /** By first environment: the hash of what the change policies look at (`regardedIn`). */
  readonly fixed?: Readonly<Record<string, string>>;
  /** What it breaks by leave. */
  readonly excuses?: readonly OutlinedExcuse[];
}

export interface OutlinedExcuse extends Excuse {
  /** The environments in which an object needs it; none where it is for nothing. */
  readonly in: readonly string[];
}
