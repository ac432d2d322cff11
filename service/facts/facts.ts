/** Something true about moose, and where it can be read. */
export type Fact = {
  /** Positive and its own for ever: an address that was shared goes on showing the same fact. */
  id: number;
  /** One or two sentences of at most 280 characters. */
  fact: string;
  /** The https URL of the page that says so. */
  source: string;
  /** Who says so. */
  sourceName: string;
};

export type FactsPage = {
  /** In the order of their ids. */
  facts: readonly Fact[];
  /** What to ask for as `after` to go on; undefined at the end. */
  next: number | undefined;
};

/** All facts, in the order of their ids. */
export type Facts = {
  size: number;
  byId(id: number): Fact | undefined;
  /**
   * At most `limit` facts whose id is above `after`.
   * @param props.after 0 for the first page; it need not be the id of a fact
   */
  page(props: { after: number; limit: number }): FactsPage;
  /**
   * Any fact, each as likely as the next.
   * @param props.except the id of a fact that should not come again
   * @param props.random gives numbers from 0 to below 1
   */
  random(props: { except?: number | undefined; random: () => number }): Fact;
};

const FILE = 'facts.json';

const LEAST = 30;

const LONGEST = 280;

type Rule = {
  field: keyof Fact;
  /** Completes the sentence "… is not …". */
  accepts: string;
  passes: (value: unknown) => boolean;
};

const RULES: Rule[] = [
  {
    field: 'id',
    accepts: 'a positive whole number',
    passes: (id) => Number.isSafeInteger(id) && (id as number) > 0,
  },
  {
    field: 'fact',
    accepts: `a sentence of at most ${LONGEST} characters with a full stop`,
    passes: (fact) => typeof fact === 'string' && fact.length <= LONGEST && /^\S.*\.$/.test(fact),
  },
  {
    field: 'source',
    accepts: 'an https URL',
    passes: (source) => typeof source === 'string' && URL.parse(source)?.protocol === 'https:',
  },
  {
    field: 'sourceName',
    accepts: 'a name',
    passes: (name) => typeof name === 'string' && /^\S(.*\S)?$/.test(name),
  },
];

function readFact(value: unknown, index: number): Fact {
  const entry = (value ?? {}) as Record<string, unknown>;
  for (const { field, accepts, passes } of RULES) {
    if (passes(entry[field])) continue;
    const where = field === 'id' ? `index ${index}` : `id ${entry.id}`;
    throw new Error(`${FILE}, ${where}: ${field} is ${JSON.stringify(entry[field])}, which is not ${accepts}.`);
  }
  return value as Fact;
}

function refuseTwice(facts: Fact[], field: 'id' | 'fact'): void {
  const seen = new Set<unknown>();
  for (const [index, fact] of facts.entries()) {
    if (seen.has(fact[field])) {
      throw new Error(`${FILE}, index ${index}: ${field} is ${JSON.stringify(fact[field])}, which stands there twice.`);
    }
    seen.add(fact[field]);
  }
}

/**
 * Reads the content of facts.json.
 * @throws {Error} at the first entry that cannot be used, naming file, entry, field and value
 */
export function readFacts(data: unknown): Facts {
  if (!Array.isArray(data)) throw new Error(`${FILE} is not a list of facts.`);
  const entries = data.map(readFact);
  refuseTwice(entries, 'id');
  refuseTwice(entries, 'fact');
  const facts = entries.toSorted((a, b) => a.id - b.id);
  if (facts.length < LEAST) throw new Error(`${FILE} has ${facts.length} facts, which is fewer than ${LEAST}.`);
  const byId = new Map(facts.map((fact) => [fact.id, fact]));

  return {
    size: facts.length,
    byId: (id) => byId.get(id),
    page: ({ after, limit }) => {
      const rest = facts.filter((fact) => fact.id > after);
      const shown = rest.slice(0, limit);
      return { facts: shown, next: rest.length > shown.length ? shown.at(-1)?.id : undefined };
    },
    random: ({ except, random }) => {
      const others = facts.filter((fact) => fact.id !== except);
      return others[Math.floor(random() * others.length)] as Fact;
    },
  };
}
