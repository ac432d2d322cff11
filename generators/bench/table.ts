import { type CaseResult, isMet, peakOf, phasesOf, type Side, typical, type Verdict } from './result.ts';

/** Everything that was found, for people. */
export function report(results: readonly CaseResult[]): string {
  const sections = results.map(({ title, clocks, sides, verdicts }) =>
    [
      title,
      ...clocks.map((line) => `  ${line}`),
      '',
      table(['', 'min', 'median', 'max', 'runs', 'peak memory'], sides.map(rowOf)),
      ...sides.flatMap(phases),
      ...(verdicts.length > 0 ? ['', ...verdicts.map((verdict) => `  ${sentence(verdict)}`)] : []),
    ].join('\n'),
  );
  return `${sections.join('\n\n')}\n\n${summary(results)}\n`;
}

function rowOf(side: Side): string[] {
  const times = side.runs.map(({ ms }) => ms);
  const peak = peakOf(side);
  return [
    side.name,
    milliseconds(Math.min(...times)),
    milliseconds(typical(side)),
    milliseconds(Math.max(...times)),
    String(times.length),
    peak === undefined ? '' : megabytes(peak),
  ];
}

/** Where the time goes, for a side that tells. */
function phases(side: Side): string[] {
  const found = phasesOf(side);
  if (found.length === 0) return [];
  const rows = found.map(([name, ms]) => [name, milliseconds(ms), `${((ms / typical(side)) * 100).toFixed(0)} %`]);
  return ['', table([`${side.name}: where the time goes`, 'median', 'of the whole'], rows)];
}

function summary(results: readonly CaseResult[]): string {
  const rows = results.flatMap(({ verdicts }) =>
    verdicts.map((verdict) => [verdict.what, figure(verdict.found, verdict.unit), bound(verdict), answer(verdict)]),
  );
  return table(['summary', 'found', 'wanted', 'met'], rows);
}

const sentence = (verdict: Verdict) =>
  `${verdict.what}: ${figure(verdict.found, verdict.unit)}${verdict.wanted ? `, wanted ${bound(verdict)}: ${answer(verdict)}` : ''}`;
const answer = (verdict: Verdict) => (!verdict.wanted ? '' : isMet(verdict) ? 'met' : 'MISSED');
function bound({ wanted, unit, dream }: Verdict): string {
  if (!wanted) return '';
  const limit = 'atLeast' in wanted ? `≥ ${figure(wanted.atLeast, unit)}` : `≤ ${figure(wanted.atMost, unit)}`;
  return dream === undefined ? limit : `${limit} (dream ${figure(dream, unit)})`;
}

const figure = (value: number, unit: Verdict['unit']) => `${Number(value.toFixed(value < 10 ? 2 : 0))} ${unit}`;
const milliseconds = (ms: number) => `${ms.toFixed(0)} ms`;
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MB`;

/** Rows under a head: the first column to the left, figures to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `  ${row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')}`.trimEnd();
  return all.map(line).join('\n');
}
