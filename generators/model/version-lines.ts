import type { FieldDifference, ObjectDifference } from './difference.ts';

/**
 * The difference of two files of an object in which nothing but the label of its version differs, told without parsing
 * them: of a new version that is most of what changes, and parsing was half of what a large promotion cost.
 * @returns undefined where anything else differs, or the text is not laid out as ours is: then it has to be read
 */
export function versionLines(before: string, after: string): ObjectDifference | undefined {
  if (before.length > longest || after.length > longest) return undefined;
  const [old, now] = [before.split('\n'), after.split('\n')];
  if (old.length !== now.length) return undefined;
  const fields: FieldDifference[] = [];
  for (const [index, line] of now.entries()) {
    const was = old[index] as string;
    if (was === line) continue;
    const [from, to] = [label.exec(was), label.exec(line)];
    if (!from || !to || from[1] !== to[1]) return undefined;
    const path = pathTo(now, index);
    if (!path) return undefined;
    fields.push({ path, before: from[2], after: to[2] });
  }
  const name = nameIn(after);
  return name && fields.length > 0 ? { ...name, change: 'changed', fields } : undefined;
}

/** More than any object of ours has, but texts of people. */
const longest = 20_000;

const label = /^( *)app\.kubernetes\.io\/version: '?([\w.+-]+)'?$/;
const key = /^( *)([A-Za-z]\w*):$/;

/** The fields above a line, each on a line of its own; undefined within a list. */
function pathTo(lines: readonly string[], index: number): string[] | undefined {
  const path = ['app.kubernetes.io/version'];
  let indent = (lines[index] as string).search(/\S/);
  for (let at = index - 1; at >= 0 && indent > 0; at--) {
    const line = lines[at] as string;
    const found = line.search(/\S/);
    if (found < 0 || found >= indent) continue;
    const above = key.exec(line);
    if (!above) return undefined;
    path.unshift(above[2] as string);
    indent = found;
  }
  return path;
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
