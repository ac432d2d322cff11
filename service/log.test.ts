import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { Ajv } from 'ajv';
import { LOG_SCHEMA } from './log.ts';
import { redisMissing, startRedis } from './redis.fixture.ts';
import { type Service, startService } from './service.fixture.ts';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

const validate = new Ajv({ strict: true }).compile(LOG_SCHEMA);

const linesOf = (service: Service): Record<string, unknown>[] =>
  service
    .stdout()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

describe('the log', { skip: redisMissing }, () => {
  test('every line keeps to the schema and tells no secret and nothing of a visitor, whatever goes wrong', async () => {
    const redis = await startRedis();
    cleanup.push(() => redis.remove());
    await redis.ask('CONFIG', 'SET', 'requirepass', 'hunter2-right');
    const service = await startService({
      REDIS_URL: `redis://:hunter2-right@127.0.0.1:${redis.port}`,
      // Nobody is there: what is logged of a trace does not depend on who takes it.
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:hunter2-also@127.0.0.1:9',
      OTEL_TRACES_SAMPLER_ARG: '0',
      TRACE_SLOWER_MS: '100',
      DEADLINE_MS: '1000',
      TRUSTED_PROXIES: 'loopback',
    });
    cleanup.push(() => service.kill());
    await service.logged('Redis is connected.');
    const headers = {
      'X-Forwarded-For': '198.51.100.7',
      'User-Agent': 'spying-agent',
      Cookie: 'session=cookie-of-grace',
      Authorization: 'Bearer token-of-grace',
    };
    const visit = (path: string, more = {}) => fetch(`${service.url}${path}`, { headers: { ...headers, ...more } });
    const sampled = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' };
    await visit('/?name=Grace', sampled);
    await visit('/path-of-grace?name=Grace', { ...sampled, 'X-Request-Id': '","level":"of-grace' });
    await visit('/%E0%A4%A', sampled);
    await visit('/api/hits', { ...sampled, 'Content-Type': 'application/json' });

    redis.freeze();
    const slow = visit('/?name=Grace');
    await delay(150);
    redis.thaw();
    assert.equal((await slow).status, 200);
    await service.logged('A slow request was traced.');

    await redis.askAs('hunter2-right', 'CONFIG', 'SET', 'requirepass', 'hunter2-new');
    await redis.kill();
    await service.logged('Redis is not there; hits are refused until it is.');
    assert.equal((await visit('/?name=Grace')).status, 503);
    await service.logged('A request that failed was traced.');
    assert.equal(await service.stop(), 0);

    const lines = linesOf(service);
    for (const line of lines) assert(validate(line), `${JSON.stringify(line)}: ${JSON.stringify(validate.errors)}`);
    const said = new Set(lines.map(({ message }) => message));
    for (const message of ['Listening.', 'Draining.', 'Stopped.', 'A sampled request was answered.'])
      assert(said.has(message), `${message} is not in the log`);
    const text = service.stdout() + service.stderr();
    for (const secret of ['hunter2', 'Grace', 'grace', 'spying', '198.51.100.7', 'session', 'Bearer'])
      assert(!text.includes(secret), `${secret} is in the log: ${text}`);
  });

  test('a line with a fact that nobody described, without a time, or with half a trace is none', () => {
    const line = { level: 'info', time: '2026-11-22T10:00:00.000Z', message: 'Stopped.' };
    assert(validate(line));
    for (const wrong of [
      { ...line, address: '198.51.100.7' },
      { ...line, level: 'fatal' },
      { ...line, time: 'now' },
      { level: 'info', message: 'Stopped.' },
      { ...line, traceId: '0af7651916cd43dd8448eb211c80319c' },
      { ...line, status: '200' },
    ])
      assert(!validate(wrong), JSON.stringify(wrong));
  });
});
