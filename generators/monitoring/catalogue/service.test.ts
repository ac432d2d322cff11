import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { exampleMissing, type Redis, type Service, serviceFixtures } from '../../example.fixture.ts';
import { scrapeConfigs } from '../scrape.ts';
import { samplesOf, seriesOf } from './scraped.ts';
import { readSource, writeSource } from './source.ts';

const { redisMissing, startRedis, startService } = await serviceFixtures();

// One service and one Redis for all of it: what it exposes is compared with the source, then it is fuzzed.

const skip = exampleMissing || redisMissing;
let redis: Redis;
let service: Service;

before(async () => {
  if (skip) return;
  redis = await startRedis();
  // Its proxy is believed, so that a visitor's X-Forwarded-Proto counts, as it does behind a load balancer.
  service = await startService({ REDIS_URL: redis.url, TRUSTED_PROXIES: '1', DEADLINE_MS: '1000' });
});

after(async () => {
  await service?.stop();
  await redis?.remove();
});

const ask = async (path: string, init: RequestInit = {}) => {
  const answer = await fetch(`${service.url}${path}`, { redirect: 'manual', ...init });
  await answer.arrayBuffer();
  return answer.status;
};

const scrape = async () => (await fetch(`${service.url}/metrics`)).text();

/** Labels that have few values, all of them known once every route was asked. */
const VALUED = [
  'le',
  'http_route',
  'http_request_method',
  'http_response_status_code',
  'url_scheme',
  'error_type',
].concat('db_operation_name', 'db_system_name');

/** What visitors ask for, right and wrong, and what the service then answers. */
async function traffic(): Promise<void> {
  const key = {
    method: 'POST',
    headers: { 'Idempotency-Key': '"one"', 'Content-Type': 'application/json' },
    body: '{}',
  };
  const table: [string, RequestInit, number][] = [
    ...['/', '/facts/next', '/facts/1', '/api/hits', '/api/facts', '/api/facts/random', '/api/facts/1'].map(
      (path): [string, RequestInit, number] => [path, {}, path === '/facts/next' ? 303 : 200],
    ),
    ...['/healthz', '/health', '/readyz', '/version', '/openapi.json', '/docs', '/metrics'].map(
      (path): [string, RequestInit, number] => [path, {}, 200],
    ),
    ['/favicon.ico', {}, 307],
    ['/assets/none.js', {}, 404],
    ['/', { method: 'HEAD' }, 200],
    ['/api/hits', key, 200],
    ['/api/hits', { ...key, method: 'PUT' }, 405],
    ['/api/hits', { method: 'OPTIONS' }, 204],
    ['/api/facts/none', {}, 404],
    ['/facts/%ff', {}, 400],
    ['/api/facts/999999', {}, 404],
    ['/nothing', {}, 404],
  ];
  const got: string[] = [];
  for (const [path, init, status] of table) {
    const seen = await ask(path, init);
    if (seen !== status) got.push(`${init.method ?? 'GET'} ${path}: ${seen}, not ${status}`);
  }
  assert.deepEqual(got, []);
  // Slow, and then too slow.
  redis.freeze();
  const slow = ask('/');
  setTimeout(() => redis.thaw(), 300);
  assert.equal(await slow, 200);
  redis.freeze();
  assert.equal(await ask('/api/hits', { method: 'POST' }), 503);
  redis.thaw();
}

const sourceUrl = new URL('sources/service.txt', import.meta.url);

const valuesOf = (label: string) =>
  readSource(readFileSync(sourceUrl, 'utf8'))
    .series.get('http_server_request_duration_seconds_count')
    ?.labels.get(label) ?? [];

test('what the service exposes is what rules and dashboards are held against', { skip }, async () => {
  await traffic();
  const series = seriesOf(await scrape(), VALUED);
  const told = ['The service of this repository, recorded from a scrape of it after every route was asked.'];
  const text = writeSource({ told, series });
  if (process.env.SLIPWAY_UPDATE) writeFileSync(sourceUrl, text);
  assert.equal(text, readFileSync(sourceUrl, 'utf8'), 'SLIPWAY_UPDATE=1 writes it anew; then the rules have to agree');
  assert.ok(readSource(text).series.size > 25);
});

