import { createClient } from 'redis';
import type { Log } from './log.ts';

/** The number of hits, kept in Redis under the key `hits`. */
export type Hits = {
  /**
   * Counts one hit and gives the new total.
   * A refused hit may still have been counted: when the answer is lost, nobody can tell.
   * @throws {HitsUnavailable} at once when Redis is not connected, after the deadline when it does not answer
   */
  increment(): Promise<number>;
  /** Whether Redis was ever connected. */
  readonly reached: boolean;
  /** Whether Redis is connected now. */
  readonly connected: boolean;
  /** Leaves Redis; hits still waiting are refused. */
  close(): void;
};

/** Redis could not be asked, did not answer in time, or refused. The `cause` says which. */
export class HitsUnavailable extends Error {
  override name = 'HitsUnavailable';
}

export type HitsProps = {
  /** `redis://` or `rediss://`. */
  url: string;
  /** Milliseconds one increment may take. */
  deadlineMs: number;
  /** Told when Redis is reached and when it is lost, not at every attempt. */
  log: Log;
};

const PING_EVERY_MS = 2_000;
const SILENCE_MS = 5_000;
const QUEUE_LENGTH = 10_000;

/** Half of the delay is random, so that many instances do not come back to a restarted Redis in one moment. */
function reconnectDelayMs(attempt: number): number {
  const longest = Math.min(1_000, 50 * 2 ** attempt);
  return longest / 2 + (Math.random() * longest) / 2;
}

/** Starts connecting in the background, for as long as it takes, and returns at once. */
export function connectHits({ url, deadlineMs, log }: HitsProps): Hits {
  const client = createClient({
    url,
    // A hit that cannot be counted now is refused now; queued, it would be counted long after its visitor has left.
    disableOfflineQueue: true,
    commandsQueueMaxLength: QUEUE_LENGTH,
    // Its own limit costs a timer of five seconds for every hit, and covers only the wait to be sent.
    commandOptions: { timeout: 0 },
    pingInterval: PING_EVERY_MS,
    maintNotifications: 'disabled',
    socket: { connectTimeout: SILENCE_MS, socketTimeout: SILENCE_MS, reconnectStrategy: reconnectDelayMs },
  });
  let reached = false;
  let told: 'connected' | 'lost' | undefined;

  const lost = (reason: string) => {
    if (told !== 'lost') log('warn', 'Redis is not there; hits are refused until it is.', { reason });
    told = 'lost';
  };
  client.on('ready', () => {
    reached = true;
    if (told !== 'connected') log('info', 'Redis is connected.');
    told = 'connected';
  });
  client.on('error', (error: NodeJS.ErrnoException) => {
    // Where a name has several addresses, only the code says what went wrong with all of them.
    if (!client.isReady) lost(error.message || error.code || error.name);
  });

  // The promise fails only when close() ends the attempts: the strategy above never gives up.
  const connect = () => void client.connect().catch(() => {});

  // Over TCP alone, a peer that vanished is noticed only after many minutes of retransmission.
  const dropSilentConnection = (reason: string) => {
    if (!client.isReady) return;
    client.destroy();
    lost(reason);
    connect();
  };

  connect();

  return {
    increment: () =>
      new Promise((resolve, reject) => {
        const deadline = setTimeout(() => {
          const reason = `Redis did not answer within ${deadlineMs} ms.`;
          reject(new HitsUnavailable(reason));
          dropSilentConnection(reason);
        }, deadlineMs);
        client
          .incr('hits')
          .then(resolve, (cause) => reject(new HitsUnavailable('Redis did not count the hit.', { cause })))
          .finally(() => clearTimeout(deadline));
      }),
    get reached() {
      return reached;
    },
    get connected() {
      return client.isReady;
    },
    close: () => client.destroy(),
  };
}
