import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './eventually.fixture.ts';
import { freePort, redisMissing, startRedis } from './redis.fixture.ts';
import { type Service, startService } from './service.fixture.ts';

const prometheusMissing =
  spawnSync('prometheus', ['--version']).error !== undefined &&
  'This test has a real Prometheus read the metrics, and prometheus is not installed here.';

type Attribute = { key: string; value: Record<string, unknown> };
type Span = {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
};
type Exported = { resource: { attributes: Attribute[] }; scopeSpans: { spans: Span[] }[] };

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

/** Takes what is exported over OTLP, as JSON. @param status what it answers; 0: nothing at all */
async function startCollector(status = 200) {
  const paths: string[] = [];
  const exported: Exported[] = [];
  const server = createServer(async (request, response) => {
    paths.push(request.url ?? '');
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/v1/traces') exported.push(...JSON.parse(body).resourceSpans);
    if (status > 0) response.writeHead(status).end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(() => server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    paths,
    exported,
    spans: () => exported.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
  };
}

async function service(env: Record<string, string>): Promise<Service> {
  const started = await startService(env);
  cleanup.push(() => started.kill());
  return started;
}

async function redisUrl(): Promise<string> {
  const redis = await startRedis();
  cleanup.push(() => redis.remove());
  return redis.url;
}

const said = (attributes: Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

/** In milliseconds. */
const lasted = ({ startTimeUnixNano, endTimeUnixNano }: Span) =>
  Number(BigInt(endTimeUnixNano) - BigInt(startTimeUnixNano)) / 1e6;

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const called = (flags: '00' | '01') => ({ headers: { traceparent: `00-${TRACE}-${CALLER}-${flags}` } });

describe('telemetry', { skip: redisMissing }, () => {
  test('a request is followed from its caller to Redis, and its line in the log says so', async () => {
    const collector = await startCollector();
    // On a busy machine a first request may be slow, which another test is about.
    const identity = { VERSION: '1.2.3', COMMIT: '0123abc', ENVIRONMENT: 'test', TRACE_SLOWER_MS: '60000' };
    const { url, logged } = await service({ REDIS_URL: await redisUrl(), ...collector.env, ...identity });
    await logged('Redis is connected.');
    const { headers } = await fetch(`${url}/?name=Ada`, called('01'));

    await eventually(() => assert.equal(collector.spans().length, 2));
    const [redis, http] = collector.spans().sort((a, b) => b.kind - a.kind);
    assert(redis && http);
    assert.deepEqual([http.name, http.kind, http.traceId, http.parentSpanId], ['GET /', 2, TRACE, CALLER]);
    assert.deepEqual([redis.name, redis.kind, redis.traceId, redis.parentSpanId], ['INCRBY', 3, TRACE, http.spanId]);
    assert.deepEqual(said(http.attributes), {
      'http.request.method': 'GET',
      'http.route': '/',
      'http.response.status_code': 200,
      'url.scheme': 'http',
      exemplar: true,
    });
    assert.partialDeepStrictEqual(said(collector.exported[0]?.resource.attributes ?? []), {
      'service.name': 'counter',
      'service.version': '1.2.3',
      'deployment.environment.name': 'test',
      'vcs.ref.head.revision': '0123abc',
    });

    const { time, seconds, ...line } = await logged('A sampled request was answered.');
    assert.deepEqual(line, {
      level: 'info',
      message: 'A sampled request was answered.',
      requestId: headers.get('X-Request-Id'),
      traceId: TRACE,
      spanId: http.spanId,
      method: 'GET',
      route: '/',
      status: 200,
    });
    assert(!JSON.stringify(collector.exported).includes('Ada'));
  });

  test('a caller that is not sampled is not followed, and without a caller the share decides', async () => {
    const collector = await startCollector();
    const { url } = await service({ ...collector.env, OTEL_TRACES_SAMPLER_ARG: '0' });
    await fetch(`${url}/version`, called('00'));
    await fetch(`${url}/version`);
    await fetch(`${url}/version`, called('01'));
    await eventually(() => assert(collector.spans().length > 0));
    assert.deepEqual(
      collector.spans().map(({ parentSpanId }) => parentSpanId),
      [CALLER],
    );
  });

  test('a request that fails or is slow is traced whatever the share, with what it asked of Redis', async () => {
    const collector = await startCollector();
    const redis = await startRedis();
    cleanup.push(() => redis.remove());
    const { url, logged } = await service({
      ...{ ...collector.env, REDIS_URL: redis.url, OTEL_TRACES_SAMPLER_ARG: '0', TRACE_SLOWER_MS: '100' },
    });
    await logged('Redis is connected.');
    await fetch(`${url}/`);
    redis.freeze();
    const slow = fetch(`${url}/`);
    await delay(150);
    redis.thaw();
    assert.equal((await slow).status, 200);
    const line = await logged('A slow request was traced.');
    await redis.kill();
    await logged('Redis is not there; hits are refused until it is.');
    assert.equal((await fetch(`${url}/`)).status, 503);
    // Whoever calls and traces nothing wants nothing traced.
    assert.equal((await fetch(`${url}/`, called('00'))).status, 503);
    await eventually(() => assert.equal(collector.spans().length, 4));

    const spans = collector.spans();
    const [ofSlow, ofFailed] = spans.filter(({ kind }) => kind === 2);
    assert(ofSlow && ofFailed);
    assert.deepEqual([ofSlow.name, ofSlow.traceId, ofSlow.parentSpanId], ['GET /', line.traceId, undefined]);
    assert(lasted(ofSlow) >= 100, `the slow request lasted ${lasted(ofSlow)} ms`);
    assert.partialDeepStrictEqual(said(ofFailed.attributes), {
      'http.response.status_code': 503,
      'error.type': '503',
      exemplar: true,
    });
    for (const request of [ofSlow, ofFailed]) {
      const [redisSpan] = spans.filter(({ parentSpanId }) => parentSpanId === request.spanId);
      assert(redisSpan);
      assert.deepEqual([redisSpan.name, redisSpan.traceId], ['INCRBY', request.traceId]);
      assert(lasted(redisSpan) <= lasted(request));
      assert.equal(said(redisSpan.attributes)['error.type'], request === ofFailed ? 'RedisUnavailable' : undefined);
    }
    assert(lasted(spans.find(({ parentSpanId }) => parentSpanId === ofSlow.spanId) as Span) >= 90);
  });

  test('the trace of a visitor who did not wait has what Redis was still asked', async () => {
    const collector = await startCollector();
    const redis = await startRedis();
    cleanup.push(() => redis.remove());
    const { url, logged } = await service({
      ...{ ...collector.env, REDIS_URL: redis.url, OTEL_TRACES_SAMPLER_ARG: '0', TRACE_SLOWER_MS: '100' },
    });
    await logged('Redis is connected.');
    redis.freeze();
    await assert.rejects(fetch(`${url}/`, { signal: AbortSignal.timeout(150) }), { name: 'TimeoutError' });
    await logged('A slow request was traced.');
    redis.thaw();
    await eventually(() => assert.equal(collector.spans().length, 2));
    const [http, asked] = collector.spans().sort((one, other) => one.kind - other.kind) as [Span, Span];
    assert.equal(said(http.attributes)['http.response.status_code'], 499);
    assert.deepEqual([asked.name, asked.kind, asked.parentSpanId], ['INCRBY', 3, http.spanId]);
    assert(lasted(asked) >= 140, `${lasted(asked)} ms`);
  });

  test('where everything fails, twenty requests a second are traced and no more', async () => {
    const collector = await startCollector();
    const { url } = await service({ ...collector.env, OTEL_TRACES_SAMPLER_ARG: '0', REDIS_URL: 'redis://127.0.0.1:9' });
    const start = performance.now();
    for (let round = 0; round < 10; round++)
      await Promise.all(Array.from({ length: 30 }, async () => assert.equal((await fetch(`${url}/`)).status, 503)));
    const seconds = Math.ceil((performance.now() - start) / 1_000) + 1;
    await eventually(() => assert(collector.spans().length >= 40));
    const failures = collector.spans().filter(({ kind }) => kind === 2);
    assert(failures.length <= 20 * seconds, `${failures.length} in ${seconds} seconds`);
    assert(failures.length < 300);
  });

  test('a collector that never answers costs a request nothing, and the end two seconds', async () => {
    const collector = await startCollector(0);
    const { url, stop, logged } = await service({
      ...collector.env,
      REDIS_URL: await redisUrl(),
      OTEL_TRACES_SAMPLER_ARG: '1',
    });
    await logged('Redis is connected.');
    await fetch(`${url}/`);
    await eventually(() => assert(collector.paths.length > 0));
    // More than its queue holds, while the first ones hang.
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(Array.from({ length: 30 }, () => fetch(`${url}/`)));
      assert(answers.every(({ status }) => status === 200));
      await Promise.all(answers.map((answer) => answer.text()));
    }
    const start = performance.now();
    assert.equal(await stop(), 0);
    assert(performance.now() - start < 5_000);
  });

  test('a collector that refuses costs its traces, and nothing at the end', async () => {
    const collector = await startCollector(400);
    const { url, stop } = await service({ ...collector.env, OTEL_TRACES_SAMPLER_ARG: '1' });
    await fetch(`${url}/version`);
    assert.equal(await stop(), 0);
    assert.deepEqual(collector.paths, ['/v1/traces']);
  });

  test('metrics are sent too where that is wanted, and nothing is where telemetry is off', async () => {
    const collector = await startCollector();
    const sending = { OTEL_METRICS_EXPORTER: 'otlp,prometheus' };
    const on = await service({ ...collector.env, ...sending });
    assert.equal(await on.stop(), 0);
    assert(collector.paths.includes('/v1/metrics'));

    const before = collector.paths.length;
    const off = await service({
      ...collector.env,
      ...sending,
      OTEL_SDK_DISABLED: 'true',
      OTEL_TRACES_SAMPLER_ARG: '1',
    });
    assert.equal((await fetch(`${off.url}/metrics`)).status, 404);
    assert.equal((await fetch(`${off.url}/version`, called('01'))).status, 200);
    assert.equal(await off.stop(), 0);
    assert.equal(collector.paths.length, before);
  });

  test('Prometheus reads the metrics, and finds the trace of a slow request', { skip: prometheusMissing }, async () => {
    const collector = await startCollector();
    const { url, logged } = await service({ ...collector.env, REDIS_URL: await redisUrl() });
    await logged('Redis is connected.');
    const text = await (await fetch(`${url}/`, called('01'))).text();
    assert.match(text, /hit 1 times/);

    const ask = await startPrometheus(new URL(url).host);
    const value = async (query: string) => (await ask(`query?query=${query}`)).data.result[0]?.value[1];
    await eventually(async () => assert.equal(await value('hits_total'), '1'), 20_000);
    assert.equal(await value('counter_redis_up'), '1');
    assert.equal(await value('counter_info{environment="local",version="0.0.0-dev",commit="unknown"}'), '1');
    for (const name of ['nodejs_eventloop_delay_p99', 'v8js_gc_duration_count', 'http_server_active_requests'])
      assert(Number(await value(name)) >= 0, name);
    assert(Number(await value('db_client_operation_duration_seconds_count{db_operation_name="INCRBY"}')) >= 1);

    const about = 'query=http_server_request_duration_seconds_bucket&start=0&end=99999999999';
    const { data } = await ask(`query_exemplars?${about}`);
    assert.equal(data[0]?.exemplars[0]?.labels.trace_id, TRACE);
    assert.equal(data[0]?.seriesLabels.http_route, '/');
  });
});

type Answer = {
  data: { result: { value: [number, string] }[] } & {
    exemplars: { labels: { trace_id: string } }[];
    seriesLabels: { http_route: string };
  }[];
};

/** A real Prometheus that reads `target` every 200 ms and keeps exemplars. @returns a question to its API */
async function startPrometheus(target: string) {
  const dir = await mkdtemp(join(tmpdir(), 'counter-prometheus-'));
  const config = {
    scrape_configs: [
      {
        job_name: 'counter',
        scrape_interval: '200ms',
        scrape_timeout: '200ms',
        static_configs: [{ targets: [target] }],
      },
    ],
  };
  await writeFile(join(dir, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const child: ChildProcess = spawn(
    'prometheus',
    [
      `--config.file=${join(dir, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--enable-feature=exemplar-storage',
    ],
    { stdio: 'ignore' },
  );
  cleanup.push(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
    await rm(dir, { recursive: true, force: true });
  });
  return async (question: string): Promise<Answer> =>
    (await (await fetch(`http://127.0.0.1:${port}/api/v1/${question}`)).json()) as Answer;
}
