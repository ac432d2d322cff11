import { dump } from 'js-yaml';

/** Orders the keys of a mapping. */
export type KeyOrder = (a: string, b: string) => number;

/**
 * A JSON value as block YAML, with the very bytes of js-yaml's `dump(value, { sortKeys, noRefs: true, lineWidth: -1 })`.
 * How a scalar is written is asked of js-yaml, once for each: manifests repeat a few hundred words thousands of times,
 * and deciding about quotes is what takes the time. What has no block layout of its own here (a text of several lines,
 * a value that is no JSON) goes to js-yaml whole.
 */
export function formatYaml(value: object, sortKeys: KeyOrder): string {
  const lines = isPlain(value) ? mapping(value, '', sortKeys) : undefined;
  return lines ?? dump(value, { sortKeys, noRefs: true, lineWidth: -1 });
}

type Mapping = Readonly<Record<string, unknown>>;

function mapping(value: object, indent: string, order: KeyOrder): string | undefined {
  let text = '';
  for (const key of Object.keys(value).sort(order)) {
    const name = scalar(keys, key);
    const inner = name === undefined ? undefined : nested((value as Mapping)[key], indent, order);
    if (inner === undefined) return undefined;
    // What follows a key stands on its own lines, or behind it.
    text += `${text && indent}${name}:${inner.block ? `\n${indent}  ` : ' '}${inner.text}`;
  }
  return text || undefined;
}

function sequence(values: readonly unknown[], indent: string, order: KeyOrder): string | undefined {
  let text = '';
  for (const value of values) {
    const inner = nested(value, indent, order);
    if (inner === undefined) return undefined;
    text += `${text && indent}- ${inner.text}`;
  }
  return text;
}

function nested(value: unknown, indent: string, order: KeyOrder): { text: string; block: boolean } | undefined {
  const filled = typeof value === 'object' && value !== null && Object.keys(value).length > 0;
  if (!filled) {
    const word = scalar(words, value);
    return word === undefined ? undefined : { text: `${word}\n`, block: false };
  }
  const deeper = `${indent}  `;
  if (Array.isArray(value)) return block(sequence(value, deeper, order));
  return isPlain(value) ? block(mapping(value, deeper, order)) : undefined;
}

const block = (text: string | undefined) => (text === undefined ? undefined : { text, block: true });
const isPlain = (value: object) => Object.getPrototypeOf(value) === Object.prototype;

/** How js-yaml writes what it was asked before; null where that is more than one line. */
type Known = Map<unknown, string | null>;
const keys: Known = new Map();
const words: Known = new Map();
/** Enough for the words of a thousand apps; what comes after it is asked each time. */
const most = 50_000;

function scalar(known: Known, value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? '[]' : isPlain(value) ? '{}' : undefined;
  // A Map does not tell it from 0, and YAML does.
  if (Object.is(value, -0)) return undefined;
  const said = known.get(value);
  if (said !== undefined) return said ?? undefined;
  const line = known === keys ? keyOf(value) : wordOf(value);
  if (known.size < most) known.set(value, line ?? null);
  return line;
}

const keyOf = (key: unknown) => /^([^?\n].*): 0\n$/.exec(dump({ [key as string]: 0 }))?.[1];

function wordOf(value: unknown): string | undefined {
  if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) return undefined;
  return /^k: ([^\n]+)\n$/.exec(dump({ k: value }, { lineWidth: -1 }))?.[1];
}
