/** One thing that is wrong with an object. */
export interface Mistake {
  /** As people write it: `spec.template.spec.containers[0].image`; empty for the object as a whole. */
  readonly field: string;
  /** The value, what was expected, and the nearest legal name: it reads on behind the field. */
  readonly says: string;
}

/** A way through one object, and what was found wrong on it. */
export class Walk {
  readonly mistakes: Mistake[] = [];
  /** Where the walk is. Whoever goes down takes his key away again. */
  readonly keys: (string | number)[] = [];
  /** The type of the object. */
  readonly root: string;
  readonly #secret: boolean;

  /** @param secret whether values must not be shown: what a check says ends in the log of a pipeline */
  constructor(root: string, secret: boolean) {
    this.root = root;
    this.#secret = secret;
  }

  /** Something is wrong with the value here. */
  wrong(says: string): void {
    this.mistakes.push({ field: formatField(this.keys), says });
  }

  /** Something is wrong with a field of the value here. */
  wrongAt(key: string | number, says: string): void {
    this.keys.push(key);
    this.wrong(says);
    this.keys.pop();
  }

  /** The value here is not what it should be: `is "2": expected a whole number`. */
  unlike(value: unknown, expected: string): void {
    this.wrong(`is ${this.shown(value)}: expected ${expected}`);
  }

  /** A value as people read it, cut; of a Secret its type alone. */
  shown(value: unknown): string {
    if (value === null) return 'null';
    if (Array.isArray(value)) return value.length === 0 ? '[]' : 'a list';
    if (typeof value === 'object') return Object.keys(value).length === 0 ? '{}' : 'an object';
    if (this.#secret) return `a ${typeof value}`;
    const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
    return text.length > 80 ? `${text.slice(0, 79)}…` : text;
  }
}

/** `['spec', 'ports', 0, 'a.b']` → `spec.ports[0]["a.b"]` */
export function formatField(keys: readonly (string | number)[]): string {
  return keys
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`;
      if (!/^[\w$-]+$/.test(key)) return `[${JSON.stringify(key.length > 80 ? `${key.slice(0, 79)}…` : key)}]`;
      return index === 0 ? key : `.${key}`;
    })
    .join('');
}

/** `a, b or c` */
export const either = (words: readonly string[]): string =>
  words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
