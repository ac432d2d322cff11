import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Express } from 'express';
import request from 'supertest';
import { appWith, connectTestHits, identity, startTestTelemetry } from './app.fixture.ts';
import { eventually } from './eventually.fixture.ts';
import type { Hits } from './hits.ts';
import { freePort, type Redis, redisMissing, startRedis } from './redis.fixture.ts';

const telemetry = startTestTelemetry();
after(() => telemetry.shutdown());
const { metrics } = telemetry;

const totalIn = (text: string) => Number(/ we have hit (\d+) times\n$/.exec(text)?.[1]);

describe('with Redis', { skip: redisMissing }, () => {
  let redis: Redis;
  let hits: Hits;
  let app: Express;

  before(async () => {
    redis = await startRedis();
    hits = connectTestHits(redis.url);
    app = appWith(hits, { metrics });
    await eventually(() => assert(hits.available));
  });
  after(async () => {
    hits?.close();
    await redis?.remove();
  });

  test('every GET of / is one hit', async () => {
    const first = totalIn((await request(app).get('/').expect(200)).text);
    const second = totalIn((await request(app).get('/').expect(200)).text);
    assert.equal(second, first + 1);
  });

  test('the greeting is plain text that names its version and is never cached', async () => {
    const answer = await request(app).get('/').expect(200);
    assert.match(answer.text, /^\S+ we have hit \d+ times\n$/);
    assert.match(answer.headers['content-type'] ?? '', /^text\/plain/);
    assert.equal(answer.headers['x-version'], '1.2.3');
    assert.equal(answer.headers['cache-control'], 'no-store');
    assert.equal(answer.headers['x-powered-by'], undefined);
  });

  test('a caller is answered in the form it prefers', async () => {
    const as = (accept: string) => request(app).get('/').set('Accept', accept).expect('Vary', 'Accept');
    const { body } = await as('application/json').expect(200);
    assert.equal(body.message, `Holla! we have hit ${body.hits} times`);
    const page = await as('text/html,application/xhtml+xml,*/*;q=0.8')
      .expect(200)
      .expect('Content-Type', /^text\/html/);
    assert.match(page.text, /Holla! we have hit/);
    assert.match((await as('*/*').expect(200)).text, /^Holla! we have hit \d+ times\n$/);
    assert.match((await as('text/plain').expect(200)).text, /^Holla! we have hit \d+ times\n$/);
    await as('image/png').expect(406);
  });

  test('nobody counts but who visits: no look, no prefetch, no icon, no fact, no refusal, no reader', async () => {
    const before: number = (await request(app).get('/api/hits')).body.hits;
    await request(app).head('/').expect(200);
    await request(app).get('/').set('Sec-Purpose', 'prefetch;prerender').expect(403);
    await request(app).get('/').set('Accept', 'image/png').expect(406);
    await request(app)
      .get('/favicon.ico')
      .redirects(1)
      .expect(200)
      .expect('Content-Type', /^image\/svg/);
    await request(app).get('/facts/next').redirects(1).expect(200);
    await request(app).get('/api/facts/random').expect(200);
    await request(app).options('/').expect(204).expect('Allow', 'GET, HEAD, OPTIONS');
    assert.equal((await request(app).get('/api/hits')).body.hits, before);
  });

  test('a machine counts, and with a key a retry counts once', async () => {
    const before: number = (await request(app).get('/api/hits')).body.hits;
    const post = () => request(app).post('/api/hits');
    assert.deepEqual((await post().expect(200)).body, { hits: before + 1 });
    const keyed = () => post().set('Idempotency-Key', 'a-key').expect(200);
    const [one, two] = await Promise.all([keyed(), keyed()]);
    assert.deepEqual([one.body, two.body], [{ hits: before + 2 }, { hits: before + 2 }]);
    const replayed = [one, two].map(({ headers }) => headers['idempotency-replayed']);
    assert.deepEqual(replayed.sort(), ['true', undefined]);
    assert.deepEqual((await post().set('Idempotency-Key', 'another').expect(200)).body, { hits: before + 3 });
    for (const key of ['', 'with space', 'x'.repeat(256)]) await post().set('Idempotency-Key', key).expect(400);
    assert.equal((await request(app).get('/api/hits')).body.hits, before + 3);
  });

  test('the facts can be read page by page to the end', async () => {
    const ids: number[] = [];
    for (let next = '/api/facts?limit=20'; next; ) {
      const { body, headers } = await request(app).get(next).expect(200);
      ids.push(...body.facts.map(({ id }: { id: number }) => id));
      assert.equal(headers.link, body.next ? `<${body.next}>; rel="next"` : undefined);
      next = body.next;
    }
    const { body } = await request(app).get('/api/facts?limit=100');
    assert.deepEqual(
      ids,
      body.facts.map(({ id }: { id: number }) => id),
    );
    assert.equal(ids.length, body.total);
  });

  test('a request keeps an id that is well formed, and is given one otherwise', async () => {
    const idFor = async (id: string) =>
      (await request(app).get('/version').set('X-Request-Id', id)).headers['x-request-id'];
    assert.equal(await idFor('0123-abc.D_f'), '0123-abc.D_f');
    for (const bad of ['short', 'x'.repeat(129), 'spaces are bad', '{"a":1234}']) {
      assert.match((await idFor(bad)) ?? '', /^[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}$/);
    }
  });

  test('what a proxy says of its visitor is believed of proxies that were named', async () => {
    const schemes = async (trustedProxies: number | string) => {
      const behind = appWith(hits, { metrics, trustedProxies });
      const count = async () => {
        const { text } = await request(behind).get('/metrics');
        return Number(/_count\{[^}]*http_route="\/version"[^}]*url_scheme="https"\} (\d+)/.exec(text)?.[1] ?? 0);
      };
      const before = await count();
      await request(behind).get('/version').set('X-Forwarded-Proto', 'https').expect(200);
      return (await count()) - before;
    };
    assert.equal(await schemes(0), 0);
    assert.equal(await schemes('loopback'), 1);
    assert.equal(await schemes('10.0.0.0/8'), 0);
  });

  test('every answer is guarded, and says nothing of what runs it', async () => {
    for (const path of ['/', '/api/hits', '/nowhere', '/healthz']) {
      const { headers } = await request(app).get(path);
      assert.equal(headers['x-powered-by'], undefined);
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.match(headers['content-security-policy'] ?? '', /^default-src 'none';.*frame-ancestors 'none'/);
      assert(!headers['content-security-policy']?.includes('unsafe'));
      assert.equal(headers['cache-control'], 'no-store');
    }
  });

  test('whoever came by HTTPS is told to come so again, and nobody else is', async () => {
    const told = async (trustedProxies: number | string, path: string, accept: string) => {
      const behind = request(appWith(hits, { trustedProxies }));
      const { headers } = await behind.get(path).set({ 'X-Forwarded-Proto': 'https', Accept: accept });
      return headers['strict-transport-security'];
    };
    for (const [path, accept] of [
      ['/', 'text/html'],
      ['/', 'text/plain'],
      ['/docs', 'text/html'],
      ['/nowhere', '*/*'],
      ['/healthz', '*/*'],
    ] as const) {
      assert.equal(await told('loopback', path, accept), 'max-age=31536000; includeSubDomains', path);
      assert.equal(await told(0, path, accept), undefined, path);
      assert.equal(await told('10.0.0.0/8', path, accept), undefined, path);
      assert.equal(
        (await request(app).get(path).set('Accept', accept)).headers['strict-transport-security'],
        undefined,
      );
    }
  });

  test('many visitors at once are counted one by one', async () => {
    const server = app.listen(0, '127.0.0.1');
    try {
      const answers = await Promise.all(Array.from({ length: 50 }, () => request(server).get('/').expect(200)));
      const totals = answers.map((answer) => totalIn(answer.text)).sort((a, b) => a - b);
      assert.deepEqual(
        totals,
        totals.map((_, index) => (totals[0] ?? 0) + index),
      );
    } finally {
      server.close();
    }
  });

  test('HEAD of / is not a hit', async () => {
    const before = totalIn((await request(app).get('/')).text);
    const look = await request(app).head('/').expect(200);
    assert.equal(look.headers['x-version'], '1.2.3');
    assert.equal(totalIn((await request(app).get('/')).text), before + 1);
  });

  test('a probe is not a hit', async () => {
    const before = totalIn((await request(app).get('/')).text);
    for (const path of ['/healthz', '/health', '/readyz', '/version', '/metrics']) {
      await request(app).get(path).expect(200);
    }
    assert.equal(totalIn((await request(app).get('/')).text), before + 1);
  });

  test('it is ready', async () => {
    await request(app).get('/readyz').expect(200, { status: 'ready' });
  });

  test('while draining it still counts, says it is not ready, and closes each connection', async () => {
    const leaving = appWith(hits, { draining: () => true });
    await request(leaving).get('/readyz').expect(503, { status: 'draining' });
    await request(leaving).get('/healthz').expect(200);
    await request(leaving).get('/').expect(200).expect('Connection', 'close');
  });

  test('metrics count hits and measure requests by method, route and status', async () => {
    await request(app).get('/').expect(200);
    const { text, headers } = await request(app).get('/metrics').expect(200);
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4; charset=utf-8$/);
    assert.match(text, /^hits_total [1-9]\d*$/m);
    assert.match(
      text,
      /^http_server_request_duration_seconds_count\{http_request_method="GET",http_route="\/",http_response_status_code="200",url_scheme="http"\} [1-9]/m,
    );
    assert.match(text, /^http_server_request_duration_seconds_bucket\{[^}]*le="0\.005"\} /m);
    assert.match(text, /^target_info\{.*service_name="counter".*service_version="1\.2\.3".*\} 1$/m);
    assert.match(text, /^target_info\{.*deployment_environment_name="test".*\} 1$/m);
  });

  test('a frozen Redis costs a visitor the deadline and no more, and is taken back when it thaws', async () => {
    redis.freeze();
    try {
      const start = performance.now();
      const answer = await request(app).get('/').expect(503);
      assert(performance.now() - start < 1_000);
      assert.equal(answer.headers['retry-after'], '1');
      await request(app).get('/readyz').expect(200, { status: 'degraded', degraded: 'redis' });
    } finally {
      redis.thaw();
    }
    await eventually(async () => void (await request(app).get('/').expect(200)));
  });
});

