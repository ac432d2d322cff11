import { createClient, defineScript } from 'redis';
import type { Log } from './log.ts';

/** Redis could not be asked, did not answer in time, or refused. The `cause` says which. */
export class RedisUnavailable extends Error {
  override name = 'RedisUnavailable';
}

/** One round trip, as it is measured. */
export type RoundTrip = {
  /** The command's name, such as `INCRBY`. */
  operation: string;
  seconds: number;
  failed: boolean;
};

/** @param operation the command's name, such as `INCRBY` */
type Ask = <T>(operation: string, send: (client: Client) => Promise<T>) => Promise<T>;

export type RedisProps = {
  /** `redis://` or `rediss://`. */
  url: string;
  /** Milliseconds one command may take. */
  deadlineMs: number;
  /** Told when Redis is reached and when it is lost, not at every attempt. */
  log: Log;
  /** Told of every round trip. */
  onRoundTrip: (trip: RoundTrip) => void;
  /** A write that changes nothing: whether it succeeds says whether others would. */
  probe: (write: Ask) => Promise<unknown>;
};

/** A connection that comes back by itself and is bounded in time. */
export type Redis = {
  /**
   * Sends one command that changes something and gives its reply. A refused one may still have been carried out: when
   * the reply is lost, nobody can tell.
   * @throws {RedisUnavailable} at once when Redis is not connected, after the deadline when it does not answer
   */
  write: Ask;
  /** Sends one command that changes nothing and gives its reply. @throws {RedisUnavailable} as {@link Redis.write} does */
  read: Ask;
  /** Whether Redis ever took a write. */
  readonly reached: boolean;
  /** Whether Redis takes writes now, as far as the last attempt says. */
  readonly available: boolean;
  /** Leaves Redis; commands still waiting are refused. */
  close(): void;
};

// A lost Redis is noticed within the two, and one that is back within the same time: two seconds at the most.
const PROBE_EVERY_MS = 500;
const SILENCE_MS = 1_000;

const LONGEST_RECONNECT_MS = 500;
const QUEUE_LENGTH = 10_000;

/**
 * Counts once per key, and gives the number that the first attempt was given.
 * Keys: the counter, the attempt. Arguments: seconds to remember the attempt.
 */
const COUNT_ONCE = `local before = redis.call('GET', KEYS[2])
if before then return {tonumber(before), 1} end
local total = redis.call('INCR', KEYS[1])
redis.call('SET', KEYS[2], total, 'EX', ARGV[1])
return {total, 0}`;

const countOnce = defineScript({
  SCRIPT: COUNT_ONCE,
  NUMBER_OF_KEYS: 2,
  parseCommand: (parser, counter: string, attempt: string, seconds: number) => {
    parser.pushKey(counter);
    parser.pushKey(attempt);
    parser.push(`${seconds}`);
  },
  transformReply: (reply: unknown) => {
    const [total, again] = reply as [number, number];
    return { total, again: again === 1 };
  },
});

const clientOf = (url: string) =>
  createClient({
    url,
    scripts: { countOnce },
    // A command that cannot be sent now is refused now; queued, it would be carried out long after its visitor has left.
    disableOfflineQueue: true,
    commandsQueueMaxLength: QUEUE_LENGTH,
    // Its own limit costs a timer for every command, and covers only the wait to be sent.
    commandOptions: { timeout: 0 },
    maintNotifications: 'disabled',
    socket: {
      connectTimeout: SILENCE_MS,
      // It also bounds the greeting, to which a frozen Redis never replies.
      socketTimeout: PROBE_EVERY_MS + SILENCE_MS,
      reconnectStrategy: reconnectDelayMs,
    },
  });

export type Client = ReturnType<typeof clientOf>;

/** Half of the delay is random, so that many instances do not come back to a restarted Redis in one moment. */
function reconnectDelayMs(attempt: number): number {
  const longest = Math.min(LONGEST_RECONNECT_MS, 50 * 2 ** attempt);
  return longest / 2 + (Math.random() * longest) / 2;
}

/** Starts connecting in the background, for as long as it takes, and returns at once. */
export function connectRedis({ url, deadlineMs, log, onRoundTrip, probe }: RedisProps): Redis {
  const client = clientOf(url);
  let reached = false;
  let available = false;
  let told: 'connected' | 'lost' | undefined;
  let lastSuccess = Number.NEGATIVE_INFINITY;
  let closed = false;

  const found = () => {
    lastSuccess = performance.now();
    if (available) return;
    reached = true;
    available = true;
    if (told !== 'connected') log('info', 'Redis is connected.');
    told = 'connected';
  };
  const lost = (reason: string) => {
    available = false;
    if (told !== 'lost') log('warn', 'Redis is not there; hits are refused until it is.', { reason });
    told = 'lost';
  };

  // Where a name has several addresses, only the code says what went wrong with all of them.
  client.on('error', (error: NodeJS.ErrnoException) => {
    if (!client.isReady) lost(error.message || error.code || error.name);
  });

  // The promise fails only when close() ends the attempts: the strategy above never gives up.
  const connect = () => void client.connect().catch(() => {});

  // Over TCP alone, a peer that vanished is noticed only after many minutes of retransmission.
  const dropSilentConnection = (reason: string) => {
    if (closed || !client.isReady) return;
    client.destroy();
    lost(reason);
    connect();
  };

  const bounded = <T>(limitMs: number, operation: string, send: (client: Client) => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      const start = performance.now();
      let waiting = true;
      const end = (failed: boolean) => {
        waiting = false;
        clearTimeout(deadline);
        onRoundTrip({ operation, seconds: (performance.now() - start) / 1_000, failed });
      };
      const deadline = setTimeout(() => {
        const reason = `Redis did not answer within ${limitMs} ms.`;
        end(true);
        reject(new RedisUnavailable(reason));
        dropSilentConnection(reason);
      }, limitMs);
      send(client).then(
        (reply) => {
          if (waiting) end(false);
          resolve(reply);
        },
        (cause: Error) => {
          if (waiting) end(true);
          reject(new RedisUnavailable(`Redis did not carry out ${operation}: ${cause.message}`, { cause }));
        },
      );
    });

  // Read-only, full or behind a new password, Redis answers and still counts nothing: only writes tell.
  const writing =
    (limitMs: number): Ask =>
    async (operation, send) => {
      try {
        const reply = await bounded(limitMs, operation, send);
        found();
        return reply;
      } catch (error) {
        lost((error as RedisUnavailable).message);
        throw error;
      }
    };

  const tryOut = () => void probe(writing(Math.min(SILENCE_MS, deadlineMs))).catch(() => {});
  const probing = setInterval(() => {
    if (client.isReady && performance.now() - lastSuccess >= PROBE_EVERY_MS) tryOut();
  }, PROBE_EVERY_MS);
  client.on('ready', tryOut);
  connect();

  return {
    write: writing(deadlineMs),
    read: (operation, send) => bounded(deadlineMs, operation, send),
    get reached() {
      return reached;
    },
    get available() {
      return available && client.isReady;
    },
    close: () => {
      closed = true;
      clearInterval(probing);
      client.destroy();
    },
  };
}
