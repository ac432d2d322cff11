import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { load } from 'js-yaml';
import { environments } from '../../clusters/environments.ts';
import { Cluster, skip as noCluster, podMaker } from '../cluster.fixture.ts';
import { until } from '../control-plane.fixture.ts';
import { formatYaml } from '../model/yaml.ts';
import { isApplication, objectsOf, partsOfAll, podOf, wavesOf } from '../parts.fixture.ts';
import { freePort } from '../port.fixture.ts';
import { definitions } from '../schemas/crd.fixture.ts';
import { type ConfigMap, look } from './gather.fixture.ts';
import { gathered } from './gather.ts';

// Debian's is built without Kubernetes.
const program = process.env.SLIPWAY_PROMETHEUS;
const unable = program === undefined ? 'set SLIPWAY_PROMETHEUS to a Prometheus 3 that knows Kubernetes' : false;
const account = 'system:serviceaccount:monitoring:prometheus';

interface Job {
  readonly job_name: string;
  readonly kubernetes_sd_configs?: readonly object[];
}
interface Target {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapeUrl: string;
}

/**
 * Puts into a folder what a pod of the namespace `monitoring` finds to be let in by the API server.
 * @returns the server's address
 */
async function letIn(cluster: Cluster, account: string, folder: string): Promise<string> {
  const token = await cluster.ask(`/api/v1/namespaces/monitoring/serviceaccounts/${account}/token`, {
    method: 'POST',
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  });
  writeFileSync(join(folder, 'token'), (token.body.status as { token: string }).token, { mode: 0o600 });
  const view = await cluster.kubectl(['config', 'view', '--raw', '--minify', '-o', 'json']);
  const [{ cluster: at }] = (JSON.parse(view.out) as { clusters: [{ cluster: Record<string, string> }] }).clusters;
  const { 'certificate-authority': file, 'certificate-authority-data': data } = at;
  writeFileSync(join(folder, 'ca.crt'), data ? Buffer.from(data, 'base64') : readFileSync(String(file)));
  return String(at.server);
}

describe('the gatherer on an API server, with the accounts and the rights that are rendered', {
  skip: noCluster,
}, () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-gathering-'));
  const here = environments.filter((one) => one.cluster === 'nonprod').map(({ name }) => name);
  let cluster: Cluster;
  let objects: ReturnType<typeof objectsOf>;

  before(async () => {
    cluster = await Cluster.open();
    await cluster.define(definitions);
    const parts = (await partsOfAll()).filter(({ environment }) => here.includes(environment));
    for (const { objects } of wavesOf(parts)) await cluster.sync(objects);
    objects = parts.flatMap(objectsOf);
  });
  after(async () => {
    await cluster?.close();
    rmSync(room, { recursive: true, force: true });
  });

  for (const [what, app] of [
    ['rules', 'prometheus'],
    ['probes', 'blackbox'],
    ['dashboards', 'grafana'],
  ] as const)
    test(`${app} gets all ${what} of its cluster, and no longer those that are gone`, async () => {
      const [account, folder] = [join(room, `${app}-account`), join(room, app)];
      for (const dir of [account, folder]) mkdirSync(dir);
      const { hostname: host, port } = new URL(await letIn(cluster, app, account));
      const program = objects.find(({ at }) => at === `platform-nonprod/${app}/configmap-${app}.yaml`)?.manifest;
      const { data = {} } = program as unknown as ConfigMap;
      const gather = () => look(String(data['etc.slipway.gather.mjs']), what, folder, { host, port, account });
      const files = () => readdirSync(folder).filter((name) => name !== 'gathered');

      const maps = objects
        .map(({ manifest }) => manifest as unknown as ConfigMap & { kind: string })
        .filter(({ kind, metadata }) => kind === 'ConfigMap' && metadata.labels?.[gathered[what]] === '1');
      assert.doesNotMatch(await gather(), /"error"/);
      assert.deepEqual(files().sort(), maps.flatMap(({ data = {} }) => Object.keys(data)).sort());
      const [{ metadata, data: its = {} } = assert.fail(what)] = maps;
      const path = `/api/v1/namespaces/${metadata.namespace}/configmaps/${metadata.name}`;
      assert.equal((await cluster.ask(path, { method: 'DELETE' })).status, 200);
      assert.match(await gather(), /"removed"/);
      assert.equal(files().length, maps.length - 1);
      for (const key of Object.keys(its)) assert.ok(!files().includes(key));
      assert.equal(readFileSync(join(folder, 'gathered'), 'utf8'), '0\n');
    });
});

