import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { clusters, environments } from '../../clusters/environments.ts';
import { exampleMissing, type Redis, type Service, serviceFixtures } from '../example.fixture.ts';
import { scopeOf } from '../model/environment.ts';
import { own } from '../model/monitoring.ts';
import { formatYaml } from '../model/yaml.ts';
import { freePort } from '../port.fixture.ts';
import { kept } from './kept.ts';
import { prometheusConfig } from './prometheus.ts';

const { redisMissing, startRedis, startService } = await serviceFixtures();

// Debian's is 2.42; others are named by variables.
const { SLIPWAY_PROMETHEUS: program = 'prometheus', SLIPWAY_PROMTOOL: promtool = 'promtool' } = process.env;
const missing = spawnSync(program, ['--version']).error
  ? `${program} is not installed (Debian and Homebrew: prometheus)`
  : false;

/** The same in little: nobody waits for a quarter of a minute, and nobody needs twenty thousand series to exceed a limit. */
const inLittle = (config: ReturnType<typeof prometheusConfig>) => ({
  ...config,
  global: { ...config.global, scrape_interval: '1s' },
  scrape_configs: config.scrape_configs.map((job) => ({
    ...job,
    ...{ sample_limit: 400, body_size_limit: '200KB' },
    // Who asks from outside waits longer than that.
    ...(job.scrape_timeout ? { scrape_interval: '15s' } : {}),
  })),
});
const yaml = (value: object) => formatYaml(value, () => 0);

