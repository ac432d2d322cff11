import { median, ratiosOf, type Spread, spreadOf } from './figures.ts';
import type { Found } from './measure.ts';
import { names, type RungName } from './rungs.ts';

/** What is wanted of the counter, and what was found. */
export type Verdict = {
  what: string;
  unit: '×' | 'ms' | 'MB';
  wanted: { atLeast: number } | { atMost: number };
  /** Absent where it was not measured. */
  found?: Spread;
  /** What the same measure says of something else, or why there is none. */
  note?: string | undefined;
};

/** Never met where nothing was measured. */
export function answer({ found, wanted }: Verdict): 'met' | 'missed' | 'not measured' {
  if (!found || Number.isNaN(found.median)) return 'not measured';
  const met = 'atLeast' in wanted ? found.median >= wanted.atLeast : found.median <= wanted.atMost;
  return met ? 'met' : 'missed';
}

/** Requests a second of one rung, round by round; empty where it did not run. */
export const speedsOf = ({ rounds }: Found, name: RungName): number[] =>
  rounds.flatMap(({ loads }) => loads[name]?.requestsPerSecond ?? []);

/** What is wanted, of everything that was measured. */
export function verdictsOf(found: Found): Verdict[] {
  const { rounds, starts, resident, peer, spansPerRequest } = found;
  const shipped = speedsOf(found, names.shipped);
  const against = (base: RungName): { found?: Spread } => {
    const speeds = speedsOf(found, base);
    return speeds.length === 0 ? {} : { found: spreadOf(ratiosOf(shipped, speeds)) };
  };
  const cpuOf = (name: RungName) => median(rounds.map(({ loads }) => loads[name]?.cpuUs ?? Number.NaN));
  // It moves less than the speed does when others use the machine; what Redis and who asks cost is not in it.
  const byCpu = (base: RungName) =>
    `${(cpuOf(base) / cpuOf(names.shipped)).toFixed(2)} × by the CPU time of the servers`;
  const p99Of = (name: 'incr' | 'constant') => median(rounds.map(({ paces }) => paces[name].p99Ms)).toFixed(1);
  const startMs = (name: string) => median(starts[name] ?? []);
  const startsOfIt = starts[names.shipped] ?? [];
  return [
    {
      what: `as shipped ÷ ${names.peer}`,
      unit: '×',
      wanted: { atLeast: 8 },
      ...against(names.peer),
      note: peer ?? `with threads and kept connections, ${against(names.tuned).found?.median.toFixed(2)} ×`,
    },
    {
      what: `as shipped ÷ ${names.incr}`,
      unit: '×',
      wanted: { atLeast: 0.6 },
      ...against(names.incr),
      note: byCpu(names.incr),
    },
    {
      what: 'telemetry on ÷ off',
      unit: '×',
      wanted: { atLeast: 0.75 },
      ...against(names.off),
      note: `${byCpu(names.off)}; the collector got ${(spansPerRequest * 100).toFixed(1)} spans for 100 requests`,
    },
    {
      what: 'p99 at half of the load',
      unit: 'ms',
      wanted: { atMost: 10 },
      found: spreadOf(rounds.map(({ paces }) => paces.shipped.p99Ms)),
      note: `at the same rate ${names.incr} has ${p99Of('incr')} ms, ${names.constant} ${p99Of('constant')} ms`,
    },
    {
      what: 'resident memory, at most',
      unit: 'MB',
      wanted: { atMost: 120 },
      ...(resident ? { found: spreadOf([resident.peak / 2 ** 20]) } : {}),
      note: resident
        ? `after start ${(resident.atStart / 2 ** 20).toFixed(0)} MB, at the end ${(resident.now / 2 ** 20).toFixed(0)} MB`
        : 'there is no /proc',
    },
    {
      what: 'start to ready',
      unit: 'ms',
      wanted: { atMost: 400 },
      found: spreadOf(startsOfIt),
      note: `a bare Node takes ${startMs('node').toFixed(0)} ms, an Express server ${startMs('Express').toFixed(0)} ms`,
    },
  ];
}