describe('without Redis', () => {
  let hits: Hits;
  let app: Express;

  before(async () => {
    hits = connectTestHits(`redis://127.0.0.1:${await freePort()}`);
    app = appWith(hits, { metrics });
  });
  after(() => hits.close());

  test('a browser is shown the page and a fact, and no number', async () => {
    const page = await request(app).get('/').set('Accept', 'text/html').expect(200);
    assert.match(page.text, /cannot be counted just now/);
    assert.match(page.text, /<blockquote/);
    await request(app).get('/facts/1').expect(200);
    await request(app).get('/api/facts/1').expect(200);
  });

  test('GET of / is refused with a problem document and the advice to come back', async () => {
    const answer = await request(app).get('/').expect(503).expect('Retry-After', '1');
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.deepEqual(JSON.parse(answer.text), {
      title: 'Service Unavailable',
      status: 503,
      detail: 'The hits cannot be counted now: Redis does not answer.',
    });
  });

  test('HEAD of / says the same without a body', async () => {
    await request(app).head('/').expect(503).expect('Retry-After', '1');
  });

  test('it is alive', async () => {
    await request(app).get('/healthz').expect(200, { status: 'UP' });
    await request(app).get('/health').expect(200, { status: 'UP' });
  });

  test('it is starting, not ready', async () => {
    await request(app).get('/readyz').expect(503, { status: 'starting' });
  });

  test('it says who it is', async () => {
    await request(app).get('/version').expect(200, identity);
  });

  test('an unknown path is a 404 problem', async () => {
    const answer = await request(app).get('/nowhere?x=1').expect(404);
    assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.deepEqual(JSON.parse(answer.text), {
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing at /nowhere.',
    });
  });

  for (const path of ['/', '/healthz', '/health', '/readyz', '/version', '/metrics']) {
    test(`POST of ${path} is refused with the methods it knows`, async () => {
      const answer = await request(app).post(path).expect(405).expect('Allow', 'GET, HEAD, OPTIONS');
      assert.match(answer.headers['content-type'] ?? '', /^application\/problem\+json/);
    });
  }

  test('a visitor cannot invent a metric label', async () => {
    for (const path of ['/a', '/b', '/c?d=e', '/%ff']) await request(app).get(path).expect(404);
    await request(app).propfind('/f').expect(404);
    const { text } = await request(app).get('/metrics');
    assert(!/http_route="\/([abcf]|%ff)["?]/.test(text));
    assert.match(
      text,
      /_count\{http_request_method="GET",http_route="unmatched",http_response_status_code="404",url_scheme="http"\}/,
    );
    assert.match(
      text,
      /_count\{http_request_method="_OTHER",http_route="unmatched",http_response_status_code="404",url_scheme="http"\}/,
    );
  });
});

test('a fault nobody foresaw is a 500 problem that keeps its reason to the log', async () => {
  const logged: unknown[] = [];
  const broken: Hits = {
    increment: () => Promise.reject(new Error('secret detail')),
    incrementOnce: () => Promise.reject(new Error('secret detail')),
    read: async () => 1,
    reached: true,
    available: true,
    close: () => {},
  };
  const app = appWith(broken, { log: (_level, _message, facts) => logged.push(facts) });
  const answer = await request(app).get('/').expect(500);
  assert(!answer.text.includes('secret'));
  const requestId = answer.headers['x-request-id'];
  assert.deepEqual(logged, [{ requestId, method: 'GET', route: '/', reason: 'Error: secret detail' }]);
});