test('what Prometheus is told on each cluster is a configuration that it takes', { skip: missing }, () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-promtool-'));
  for (const { name, namespaces } of clusters) {
    const here = environments.filter((one) => one.cluster === name && scopeOf(one) === 'environment');
    const config = prometheusConfig({
      ...{ cluster: name, discovery: 'kubernetes', namespaces: Object.keys(namespaces) },
      environments: here.map((one) => one.name),
      ...own,
    });
    // Debian's is built without Kubernetes: there the rest is checked.
    const written = yaml(config);
    const known = promtool === 'promtool' ? withoutKubernetes(written) : written;
    writeFileSync(join(room, `${name}.yml`), known);
    const args = ['check', 'config', '--syntax-only', join(room, `${name}.yml`)];
    const { status, stdout, stderr } = spawnSync(promtool, args, { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(config.scrape_configs.length, 9);
  }
  rmSync(room, { recursive: true });
});

const withoutKubernetes = (text: string) =>
  text.replaceAll(/( +)kubernetes_sd_configs:\n(\1 .*\n)+/g, '$1static_configs:\n$1  - targets: [a:1]\n');

test('every job says how much it reads at most', () => {
  const { scrape_configs } = prometheusConfig({
    ...{ cluster: 'c', discovery: 'kubernetes', environments: ['dev'] },
    ...own,
  });
  for (const job of scrape_configs)
    for (const limit of ['sample_limit', 'label_limit', 'label_value_length_limit', 'target_limit', 'body_size_limit'])
      assert.ok(job[limit], `${job.job_name}: ${limit}`);
});

test('what is kept of an exporter is a list of names, none of them twice', () => {
  for (const [exporter, names] of Object.entries(kept)) {
    assert.deepEqual([...new Set<string>(names)], [...names], exporter);
    for (const name of names) assert.match(name, /^[a-z][a-zA-Z0-9_]+$/);
  }
});

suite('a real Prometheus that is told of pods as Kubernetes tells it', {
  skip: missing || exampleMissing || redisMissing,
}, () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-scrape-'));
  /** What exporters of the test say, by path. */
  const texts: Record<string, string> = {
    '/hostile': 'a_total{namespace="production",app="other",pod="p",version="9",job="j",instance="i",x="é\\"\\n"} 1\n',
    '/noisy': Array.from({ length: 401 }, (_, index) => `visits{path="/${index}"} 1\n`).join(''),
    '/nearly': Array.from({ length: 400 }, (_, index) => `calls{path="/${index}"} 1\n`).join(''),
    '/long': `long{path="${'x'.repeat(1001)}"} 1\n`,
    '/many': `many{${Array.from({ length: 41 }, (_, index) => `l${index}="1"`).join()}} 1\n`,
    '/fat': `fat 1\n#${' '.repeat(210_000)}\n`,
    '/other': 'never 1\n',
    '/versions':
      'slipway_app_info{environment="staging",app="counter",version="1.0.2"} 1\nslipway_metrics_last_success_timestamp_seconds 5\n',
  };
  let sent: { targets: string[]; labels: Record<string, string> }[] = [];
  const world = createServer((request, response) => {
    const path = request.url ?? '';
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    if (path === '/sd/pod') return response.setHeader('content-type', 'application/json').end(JSON.stringify(sent));
    if (path === '/sd/ingress')
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(ingresses));
    const text = texts[path];
    return text === undefined ? response.writeHead(404).end() : response.end(text);
  });
  let redis: Redis;
  let service: Service;
  let child: ChildProcess;
  let url: string;

  const pod = (app: string, path: string, more: Record<string, string> = {}, address?: string) => ({
    targets: [address ?? `127.0.0.1:${(world.address() as AddressInfo).port}`],
    labels: {
      __meta_kubernetes_namespace: 'dev',
      __meta_kubernetes_pod_name: `${app}-1`,
      __meta_kubernetes_pod_phase: 'Running',
      __meta_kubernetes_pod_container_port_name: 'http',
      __meta_kubernetes_pod_label_app_kubernetes_io_name: app,
      __meta_kubernetes_pod_label_app_kubernetes_io_version: '1.0.3',
      __meta_kubernetes_pod_annotation_slipway_dev_metrics_port: 'http',
      __meta_kubernetes_pod_annotation_slipway_dev_metrics_path: path,
      ...more,
    },
  });
  const ingresses = [
    {
      targets: ['127.0.0.1:8080'],
      labels: {
        __meta_kubernetes_namespace: 'dev',
        __meta_kubernetes_ingress_label_app_kubernetes_io_name: 'counter',
        __meta_kubernetes_ingress_scheme: 'https',
        __meta_kubernetes_ingress_host: 'counter.dev.example.com',
        __meta_kubernetes_ingress_path: '/',
        __meta_kubernetes_ingress_annotation_slipway_dev_probe_path: '/start?a=b&c',
        __meta_kubernetes_ingress_annotation_slipway_dev_probe_version_path: '/version',
      },
    },
    // It wants nothing.
    {
      targets: ['127.0.0.1:8080'],
      labels: {
        __meta_kubernetes_namespace: 'dev',
        __meta_kubernetes_ingress_label_app_kubernetes_io_name: 'shop',
        __meta_kubernetes_ingress_scheme: 'https',
        __meta_kubernetes_ingress_host: 'shop.dev.example.com',
      },
    },
  ];

  before(async () => {
    await new Promise<void>((resolve) => world.listen(0, '127.0.0.1', resolve));
    redis = await startRedis({ durable: false });
    service = await startService({ REDIS_URL: redis.url, VERSION: '1.0.3', ENVIRONMENT: 'dev' });
    await fetch(service.url);
    sent = [
      pod('counter', '/metrics', {}, new URL(service.url).host),
      pod('hostile', '/hostile'),
      pod('noisy', '/noisy'),
      pod('nearly', '/nearly'),
      pod('long', '/long'),
      pod('many', '/many'),
      pod('fat', '/fat'),
      pod('otherport', '/other', { __meta_kubernetes_pod_container_port_name: 'main' }),
      pod('ended', '/other', { __meta_kubernetes_pod_phase: 'Succeeded' }),
      pod('quiet', '', {}),
      pod('versions', '/versions', { __meta_kubernetes_namespace: 'monitoring' }),
    ];
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const config = prometheusConfig({
      cluster: 'here',
      discovery: { http: `http://127.0.0.1:${(world.address() as AddressInfo).port}/sd` },
      blackbox: '127.0.0.1:1',
      environments: ['dev'],
      rules: [],
    });
    writeFileSync(join(room, 'prometheus.yml'), yaml(inLittle(config)));
    child = spawn(
      program,
      [
        ...[`--config.file=${join(room, 'prometheus.yml')}`, `--storage.tsdb.path=${join(room, 'data')}`],
        ...[`--web.listen-address=127.0.0.1:${port}`, '--enable-feature=exemplar-storage'],
      ],
      { stdio: 'ignore' },
    );
    await eventually(async () => (await fetch(`${url}/-/ready`)).ok, 'it is ready');
    // Whoever is read is read by then, also those that are refused.
    await eventually(async () => {
      const all = await targets();
      return (
        all.length === 10 &&
        all.every(
          ({ labels, health, lastError }) => labels.job === 'probe' || health === 'up' || /limit|long/.test(lastError),
        )
      );
    }, 'every pod was read');
  });
  after(async () => {
    if (child && child.exitCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    world.close();
    await service?.stop();
    await redis?.remove();
    rmSync(room, { recursive: true, force: true });
  });

  type Target = { labels: Record<string, string>; scrapeUrl: string; health: string; lastError: string };
  const targets = async (): Promise<Target[]> =>
    ((await (await fetch(`${url}/api/v1/targets?state=active`)).json()) as { data: { activeTargets: Target[] } }).data
      .activeTargets;
  const query = async (text: string): Promise<Record<string, string>[]> => {
    const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query: text })}`);
    const { data } = (await answer.json()) as { data: { result: { metric: Record<string, string> }[] } };
    return data.result.map(({ metric }) => metric);
  };

  test('what the service measures has the environment, the app, the pod and the version that runs', async () => {
    const [found] = await query('http_server_request_duration_seconds_count{http_route="/"}');
    const { namespace, app, pod, version, job } = found ?? {};
    assert.deepEqual(
      { namespace, app, pod, version, job },
      { namespace: 'dev', app: 'counter', pod: 'counter-1', version: '1.0.3', job: 'pods' },
    );
  });

  test('a pod cannot speak for another one', async () => {
    const [found] = await query('a_total');
    assert.equal(found?.namespace, 'dev');
    assert.equal(found?.app, 'hostile');
    assert.equal(found?.version, '1.0.3');
    assert.equal(found?.exported_namespace, 'production');
    assert.equal((await query('{namespace="production"}')).length, 0);
  });

  test('who says too much is not read at all, and is seen to be missing', async () => {
    for (const [app, why] of [
      ['noisy', /sample limit exceeded/],
      ['long', /label value too long|label_value_length_limit/],
      ['many', /label_limit exceeded|label limit/],
      ['fat', /body size limit exceeded/],
    ] as const) {
      const target = (await targets()).find(({ labels }) => labels.app === app);
      assert.match(target?.lastError ?? '', why, app);
      assert.equal((await query(`up{app="${app}"} == 0`)).length, 1, app);
    }
    for (const name of ['visits', 'long', 'many', 'fat']) assert.equal((await query(name)).length, 0, name);
    assert.equal((await query('count(calls) == 400')).length, 1, 'what keeps to the limit is read');
  });

  test('only the port that a pod names is read, and no pod that has ended or says nothing', async () => {
    const read = (await targets()).map(({ labels }) => labels.app ?? labels.pod);
    for (const app of ['otherport', 'ended', 'quiet', 'shop']) assert.ok(!read.includes(app), app);
    assert.equal((await query('never')).length, 0);
  });

  test('what runs where is about the environment that it names, not about the pod that tells it', async () => {
    const [found] = await query('slipway_app_info');
    assert.equal(found?.namespace, 'staging');
    assert.equal(found?.app, 'counter');
    assert.equal(found?.version, '1.0.2');
    assert.equal((await query('slipway_metrics_last_success_timestamp_seconds == 5')).length, 1);
  });

  test('a public address is asked by its host, with what the part of its app says', async () => {
    const probes = (await targets()).filter(({ labels }) => labels.job === 'probe');
    const seen = probes.map(({ labels: { instance, namespace, app, probe }, scrapeUrl }) => {
      const { host, pathname, searchParams } = new URL(scrapeUrl);
      return { instance, namespace, app, probe, asked: `${host}${pathname}`, ...Object.fromEntries(searchParams) };
    });
    const alike = { namespace: 'dev', app: 'counter', asked: '127.0.0.1:1/probe', hostname: 'counter.dev.example.com' };
    assert.deepEqual(
      seen.sort((a, b) => String(a.probe).localeCompare(String(b.probe))),
      [
        {
          ...alike,
          ...{ instance: 'https://counter.dev.example.com/start?a=b&c', probe: 'page', module: 'dev-counter-page' },
          target: 'https://127.0.0.1:8080/start?a=b&c',
        },
        {
          ...alike,
          ...{ instance: 'https://counter.dev.example.com/version', probe: 'version', module: 'dev-counter-version' },
          target: 'https://127.0.0.1:8080/version',
        },
      ],
    );
  });
});

async function eventually(holds: () => Promise<boolean>, what: string): Promise<void> {
  const until = performance.now() + 30_000;
  while (performance.now() < until) {
    if (await holds().catch(() => false)) return;
    await sleep(50);
  }
  throw new Error(`not within 30 s: ${what}`);
}
