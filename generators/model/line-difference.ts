import { byPath, type FieldDifference, type ObjectDifference, type Step } from './difference.ts';

/**
 * The difference of two files of an object that differ in plain values alone (a version, an image, a number), told from
 * their lines: of a promotion that is nearly all, and parsing was a third of what a large one cost. It is what
 * `differences` says of the parsed objects, field by field.
 * @returns undefined where more differs, or a text is not laid out as ours is: then both have to be parsed
 */
export function lineDifference(before: string, after: string): ObjectDifference | undefined {
  if (before.length > longest || after.length > longest) return undefined;
  const [old, now] = [before.split('\n'), after.split('\n')];
  const name = nameIn(after);
  if (old.length !== now.length || !name || begins.exec(before)?.[0] !== begins.exec(after)?.[0]) return undefined;
  const fields: FieldDifference[] = [];
  for (const [index, line] of now.entries()) {
    const was = old[index] as string;
    if (was === line) {
      // Another document, or an alias: what differs elsewhere would differ here too.
      if (odd.test(line)) return undefined;
      continue;
    }
    const field = fieldOf(old, now, index);
    if (!field) return undefined;
    if (field.before !== field.after) fields.push(field);
  }
  return fields.length > 0
    ? { ...name, change: 'changed', fields: fields.sort((a, b) => byPath(a.path, b.path)) }
    : undefined;
}

/** More than any object of ours has, but texts of people. */
const longest = 20_000;
const odd = /^(---|\.\.\.|%)|[\s[{,:-][&*]\w/;

/** `- key: value` */
const pair = /^( *)(- )?([A-Za-z][\w./-]*): (\S.*)$/;
/** `- key:` */
const opening = /^( *)(- )?([A-Za-z][\w./-]*):$/;

function fieldOf(old: readonly string[], now: readonly string[], index: number): FieldDifference | undefined {
  const [was, is] = [pair.exec(old[index] as string), pair.exec(now[index] as string)];
  if (!was || !is || [1, 2, 3].some((part) => was[part] !== is[part])) return undefined;
  const [, , dash, key = '', text = ''] = is;
  const [from, to] = [scalarIn(was[4] ?? ''), scalarIn(text)];
  // By its name a member is found.
  if (!from || !to || (dash && key === 'name')) return undefined;
  const above = pathTo(now, index);
  return above && { path: [...above, key], before: from.value, after: to.value };
}

const depthOf = (line: string) => line.search(/\S/);

/** The fields above a line; undefined where a list has members that are not told apart by a name they begin with. */
function pathTo(lines: readonly string[], index: number): Step[] | undefined {
  const path: Step[] = [];
  const line = lines[index] as string;
  let at = index;
  // Where the keys stand that this line's own key stands among.
  let depth = depthOf(line) + (line.trimStart().startsWith('- ') ? 2 : 0);
  while (depth > 0) {
    while (at >= 0 && !holds(lines[at] as string, depth)) at--;
    const above = lines[at];
    if (above === undefined) return undefined;
    const found = depthOf(above);
    if (above.startsWith('- ', found) && found + 2 === depth) {
      const member = memberAt(lines, at, found);
      if (member === undefined) return undefined;
      path.unshift({ by: 'name', is: member });
      depth = found;
      at--;
      continue;
    }
    const key = opening.exec(above);
    if (!key) return undefined;
    path.unshift(key[3] as string);
    depth = found + (key[2] ? 2 : 0);
    if (!key[2]) at--;
  }
  return path;
}

/** Whether a line is above one at some depth: it stands further out, or begins the member of a list that the other is in. */
function holds(line: string, depth: number): boolean {
  const found = depthOf(line);
  return found >= 0 && found < depth;
}

/** The name that a member of a list begins with, where all members of the list begin with one, and no two with the same. */
function memberAt(lines: readonly string[], at: number, depth: number): string | number | undefined {
  const names: (string | number)[] = [];
  const within = (line: string | undefined) => line !== undefined && (depthOf(line) >= depth || line.trim() === '');
  let start = at;
  while (within(lines[start - 1])) start--;
  for (let index = start; within(lines[index]); index++) {
    const line = lines[index] as string;
    if (depthOf(line) !== depth) continue;
    const found = pair.exec(line);
    const name = found?.[2] && found[3] === 'name' ? scalarIn(found[4] as string)?.value : undefined;
    if (typeof name !== 'string' && typeof name !== 'number') return undefined;
    if (names.map(String).includes(String(name))) return undefined;
    names.push(name);
  }
  const own = pair.exec(lines[at] as string);
  const name = own && scalarIn(own[4] as string)?.value;
  return typeof name === 'string' || typeof name === 'number' ? name : undefined;
}

/** What a value on one line is, by the core schema of YAML 1.2; undefined for what could be something else. */
function scalarIn(text: string): { value: string | number | boolean } | undefined {
  const quoted = /^'((?:[^']|'')*)'$/.exec(text)?.[1];
  if (quoted !== undefined) return { value: quoted.replaceAll("''", "'") };
  if (text === 'true' || text === 'false') return { value: text === 'true' };
  if (/^(0|[1-9]\d{0,14})$/.test(text)) return { value: Number(text) };
  const isPlain = /^[A-Za-z0-9][\w./@:+-]*$/.test(text) && !text.endsWith(':');
  const isOther =
    /^(y|n|yes|no|on|off|true|false|null)$/i.test(text) ||
    /^[\d_.]+(e[-+]?\d+)?$/i.test(text.replace(/^(\d+\.){2,}/, 'v'));
  return isPlain && !isOther && !/^(0[xob]|\d{4}-\d|\d+:\d)/i.test(text) ? { value: text } : undefined;
}

/** `apiVersion`, `kind` and `metadata`, in that order, as every manifest of ours begins. */
const begins =
  /^apiVersion: (?:([a-z0-9.-]+)\/)?\w+\nkind: (\w+)\nmetadata:\n {2}name: ([a-z0-9.-]+)\n(?: {2}namespace: ([a-z0-9-]+)\n)?/;

function nameIn(text: string) {
  const found = begins.exec(text);
  if (!found) return undefined;
  const [, group = '', kind = '', name = '', namespace = ''] = found;
  return { group, kind, namespace, name };
}
