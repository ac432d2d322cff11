import { type Cell, type Column, columns, type Setting, widthOf } from './columns.ts';
import { concernOf, isThere, signs } from './concern.ts';
import { type Foreign, meaningOf } from './foreign.ts';
import { paragraph } from './paragraph.ts';
import { dayOf } from './request.ts';
import type { Row } from './row.ts';
import { duration, releaseLine, visible } from './words.ts';

export interface TableSetting extends Setting {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Every row, however many there are. @default only while few enough are as they should be */
  readonly whole?: boolean;
}

/** So many rows are read without looking for the one that matters. */
const readable = 20;

/** From so many columns on, a commit is as long as elsewhere. */
const roomy = 100;

const heads = ['', 'env', 'app', 'version', 'commit', 'since', 'behind', 'health', 'state'] as const;
const shape: readonly Column[] = [{}, {}, {}, { least: 7 }, {}, {}, {}, {}, { least: 10 }];

/** What goes where a line is too long, one after the other: who waits for what, and where, is told first. */
const spare = ['commit', 'health'] as const;

/** More apps than these of which the same waits are told in one line. */
const alike = 3;

/**
 * A line per app and environment: those that somebody might look at are marked. Where there are many, those that are as
 * their source and Healthy are one line per environment, below, and so are those that are not there yet and wait for the
 * same. Where the terminal is narrow, columns are left out and no name is cut.
 */
export function statusTable(rows: readonly Row[], { now, whole = false, ...setting }: TableSetting): string[] {
  const folds = !whole && rows.length > readable;
  const awaited = folds ? awaitedIn(rows) : [];
  const waiting = new Set(awaited.flat());
  const isFolded = (row: Row) => folds && isQuiet(row);
  const shown = rows.filter((row) => !isFolded(row) && !waiting.has(row));
  const asked = rows.some(({ health }) => health !== 'unknown' && health !== '-');
  const digits = (setting.width ?? roomy) < roomy ? 8 : 12;
  // A column that says nothing takes room from those that do.
  const lines = (tellsHealth: boolean) => [
    heads.map((head): Cell => ({ text: head, colour: 'dim' })),
    ...shown.map((row) => cellsOf(row, now, digits, tellsHealth)),
  ];
  const without = (left: readonly string[]) => {
    const picked = heads.flatMap((head, at) => (left.includes(head) ? [] : [at]));
    const told = lines(!left.includes('health')).map((line) => picked.map((at) => line[at] ?? ''));
    return { told, shape: picked.map((at) => shape[at] ?? {}) };
  };
  const tables = [0, 1, 2].map((count) => without([...(asked ? [] : ['health']), ...spare.slice(0, count)]));
  const fits = ({ told }: (typeof tables)[number]) =>
    columns(told).every((line) => widthOf(line) <= (setting.width ?? Infinity));
  const { told, shape: shapes } = (tables.find(fits) ?? tables.at(-1)) as (typeof tables)[number];
  const table = columns(told, { ...setting, shape: shapes });
  return [
    ...(shown.length > 0 ? table : []),
    ...awaited.flatMap((group) => paragraph(awaitedLine(group), setting.width)),
    ...foldedLines(rows.filter(isFolded), setting.width),
  ];
}

/** What is not there yet and waits for the same, where that are many. */
const awaitedIn = (rows: readonly Row[]): (readonly Row[])[] => {
  const absent = rows.filter((row) => !isThere(row) && row.state === 'older' && !row.held);
  const groups = Map.groupBy(absent, (row) => `${row.environment}\0${stateOf(row)}`);
  return [...groups.values()].filter(({ length }) => length > alike);
};

function awaitedLine(group: readonly Row[]): string {
  const [first] = group as [Row];
  const state = stateOf(first);
  const what = state === 'gate waits' ? 'wait for a gate' : `are not there yet: ${state}`;
  return `${signs.behind.mark}  ${first.environment}: ${group.length} apps ${what}`;
}

/** As it should be, or not yet on its way here. */
const isQuiet = (row: Row): boolean =>
  concernOf(row) === undefined && (row.sync ?? 'Synced') === 'Synced' && (row.state === 'equal' || !isThere(row));

function foldedLines(rows: readonly Row[], width: number | undefined): string[] {
  return [...Map.groupBy(rows, ({ environment }) => environment)].flatMap(([environment, own]) => {
    const there = own.filter(isThere);
    const absent = own.length - there.length;
    const healths = [...Map.groupBy(there, ({ health }) => health)].filter(([health]) => health !== 'unknown');
    const count = there.length === 1 ? '1 app' : `${there.length} apps`;
    const said =
      healths.length === 1
        ? healths.map(([health]) => health)
        : healths.map(([health, of]) => `${of.length} ${health}`);
    return paragraph(
      [
        `${environment}: ${there.length > 0 ? `${count} as offered` : ''}`,
        ...said,
        ...(absent > 0 ? [`${absent} not there`] : []),
      ]
        .join(', ')
        .replace(': , ', ': '),
      width,
    );
  });
}

