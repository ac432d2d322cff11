import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Express } from 'express';
import { appWith, connectTestHits, identity, startTestTelemetry } from '../app.fixture.ts';
import { eventually } from '../eventually.fixture.ts';
import type { Hits } from '../hits.ts';
import { createLive } from '../live.ts';
import { freePort, type Redis, redisMissing, startRedis } from '../redis.fixture.ts';
import { openApi } from './openapi.ts';

type Documented = {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, unknown> }> }>>;
};
const spec = openApi(identity) as unknown as Documented;

/** Every answer that the document promises: `GET /healthz 200 application/json`. */
const promised = Object.entries(spec.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { responses }]) =>
    Object.entries(responses).flatMap(([status, { content }]) =>
      Object.keys(content ?? { '': {} }).map((type) => `${method.toUpperCase()} ${path} ${status} ${type}`.trim()),
    ),
  ),
);

test('the document is OpenAPI 3.1', async () => {
  const { valid, errors } = await new Validator().validate(structuredClone(spec));
  assert(valid, JSON.stringify(errors));
});

test('every route is documented, and nothing else is', () => {
  const { router } = appWith({ read: async () => 0 } as Hits);
  const routes = router.stack.flatMap(({ route }) => {
    const path = route?.path.replaceAll(/:(\w+)/g, '{$1}');
    const methods = route?.stack.flatMap(({ method }) => (method ? [method] : [])) ?? [];
    return [...new Set(methods)].map((method) => `${method} ${path}`);
  });
  const documented = Object.entries(spec.paths).flatMap(([path, operations]) =>
    Object.keys(operations).map((method) => `${method} ${path}`),
  );
  assert.deepEqual(routes.sort(), documented.sort());
});

describe('every answer that is documented is given, as documented', { skip: redisMissing }, () => {
  const telemetry = startTestTelemetry();
  let redis: Redis;
  let hits: Hits;
  let lost: Hits;
  const seen = new Set<string>();
  const servers: ReturnType<typeof createServer>[] = [];

  const schemas = new Ajv2020({ strict: false, validateFormats: false });
  schemas.addSchema(spec, 'spec');

  const pointer = (...keys: string[]) =>
    keys.map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1'))).join('/');

  /** Asks, and holds the answer against the document. */
  async function ask(app: Express, operation: string, url: string, init: RequestInit = {}): Promise<Response> {
    const server = createServer(app).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const [method = '', path = ''] = operation.split(' ');
    const answer = await fetch(`http://127.0.0.1:${port}${url}`, { method, redirect: 'manual', ...init });
    const type = answer.headers.get('Content-Type')?.split(';')[0] ?? '';
    seen.add(`${operation} ${answer.status} ${type}`.trim());
    if (!/json$/.test(type)) return answer;
    const body: unknown = await answer.json();
    const at = pointer('paths', path, method.toLowerCase(), 'responses', `${answer.status}`, 'content', type, 'schema');
    assert(schemas.validate(`spec#/${at}`, body), `${operation} ${answer.status}: ${schemas.errorsText()}`);
    return answer;
  }

  before(async () => {
    redis = await startRedis();
    hits = connectTestHits(redis.url);
    lost = connectTestHits(`redis://127.0.0.1:${await freePort()}`);
    await eventually(() => assert(hits.available));
  });
  after(async () => {
    for (const server of servers) server.close().closeAllConnections();
    hits?.close();
    lost?.close();
    await redis?.remove();
    await telemetry.shutdown();
  });

  test('by a service that is well', async () => {
    const app = appWith(hits, { metrics: telemetry.metrics });
    const as = (Accept: string) => ({ headers: { Accept } });
    const post = (body: string, headers: Record<string, string> = {}) => ({
      body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
    for (const type of ['text/plain', 'application/json', 'text/html', 'image/png'])
      await ask(app, 'GET /', '/', as(type));
    await ask(app, 'GET /', '/', { headers: { 'Sec-Purpose': 'prefetch;prerender' } });
    const page = await (await ask(app, 'GET /facts/{id}', '/facts/1')).text();
    for (const [url] of page.matchAll(/\/assets\/[^"]+/g)) await ask(app, 'GET /assets/{file}', url);
    await ask(app, 'GET /assets/{file}', '/assets/nothing');
    for (const [operation, url] of [
      ['GET /facts/{id}', '/facts/0'],
      ['GET /facts/{id}', '/facts/%ff'],
      ['GET /facts/next', '/facts/next?after=1'],
      ['GET /assets/{file}', '/assets/%ff'],
      ['GET /favicon.ico', '/favicon.ico'],
      ['GET /api/hits', '/api/hits'],
      ['GET /api/hits/live', '/api/hits/live'],
      ['GET /api/facts', '/api/facts?limit=7'],
      ['GET /api/facts', '/api/facts?limit=no'],
      ['GET /api/facts/random', '/api/facts/random?except=3'],
      ['GET /api/facts/random', '/api/facts/random?except=-3'],
      ['GET /api/facts/{id}', '/api/facts/2'],
      ['GET /api/facts/{id}', '/api/facts/two'],
      ['GET /api/facts/{id}', '/api/facts/%ff'],
      ['GET /healthz', '/healthz'],
      ['GET /health', '/health'],
      ['GET /readyz', '/readyz'],
      ['GET /version', '/version'],
      ['GET /metrics', '/metrics'],
      ['GET /openapi.json', '/openapi.json'],
      ['GET /docs', '/docs'],
    ] as const) {
      await ask(app, operation, url);
    }
    await ask(app, 'GET /metrics', '/metrics', as('application/openmetrics-text; version=1.0.0'));
    await ask(app, 'POST /api/hits', '/api/hits', post('{}', { 'Idempotency-Key': 'one' }));
    await ask(app, 'POST /api/hits', '/api/hits', post('{'));
    await ask(app, 'POST /api/hits', '/api/hits', post('"'.padEnd(2_000)));
    await ask(app, 'POST /api/hits', '/api/hits', post('{}', { 'Content-Type': 'text/plain' }));
    await ask(app, 'POST /api/hits', '/api/hits', post('{"by":2}'));
  });

  test('by one that lost its Redis, has too much to do, is switched off or going away', async () => {
    const withoutRedis = appWith(lost);
    await ask(withoutRedis, 'GET /', '/');
    await ask(withoutRedis, 'GET /api/hits', '/api/hits');
    await ask(withoutRedis, 'POST /api/hits', '/api/hits');
    await ask(withoutRedis, 'GET /metrics', '/metrics');
    await ask(withoutRedis, 'GET /readyz', '/readyz');
    const full = createLive({ read: hits.read, everyMs: 50, maxStreams: 0 });
    await ask(appWith(hits, { live: full }), 'GET /api/hits/live', '/api/hits/live');

    const busy = appWith(hits, { maxConcurrent: 0 });
    for (const [operation, url] of [
      ['GET /facts/next', '/facts/next'],
      ['GET /facts/{id}', '/facts/1'],
      ['GET /api/facts', '/api/facts'],
      ['GET /api/facts/random', '/api/facts/random'],
      ['GET /api/facts/{id}', '/api/facts/1'],
    ] as const) {
      const answer = await ask(busy, operation, url);
      assert.equal(answer.headers.get('Retry-After'), '1');
    }
  });

  test('and there is none that was never seen, or not promised', () => {
    assert.deepEqual([...seen].sort(), promised.sort());
  });
});