describe('a real Prometheus on an API server, with the account and the rights that are rendered', {
  skip: noCluster || unable,
}, () => {
  const room = mkdtempSync(join(tmpdir(), 'slipway-discovery-'));
  let cluster: Cluster;
  let child: ChildProcess;
  let url: string;
  let log = '';

  const targets = async (): Promise<readonly Target[]> => {
    const answer = (await (await fetch(`${url}/api/v1/targets?state=active`)).json()) as {
      data: { activeTargets: readonly Target[] };
    };
    return answer.data.activeTargets;
  };
  const of = async (job: string) => (await targets()).filter(({ labels }) => labels.job === job);

  /** A pod as the rendered workload makes it, that runs: there is nobody here who would start it. */
  async function run(manifest: Parameters<typeof podOf>[0], ip: string): Promise<void> {
    const pod = podOf(manifest);
    assert.ok(pod);
    const { status, message, body } = await cluster.create(pod, { as: podMaker });
    assert.ok(status < 300, message);
    const { name, namespace } = body.metadata as { name: string; namespace: string };
    const running = { status: { phase: 'Running', podIP: ip, podIPs: [{ ip }] } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/status`;
    const answer = await cluster.ask(path, { method: 'PATCH', body: running, type: 'application/merge-patch+json' });
    assert.ok(answer.status < 300, answer.message);
  }

  before(async () => {
    cluster = await Cluster.open();
    await cluster.define(definitions);
    const here = environments.filter((one) => one.cluster === 'nonprod').map(({ name }) => name);
    const parts = (await partsOfAll()).filter(({ environment }) => here.includes(environment));
    for (const { objects } of wavesOf(parts)) await cluster.sync(objects);
    const objects = parts.flatMap(objectsOf).filter((one) => !isApplication(one));
    const rendered = (at: string) => {
      const found = objects.find((one) => one.at === at)?.manifest;
      assert.ok(found, at);
      return found;
    };
    await run(rendered('dev/counter/deployment-counter.yaml'), '10.0.0.7');
    await run(rendered('dev/redis/statefulset-redis.yaml'), '10.0.0.8');

    const server = await letIn(cluster, 'prometheus', room);

    // What stands in the part, but for where the API server is: a pod would find that by itself.
    const text = (rendered('platform-nonprod/prometheus/configmap-prometheus.yaml').data as Record<string, string>)[
      'etc.prometheus.prometheus.yml'
    ];
    const account = '/var/run/secrets/kubernetes.io/serviceaccount';
    const config = load(String(text).replaceAll(account, room)) as { scrape_configs: readonly Job[] };
    const access = {
      api_server: server,
      authorization: { credentials_file: join(room, 'token') },
      tls_config: { ca_file: join(room, 'ca.crt') },
    };
    const scrape_configs = config.scrape_configs.map((job) => ({
      ...job,
      kubernetes_sd_configs: job.kubernetes_sd_configs?.map((one) => ({ ...one, ...access })),
    }));
    writeFileSync(
      join(room, 'prometheus.yml'),
      formatYaml({ ...config, scrape_configs }, () => 0),
    );
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(
      String(program),
      [
        ...[`--config.file=${join(room, 'prometheus.yml')}`, `--storage.tsdb.path=${join(room, 'data')}`],
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    child.stderr?.on('data', (said) => {
      log += said;
    });
    await until(
      async () => {
        const found = await targets().catch(() => []);
        return found.some(({ labels }) => labels.job === 'pods') && found.some(({ labels }) => labels.job === 'probe');
      },
      `it finds nothing: ${log.slice(-2000)}`,
    );
  });
  after(async () => {
    if (child && child.exitCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await cluster?.close();
    rmSync(room, { recursive: true, force: true });
  });

  test('it finds the pods that say where they are read, as what they are, and no others', async () => {
    const [counter, ...others] = await of('pods');
    const { namespace, app, version } = counter?.labels ?? {};
    assert.deepEqual({ namespace, app, version }, { namespace: 'dev', app: 'counter', version: '1.0.7' });
    assert.equal(counter?.scrapeUrl, 'http://10.0.0.7:3000/metrics');
    assert.deepEqual(others, [], 'Redis says nothing itself');
  });

  test('it finds the public addresses that somebody wants to be asked', async () => {
    const probes = (await of('probe')).filter(({ labels }) => labels.app === 'counter');
    const asked = probes.map(({ scrapeUrl }) => Object.fromEntries(new URL(scrapeUrl).searchParams));
    for (const { target, hostname, module } of asked) {
      assert.match(String(hostname), /^counter\.(dev|staging)\.example\.com$/);
      assert.ok(target?.startsWith(`https://${hostname}/`), target);
      assert.match(String(module), /^(dev|staging)-counter-(page|version)$/);
    }
    assert.equal(asked.length, 4);
  });

  test('it is refused nothing that it asks for, and may do nothing else', async () => {
    assert.doesNotMatch(log, /forbidden|Unauthorized/i);
    const can = async (...question: string[]) =>
      (await cluster.kubectl(['auth', 'can-i', ...question, `--as=${account}`])).out.trim();
    assert.equal(await can('list', 'pods', '-n', 'staging'), 'yes');
    assert.equal(await can('get', 'nodes', '--subresource=metrics'), 'yes');
    for (const question of [
      ['list', 'secrets', '-n', 'dev'],
      ['list', 'pods', '-n', 'kube-system'],
      ['create', 'pods', '-n', 'dev'],
      ['get', 'nodes', '--subresource=proxy'],
      ['list', 'secrets', '-n', 'monitoring'],
    ])
      assert.equal(await can(...question), 'no', question.join(' '));
  });
});
