import { load } from 'js-yaml';

const read = new WeakMap<Buffer, unknown>();

/**
 * What a file holds; undefined for what is no YAML, as somebody may have edited it. The same bytes are parsed once,
 * whoever asks: of a promotion that is the larger part.
 */
export function parsed(bytes: string | Buffer): unknown {
  if (typeof bytes === 'string') return parse(bytes);
  if (!read.has(bytes)) read.set(bytes, parse(String(bytes)));
  return read.get(bytes);
}

function parse(text: string): unknown {
  // Nothing of ours has aliases, and a few of them may stand for millions of values.
  if (/[\s[{,:-]&\w/.test(text) && /[\s[{,:-]\*\w/.test(text)) return undefined;
  try {
    return load(text);
  } catch {
    return undefined;
  }
}
