import { type FieldDifference, formatPath, formatValue } from './difference.ts';
import type { Told } from './ran-too.ts';
import { least, rankOf, ranks } from './risk.ts';
import { code } from './words.ts';

/** A change of one object of one app. */
export interface Change {
  readonly app: string;
  readonly object: Told;
}

/** How wide a text is. */
export interface Width {
  /** Characters of one value. */
  readonly value: number;
  /** Names and commits that are listed; others are counted. */
  readonly listed: number;
}

/** Changes as lines of a list, riskiest first, under a heading per rank; what is the same in several is told once. */
export function toldChanges(changes: readonly Change[], source: string, width: Width): string[] {
  const told = changes.map(({ app, object }) => {
    const fields = object.change === 'changed' ? object.fields : [];
    const lines = fields
      .map((field) => ({
        rank: rankOf(object, field),
        line: code(fieldLine(field, width.value), width.value * 5),
      }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ line }) => line);
    const unlike = (object.unlike ?? []).map(({ path, before, after }) =>
      code(
        `${formatPath(path)}: ${valueText(after, width.value)}, in ${source} ${valueText(before, width.value)}`,
        width.value * 5,
      ),
    );
    const name = `${app} ${code(`${object.kind}/${object.name}`)}`;
    return { rank: rankOf(object), name, how: howOf(object), lines: [...lines, ...unlike], kind: object.kind };
  });
  const groups = Map.groupBy(told, ({ rank, how, kind, lines }) => [rank, kind, how, ...lines].join('\n'));
  let last = -1;
  return [...groups.values()]
    .toSorted((a, b) => (a[0]?.rank ?? 0) - (b[0]?.rank ?? 0))
    .flatMap((group) => {
      const [{ rank, how, lines }] = group as [(typeof group)[number]];
      const heading = rank === last ? '' : `${last < 0 ? '' : '\n'}**${headingOf(rank)}**\n\n`;
      last = rank;
      const names = namesOf(
        group.map(({ name }) => name),
        width.listed,
      );
      return [`${heading}- ${names}${how}`, ...lines.map((line) => `  - ${line}`)];
    });
}

const headingOf = (rank: number) => {
  const name = ranks[rank]?.name ?? '';
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
};

function howOf({ change, unlike }: Told): string {
  if (change === 'changed') return '';
  return unlike ? ` ${change}, unlike its source's` : ` ${change}`;
}

/** `a, b and 3 more` */
export const namesOf = (names: readonly string[], listed: number): string =>
  names.length > listed
    ? `${names.slice(0, listed).join(', ')} and ${names.length - listed} more`
    : names.length > 1
      ? `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
      : names.join('');

/** What an app does that is riskiest, by its changes; undefined where nothing but its configuration changes. */
export function worstOf(changes: readonly Change[]): { rank: number; apps: string[] } | undefined {
  const ranked = changes.map(({ app, object }) => ({ app, rank: rankOf(object) }));
  const rank = Math.min(least, ...ranked.map((one) => one.rank));
  return { rank, apps: [...new Set(ranked.filter((one) => one.rank === rank).map(({ app }) => app))].sort() };
}

/** A field as it was and is; of a long text only where it begins to differ. */
function fieldLine({ path, before, after, order }: FieldDifference, width: number): string {
  const from = typeof before === 'string' && typeof after === 'string' ? sameUntil(before, after, width) : 0;
  return `${formatPath(path)}${order ? ' (order)' : ''}: ${valueText(before, width, from)} → ${valueText(after, width, from)}`;
}

/** How much of two long texts is the same, up to the line before they differ. */
function sameUntil(before: string, after: string, width: number): number {
  if (before.length <= width && after.length <= width) return 0;
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  const line = before.lastIndexOf('\n', at - 1) + 1;
  return Math.max(line, at - Math.floor(width / 4));
}

/** A value; of a long one a piece, and how long it is. */
function valueText(value: unknown, width: number, from = 0): string {
  const text = shortened(typeof value === 'string' && from > 0 ? value.slice(from) : value, width);
  const length = typeof value === 'string' ? value.length : text.length;
  if (from === 0 && text.length <= width + 2) return text;
  const piece = text.length > width ? `${text.slice(0, width).replace(/[\ud800-\udbff]$/, '')}…` : text;
  return `${from > 0 ? '…' : ''}${piece} (${length} characters)`;
}

/** Nobody reads a digest to its end, but where all is wanted. */
function shortened(value: unknown, width: number): string {
  const text = formatValue(value);
  return Number.isFinite(width) ? text.replace(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…') : text;
}
