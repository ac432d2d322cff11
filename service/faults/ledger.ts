/** A hit that somebody asks for once more or for the first time. */
export type Attempt = {
  readonly key: string | undefined;
  /** The highest number anybody had been given when this hit was first asked for. */
  readonly above: number;
};

/** What was promised. */
export type Invariant =
  | 'an acknowledged hit is never lost'
  | 'a hit counts at most once'
  | 'a number is given out once'
  | 'a key keeps its number'
  | 'numbers only grow'
  | 'every answer is a number or a refusal that says so'
  | 'a rollout fails no request';

export type Violation = {
  invariant: Invariant;
  /** What was seen, in one sentence. */
  sentence: string;
};

/** What happened so far. */
export type Figures = {
  /** Hits that got their number: each GET, and each key once. */
  acknowledged: number;
  /** Attempts whose answer was lost or refused: each may have been counted, nobody can tell. */
  uncertain: number;
  /** Attempts that cannot have been counted, since nothing was there to count them. */
  refused: number;
  /** Answers to keys that had their number already. */
  replayed: number;
};

type Keyed = Attempt & { number?: number; uncertain: boolean; carriedOver: boolean };

/**
 * Writes down what the visitors of a counter were told, and holds it against what was counted.
 *
 * Between two settlements: acknowledged ≤ counted ≤ acknowledged + uncertain, where all attempts under one key are one
 * hit. No number has two holders, a key has one number, and who asks after an answer gets a higher number than it.
 */
export class Ledger {
  readonly #holders = new Map<number, string>();
  readonly #keys = new Map<string, Keyed>();
  /** The keys that have no number yet. */
  readonly #open = new Set<Keyed>();
  readonly #figures: Figures = { acknowledged: 0, uncertain: 0, refused: 0, replayed: 0 };
  #stretch = { acknowledged: 0, carriedOver: 0, uncertain: 0 };
  #violations: Violation[] = [];
  #highest = 0;
  #total: number;

  /** @param total what had been counted before the first attempt */
  constructor(total = 0) {
    this.#total = total;
  }

  get figures(): Figures {
    return { ...this.#figures };
  }

  /** Somebody is about to ask for a hit. @param key its idempotency key; the same one again is the same hit */
  begin(key?: string): Attempt {
    if (key === undefined) return { key, above: this.#highest };
    const known = this.#keys.get(key);
    if (known) return known;
    const keyed: Keyed = { key, above: this.#highest, uncertain: false, carriedOver: false };
    this.#keys.set(key, keyed);
    this.#open.add(keyed);
    return keyed;
  }

  /** The attempt was answered with its number. */
  acknowledge({ key, above }: Attempt, number: number): void {
    const holder = key === undefined ? 'a GET' : `the key ${key}`;
    if (!Number.isSafeInteger(number) || number < 1) {
      this.object('every answer is a number or a refusal that says so', `${number} was given to ${holder}.`);
      return;
    }
    const keyed = key === undefined ? undefined : this.#keys.get(key);
    if (keyed?.number !== undefined) {
      this.#figures.replayed += 1;
      if (keyed.number !== number) {
        this.object('a key keeps its number', `First ${keyed.number}, then ${number} was given to ${holder}.`);
      }
      return;
    }
    this.#figures.acknowledged += 1;
    this.#stretch.acknowledged += 1;
    if (keyed) {
      keyed.number = number;
      this.#open.delete(keyed);
      if (keyed.carriedOver) this.#stretch.carriedOver += 1;
    }
    const other = this.#holders.get(number);
    if (other) this.object('a number is given out once', `${number} was given to ${other} and to ${holder}.`);
    else this.#holders.set(number, holder);
    if (number <= above) {
      this.object('numbers only grow', `${number} was given to ${holder}, who asked after ${above} was given out.`);
    }
    this.#highest = Math.max(this.#highest, number);
  }

  /** The attempt was refused, or its answer was lost: it may have been counted. */
  lose({ key }: Attempt): void {
    this.#figures.uncertain += 1;
    const keyed = key === undefined ? undefined : this.#keys.get(key);
    if (keyed) keyed.uncertain = true;
    else this.#stretch.uncertain += 1;
  }

  /** The attempt cannot have been counted: nobody was there to take it. */
  refuse(_attempt: Attempt): void {
    this.#figures.refused += 1;
  }

  /** Something was seen that must not be. */
  object(invariant: Invariant, sentence: string): void {
    this.#violations.push({ invariant, sentence });
  }

  /**
   * Holds everything since the last settlement against what was counted. Nobody may be waiting for an answer.
   * @param total what is counted now
   * @returns what was violated since the last settlement
   */
  settle(total: number): Violation[] {
    const { acknowledged, carriedOver, uncertain } = this.#stretch;
    const open = [...this.#open].filter((keyed) => keyed.uncertain);
    const counted = total - this.#total;
    // A key that was open at the last settlement may have been counted before it.
    const least = acknowledged - carriedOver;
    const most = acknowledged + uncertain + open.length;
    if (counted < least) {
      const sentence = `${least} hits were acknowledged, but the number grew by ${counted} only, to ${total}.`;
      this.object('an acknowledged hit is never lost', sentence);
    }
    if (this.#highest > total) {
      const sentence = `${this.#highest} was given out, but the number is ${total}.`;
      this.object('an acknowledged hit is never lost', sentence);
    }
    if (counted > most) {
      const sentence = `The number grew by ${counted}, but ${acknowledged} hits were acknowledged and ${most - acknowledged} left without an answer.`;
      this.object('a hit counts at most once', sentence);
    }
    for (const keyed of open) keyed.carriedOver = true;
    this.#total = total;
    this.#stretch = { acknowledged: 0, carriedOver: 0, uncertain: 0 };
    return this.#violations.splice(0);
  }
}
