import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { connectTestHits } from './app.fixture.ts';
import { eventually } from './eventually.fixture.ts';
import { type Redis, redisMissing, startRedis } from './redis.fixture.ts';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

/** Hits that have reached their Redis. */
async function reached() {
  const redis = await startRedis();
  cleanup.push(redis.remove);
  const hits = connectTestHits(redis.url);
  cleanup.push(hits.close);
  await eventually(() => assert(hits.available));
  return { redis, hits };
}

/** How often Redis was asked to count; asking whether it takes writes adds one now and then. */
async function countings(redis: Redis): Promise<number> {
  return Number(/^cmdstat_incrby:calls=(\d+)/m.exec(`${await redis.ask('INFO', 'commandstats')}`)?.[1] ?? 0);
}

describe('hits', { skip: redisMissing }, () => {
  test('of one turn are counted together, each with a number of its own', async () => {
    const { redis, hits } = await reached();
    const before = await countings(redis);
    const numbers = await Promise.all(Array.from({ length: 1_000 }, () => hits.increment()));
    assert.deepEqual(
      numbers,
      Array.from({ length: 1_000 }, (_, index) => index + 1),
    );
    const asked = (await countings(redis)) - before;
    assert(asked >= 2 && asked <= 4, `${asked}`);
  });

  test('of different turns too, and one that is alone waits for no other', async () => {
    const { hits } = await reached();
    const numbers: number[] = [];
    for (let turn = 0; turn < 3; turn++) numbers.push(await hits.increment());
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const several: Promise<number>[] = [];
    for (let round = 0; round < 20; round++) {
      for (let one = 0; one <= round % 3; one++) several.push(hits.increment());
      await turn();
    }
    numbers.push(...(await Promise.all(several)));
    assert.deepEqual(
      numbers,
      Array.from(numbers, (_, index) => index + 1),
    );
  });
});
