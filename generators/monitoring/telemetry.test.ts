import assert from 'node:assert/strict';
import { appendFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { env } from 'node:process';
import { type TestContext, test } from 'node:test';
import { app as collector } from '../../apps/collector/app.ts';
import { apps } from '../../apps/index.ts';
import { app as loki } from '../../apps/loki/app.ts';
import { app as tempo } from '../../apps/tempo/app.ts';
import { app as gateway } from '../../apps/traces/app.ts';
import { clusters } from '../../clusters/environments.ts';
import type { Store, Web, Worker } from '../model/app.ts';
import { traces } from '../model/monitoring.ts';
import { freePort } from '../port.fixture.ts';
import { configOf, ended, eventually, folderOf, running, startSink, written } from './telemetry.fixture.ts';

// Programs of the stack, built elsewhere: without them their configuration is held against what it says itself.
const { SLIPWAY_OTELCOL: otelcol = '', SLIPWAY_LOKI: lokiProgram = '', SLIPWAY_TEMPO: tempoProgram = '' } = env;
const without = (variable: string, program: string) =>
  program === '' && `${variable} names no program: this test runs the real one.`;

type Named = Record<string, Record<string, unknown>>;
interface Collector {
  readonly receivers: Named;
  readonly processors: Named;
  readonly exporters: Named;
  readonly extensions?: Named;
  readonly service: {
    readonly extensions?: readonly string[];
    readonly pipelines: Record<string, { receivers: string[]; processors?: string[]; exporters: string[] }>;
  };
}
const collectors = { collector: configOf<Collector>(collector), traces: configOf<Collector>(gateway) };

const kept = ['volume', ...clusters.map(({ name }) => `platform-${name}`)] as const;
const at = (environment: string) => (environment === 'volume' ? undefined : environment);

for (const [name, { receivers, processors, exporters, extensions = {}, service }] of Object.entries(collectors))
  test(`${name} declares what its pipelines use, and nothing else, and bounds its memory first`, () => {
    const pipelines = Object.values(service.pipelines);
    const used = (kind: 'receivers' | 'processors' | 'exporters') =>
      [...new Set(pipelines.flatMap((pipeline) => pipeline[kind] ?? []))].sort();
    assert.deepEqual(used('receivers'), Object.keys(receivers).sort());
    assert.deepEqual(used('exporters'), Object.keys(exporters).sort());
    assert.deepEqual(used('processors'), Object.keys(processors).sort());
    assert.deepEqual([...(service.extensions ?? [])].sort(), Object.keys(extensions).sort());
    for (const pipeline of pipelines) assert.equal(pipeline.processors?.[0], 'memory_limiter');
    for (const exporter of Object.values(exporters)) assert.ok(exporter.sending_queue && exporter.retry_on_failure);
  });

test('what is sent goes to where an app listens, in its namespace', () => {
  const endpoint = ({ exporters }: Collector) => String(exporters.otlp_http?.endpoint);
  const { port } = loki as Store;
  assert.equal(endpoint(collectors.collector), `http://loki.${loki.namespace}:${port}/otlp`);
  assert.deepEqual((collector as { calls?: readonly string[] }).calls, [`loki.${loki.namespace}`]);
  const { receivers } = configOf<{ distributor: { receivers: Named } }>(tempo).distributor;
  assert.deepEqual(receivers, { otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } } });
  assert.equal(endpoint(collectors.traces), 'http://tempo:4318');
  assert.equal(tempo.namespace, gateway.namespace);
  assert.equal((gateway as Worker).port, traces.port);
});

test('nothing that a service calls slow is left to chance', async () => {
  const [slow] = policies().flatMap((policy) => ('latency' in policy ? [policy.latency.threshold_ms] : []));
  assert.ok(slow);
  const all = await Promise.all(Object.values(apps).map(async (load) => (await load()).app));
  for (const { name, objective } of all.filter((app): app is Web => app.kind === 'web'))
    if (typeof objective === 'object' && objective.latency)
      assert.ok(slow <= objective.latency.within * 1000, `${name} promises ${objective.latency.within} s`);
});

