import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../eventually.fixture.ts';
import { freePort, type Redis, redisMissing, startRedis } from '../redis.fixture.ts';
import { type Service, startService } from '../service.fixture.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.fixture.ts';

const DEADLINE_MS = 500;
/** What a busy machine may add to an answer. */
const MARGIN_MS = 300;
/** Within this /readyz tells of a fault, and of its end. */
const NOTICED_MS = 2_000;

const READY = { status: 'ready' };
const DEGRADED = { status: 'degraded', degraded: 'redis' };

type Answer = { status: number; headers: Headers; text: string; ms: number };

describe('a fault of Redis', { skip: redisMissing }, () => {
  let redis: Redis;
  let proxy: TcpProxy;
  let service: Service;

  before(async () => {
    redis = await startRedis();
    proxy = await startTcpProxy(redis.port);
    const REDIS_URL = `redis://127.0.0.1:${proxy.port}`;
    service = await startService({ REDIS_URL, DEADLINE_MS: `${DEADLINE_MS}` });
  });
  after(async () => {
    await service?.kill();
    await proxy?.close();
    await redis?.remove();
  });
  beforeEach(() => readiness(READY));

  const ask = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const start = performance.now();
    const answer = await fetch(service.url + path, init);
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, text, ms: performance.now() - start };
  };
  const get = () => ask('/', { headers: { Accept: 'text/plain' } });
  const post = (key?: string) =>
    ask('/api/hits', { method: 'POST', ...(key === undefined ? {} : { headers: { 'Idempotency-Key': key } }) });

  const greeted = ({ status, text }: Answer): number => {
    assert.equal(status, 200, text);
    return Number(/ we have hit (\d+) times\n$/.exec(text)?.[1]);
  };
  const counted = async () => Number(await redis.ask('GET', 'hits'));

  async function readiness(expected: typeof READY | typeof DEGRADED): Promise<void> {
    await eventually(async () => {
      const { status, text } = await ask('/readyz');
      assert.deepEqual([status, JSON.parse(text)], [200, expected]);
    }, NOTICED_MS);
  }

  const inTime = ({ ms }: Answer) => assert(ms < DEADLINE_MS + MARGIN_MS, `An answer took ${Math.round(ms)} ms.`);

  const refusedInTime = (answer: Answer) => {
    assert.equal(answer.status, 503, answer.text);
    inTime(answer);
    assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/);
    assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
    const { title, status, detail } = JSON.parse(answer.text);
    assert.deepEqual([title, status], ['Service Unavailable', 503]);
    assert.match(detail, /Redis/);
  };

  type Fault = {
    name: string;
    begin: () => unknown;
    end: () => unknown;
  };

  const faults: Fault[] = [
    { name: 'it needs six seconds for a round trip', begin: () => proxy.delay(3_000), end: () => proxy.pass() },
    { name: 'it is killed', begin: () => redis.kill(), end: () => redis.start() },
    {
      name: 'its host is gone: connections are reset and refused',
      begin: async () => {
        await proxy.refuse();
        proxy.cut('reset');
      },
      end: () => proxy.pass(),
    },
    {
      name: 'it became a replica, which is read-only',
      begin: async () => redis.ask('REPLICAOF', '127.0.0.1', `${await freePort()}`),
      end: () => redis.ask('REPLICAOF', 'NO', 'ONE'),
    },
    {
      name: 'its memory is full',
      begin: async () => {
        await redis.ask('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
        await redis.ask('CONFIG', 'SET', 'maxmemory', '1');
      },
      end: () => redis.ask('CONFIG', 'SET', 'maxmemory', '0'),
    },
    {
      name: 'it asks for a password nobody was told',
      begin: async () => {
        await redis.ask('CONFIG', 'SET', 'requirepass', 'a-new-one');
        proxy.cut('end');
      },
      end: () => redis.askAs('a-new-one', 'CONFIG', 'SET', 'requirepass', ''),
    },
    { name: 'its connections are half-open', begin: () => proxy.stall(), end: () => proxy.pass() },
    { name: 'it hangs with its connections open', begin: () => redis.freeze(), end: () => redis.thaw() },
  ];

  for (const { name, begin, end } of faults) {
    test(`${name}: every hit is refused in time, and counting goes on after it`, async () => {
      const before = greeted(await get());
      await begin();
      try {
        const noticed = readiness(DEGRADED);
        const together = await Promise.all([get(), post(), post(`during ${name}`.replaceAll(/\W/g, '-')), get()]);
        for (const answer of together) refusedInTime(answer);
        refusedInTime(await get());
        refusedInTime(await post());
        const health = await ask('/healthz');
        assert.equal(health.status, 200);
        inTime(health);
        await noticed;
      } finally {
        await end();
      }
      await readiness(READY);
      assert(greeted(await get()) > before);
      const { status, text } = await post();
      assert.equal(status, 200);
      assert.equal(JSON.parse(text).hits, await counted());
    });
  }

  for (const { name, begin, end } of faults) {
    test(`${name}: /readyz tells of it, and of its end, though nobody else asks`, async () => {
      await begin();
      try {
        await readiness(DEGRADED);
        assert.equal((await ask('/healthz')).status, 200);
      } finally {
        await end();
      }
      await readiness(READY);
    });
  }

  test('it needs 200 ms for a round trip: hits are counted, slowly', async () => {
    proxy.delay(100);
    try {
      const before = greeted(await get());
      const answers = await Promise.all([get(), get(), get()]);
      for (const answer of answers) inTime(answer);
      for (const answer of answers) assert(answer.ms >= 200);
      const numbers = answers.map(greeted).sort((a, b) => a - b);
      assert.deepEqual(numbers, [before + 1, before + 2, before + 3]);
      await readiness(READY);
    } finally {
      await proxy.pass();
    }
  });

  describe('an answer that is lost on its way from Redis', () => {
    /** Spoils the next reply of Redis until it was that of a hit, and not of a probe; gives what the visitor met. */
    const hitWithLostReply = async (spoil: () => void, hit: () => Promise<Answer>): Promise<Answer> => {
      for (let attempt = 0; attempt < 10; attempt++) {
        await readiness(READY);
        const before = await counted();
        spoil();
        const answer = await hit();
        await proxy.pass();
        inTime(answer);
        const grown = (await counted()) - before;
        assert(grown === 0 || grown === 1, `One hit was counted ${grown} times.`);
        if (answer.status === 503 && grown === 1) return answer;
      }
      return assert.fail('In ten attempts no reply to a hit was lost.');
    };
    const ways: [name: string, spoil: () => void][] = [
      ['cut just before the reply', () => proxy.truncate(0)],
      ['cut within the reply', () => proxy.truncate(2)],
    ];

    for (const [name, spoil] of ways) {
      test(`${name}: the refused hit was counted, once, and nobody gets its number`, async () => {
        refusedInTime(await hitWithLostReply(spoil, get));
        await readiness(READY);
        const total = await counted();
        assert.equal(greeted(await get()), total + 1);
        assert.equal(await counted(), total + 1);
      });

      test(`${name}: tried again with its key, the hit gets the number it was counted with`, async () => {
        // Redis knows no script after its restart; the answer to be lost is not that it must be told.
        assert.equal((await post(crypto.randomUUID())).status, 200);
        let key = '';
        const attempt = () => {
          key = crypto.randomUUID();
          return post(key);
        };
        refusedInTime(await hitWithLostReply(spoil, attempt));
        await readiness(READY);
        const total = await counted();
        for (const _ of [1, 2]) {
          const again = await post(key);
          assert.deepEqual([again.status, again.text], [200, JSON.stringify({ hits: total })]);
          assert.equal(again.headers.get('idempotency-replayed'), 'true');
        }
        assert.equal(await counted(), total);
      });
    }
  });

  test('while it is stalled, 200 hits a second pile up nowhere, and none is counted late', async () => {
    const PER_SECOND = 200;
    const during = async (ms: number) => {
      const end = performance.now() + ms;
      const answers: Promise<Answer>[] = [];
      while (performance.now() < end) {
        for (let one = 0; one < PER_SECOND / 20; one++) answers.push(get());
        await delay(50);
      }
      return Promise.all(answers);
    };
    await during(1_500);
    const megabytes = residentMegabytes(service);
    proxy.stall();
    try {
      const answers = await during(3_000);
      assert(answers.length > 100);
      for (const { status } of answers) assert.equal(status, 503);
      const grown = residentMegabytes(service) - megabytes;
      assert(grown < 30, `The service grew by ${grown} MB.`);
    } finally {
      await proxy.pass();
    }
    await readiness(READY);
    // What had left for Redis before the fault was noticed may have been counted, at once and once.
    const total = await counted();
    await delay(300);
    assert.equal(await counted(), total);
    assert.equal(greeted(await get()), total + 1);
  });
});

function residentMegabytes({ child }: Service): number {
  const { stdout } = spawnSync('ps', ['-o', 'rss=', '-p', `${child.pid}`], { encoding: 'utf8' });
  return Math.round(Number(stdout) / 1024);
}
