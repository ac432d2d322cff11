/** A figure of several rounds. */
export type Spread = { median: number; min: number; max: number };

/** The middle one of some figures, or the mean of the two in the middle; NaN of none. */
export function median(figures: readonly number[]): number {
  const sorted = [...figures].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2;
}

export const spreadOf = (figures: readonly number[]): Spread => ({
  median: median(figures),
  min: Math.min(...figures),
  max: Math.max(...figures),
});

/**
 * How many times as much the one side made as the other, round by round: the machine's speed drifts by half from
 * minute to minute, so that only figures of one round can be compared.
 */
export const ratiosOf = (side: readonly number[], base: readonly number[]): number[] =>
  side.map((figure, round) => figure / (base[round] ?? Number.NaN));

/**
 * The figure that the given share of all stay at or below (the nearest rank).
 * @param share from 0 to 1
 */
export function quantile(figures: readonly number[] | Float64Array, share: number): number {
  const sorted = Float64Array.from(figures).sort();
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
