import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { Refusal } from '../model/refusal.ts';
import { freePort } from '../port.fixture.ts';
import { prometheus } from './prometheus.ts';

const skip = spawnSync('prometheus', ['--version']).error
  ? 'prometheus is not installed (Debian and Homebrew: prometheus)'
  : false;

const now = Date.parse('2026-11-20T10:00:00Z');
const minutesAgo = (count: number) => now - count * 60_000;

/** One sample a minute of a series, as a scrape would have left them. */
const scraped = (series: string, from: number, until: number) =>
  Array.from({ length: from - until + 1 }, (_, index) => `${series} 1 ${minutesAgo(from - index) / 1000}`);

const app = (name: string, health: string, project = 'dev') =>
  `argocd_app_info{namespace="argocd",exported_namespace="argocd-${project}",project="${project}",name="${name}",health_status="${health}",sync_status="Synced"}`;
const alert = (name: string, labels: string) => `ALERTS{alertname="${name}",${labels}}`;
const paging = 'alertstate="firing",severity="page",namespace="dev"';

const history = [
  '# TYPE argocd_app_info gauge',
  ...scraped(app('counter', 'Progressing'), 20, 16),
  ...scraped(app('counter', 'Healthy'), 15, 0),
  ...scraped(app('redis', 'Healthy'), 20, 12),
  ...scraped(app('counter', 'Degraded', 'staging'), 20, 0),
  '# TYPE ALERTS gauge',
  ...scraped(alert('Burns', `${paging},app="counter"`), 8, 6),
  ...scraped(alert('Slow', `${paging},app="counter"`), 40, 30),
  ...scraped(alert('Burns', 'alertstate="pending",severity="page",namespace="dev",app="redis"'), 8, 0),
  ...scraped(alert('Burns', 'alertstate="firing",severity="ticket",namespace="dev",app="redis"'), 8, 0),
  ...scraped(alert('Burns', 'alertstate="firing",severity="page",namespace="staging",app="redis"'), 8, 0),
  ...scraped(alert('Down', paging), 8, 0),
  '# EOF',
  '',
].join('\n');

suite('a real Prometheus with an hour of history', { skip }, () => {
  const stop = new AbortController();
  let dir: string;
  let server: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-prometheus-'));
    await writeFile(join(dir, 'history.txt'), history);
    await writeFile(join(dir, 'prometheus.yml'), '');
    const data = join(dir, 'data');
    await promisify(execFile)('promtool', [
      'tsdb',
      'create-blocks-from',
      'openmetrics',
      join(dir, 'history.txt'),
      data,
    ]);
    const port = await freePort();
    server = `http://127.0.0.1:${port}`;
    const listen = `--web.listen-address=127.0.0.1:${port}`;
    // The history is older than what is kept by default.
    const keep = '--storage.tsdb.retention.time=100y';
    const args = [`--config.file=${join(dir, 'prometheus.yml')}`, `--storage.tsdb.path=${data}`, listen, keep];
    const started = spawn('prometheus', args, { stdio: 'ignore', signal: stop.signal });
    started.on('error', (error) => assert.equal(error.name, 'AbortError'));
    await ready(`${server}/-/ready`);
  });
  after(async () => {
    stop.abort();
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  });

  test('it tells the health of every app of an environment, sample by sample, in order of time', async () => {
    const found = await prometheus({ server }).health('dev', 1080, now);
    assert.deepEqual([...found.keys()].sort(), ['counter', 'redis']);
    const counter = found.get('counter') ?? [];
    assert.deepEqual(counter[0], { time: minutesAgo(18), health: 'Progressing' });
    assert.deepEqual(counter[3], { time: minutesAgo(15), health: 'Healthy' });
    assert.deepEqual(counter.at(-1), { time: now, health: 'Healthy' });
    assert.equal(found.get('redis')?.at(-1)?.time, minutesAgo(12));
    assert.equal((await prometheus({ server }).health('production', 1080, now)).size, 0);
  });

  test('it tells which alerts that page fired, for which app, and when last', async () => {
    const door = prometheus({ server: `${server}/` });
    assert.deepEqual(
      [...(await door.firing('dev', 1200, now))],
      [['counter', [{ alert: 'Burns', last: minutesAgo(6) }]]],
    );
    const all = (await door.firing('dev', 3000, now)).get('counter') ?? [];
    assert.deepEqual(all.map((one) => one.alert).sort(), ['Burns', 'Slow']);
    assert.equal((await door.firing('dev', 0, now)).size, 0, 'without a time to ask about, the last minute');
    assert.equal((await door.firing('dev', 0, minutesAgo(6))).size, 1);
  });

  test('a query that it refuses is told in its own words', async () => {
    await assert.rejects(prometheus({ server }).health('dev', 1.5, now), {
      name: 'Refusal',
      message:
        /^Prometheus at http:\/\/127\.0\.0\.1:\d+ cannot be asked \(.*parse error.*\)\. Check that PROMETHEUS_URL/,
    });
  });
});

test('whoever cannot be asked is named, with what to check', async (t) => {
  const table: [answer: RequestListener, says: RegExp][] = [
    [(_, response) => response.writeHead(401).end('no'), /it answered 401\)\. Check PROMETHEUS_TOKEN/],
    [(_, response) => response.writeHead(404).end('<html>'), /it answered 404, and nothing that Prometheus says/],
    [(_, response) => response.end('{"status":"success"}'), /it answered 200, and nothing that Prometheus says/],
    [(_, response) => response.end('null'), /it answered 200, and nothing that Prometheus says/],
    [
      (_, response) => response.writeHead(503).end('{"status":"error","error":"query timed out\\n# now"}'),
      /\(query timed out # now\)/,
    ],
    [(request) => request.socket.destroy(), /Check PROMETHEUS_URL and that it is up/],
  ];
  for (const [answer, says] of table) {
    const server = await serve(t, answer);
    await assert.rejects(prometheus({ server }).firing('dev', 60, now), (error: Error) => {
      assert.ok(error instanceof Refusal && error.message.startsWith(`Prometheus at ${server} cannot be asked`));
      assert.match(error.message, says);
      return true;
    });
  }
  const secret = prometheus({ server: 'http://user:hunter2@127.0.0.1:1/', token: 's3cret' }).health('dev', 60, now);
  await assert.rejects(secret, (error: Error) => !/hunter2|s3cret/.test(error.message) && error instanceof Refusal);
});

test('a token travels in a header alone, below the path that its address has', async (t) => {
  const seen: IncomingMessage[] = [];
  const server = await serve(t, (request, response) => {
    seen.push(request);
    response.end('{"status":"success","data":{"resultType":"matrix","result":[]}}');
  });
  await prometheus({ server: `${server}/metrics/`, token: 's3cret' }).health('dev', 60, now);
  await prometheus({ server }).health('dev', 60, now);
  assert.deepEqual(
    seen.map(({ url, headers }) => [url, headers.authorization]),
    [
      ['/metrics/api/v1/query', 'Bearer s3cret'],
      ['/api/v1/query', undefined],
    ],
  );
});

async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ready(url: string): Promise<void> {
  for (let attempt = 0; attempt < 150; attempt++) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${url} did not become ready`);
}
