import { createClient } from 'redis';
import { startRedis } from '../redis.fixture.ts';
import type { Scratch } from './scratch.ts';

/** A real Redis that writes every hit to disk before it answers, and what it counted. */
export type Counted = { url: string; hits: () => Promise<number> };

/** Starts it with no hits in it, in the temporary folder. */
export async function startCounted(scratch: Scratch): Promise<Counted> {
  const redis = await startRedis();
  const client = createClient({ url: redis.url });
  // Its own error stands in what fails next.
  client.on('error', () => {});
  await client.connect();
  // A rewrite of the growing file would fall into one rung's time and not into another's.
  await client.configSet('auto-aof-rewrite-percentage', '0');
  scratch.atEnd(() => {
    client.destroy();
    // Sends the signal before it waits.
    void redis.kill();
  });
  return { url: redis.url, hits: async () => Number((await client.get('hits')) ?? 0) };
}
