/** Writes one event: what happened in a sentence, and the facts that go with it. */
export type Log = (level: 'info' | 'warn' | 'error', message: string, facts?: Record<string, unknown>) => void;

/**
 * A log of one JSON object per line: `level`, `time` (RFC 3339, UTC), `message`, then the facts.
 * @param write takes one line, newline included
 * @param now the clock
 */
export function createLog(write: (line: string) => void, now: () => Date): Log {
  return (level, message, facts) =>
    write(`${JSON.stringify({ level, time: now().toISOString(), message, ...facts })}\n`);
}