/** Requests of all shapes that Node's parser lets in, as they travel. */
const hostile = fc
  .record({
    method: fc.oneof(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'),
      fc.constantFrom(
        'PROPFIND',
        'MKCOL',
        'LOCK',
        'SEARCH',
        'PURGE',
        'REPORT',
        'UNSUBSCRIBE',
        'M-SEARCH',
        'TRACE',
        'QUERY',
      ),
    ),
    base: fc.constantFrom(
      '',
      '/facts',
      '/api/facts',
      '/api/hits',
      '/assets',
      '/metrics',
      '/healthz',
      '/docs',
      '/..',
      '/%ff',
    ),
    path: fc.webPath({ size: 'small' }),
    query: fc.webQueryParameters({ size: 'small' }),
    host: fc.oneof(fc.domain({ size: 'small' }), fc.ipV4()),
    id: fc.stringMatching(/^[0-9a-f]{32}$/),
    proto: fc.constantFrom('http', 'https', 'gopher', 'https, http', '"'),
    name: fc.stringMatching(/^[a-zA-Z][\w-]{0,12}$/),
    value: fc.stringMatching(/^[\x20-\x7e]{0,30}$/),
  })
  .map(({ method, base, path, query, host, id, proto, name, value }) =>
    [
      `${method} ${base}${path.replace(/[^\x21-\x7e]/g, '_') || '/'}?${query.replace(/[^\x21-\x7e]/g, '_')} HTTP/1.1`,
      `Host: ${host}`,
      `traceparent: 00-${id}-${id.slice(16)}-00`,
      `X-Request-Id: ${id}`,
      `X-Forwarded-Proto: ${proto}`,
      `X-Forwarded-Host: ${value}`,
      `User-Agent: ${value}`,
      `X-${name}: ${value}`,
      'Content-Length: 0',
      '\r\n',
    ].join('\r\n'),
  );

/** Sends all of them over one connection at once, and waits until it is closed; gives the number of answers. */
async function send(requests: readonly string[]): Promise<number> {
  const { port } = new URL(service.url);
  const socket = connect(Number(port), '127.0.0.1');
  let answers = 0;
  socket.setEncoding('latin1').on('data', (text: string) => {
    answers += text.split(/HTTP\/1\.1 \d{3} /).length - 1;
  });
  socket.on('error', () => {});
  socket.write(`${requests.join('')}GET /version HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return answers;
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', '_OTHER'];

/** Each route by each method and both schemes, so that what chance leaves out is counted, too. */
const every = (routes: readonly string[]) =>
  routes
    .filter((route) => route.startsWith('/'))
    .flatMap((route) =>
      METHODS.flatMap((method) =>
        ['http', 'https'].map(
          (scheme) =>
            `${method === '_OTHER' ? 'LOCK' : method} ${route.replace(/:\w+/, '1')} HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: ${scheme}\r\nContent-Length: 0\r\n\r\n`,
        ),
      ),
    )
    // That one is never done.
    .filter((request) => !request.startsWith('GET /api/hits/live '));

/** `SLIPWAY_HOSTILE=10000 node --test …` sends more. */
const count = Number(process.env.SLIPWAY_HOSTILE ?? 2000);

test('hostile requests make no series but of known routes, methods and answers, and no scrape is refused', {
  skip,
}, async () => {
  const routes = valuesOf('http_route');
  const requests = [...fc.sample(hostile, count), ...every([...routes, '/api/hits/live'])];
  for (let at = 0; at < requests.length; at += 100) await send(requests.slice(at, at + 100));
  const samples = samplesOf(await scrape());
  const asked = samples.filter(({ name }) => name === 'http_server_request_duration_seconds_count');
  assert.ok(asked.reduce((sum, { value }) => sum + value, 0) > requests.length * 0.95, 'they were read');
  for (const { labels } of asked) {
    assert.ok([...routes, '/api/hits/live'].includes(labels.http_route ?? ''), labels.http_route);
    assert.ok(METHODS.includes(labels.http_request_method ?? ''), labels.http_request_method);
    assert.match(labels.http_response_status_code ?? '', /^(20[046]|30[347]|40[0456]|41[1357]|42[26]|499|50[03])$/);
    assert.match(labels.url_scheme ?? '', /^https?$/);
  }
  // Measured: 5,187 with 10,000 of them. A scrape with more than its limit is refused whole: with fewer to spare,
  // visitors could make the service unseen.
  const [pods] = scrapeConfigs({ discovery: 'kubernetes', environments: [] });
  assert.ok(samples.length < Number(pods?.sample_limit) / 2, `${samples.length} series`);
});