type Policy = { readonly name: string; readonly latency: { readonly threshold_ms: number } };
const policies = () => (collectors.traces.processors.tail_sampling as { policies: readonly Policy[] }).policies;

test('the app of a pod is known by how its pod is named', () => {
  const { log_statements } = collectors.collector.processors.transform as { log_statements: readonly string[] };
  const [, pattern = ''] = /^replace_pattern\([^,]+, "(.+)", ""\)$/.exec(log_statements[1] ?? '') ?? [];
  const appOf = (pod: string) => pod.replace(new RegExp(pattern), '');
  for (const [pod, app] of [
    ['counter-7d9f8c6b5-x2x4z', 'counter'],
    ['redis-exporter-65c9dbd7f9-kq5tz', 'redis-exporter'],
    ['redis-0', 'redis'],
    ['redis-backup-29384756-x7k2p', 'redis-backup'],
    ['collector-4x7zp', 'collector'],
    ['shop2-5f6b7c8d9-bcdfg', 'shop2'],
    ['argocd-application-controller-0', 'argocd-application-controller'],
    ['by-hand', 'by-hand'],
  ] as const)
    assert.equal(appOf(pod), app);
});

for (const environment of kept)
  test(`what Loki and Tempo keep ends, is bounded, and reports to nobody: ${environment}`, () => {
    const lokis = configOf<{ limits_config: Record<string, unknown>; analytics: object; compactor: object }>(
      loki,
      at(environment),
    );
    assert.match(String(lokis.limits_config.retention_period), /^\d+h$/);
    assert.deepEqual(lokis.analytics, { reporting_enabled: false });
    assert.partialDeepStrictEqual(lokis.compactor, { retention_enabled: true });
    for (const limit of ['max_global_streams_per_user', 'ingestion_rate_mb', 'per_stream_rate_limit', 'max_line_size'])
      assert.ok(lokis.limits_config[limit], limit);
    const tempos = configOf<{ compactor: { compaction: { block_retention: string } }; usage_report: object }>(
      tempo,
      at(environment),
    );
    assert.match(tempos.compactor.compaction.block_retention, /^\d+h$/);
    assert.deepEqual(tempos.usage_report, { reporting_enabled: false });
  });

test("the collector's own binary takes both configurations", {
  skip: without('SLIPWAY_OTELCOL', otelcol),
}, async (t) => {
  const folder = await folderOf(t);
  for (const [name, config] of Object.entries(collectors)) {
    if (config.extensions?.file_storage)
      Object.assign(config.extensions.file_storage, { directory: folder, compaction: {} });
    const file = await written(folder, `${name}.json`, config);
    assert.deepEqual(await ended(otelcol, ['validate', '--config', file]), { code: 0, said: '' }, name);
  }
});

test("Loki's own binary takes every configuration", { skip: without('SLIPWAY_LOKI', lokiProgram) }, async (t) => {
  const folder = await folderOf(t);
  for (const environment of kept) {
    const file = await written(folder, `${environment}.json`, configOf(loki, at(environment)));
    const { code, said } = await ended(lokiProgram, ['-verify-config', `-config.file=${file}`]);
    assert.equal(code, 0, `${environment}: ${said}`);
  }
});

test("Tempo's own binary takes every configuration", { skip: without('SLIPWAY_TEMPO', tempoProgram) }, async (t) => {
  const folder = await folderOf(t);
  for (const environment of kept) {
    const file = await written(folder, `${environment}.json`, configOf(tempo, at(environment)));
    const { code, said } = await ended(tempoProgram, ['-config.verify', `-config.file=${file}`]);
    assert.equal(code, 0, `${environment}: ${said}`);
  }
});

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