function cellsOf(row: Row, now: number, digits: number, tellsHealth: boolean): Cell[] {
  const { environment, app, version, commit, since, lacks, health, sync } = row;
  const concern = concernOf(row);
  const sign = concern && signs[concern];
  const late = lacks ? `${lacks.parts}, ${duration(now - Date.parse(lacks.since))}` : '';
  // Of what is Healthy, the news is that something else should run.
  const live = health === 'Healthy' && sync !== undefined && sync !== 'Synced' ? sync : health;
  const painted = (text: string): Cell => (sign ? { text, colour: sign.colour } : text);
  return [
    sign ? painted(sign.mark) : '',
    environment,
    app,
    version,
    commit ? commit.slice(0, digits) : '-',
    since ? duration(now - Date.parse(since)) : '-',
    late,
    concern === 'unhealthy' ? painted(visible(live)) : visible(live),
    concern !== 'unhealthy'
      ? painted(stateOf(row))
      : tellsHealth
        ? stateOf(row)
        : painted(`${visible(live)}, ${stateOf(row)}`),
  ];
}

/** What it is; of what is older, what it waits for. */
function stateOf({ state, held, sourceEdited, proposed, gate }: Row): string {
  const is =
    state === 'edited' ? state : held ? 'held' : sourceEdited ? 'source edited' : state === 'none' ? '-' : state;
  const request = proposed && (proposed.iid === undefined ? 'proposed' : `!${proposed.iid}`);
  if (is !== 'older') return request ? `${is}, ${request}` : is;
  if (request) return proposed?.draft ? `${request} draft` : proposed?.iid === undefined ? request : `${request} open`;
  if (gate?.is === 'no') return 'gate: no';
  return gate?.is === 'unknown' ? 'gate waits' : is;
}

/** What the table has no room for: why an app is as it is, what it waits for, and what is foreign. Apps of which the same is said share a line. */
export function statusNotes(
  rows: readonly Row[],
  foreign: readonly Foreign[],
  { now, width }: Pick<TableSetting, 'now' | 'width'>,
): string[] {
  const notes = rows.flatMap((row) => notesOf(row, now).map((says) => ({ row, says })));
  const groups = Map.groupBy(notes, ({ row, says }) => `${row.environment}\0${says}`);
  const told = [...groups.values()].map((group) => {
    const [first] = group as [(typeof group)[number]];
    const apps = group.map(({ row }) => row.app);
    const more = apps.length > most ? ` and ${apps.length - most} more` : '';
    return `${first.row.environment}/${apps.slice(0, most).join(', ')}${more}: ${first.says}`;
  });
  const others = foreign.map(({ environment, name, is }) => `${environment}/${visible(name)}: ${meaningOf[is]}`);
  return [...told, ...others].flatMap((line) => paragraph(line, width));
}

/** So many apps are named where the same is said of more. */
const most = 6;

function notesOf(row: Row, now: number): string[] {
  const { environment, app, state, held, heldBy, heldSince, editedBy, gate, note, message } = row;
  const isEdited = state === 'edited';
  const who = isEdited ? editedBy : heldBy;
  const by = who ? `${visible(who.by, 40)} on ${dayOf(who)} (“${visible(who.words, 120)}”)` : undefined;
  const ago = heldSince ? ` ${duration(now - Date.parse(heldSince))} ago` : '';
  const own =
    held && !isEdited
      ? `held: ${by ?? 'somebody'} went back${by ? '' : ago}; it stays until ${releaseLine(environment, app)}, or a revert of the revert`
      : isEdited && by
        ? `${note}; last by ${by}`
        : note;
  const waits = gate && (gate.is === 'no' || gate.is === 'unknown') ? gate : undefined;
  const since = waits?.since ? ` (${duration(now - Date.parse(waits.since))} by now)` : '';
  return [
    ...(own ? [own] : []),
    ...(message ? [visible(message, 300)] : []),
    ...(waits ? [`waits${since}: ${visible(waits.evidence.join('; '), 400)}`] : []),
  ];
}

/** Where apps answer. */
export const addressLines = (rows: readonly Row[], setting: Setting = {}): string[] =>
  columns(
    rows.flatMap(({ environment, app, addresses = [] }) =>
      addresses.map((one) => [`${environment}/${app}`, visible(one)]),
    ),
    setting,
  );
