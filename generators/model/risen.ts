/**
 * Times of a history, oldest first, of which none is earlier than the one before: whoever writes a commit writes its
 * date, and nothing can have come before what it stands on.
 */
export function risenFromOldest(times: readonly number[]): number[] {
  let latest = -Infinity;
  return times.map((time) => (latest = Math.max(latest, time)));
}
