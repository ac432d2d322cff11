import { createHash } from 'node:crypto';
import { type Client, connectRedis, type RedisProps } from './redis.ts';

/** The number of hits, kept in Redis under the key `hits`. Every number is given out at most once; gaps are possible. */
export type Hits = {
  /**
   * Counts one hit and gives its number. Hits of one turn of the event loop share a round trip.
   * @throws {RedisUnavailable} when it may not have been counted; it was counted once at the most
   */
  increment(): Promise<number>;
  /**
   * Counts one hit for a key, and for the same key again gives the same number for 24 hours.
   * @throws {RedisUnavailable} when it may not have been counted; with the same key it can be tried again
   */
  incrementOnce(key: string): Promise<{ total: number; again: boolean }>;
  /** How many there are. @throws {RedisUnavailable} when Redis does not say */
  read(): Promise<number>;
  /** Whether Redis ever took a write. */
  readonly reached: boolean;
  /** Whether Redis takes writes now. */
  readonly available: boolean;
  /** Leaves Redis; hits still waiting are refused. */
  close(): void;
};

const KEY = 'hits';

const REMEMBER_S = 24 * 60 * 60;

/** As a digest it has one length whatever the caller sent, and what the caller sent is not kept. */
const attemptKey = (key: string) => `hits:once:${createHash('sha256').update(key).digest('hex')}`;

type Waiting = { resolve: (total: number) => void; reject: (reason: unknown) => void };

/** Starts connecting in the background, for as long as it takes, and returns at once. */
export function connectHits(props: Omit<RedisProps, 'probe'>): Hits {
  // It is refused when a hit would be: by a replica, a full memory, a full disk.
  const redis = connectRedis({ ...props, probe: (write) => write('INCRBY', (client) => client.incrBy(KEY, 0)) });
  let gathering: Waiting[] | undefined;

  const countAll = async (batch: readonly Waiting[]) => {
    try {
      const last = await redis.write('INCRBY', (client) => client.incrBy(KEY, batch.length));
      const first = last - batch.length + 1;
      for (const [index, { resolve }] of batch.entries()) resolve(first + index);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  const begin = (first: Waiting) => {
    const others: Waiting[] = [];
    gathering = others;
    // The client writes when the turn ends, in an immediate that its first command asks for. This one is asked for
    // before, so that the others are in the same write: else they would wait a turn more, behind requests read in it.
    setImmediate(() => {
      gathering = undefined;
      if (others.length > 0) countAll(others);
    });
    countAll([first]);
  };

  return {
    increment: () =>
      new Promise((resolve, reject) => {
        if (gathering) gathering.push({ resolve, reject });
        else begin({ resolve, reject });
      }),
    incrementOnce: (key) => {
      const send = (client: Client) => client.countOnce(KEY, attemptKey(key), REMEMBER_S);
      return redis.write('EVALSHA', send);
    },
    read: async () => Number((await redis.read('GET', (client) => client.get(KEY))) ?? 0),
    get reached() {
      return redis.reached;
    },
    get available() {
      return redis.available;
    },
    close: redis.close,
  };
}
