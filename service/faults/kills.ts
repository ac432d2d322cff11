import { setTimeout as delay } from 'node:timers/promises';
import { freePort, type RedisProps, startRedis } from '../redis.fixture.ts';
import { type Service, startService } from '../service.fixture.ts';
import { createHttpClient } from './http-client.ts';
import { type Figures, Ledger, type Violation } from './ledger.ts';
import { underLoad } from './load.ts';
import type { Random } from './random.ts';
import { untilReady } from './ready.ts';

const VICTIMS = ['service', 'redis', 'both'] as const;

export type Victim = (typeof VICTIMS)[number];

export type KillsProps = RedisProps & {
  kills: number;
  /** Visitors at once. */
  concurrency: number;
  random: Random;
  /** Told after each kill, once everything was held against the ledger. */
  tell?: (done: number, of: number) => void;
};

export type KillsReport = Figures & {
  kills: Record<Victim, number>;
  /** The number of hits in the end. */
  total: number;
  /** The longest time from a start to a service that is ready, in milliseconds. */
  slowestRecoveryMs: number;
  /** Empty when every promise was kept; otherwise those of the stretch that ended the run. */
  violations: Violation[];
};

/** As many of each as of the others, in a drawn order. */
const drawVictims = (count: number, random: Random): Victim[] => {
  const rounds = Array.from({ length: Math.ceil(count / VICTIMS.length) }, () => random.shuffled(VICTIMS));
  return rounds.flat().slice(0, count);
};

/**
 * Ends service, Redis or both with SIGKILL at random moments under load, starts them again on the same port and the
 * same file, and holds what the visitors were told against what is counted. The first violation ends the run.
 * @throws when something does not come back
 */
export async function runKills({
  kills,
  concurrency,
  random,
  durable = true,
  tell = () => {},
}: KillsProps): Promise<KillsReport> {
  const redis = await startRedis({ durable });
  const port = await freePort();
  const { send, close } = createHttpClient(`http://127.0.0.1:${port}`);
  let service: Service | undefined;
  const start = async () => {
    service = await startService({ PORT: `${port}`, REDIS_URL: redis.url });
  };

  let outages = 0;
  let outage: number | undefined;
  const killRedis = async () => {
    await redis.kill();
    outages += 1;
    outage = outages;
  };
  const startRedisAgain = () => {
    outage = undefined;
    return redis.start();
  };

  const ledger = new Ledger();
  const keys: string[] = [];
  const killed: Record<Victim, number> = { service: 0, redis: 0, both: 0 };
  let slowestRecoveryMs = 0;
  let violations: Violation[] = [];
  let total = 0;

  try {
    await start();
    await untilReady(send);
    for (const [index, victim] of drawVictims(kills, random).entries()) {
      const load = { concurrency, send, ledger, random, keys, outage: () => outage };
      await underLoad(load, async (everyoneCounted) => {
        await delay(random.between(50, 250));
        const ofService = victim !== 'redis';
        const ofRedis = victim !== 'service';
        await Promise.all([ofService ? service?.kill() : undefined, ofRedis ? killRedis() : undefined]);
        killed[victim] += 1;

        await delay(random.between(0, 100));
        const began = performance.now();
        await Promise.all([ofService ? start() : undefined, ofRedis ? startRedisAgain() : undefined]);
        await untilReady(send);
        slowestRecoveryMs = Math.max(slowestRecoveryMs, Math.round(performance.now() - began));
        await everyoneCounted();
      });
      total = Number(await redis.ask('GET', 'hits'));
      violations = ledger.settle(total);
      tell(index + 1, kills);
      if (violations.length > 0) break;
    }
  } finally {
    close();
    await service?.kill();
    await redis.remove();
  }
  return { ...ledger.figures, kills: killed, total, slowestRecoveryMs, violations };
}
