/** What the text of a definition consists of, as far as finding a field in it needs: comments and strings are one piece each. */
const pieces =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`|[{}[\](),:]|[\w$]+|[^\s]/g;

interface Piece {
  readonly text: string;
  readonly line: number;
}

/**
 * The line, from 1, at which a definition's field stands.
 * @param source the text of `apps/<name>/app.ts`
 * @param path the field: `['resources', 'cpu']`; where the text does not spell it out, its nearest parent is meant
 * @returns undefined where the text declares no `app` as an object
 */
export function lineOf(source: string, path: readonly PropertyKey[]): number | undefined {
  const tokens = piecesOf(source);
  const declared = tokens.findIndex(({ text }, at) => text === 'app' && tokens[at - 1]?.text === 'const');
  const begin = tokens.findIndex(({ text }, at) => at > declared && text === '{' && tokens[at - 1]?.text === '=');
  if (declared < 0 || begin < 0) return undefined;
  let at = begin;
  for (const step of path) {
    const found = memberOf(tokens, at, step);
    if (found === undefined) break;
    at = found;
  }
  return tokens[at]?.line;
}

function piecesOf(source: string): Piece[] {
  const found: Piece[] = [];
  let line = 1;
  let seen = 0;
  for (const { 0: text, index } of source.matchAll(pieces)) {
    line += source.slice(seen, index).split('\n').length - 1;
    seen = index;
    if (!/^\/[/*]/.test(text)) found.push({ text, line });
  }
  return found;
}

/** The index of the value of a field or item, in the object or list that opens at `begin`. */
function memberOf(tokens: readonly Piece[], begin: number, step: PropertyKey): number | undefined {
  const list = tokens[begin]?.text === '[';
  if (!list && tokens[begin]?.text !== '{') return undefined;
  let depth = 0;
  let item = 0;
  for (let at = begin; at < tokens.length; at++) {
    const text = tokens[at]?.text ?? '';
    if (depth === 1) {
      if (list && item === Number(step) && (at === begin + 1 || tokens[at - 1]?.text === ',')) return at;
      const key = text.replace(/^(['"])(.*)\1$/, '$2');
      const opens = ['{', ','].includes(tokens[at - 1]?.text ?? '');
      if (!list && opens && key === String(step)) return tokens[at + 1]?.text === ':' ? at + 2 : at;
      if (text === ',') item++;
    }
    if (/^[{[(]$/.test(text)) depth++;
    if (/^[}\])]$/.test(text) && --depth === 0) return undefined;
  }
  return undefined;
}
