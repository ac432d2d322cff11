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
}
