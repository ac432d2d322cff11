import { setTimeout as delay } from 'node:timers/promises';

const EVERY_MS = 10;

/**
 * Tries `attempt` until it no longer throws, and gives what it gave.
 * @param withinMs how long to go on trying
 * @throws what the last attempt threw
 */
export async function eventually<T>(attempt: () => T | Promise<T>, withinMs = 8_000): Promise<T> {
  const end = performance.now() + withinMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await delay(EVERY_MS);
  }
}
