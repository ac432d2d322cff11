import { type Cost, median } from './measured.ts';

/** One side of a case: every run of it, in the order in which they were made. */
export interface Side {
  readonly name: string;
  readonly runs: readonly Run[];
}

export interface Run extends Cost {
  /** Milliseconds by phase; empty when the side does not tell. */
  readonly phases: Readonly<Record<string, number>>;
}

/** What was wanted of a case, and what was found. */
export interface Verdict {
  readonly what: string;
  readonly found: number;
  readonly unit: '×' | 's' | 'MB' | 'calls';
  /** Absent where nothing was wanted, and the figure is to be known. */
  readonly wanted?: { readonly atLeast: number } | { readonly atMost: number };
  /** What would be better still. */
  readonly dream?: number;
}

export interface CaseResult {
  readonly name: string;
  readonly title: string;
  /** What stands in each side's clock, and why: one sentence a line. */
  readonly clocks: readonly string[];
  readonly sides: readonly Side[];
  readonly verdicts: readonly Verdict[];
}

export const isMet = ({ found, wanted }: Verdict): boolean =>
  wanted === undefined || ('atLeast' in wanted ? found >= wanted.atLeast : found <= wanted.atMost);

/** The middle run of a side, in milliseconds. */
export const typical = ({ runs }: Side): number => median(runs.map(({ ms }) => ms));

/** How many times as long `side` took as `base`: the middle of what each pair of runs, made one after the other, says. */
export const ratio = (side: Side, base: Side): number =>
  median(side.runs.map(({ ms }, run) => ms / (base.runs[run]?.ms ?? Number.NaN)));

/** The most memory that any run of a side had, in bytes; undefined when it was not measured. */
export function peakOf({ runs }: Side): number | undefined {
  const peaks = runs.flatMap(({ peak }) => peak ?? []);
  return peaks.length > 0 ? Math.max(...peaks) : undefined;
}

/** The middle figure of every phase, in the order in which they first came. */
export function phasesOf({ runs }: Side): [name: string, ms: number][] {
  const names = new Set(runs.flatMap(({ phases }) => Object.keys(phases)));
  return [...names].map((name) => [name, median(runs.flatMap(({ phases }) => phases[name] ?? []))]);
}