test('of many traces the wrong, the slow and those that a metric points to are kept, and a fifth of the others', {
  skip: without('SLIPWAY_OTELCOL', otelcol),
}, async (t) => {
  const [folder, sink, port] = [await folderOf(t), await startSink(t), await freePort()];
  const config = structuredClone(collectors.traces);
  config.receivers.otlp = { protocols: { http: { endpoint: `127.0.0.1:${port}` } } };
  config.exporters.otlp_http = {
    ...config.exporters.otlp_http,
    endpoint: sink.url,
    encoding: 'json',
    compression: 'none',
  };
  Object.assign(config.processors.tail_sampling as object, { decision_wait: '1s' });
  await quiet(config);
  const program = running(t, otelcol, ['--config', await written(folder, 'traces.json', config)]);
  const start = Date.now() * 1e6;
  const span = (id: number, ms: number, more: object = {}) => ({
    traceId: hex(id, 32),
    spanId: hex(id, 16),
    name: 'GET /',
    kind: 2,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + ms * 1e6),
    ...more,
  });
  const others = 400;
  const spans = [
    ...Array.from({ length: others }, (_, index) => span(0x10_0000 + index * 7919, 20)),
    span(1, 20, { status: { code: 2 } }),
    span(2, 300),
    span(3, 20, { attributes: [{ key: 'exemplar', value: { boolValue: true } }] }),
    span(4, 20, { attributes: [{ key: 'exemplar', value: { boolValue: false } }] }),
  ];
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'counter' } }] };
  await eventually(async () => {
    const { status } = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] }),
    });
    assert.equal(status, 200);
  }).catch((error) => assert.fail(`${error}: ${program.said()}`));
  type Sent = { resourceSpans: { scopeSpans: { spans: { traceId: string }[] }[] }[] };
  const ids = () =>
    sink.bodies.flatMap(({ body }) =>
      (body as Sent).resourceSpans.flatMap(({ scopeSpans }) =>
        scopeSpans.flatMap((scope) => scope.spans.map(({ traceId }) => Number.parseInt(traceId, 16))),
      ),
    );
  await eventually(() => assert.ok([1, 2, 3].every((id) => ids().includes(id))));
  const share = ids().filter((id) => id > 4).length / others;
  assert.ok(share > 0.12 && share < 0.28, `${share}`);
});

