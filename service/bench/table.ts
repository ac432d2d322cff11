import { median, ratiosOf, type Spread, spreadOf } from './figures.ts';
import { answer, speedsOf, type Verdict, verdictsOf } from './goals.ts';
import type { Found } from './measure.ts';
import { names } from './rungs.ts';

/** Everything that was found, for people. */
export function report(found: Found): string {
  return [ladderTable(found), startsTable(found), lostLine(found), goalsTable(verdictsOf(found)), ''].join('\n\n');
}

function ladderTable(found: Found): string {
  const base = speedsOf(found, names.incr);
  const rows = Object.values(names).flatMap((name) => {
    const speeds = speedsOf(found, name);
    if (speeds.length === 0) return [];
    const loads = found.rounds.flatMap(({ loads }) => loads[name] ?? []);
    const cpuUs = loads.flatMap((load) => load.cpuUs ?? []);
    return [
      [
        name,
        ...spreadCells(spreadOf(speeds), (speed) => speed.toFixed(0)),
        ratioText(spreadOf(ratiosOf(speeds, base))),
        `${median(loads.map(({ p99Ms }) => p99Ms)).toFixed(1)} ms`,
        cpuUs.length === 0 ? '' : `${median(cpuUs).toFixed(0)} µs`,
      ],
    ];
  });
  return table(['requests/s', 'min', 'median', 'max', `÷ ${names.incr}`, 'p99, full load', 'CPU/request'], rows);
}

function startsTable({ starts }: Found): string {
  const rows = Object.entries(starts).map(([name, times]) => [
    name,
    ...spreadCells(spreadOf(times), milliseconds),
    milliseconds(times[0] ?? Number.NaN),
    `${times.length}`,
  ]);
  return table(['start to ready', 'min', 'median', 'max', 'first', 'starts'], rows);
}

function lostLine({ rounds }: Found): string {
  const lost = rounds.flatMap(({ lost }) => lost ?? []);
  if (lost.length === 0) return '  How much of the time others took cannot be seen here.';
  const [stolen, others] = (['stolen', 'others'] as const).map((who) => {
    const { median, min, max } = spreadOf(lost.map((shares) => shares[who] * 100));
    return `${median.toFixed(0)} % of the time (${min.toFixed(0)} to ${max.toFixed(0)} % by round)`;
  });
  return `  The host stole ${stolen}; other programs here took ${others}.`;
}

function goalsTable(verdicts: readonly Verdict[]): string {
  const rows = verdicts.map((verdict) => [
    verdict.what,
    verdict.found ? figure(verdict.found.median, verdict.unit) : '',
    verdict.found && verdict.found.min !== verdict.found.max ? range(verdict.found) : '',
    bound(verdict),
    answer(verdict).replace('missed', 'MISSED'),
  ]);
  const notes = verdicts.flatMap(({ what, note }) => (note ? [`  ${what}: ${note}`] : []));
  return `${table(['goals', 'found', 'min … max', 'wanted', ''], rows)}\n\n${notes.join('\n')}`;
}

const spreadCells = ({ min, median, max }: Spread, text: (figure: number) => string) => [min, median, max].map(text);
const short = (value: number) => `${Number(value.toFixed(value < 10 ? 2 : 0))}`;
const figure = (value: number, unit: Verdict['unit']) => `${short(value)} ${unit}`;
const range = ({ min, max }: Spread) => `${short(min)} … ${short(max)}`;
const ratioText = (spread: Spread) => `${short(spread.median)} (${range(spread)})`;
const milliseconds = (ms: number) => `${ms.toFixed(0)} ms`;

const bound = ({ wanted, unit }: Verdict) =>
  'atLeast' in wanted ? `≥ ${figure(wanted.atLeast, unit)}` : `≤ ${figure(wanted.atMost, unit)}`;

/** Rows under a head: the first column to the left, figures to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')}`.trimEnd();
  return all.map(line).join('\n');
}
