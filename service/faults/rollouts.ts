import { eventually } from '../eventually.fixture.ts';
import { startRedis } from '../redis.fixture.ts';
import { type Service, startService } from '../service.fixture.ts';
import { createBalancer, type Instance } from './balancer.ts';
import { type Figures, Ledger, type Violation } from './ledger.ts';
import { underLoad } from './load.ts';
import type { Random } from './random.ts';

export type RolloutsProps = {
  rollouts: number;
  /** Visitors at once. */
  concurrency: number;
  random: Random;
  /** Told after each rollout. */
  tell?: (done: number, of: number) => void;
};

export type RolloutsReport = Figures & {
  rollouts: number;
  /** The number of hits in the end. */
  total: number;
  /** Empty when no request failed and every hit was counted once. */
  violations: Violation[];
};

const DRAIN_MS = 500;

type Release = { service: Service; instance: Instance };

/**
 * Replaces the service again and again under load: a new one starts, and once it is ready the old one gets SIGTERM.
 * No request may fail, so acknowledged and counted must be the same number. The first violation ends the run.
 * @throws when a new one does not become ready
 */
export async function runRollouts({
  rollouts,
  concurrency,
  random,
  tell = () => {},
}: RolloutsProps): Promise<RolloutsReport> {
  const redis = await startRedis();
  const balancer = createBalancer();
  const running = new Set<Service>();
  const release = async (version: string): Promise<Release> => {
    const service = await startService({ REDIS_URL: redis.url, DRAIN_MS: `${DRAIN_MS}`, VERSION: version });
    running.add(service);
    const instance = balancer.add(service.url);
    await eventually(() => {
      if (!instance.ready) throw new Error(`Version ${version} does not become ready: ${service.stdout()}`);
    }, 15_000);
    return { service, instance };
  };

  const ledger = new Ledger();
  const retire = async ({ service, instance }: Release) => {
    service.child.kill('SIGTERM');
    const end = await service.ended;
    running.delete(service);
    instance.remove();
    if (end !== 0) ledger.object('a rollout fails no request', `An instance ended with ${end}: ${service.stderr()}`);
    if (instance.sent === 0) ledger.object('a rollout fails no request', 'An instance was ready and served nobody.');
  };

  const keys: string[] = [];
  let done = 0;
  let total = 0;
  let violations: Violation[] = [];
  try {
    let current = await release('1.0.0');
    while (done < rollouts && violations.length === 0) {
      await underLoad({ concurrency, send: balancer.send, ledger, random, keys }, async (everyoneCounted) => {
        const next = await release(`1.0.${done + 1}`);
        await everyoneCounted();
        await retire(current);
        current = next;
        await everyoneCounted();
      });
      done += 1;
      total = Number(await redis.ask('GET', 'hits'));
      const { uncertain, refused } = ledger.figures;
      const failed = uncertain + refused;
      if (failed > 0) ledger.object('a rollout fails no request', `${failed} requests failed.`);
      violations = ledger.settle(total);
      tell(done, rollouts);
    }
  } finally {
    balancer.close();
    await Promise.all([...running].map((service) => service.kill()));
    await redis.remove();
  }
  return { ...ledger.figures, rollouts: done, total, violations };
}
