import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { load } from 'js-yaml';
import { freePort } from '../../port.fixture.ts';
import { seriesOf } from './scraped.ts';
import { type Series, type Source, writeSource } from './source.ts';

/**
 * Writes a source anew, from a program that is run, or from what its authors say of it:
 *
 *   node generators/monitoring/catalogue/update.ts redis-exporter /usr/bin/prometheus-redis-exporter
 *   node generators/monitoring/catalogue/update.ts redis-exporter ./redis_exporter 1.86.0    built from its module
 *   node generators/monitoring/catalogue/update.ts kube-state-metrics DIR    docs/metrics of its module
 *   node generators/monitoring/catalogue/update.ts kubelet FILE             documentation-list.yaml of Kubernetes
 *   node generators/monitoring/catalogue/update.ts cadvisor FILE            metrics/prometheus.go of cAdvisor
 *
 * A program's file is named after its version, and the others keep their name. Only names, types and labels are kept: no
 * value, and nothing of the machine.
 */
const [what = '', from = '', ...told] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'slipway-catalogue-'));
const children: ChildProcess[] = [];

/** Runs a program until this one ends. */
function run(program: string, args: readonly string[]): void {
  children.push(spawn(program, args, { stdio: 'ignore', cwd: folder }));
}

/** What is answered there, as soon as it satisfies. */
async function read(url: string, enough: RegExp = /./): Promise<string> {
  for (let left = 150; ; left--) {
    const text = await fetch(url).then(
      (answer) => answer.text(),
      () => '',
    );
    if (enough.test(text)) return text;
    if (left === 0) throw new Error(`${url} never said ${enough}: ${text.slice(0, 500)}`);
    await new Promise((done) => setTimeout(done, 200));
  }
}

const write = (name: string, text: string) => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

