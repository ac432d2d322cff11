/** A piece of the program that is replaced. Whoever changes the code that it finds brings it up to date. */
export interface Alteration {
  /** What becomes of the program, in a sentence. */
  readonly name: string;
  /** Below `generators/`. */
  readonly file: string;
  /** Stands there exactly once. */
  readonly find: string;
  readonly replace: string;
  /** How many trials it takes. @default as many as most breaks of its task */
  readonly count?: number;
}
