import { type FieldDifference, formatPath, formatValue } from './difference.ts';
import type { Told } from './ran-too.ts';
import { least, rankOf, ranks } from './risk.ts';
import { code } from './words.ts';

/** A change of one object of one app. */
export interface Change {
  readonly app: string;
  readonly object: Told;
  /** The whole app goes: what protected it goes with it. */
  readonly leaves: boolean;
}

/** How wide a text is. */
export interface Width {
  /** Characters of one value. */
  readonly value: number;
  /** Names and commits that are listed; others are counted. */
  readonly listed: number;
}

/** The rank of a change, or of one field of it. */
export function rankIn({ object, leaves }: Change, field?: FieldDifference): number {
  return leaves && object.change === 'removed' ? Math.max(deletion, rankOf(object)) : rankOf(object, field);
}

const deletion = ranks.findIndex(({ name }) => name === 'deletion');

/** The label by which every object says its version; the versions are told once. */
export const isVersionLabel = ({ path }: FieldDifference) => path.at(-1) === 'app.kubernetes.io/version';

/** Changes without the version's label, and on how many objects that changed. */
export function withoutVersions(changes: readonly Change[]): { changes: Change[]; labels: number } {
  const labels = changes.filter(({ object }) => object.change === 'changed' && object.fields.some(isVersionLabel));
  const others = changes.flatMap((change): Change[] => {
    const { object } = change;
    if (object.change !== 'changed') return [change];
    const fields = object.fields.filter((field) => !isVersionLabel(field));
    return fields.length > 0 ? [{ ...change, object: { ...object, fields } }] : [];
  });
  return { changes: others, labels: labels.length };
}

/** The ranks of some changes, by name, the worst first. */
export const ranksOf = (changes: readonly Change[]): string[] =>
  [...new Set(changes.map((change) => rankIn(change)))].sort((a, b) => a - b).map((rank) => ranks[rank]?.name ?? '');

/** Changes as lines of a list, riskiest first, under a heading per rank; what is the same in several is told once. */
export function toldChanges(changes: readonly Change[], source: string, width: Width): string[] {
  const told = changes.map((change) => {
    const { app, object } = change;
    const fields = object.change === 'changed' ? object.fields : [];
    const lines = fields
      .map((field) => ({
        rank: rankIn(change, field),
        line: code(fieldLine(field, width.value), width.value * 5),
      }))
      .toSorted((a, b) => a.rank - b.rank)
      .map(({ line }) => line);
    const unlike = (object.unlike ?? []).map(({ path, before, after }) =>
      code(
        `${formatPath(path)}: ${valueText(after, width.value)} (${source}: ${valueText(before, width.value)})`,
        width.value * 5,
      ),
    );
    const name = `${app} ${code(`${object.kind}/${object.name}`)}`;
    return { rank: rankIn(change), name, how: howOf(object, source), lines: [...lines, ...unlike], kind: object.kind };
  });
  const groups = Map.groupBy(told, ({ rank, how, kind, lines }) => [rank, kind, how, ...lines].join('\n'));
  let last = -1;
  return [...groups.values()]
    .toSorted((a, b) => (a[0]?.rank ?? 0) - (b[0]?.rank ?? 0))
    .flatMap((group) => {
      const [{ rank, how, lines }] = group as [(typeof group)[number]];
      // Where there is but one kind that says nothing, no heading says it.
      const heading =
        rank === last || (last < 0 && rank === least) ? '' : `${last < 0 ? '' : '\n'}**${headingOf(rank)}**\n\n`;
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

function howOf({ change, unlike }: Told, source: string): string {
  if (change === 'changed') return '';
  return unlike ? ` ${change}, not as in ${source}` : ` ${change}`;
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
  const ranked = changes.map((change) => ({ app: change.app, rank: rankIn(change) }));
  const rank = Math.min(least, ...ranked.map((one) => one.rank));
  return { rank, apps: [...new Set(ranked.filter((one) => one.rank === rank).map(({ app }) => app))].sort() };
}

/** A field as it was and is; of a long text only what differs, by whole lines. */
export function fieldLine({ path, before, after, order }: FieldDifference, width: number): string {
  const place = `${formatPath(path)}${order ? ' (order)' : ''}: `;
  if (typeof before !== 'string' || typeof after !== 'string' || Math.max(before.length, after.length) <= width)
    return `${place}${valueText(before, width)} → ${valueText(after, width)}`;
  const from = sameUntil(before, after, width);
  const rest = sameFrom(before.slice(from), after.slice(from));
  const piece = (text: string) => {
    const inside = cut(formatValue(text.slice(from, text.length - rest)), width);
    return `${from > 0 ? '…' : ''}${inside}${rest > 0 && !inside.endsWith('…') ? '…' : ''}`;
  };
  return `${place}${piece(before)} → ${piece(after)} (of ${before.length} → ${after.length} characters)`;
}

/** How much of two long texts is the same, up to the line in which they differ. */
function sameUntil(before: string, after: string, width: number): number {
  let at = 0;
  while (at < before.length && before[at] === after[at]) at++;
  const line = at === 0 ? 0 : before.lastIndexOf('\n', at - 1) + 1;
  return Math.max(line, at - Math.floor(width / 4), 0);
}

/** How much is the same at their ends, from the end of the line in which they differ. */
function sameFrom(before: string, after: string): number {
  let same = 0;
  const most = Math.min(before.length, after.length);
  while (same < most && before[before.length - 1 - same] === after[after.length - 1 - same]) same++;
  const line = before.indexOf('\n', before.length - same);
  return line < 0 ? 0 : before.length - line;
}

/** A value; of a long one its beginning, and how long it is. */
function valueText(value: unknown, width: number): string {
  const whole = formatValue(value);
  // Nobody reads a digest to its end, but where all is wanted.
  const text = Number.isFinite(width) ? whole.replace(/\b(sha256:[0-9a-f]{12})[0-9a-f]{52}\b/g, '$1…') : whole;
  return text.length <= width + 2 ? text : `${cut(text, width)} (${whole.length} characters)`;
}

const cut = (text: string, width: number) =>
  text.length > width ? `${text.slice(0, width).replace(/[\ud800-\udbff]$/, '')}…` : text;