test('what a pod logs while Loki is away and the collector is killed is found by its trace, once, under three labels', {
  skip: without('SLIPWAY_OTELCOL', otelcol) || without('SLIPWAY_LOKI', lokiProgram),
}, async (t) => {
  const folder = await folderOf(t);
  const port = await freePort();
  const config = structuredClone(collectors.collector);
  config.receivers.file_log = {
    ...config.receivers.file_log,
    include: [`${folder}/pods/*/*/*.log`],
    poll_interval: '100ms',
    // The file may be there when it looks for the first time.
    start_at: 'beginning',
  };
  config.exporters.otlp_http = {
    ...config.exporters.otlp_http,
    endpoint: `http://127.0.0.1:${port}/otlp`,
    retry_on_failure: { max_interval: '2s' },
  };
  Object.assign(config.extensions?.file_storage ?? {}, { directory: folder, compaction: {} });
  const metrics = await quiet(config);
  const file = await written(folder, 'collector.json', config);
  const first = running(t, otelcol, ['--config', file]);

  const pod = join(folder, 'pods/production_counter-7d9f8c6b5-x2x4z_0a1b2c3d-0000-4000-8000-000000000000/counter');
  await mkdir(pod, { recursive: true });
  const now = new Date().toISOString().replace('Z', '000000Z');
  const traced =
    '{"level":"warn","message":"A slow request was traced.","traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}';
  const lines = [
    `${now} stdout F ${traced}`,
    `${now} stderr F plain text, "no" {{ JSON`,
    `${now} stdout P {"level":"info","message":"in `,
    `${now} stdout F two"}`,
    `${now} stdout F {"level":{"deep":[1]},"traceId":7,"spanId":null}`,
    `${now} stdout F {"level":"error","traceId":"0af7651916cd43dd8448eb211c80319c'; DROP","spanId":"x"}`,
    `${now} stdout F {broken`,
    `${now} stdout F ${'x'.repeat(300_000)}`,
  ];
  const late = '{"level":"info","message":"Nobody was listening."}';
  await appendFile(join(pod, '0.log'), `${lines.join('\n')}\n`);
  await eventually(() => assert.match(first.said(), /Exporting failed/));
  await first.kill();
  // A node keeps no file for ever: what was read is in the collector's own queue.
  await rm(join(pod, '0.log'));
  await appendFile(join(pod, '0.log'), `${now} stdout F ${late}\n`);
  running(t, otelcol, ['--config', file]);
  const store = await startLoki(t, folder, port);

  const texts = await eventually(async () => {
    const streams = await store.ask('{service_name="counter", k8s_namespace_name="production"}');
    const texts = streams.flatMap(({ values }) => values.map(([, line]) => line));
    assert.ok(texts.includes(traced) && texts.includes(late), store.said());
    return texts;
  });
  assert.ok(texts.includes('plain text, "no" {{ JSON') && texts.includes('{broken'));
  assert.ok(texts.includes('{"level":"info","message":"in two"}'), 'what the runtime split is one line again');
  for (const line of texts) assert.ok(Buffer.byteLength(line) <= 256 * 1024);
  assert.equal(new Set(texts).size, texts.length);

  const byTrace = await store.ask('{service_name="counter"} | trace_id="0af7651916cd43dd8448eb211c80319c"');
  assert.deepEqual(
    byTrace.flatMap(({ values }) => values.map(([, line]) => line)),
    [traced],
  );
  assert.partialDeepStrictEqual(byTrace[0]?.stream, {
    span_id: 'b7ad6b7169203331',
    severity_text: 'WARN',
    k8s_pod_name: 'counter-7d9f8c6b5-x2x4z',
  });
  const labels = await store.labels();
  assert.deepEqual(labels, ['k8s_container_name', 'k8s_namespace_name', 'service_name']);

  await eventually(async () => {
    const text = await (await fetch(`http://127.0.0.1:${metrics}/metrics`)).text();
    assert.match(text, /^otelcol_exporter_sent_log_records\{/m);
  });
});

type Telemetered = { telemetry: { metrics: { readers: { pull: { exporter: { prometheus: object } } }[] } } };

/** Its own ports are taken where several run. @returns that of its metrics */
async function quiet(config: Collector): Promise<number> {
  const port = await freePort();
  if (config.extensions?.health_check) config.extensions.health_check = { endpoint: `127.0.0.1:${await freePort()}` };
  const [reader] = (config.service as unknown as Telemetered).telemetry.metrics.readers;
  assert.ok(reader);
  Object.assign(reader.pull.exporter.prometheus, { host: '127.0.0.1', port });
  return port;
}

type Streams = readonly {
  readonly stream: Record<string, string>;
  readonly values: readonly (readonly [string, string])[];
}[];

/** A real Loki that keeps in a folder, as it would on its volume. */
async function startLoki(t: TestContext, folder: string, port: number) {
  const internal = await freePort();
  const config = JSON.parse(JSON.stringify(configOf<{ server: object }>(loki)).replaceAll('/loki', `${folder}/loki`));
  Object.assign(config.server, {
    http_listen_address: '127.0.0.1',
    http_listen_port: port,
    grpc_listen_port: internal,
  });
  const program = running(t, lokiProgram, [`-config.file=${await written(folder, 'loki.json', config)}`]);
  const url = `http://127.0.0.1:${port}`;
  await eventually(async () => {
    const ready = await fetch(`${url}/ready`).catch(() => undefined);
    assert.equal(ready?.status, 200, program.said());
  }, 60_000);
  const get = async (path: string) => (await (await fetch(`${url}/loki/api/v1/${path}`)).json()) as { data: unknown };
  return {
    url,
    said: program.said,
    ask: async (query: string) =>
      ((await get(`query_range?query=${encodeURIComponent(query)}`)).data as { result: Streams }).result,
    labels: async () => (await get('labels')).data as string[],
  };
}
