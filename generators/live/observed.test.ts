import assert from 'node:assert/strict';
import { execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { measuredOf, rangeAt } from '../model/signals.ts';
import { freePort } from '../port.fixture.ts';
import { observing } from './observed.ts';

const skip = spawnSync('prometheus', ['--version']).error ? 'prometheus is not installed (Debian: prometheus)' : false;

test('a real Prometheus tells the signals of each app, and what fires with its texts', { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-prometheus-'));
  t.after(() => rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  const range = rangeAt(Date.parse('2026-11-20T10:00:00Z'));
  // Counters that grow evenly: twenty requests a second, of which one fails; all of them answered within 0.1 s.
  const scrapes = Array.from({ length: 66 }, (_, at) => ({ at, time: (range.from + (at - 5) * range.step) / 1000 }));
  const grows = (series: string, each: number) => scrapes.map(({ at, time }) => `${series} ${at * each} ${time}`);
  const is = (series: string, value: number) => scrapes.map(({ time }) => `${series} ${value} ${time}`);
  const pod = 'job="pods",namespace="dev",app="counter",pod="counter-1",http_route="/"';
  const request = 'http_server_request_duration_seconds';
  const lines = [
    `# TYPE ${request}_count counter`,
    ...grows(`${request}_count{${pod},http_response_status_code="200"}`, 19 * 15),
    ...grows(`${request}_count{${pod},http_response_status_code="500"}`, 15),
    // What probes and Prometheus ask is nobody's request.
    ...grows(`${request}_count{job="pods",namespace="dev",app="counter",http_route="/readyz"}`, 1500),
    ...grows(`${request}_count{job="pods",namespace="dev",app="quiet",http_route="/"}`, 0),
    `# TYPE ${request}_bucket counter`,
    ...grows(`${request}_bucket{${pod},le="0.05"}`, 0),
    ...grows(`${request}_bucket{${pod},le="0.1"}`, 300),
    ...grows(`${request}_bucket{${pod},le="+Inf"}`, 300),
    '# TYPE nodejs_eventloop_utilization gauge',
    ...is('nodejs_eventloop_utilization{job="pods",namespace="dev",app="counter",pod="counter-1"}', 0.25),
    ...is('nodejs_eventloop_utilization{job="pods",namespace="dev",app="counter",pod="counter-2"}', 0.5),
    '# TYPE slo:budget_left:ratio30d gauge',
    ...is('slo:budget_left:ratio30d{namespace="dev",app="counter",slo="availability"}', 0.75),
    '# EOF',
    '',
  ];
  await writeFile(join(dir, 'history.txt'), lines.join('\n'));
  const data = join(dir, 'data');
  await promisify(execFile)('promtool', ['tsdb', 'create-blocks-from', 'openmetrics', join(dir, 'history.txt'), data]);
  const fires = {
    ...{ alert: 'Burns', expr: 'vector(1)', labels: { severity: 'page', namespace: 'dev', app: 'counter' } },
    annotations: { summary: 'It burns: {{ $value }}.', runbook: 'https://example.com/burns.md' },
  };
  const waits = { ...fires, alert: 'Waits', for: '1h' };
  await writeFile(
    join(dir, 'rules.yml'),
    JSON.stringify({ groups: [{ name: 'a', interval: '1s', rules: [fires, waits] }] }),
  );
  await writeFile(join(dir, 'prometheus.yml'), JSON.stringify({ rule_files: [join(dir, 'rules.yml')] }));
  const server = `http://127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${join(dir, 'prometheus.yml')}`,
    ...[`--storage.tsdb.path=${data}`, '--storage.tsdb.retention.time=100y'],
    `--web.listen-address=${new URL(server).host}`,
  ];
  const child = spawn('prometheus', args, { stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));

  const door = observing({ server });
  const alerts = await until(async () => {
    const found = await door.alerts();
    return found.length > 0 ? found : undefined;
  });
  assert.deepEqual(
    alerts.map(({ labels, annotations }) => [labels.alertname, labels.namespace, annotations.summary]),
    [['Burns', 'dev', 'It burns: 1.']],
    'what waits does not fire',
  );
  assert.ok(Math.abs((alerts[0]?.since ?? 0) - Date.now()) < 60_000);

  const measured = measuredOf(await door.series(range), range);
  assert.deepEqual([...measured.keys()].sort(), ['dev/counter', 'dev/quiet']);
  const counter = measured.get('dev/counter');
  assert.equal(counter?.requests.length, 61);
  for (const [signal, expected] of [
    ['requests', 20],
    ['errors', 0.05],
    ['slow', 0.0975],
    ['busy', 0.5],
  ] as const)
    assert.ok(
      counter?.[signal].every((point) => Math.abs((point ?? Number.NaN) - expected) < 1e-6),
      `${signal}: ${counter?.[signal].join(' ')}`,
    );
  assert.equal(counter?.budget, 0.75);
  const quiet = measured.get('dev/quiet');
  assert.ok(quiet?.requests.every((point) => point === 0));
  assert.ok(
    quiet?.errors.every((point) => point === undefined),
    'of no request none fails and none succeeds',
  );
});

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('it took too long');
}