/** Each starts the program with what it wants beside it, and gives what it exposes. */
const programs: Readonly<Record<string, (program: string) => Promise<string>>> = {
  'redis-exporter': async (program) => {
    const [port, redis] = [await freePort(), await freePort()];
    run('redis-server', ['--port', `${redis}`, '--appendonly', 'yes', '--maxmemory', '64mb', '--dir', folder]);
    const version = execFileSync('redis-server', ['--version'], { encoding: 'utf8' });
    told.push(`It asked Redis ${/v=(\S+)/.exec(version)?.[1]}, with appendonly and maxmemory.`);
    run(program, [`--web.listen-address=127.0.0.1:${port}`, `--redis.addr=redis://127.0.0.1:${redis}`]);
    return read(`http://127.0.0.1:${port}/metrics`, /^redis_up 1$/m);
  },
  blackbox: async (program) => {
    const port = await freePort();
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const pair = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=localhost'];
    execFileSync('openssl', ['req', ...pair, '-keyout', key, '-out', cert], { stdio: 'ignore' });
    const pem = { key: readFileSync(key), cert: readFileSync(cert) };
    const site = createSecureServer(pem, (_, answer) => answer.end('Holla!')).listen(0, '127.0.0.1');
    await once(site, 'listening');
    const http = { fail_if_body_not_matches_regexp: ['Holla'], tls_config: { insecure_skip_verify: true } };
    const modules = { page: { prober: 'http', http: { ...http, preferred_ip_protocol: 'ip4' } } };
    run(program, [
      `--web.listen-address=127.0.0.1:${port}`,
      `--config.file=${write('b.yml', JSON.stringify({ modules }))}`,
    ]);
    const target = `https://127.0.0.1:${(site.address() as AddressInfo).port}/`;
    const probe = await read(
      `http://127.0.0.1:${port}/probe?module=page&target=${encodeURIComponent(target)}`,
      /^probe_success 1$/m,
    );
    site.close();
    return probe;
  },
  'blackbox-own': async (program) => {
    const port = await freePort();
    run(program, [`--web.listen-address=127.0.0.1:${port}`, `--config.file=${write('b.yml', '{"modules": {}}')}`]);
    return read(`http://127.0.0.1:${port}/metrics`, /^blackbox_exporter_config_last_reload_successful /m);
  },
  'node-exporter': async (program) => {
    const port = await freePort();
    run(program, [`--web.listen-address=127.0.0.1:${port}`]);
    return read(`http://127.0.0.1:${port}/metrics`, /^node_load1 /m);
  },
  alertmanager: async (program) => {
    const port = await freePort();
    const config = { route: { receiver: 'none' }, receivers: [{ name: 'none' }] };
    run(program, [
      ...[`--web.listen-address=127.0.0.1:${port}`, '--cluster.listen-address=', `--storage.path=${folder}`],
      `--config.file=${write('a.yml', JSON.stringify(config))}`,
    ]);
    return read(`http://127.0.0.1:${port}/metrics`, /^alertmanager_build_info/m);
  },
  otelcol: async (program) => {
    const [port, otlp, nobody] = [await freePort(), await freePort(), await freePort()];
    const lost = { endpoint: `http://127.0.0.1:${nobody}`, retry_on_failure: { enabled: false } };
    const prometheus = { host: '127.0.0.1', port };
    const config = {
      receivers: {
        otlp: { protocols: { http: { endpoint: `127.0.0.1:${otlp}` } } },
        filelog: { include: [write('pod.log', 'a line\n')], start_at: 'beginning' },
      },
      processors: {
        batch: { timeout: '100ms' },
        memory_limiter: { check_interval: '1s', limit_mib: 500 },
        tail_sampling: { decision_wait: '1s', policies: [{ name: 'all', type: 'always_sample' }] },
      },
      exporters: { otlphttp: lost },
      service: {
        telemetry: { metrics: { level: 'normal', readers: [{ pull: { exporter: { prometheus } } }] } },
        pipelines: {
          traces: {
            receivers: ['otlp'],
            processors: ['memory_limiter', 'tail_sampling', 'batch'],
            exporters: ['otlphttp'],
          },
          logs: { receivers: ['filelog'], processors: ['memory_limiter', 'batch'], exporters: ['otlphttp'] },
        },
      },
    };
    run(program, ['--config', write('c.yml', JSON.stringify(config))]);
    const span = { traceId: '0'.repeat(31).concat('1'), spanId: '0'.repeat(15).concat('1'), name: 'one', kind: 2 };
    const body = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    await read(`http://127.0.0.1:${port}/metrics`, /otelcol_process_uptime/);
    await fetch(`http://127.0.0.1:${otlp}/v1/traces`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    return read(`http://127.0.0.1:${port}/metrics`, /otelcol_exporter_send_failed_spans[\s\S]*/);
  },
  prometheus: async (program) => {
    const port = await freePort();
    // Nobody need listen there: that it cannot be reached is a series, too.
    const other = [{ targets: [`127.0.0.1:${await freePort()}`] }];
    const groups = [{ name: 'one', interval: '1s', rules: [{ alert: 'Always', expr: 'vector(1)' }] }];
    const config = {
      global: { scrape_interval: '1s', evaluation_interval: '1s' },
      rule_files: [write('rules.yml', JSON.stringify({ groups }))],
      alerting: { alertmanagers: [{ static_configs: other }] },
      scrape_configs: [{ job_name: 'self', static_configs: [{ targets: [`127.0.0.1:${port}`] }] }],
    };
    run(program, [
      ...[`--web.listen-address=127.0.0.1:${port}`, `--storage.tsdb.path=${folder}/tsdb`],
      `--config.file=${write('p.yml', JSON.stringify(config))}`,
    ]);
    return read(
      `http://127.0.0.1:${port}/metrics`,
      /^prometheus_notifications_errors_total\{[\s\S]*^prometheus_rule_evaluations_total\{/m,
    );
  },
};

/** The version that a program says of itself on either of its outputs; one that was built by hand is told it. */
function versionOf(program: string): string {
  const said = execFileSync('sh', ['-c', '"$0" --version 2>&1', program], { encoding: 'utf8' });
  const version = /(?:version |v)"?v?(\d+\.\d+\.\d+)/.exec(said)?.[1] ?? told.shift();
  if (version === undefined) throw new Error(`${program} does not say its version: put it behind the program.`);
  return version;
}

/** Whether a value belongs to few that are known, and to no machine. */
const VALUED = ['le', 'alertstate', 'config', 'integration', 'reason', 'state', 'mode', 'phase'];

const here = (name: string) => join(import.meta.dirname, 'sources', `${name}.txt`);

const inTable = (text: string) => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/\\\|/g, '|');

/** The tables of kube-state-metrics' documentation: name, type, description, labels, status. */
function kubeStateMetrics(folder: string): Map<string, Series> {
  const series = new Map<string, Series>();
  for (const path of globSync(`${folder}/{cluster,policy,service,storage,workload}/*.md`)) {
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const cells = line.split(/(?<!\\)\|/).map((cell) => inTable(cell.trim()));
      const name = cells[1]?.replaceAll('`', '') ?? '';
      const type = /^(gauge|counter)$/i.exec(cells[2] ?? '')?.[1]?.toLowerCase();
      const written = cells.findLast((cell, at) => at > 2 && /^`?\w+`? ?=/.test(cell)) ?? '';
      if (!/^kube_\w+$/.test(name) || type === undefined) continue;
      const labels = Array.from(written.matchAll(/`?(\w+)`? ?= ?(<[^<]*>|[^<\s`]*)/g), ([, label = '', value = '']) => {
        const values = value
          .replace(/[<>`]/g, '')
          .split('|')
          .filter((one) => one !== '');
        return [label, values.length > 1 ? values : undefined] as const;
      });
      series.set(name, { name, type: type as Series['type'], labels: new Map(labels) });
    }
  }
  return series;
}

interface Documented {
  readonly name: string;
  readonly namespace?: string;
  readonly subsystem?: string;
  readonly type: string;
  readonly labels?: readonly string[];
  readonly componentEndpoints?: readonly { readonly component: string }[];
}

function kubelet(path: string): Map<string, Series> {
  const series = new Map<string, Series>();
  for (const one of load(readFileSync(path, 'utf8')) as Documented[]) {
    if (!one.componentEndpoints?.some(({ component }) => component === 'kubelet')) continue;
    const name = [one.namespace, one.subsystem, one.name].filter(Boolean).join('_');
    const labels = new Map((one.labels ?? []).map((label) => [label, undefined]));
    const add = (name: string, type: Series['type'], more: readonly string[] = []) =>
      series.set(name, {
        name,
        type,
        labels: new Map([...labels, ...more.map((label) => [label, undefined] as const)]),
      });
    if (one.type === 'Histogram') {
      add(`${name}_bucket`, 'bucket', ['le']);
      add(`${name}_count`, 'counter');
      add(`${name}_sum`, 'counter');
    } else add(name, one.type === 'Counter' || name.endsWith('_total') ? 'counter' : 'gauge');
  }
  return series;
}

/** What kubelet puts on each: containerPrometheusLabelsFunc in pkg/kubelet/server/server.go. */
const ON_CONTAINERS = ['id', 'name', 'image', 'pod', 'namespace', 'container'];

function cadvisor(path: string): Map<string, Series> {
  const text = readFileSync(path, 'utf8');
  const found = text.matchAll(
    /name:\s+"(container_\w+)",\s+help:[^\n]*\s+valueType:\s+prometheus\.(\w+)Value,(?:\s+extraLabels:\s+\[\]string\{([^}]*)\})?/g,
  );
  return new Map(
    Array.from(found, ([, name = '', type = '', extra = '']) => {
      const labels = [...ON_CONTAINERS, ...Array.from(extra.matchAll(/"(\w+)"/g), ([, label = '']) => label)];
      return [
        name,
        {
          name,
          type: type.toLowerCase() as Series['type'],
          labels: new Map(labels.map((label) => [label, undefined])),
        },
      ];
    }),
  );
}

const readers: Readonly<Record<string, (path: string) => Map<string, Series>>> = {
  'kube-state-metrics': kubeStateMetrics,
  kubelet,
  cadvisor,
};

async function made(): Promise<[name: string, source: Source]> {
  const program = programs[what];
  if (program) {
    const version = versionOf(from);
    const series = seriesOf(await program(from), VALUED);
    return [
      `${what}-${version}`,
      { told: [`${what} ${version}, recorded from ${basename(from)} while it ran.`, ...told], series },
    ];
  }
  const reader = readers[what];
  if (!reader || told.length === 0)
    throw new Error('Say what, where it is, and for a document which version and address.');
  return [what, { told, series: reader(from) }];
}

try {
  const [name, source] = await made();
  writeFileSync(here(name), writeSource(source));
  console.log(`${name}: ${source.series.size} series`);
} finally {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
}
