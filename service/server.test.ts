import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, test } from 'node:test';
import { eventually } from './eventually.fixture.ts';
import { freePort, redisMissing, startRedis } from './redis.fixture.ts';
import { spawnService as processOfService, type Service } from './service.fixture.ts';

const DEADLINE_MS = 500;

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

function spawnService(env: Record<string, string>): Service {
  const service = processOfService({ DEADLINE_MS: `${DEADLINE_MS}`, ...env });
  cleanup.push(service.kill);
  return service;
}

async function startService(env: Record<string, string>): Promise<Service> {
  const service = spawnService(env);
  return { ...service, url: await service.listening() };
}

async function redisForTest() {
  const redis = await startRedis();
  cleanup.push(() => redis.remove());
  return redis;
}

async function hit(service: Service): Promise<number> {
  const answer = await fetch(service.url);
  const text = await answer.text();
  assert.equal(answer.status, 200, text);
  return Number(/ we have hit (\d+) times\n$/.exec(text)?.[1]);
}

async function readiness(service: Service): Promise<[status: number, body: unknown]> {
  const answer = await fetch(`${service.url}/readyz`);
  return [answer.status, await answer.json()];
}

describe('the service with Redis', { skip: redisMissing }, () => {
  test('outlives its Redis, and the count goes on from the append-only file', async () => {
    const redis = await redisForTest();
    const service = await startService({ REDIS_URL: redis.url });
    await eventually(async () => assert.deepEqual(await readiness(service), [200, { status: 'ready' }]));
    assert.equal(await hit(service), 1);
    assert.equal(await hit(service), 2);

    await redis.kill();
    const start = performance.now();
    const refusal = await fetch(service.url);
    assert.equal(refusal.status, 503);
    assert.equal(refusal.headers.get('retry-after'), '1');
    assert(performance.now() - start < DEADLINE_MS + 500);
    assert.deepEqual(await readiness(service), [200, { status: 'degraded', degraded: 'redis' }]);
    assert.equal((await fetch(`${service.url}/healthz`)).status, 200);

    await redis.start();
    await eventually(async () => assert.equal((await fetch(service.url, { method: 'HEAD' })).status, 200));
    assert.equal(await hit(service), 3);
    assert.deepEqual(await readiness(service), [200, { status: 'ready' }]);
    assert.equal(service.stderr(), '');
  });

  test('started before its Redis, it waits for it and answers meanwhile', async () => {
    const redis = await redisForTest();
    await redis.kill();
    const service = await startService({ REDIS_URL: redis.url });
    assert.deepEqual(await readiness(service), [503, { status: 'starting' }]);
    assert.equal((await fetch(`${service.url}/healthz`)).status, 200);

    await redis.start();
    await eventually(async () => assert.deepEqual(await readiness(service), [200, { status: 'ready' }]));
    assert.equal(await hit(service), 1);
  });

  test('SIGTERM lets a request in flight have its answer, closes idle connections and exits 0', async () => {
    const redis = await redisForTest();
    const service = await startService({ REDIS_URL: redis.url, DEADLINE_MS: '5000' });
    await service.logged('Redis is connected.');
    assert.equal(await hit(service), 1);

    redis.freeze();
    const visitor = connect(Number(new URL(service.url).port), '127.0.0.1');
    let received = '';
    visitor.on('data', (data) => {
      received += data;
    });
    const left = once(visitor, 'close');
    // Both in one segment: once the first is answered, the second has been read.
    visitor.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually(() => assert.match(received, /UP/));

    const start = performance.now();
    service.child.kill('SIGTERM');
    await eventually(() => assert.rejects(fetch(`${service.url}/healthz`)));
    redis.thaw();
    await left;
    assert.match(received, /HTTP\/1\.1 200 OK\r\n.*Connection: close\r\n.* we have hit 2 times\n$/s);
    assert.equal(await service.ended, 0);
    assert(performance.now() - start < 3_000);
    assert.equal(service.stderr(), '');
  });
});

describe('the service', () => {
  const nowhere = async () => `redis://127.0.0.1:${await freePort()}`;

  test('while draining it goes on answering, not ready, for as long as it was told', async () => {
    const service = await startService({ REDIS_URL: await nowhere(), DRAIN_MS: '500' });
    const start = performance.now();
    service.child.kill('SIGINT');
    await service.logged('Draining.');
    assert.deepEqual(await readiness(service), [503, { status: 'draining' }]);
    assert.equal(await service.ended, 0);
    assert(performance.now() - start >= 500);
  });

  test('a visitor who never asks does not keep it from ending', async () => {
    const service = await startService({ REDIS_URL: await nowhere(), DEADLINE_MS: '1' });
    const silent = connect(Number(new URL(service.url).port), '127.0.0.1');
    await once(silent, 'connect');
    silent.write('GET / HTTP/1.1\r\n');
    await fetch(`${service.url}/healthz`);
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 0);
    silent.destroy();
  });

  test('every event is one line of JSON with level, time and message', async () => {
    const service = await startService({ REDIS_URL: await nowhere(), VERSION: '1.2.3', COMMIT: '0123abc' });
    const { message, version, commit, level, time } = await service.logged('Listening.');
    assert.deepEqual(
      { message, version, commit, level },
      { message: 'Listening.', version: '1.2.3', commit: '0123abc', level: 'info' },
    );
    assert.equal(new Date(String(time)).toISOString(), time);
  });

  test('a wrong variable ends it with one sentence and exit code 78, before it listens', async () => {
    const service = spawnService({ PORT: 'http' });
    assert.equal(await service.ended, 78);
    assert.equal(service.stderr(), 'The variable PORT is "http", which is not a whole number from 0 to 65535.\n');
    assert.equal(service.stdout(), '');
  });

  test('a port in use ends it with one sentence and exit code 1', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    cleanup.push(() => taken.close());
    await once(taken, 'listening');
    const { port } = taken.address() as AddressInfo;
    const service = spawnService({ PORT: `${port}`, REDIS_URL: await nowhere() });
    assert.equal(await service.ended, 1);
    assert.equal(service.stderr(), `Cannot listen on 127.0.0.1 port ${port}: something else is listening there.\n`);
  });

  test('a fault nobody handled ends it with a line in its log: it never limps on', async () => {
    // Once the service has begun.
    const fault = `const timer = setInterval(() => {
      if (process.listenerCount('uncaughtException') === 0) return;
      clearInterval(timer);
      Promise.reject(new Error('forgotten'));
    }, 10)`;
    const service = spawnService({
      REDIS_URL: await nowhere(),
      NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(fault)}`,
    });
    assert.equal(await service.ended, 1);
    const line = JSON.parse(service.stdout().trim().split('\n').at(-1) ?? '');
    assert.equal(line.message, 'A fault nobody handled ends the process.');
    assert.match(line.reason, /^Error: forgotten\n/);
  });

  test('a request becomes a span where a collector is named, and it is sent before the end', async () => {
    const received: string[] = [];
    const collector = createServer((request, response) => {
      received.push(request.url ?? '');
      response.end();
    }).listen(0, '127.0.0.1');
    cleanup.push(() => collector.close());
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const service = await startService({
      REDIS_URL: await nowhere(),
      OTEL_TRACES_SAMPLER_ARG: '1',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    });
    await fetch(`${service.url}/version`);
    service.child.kill('SIGTERM');
    assert.equal(await service.ended, 0);
    assert.deepEqual(received, ['/v1/traces']);
  });
});
