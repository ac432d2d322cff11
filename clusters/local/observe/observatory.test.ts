import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, suite, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { dump } from 'js-yaml';
import { doorsOf } from '../../../generators/commands/local-doors.ts';
import { processesIn } from '../processes.fixture.ts';
import { artifact, has, processesOf, type Started, serving, started, web } from '../world.fixture.ts';
import { startWorld, stopWorld, type World } from '../world.ts';
import { Observatory } from './observatory.ts';

const skip = !has('prometheus') && 'prometheus is not installed: npm test installs it where it may';

const program = serving(`say(request.url === '/metrics' ? 'answers_total 1\\n' : 'The page of hello');`);

/** A ConfigMap for whoever watches. */
const brings = (what: 'rules' | 'probes', text: object | string) => ({
  [`hello/configmap-hello-${what}.yaml`]: dump({
    kind: 'ConfigMap',
    metadata: { name: `hello-${what}`, labels: { [`slipway.dev/${what}`]: '1' } },
    data: { 'dev-hello.yaml': typeof text === 'string' ? text : dump(text) },
  }),
});

/** Evaluated every second, so that nobody waits. */
const rules = (alert: string, expr: string) => ({
  groups: [
    {
      name: 'hello',
      interval: '1s',
      rules: [{ alert, expr, labels: { severity: 'page', namespace: 'dev', app: 'hello' } }],
    },
  ],
});

suite('a world that a real Prometheus watches', { skip }, () => {
  let world: World;
  let it: Started;
  let hello: Record<string, string>;
  const ends: (() => Promise<void>)[] = [];

  before(async () => {
    it = await started({ after: (end) => void ends.push(end as () => Promise<void>) } as TestContext, {
      observe: true,
    });
    world = it.world;
    hello = web('hello', await artifact(world, program), {
      metadata: {
        labels: { 'app.kubernetes.io/name': 'hello', 'app.kubernetes.io/version': '1.0' },
        annotations: { 'slipway.dev/metrics-port': 'http', 'slipway.dev/metrics-path': '/metrics' },
      },
      manifests: [
        {
          kind: 'Ingress',
          metadata: {
            name: 'hello',
            labels: { 'app.kubernetes.io/name': 'hello' },
            annotations: { 'slipway.dev/probe-path': '/page' },
          },
          spec: {
            tls: [{ hosts: ['hello.dev.example.com'] }],
            rules: [
              {
                host: 'hello.dev.example.com',
                http: { paths: [{ path: '/', backend: { service: { name: 'hello', port: { name: 'http' } } } }] },
              },
            ],
          },
        },
      ],
    });
    await it.commit({ ...hello, ...brings('rules', rules('Greets', 'vector(1)')) });
    await it.until('hello', ({ health }) => health === 'Healthy');
  });
  after(async () => {
    for (const end of ends) await end();
  });

  /** What Prometheus' API answers, as soon as it is as asked. */
  async function eventually<T>(path: string, holds: (data: T) => boolean): Promise<T> {
    let data: T | undefined;
    for (const end = Date.now() + 20_000; Date.now() < end; await delay(100)) {
      data = await fetch(`${world.prometheus}/api/v1/${path}`)
        .then(async (answer) => ((await answer.json()) as { data: T }).data)
        .catch(() => undefined);
      if (data !== undefined && holds(data)) return data;
    }
    throw new Error(
      `${path} is ${JSON.stringify(data)?.slice(0, 2000)}; ${readFileSync(`${world.dir}/world.log`, 'utf8')}`,
    );
  }
  /** What the foot of every page of the board says. */
  const board = async () => (await fetch(`${world.control}/`)).headers.get('slipway-traffic') ?? '';

  interface Targets {
    readonly activeTargets: readonly {
      readonly scrapePool: string;
      readonly scrapeUrl: string;
      readonly labels: Record<string, string>;
    }[];
  }
  const scraping =
    (pools: readonly string[]) =>
    ({ activeTargets }: Targets) =>
      activeTargets
        .map(({ scrapePool }) => scrapePool)
        .sort()
        .join() === pools.join();
  const alerts = (names: string) => (data: { alerts: readonly { labels: { alertname: string } }[] }) =>
    data.alerts.map(({ labels }) => labels.alertname).join() === names;

  test('its pods are found under the labels of a cluster, and its hosts where the machine can ask them', async () => {
    const asksOutside = has('prometheus-blackbox-exporter');
    const pools = ['pods', ...(asksOutside ? ['probe'] : []), 'versions'];
    const { activeTargets } = await eventually<Targets>('targets', scraping(pools));
    const labelsOf = (pool: string) => activeTargets.find(({ scrapePool }) => scrapePool === pool)?.labels;
    const { instance, ...pod } = labelsOf('pods') ?? {};
    assert.deepEqual(pod, { job: 'pods', namespace: 'dev', app: 'hello', pod: 'hello-1', version: '1.0' });
    assert.equal(labelsOf('versions')?.instance, new URL(world.control).host);
    assert.match(instance ?? '', /^127\.0\.0\.1:\d+$/);
    if (!asksOutside) return;
    const page = { job: 'probe', probe: 'page', namespace: 'dev', app: 'hello' };
    assert.deepEqual(labelsOf('probe'), { ...page, instance: 'http://hello.dev.example.com/page' });
  });

  test('a public address is asked as its app wants it, by a visitor of the proxy', async (t) => {
    if (!has('prometheus-blackbox-exporter')) return t.skip('prometheus-blackbox-exporter is not installed');
    const says = (text: string) => ({
      modules: { 'dev-hello-page': { prober: 'http', http: { fail_if_body_not_matches_regexp: [text] } } },
    });
    const probed = async (text: string) => {
      await it.commit({ ...hello, ...brings('rules', rules('Greets', 'vector(1)')), ...brings('probes', says(text)) });
      const { activeTargets } = await eventually<Targets>('targets', scraping(['pods', 'probe', 'versions']));
      const asked = activeTargets.find(({ scrapePool }) => scrapePool === 'probe')?.scrapeUrl ?? '';
      // As Prometheus asks it every 15 seconds.
      let answer = '';
      for (const end = Date.now() + 10_000; Date.now() < end && !answer.includes('probe_success'); await delay(50))
        answer = await (await fetch(asked)).text();
      return /^probe_success \d$/m.exec(answer)?.[0];
    };
    assert.equal(await probed('page of hello'), 'probe_success 1');
    await it.commit({ ...hello, ...brings('probes', says('(page of')) });
    for (const end = Date.now() + 10_000; !(await board()).includes('refuses it'); await delay(50))
      assert.ok(Date.now() < end, await board());
    assert.match(
      await board(),
      /dev-hello\.yaml: prometheus-blackbox-exporter refuses it: .*Could not compile regular expression/,
    );
    for (const end = Date.now() + 10_000; (await probed('another page')) !== 'probe_success 0'; await delay(50))
      assert.ok(Date.now() < end);
  });

  test('rules come from what is applied, those that Prometheus refuses are told, and what they were stays', async () => {
    await eventually('alerts', alerts('Greets'));
    const firing = await doorsOf(world).metrics?.firing('dev', 0, Date.now());
    assert.deepEqual(firing?.get('hello')?.[0]?.alert, 'Greets', 'the gates of --remote local read it');

    await it.commit({ ...hello, ...brings('rules', rules('Greets', 'rate(')) });
    for (const end = Date.now() + 10_000; !(await board()).includes('promtool refuses it'); await delay(50))
      assert.ok(Date.now() < end, await board());
    assert.match(await board(), /dev-hello\.yaml: promtool refuses it: .*parse error/);
    await eventually('alerts', alerts('Greets'));
    await it.commit({ ...hello, ...brings('rules', rules('Greets', 'vector(1)')) });
    for (const end = Date.now() + 10_000; (await board()).includes('refuses it'); await delay(50))
      assert.ok(Date.now() < end, await board());

    await it.commit({ ...hello, ...brings('rules', rules('Waves', 'vector(1)')) });
    await eventually('alerts', alerts('Waves'));
    assert.doesNotMatch(await board(), /refuses/);
    await it.commit(hello);
    await eventually('alerts', alerts(''));
  });

  test('a Prometheus that is killed comes back at its address', async (t) => {
    if (process.platform !== 'linux') return t.skip('it looks for processes in /proc, which only Linux has');
    const watching = () => processesIn(`${world.dir}/observe`).filter((pid) => nameOf(pid) === 'prometheus');
    const [before] = watching();
    process.kill(before ?? 0, 'SIGKILL');
    await eventually<object>('status/buildinfo', () => watching()[0] !== before && watching().length === 1);
  });

  test('who dies takes it along, and who comes after finds what it remembers', async (t) => {
    if (process.platform !== 'linux') return t.skip('it looks for processes in /proc, which only Linux has');
    process.kill(world.pid, 'SIGKILL');
    await nothingRuns(world);

    const again = await startWorld(it.checkout, world.dir, ['dev'], { tied: true, observe: true });
    const found = await startWorld(it.checkout, world.dir, ['dev'], { tied: false, observe: true });
    assert.equal(found.prometheus, again.prometheus);
    const remembered = `${again.prometheus}/api/v1/query?query=${encodeURIComponent('last_over_time(ALERTS{alertname="Greets"}[1h])')}`;
    const { data } = (await (await fetch(remembered)).json()) as { data: { result: readonly unknown[] } };
    assert.equal(data.result.length, 1);
    const flags = await (await fetch(`${again.prometheus}/api/v1/status/flags`)).text();
    assert.match(flags, /"storage\.tsdb\.retention\.size":"512M/, 'it never fills the disk');
    await stopWorld(again);
    await nothingRuns(again);
  });
});

test('where nothing can ask from outside, that is told', { skip }, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-observatory-'));
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
    return rm(dir, { recursive: true, force: true });
  });
  for (const name of ['sh', 'sleep', 'prometheus', 'promtool'])
    await symlink(execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim(), join(dir, name));
  process.env.PATH = dir;
  const watching = () => '{}';
  const observatory = await Observatory.open({ world: dir, targets: '', runtimes: [], watching });
  assert.deepEqual(observatory.troubles, [
    'nobody asks public addresses, as NothingProbed says: prometheus-blackbox-exporter is not installed',
  ]);
  await observatory.close();
});

test('who wants a Prometheus where there is none is told the package, and nothing is started', async (t) => {
  const { checkout, world } = await started(t);
  await assert.rejects(
    startWorld(checkout, world.dir, ['dev'], { tied: true, observe: true }),
    /runs in .* that no Prometheus watches: npx slipway local down, then up --observe/,
  );
  const { PATH } = process.env;
  t.after(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = '/nowhere';
  await assert.rejects(
    startWorld(checkout, `${world.dir}-other`, ['dev'], { tied: true, observe: true }),
    /^Refusal: prometheus is not installed, and --observe needs it: install the package prometheus/,
  );
});

async function nothingRuns(world: World): Promise<void> {
  for (let tries = 0; tries < 200 && processesOf(world).length > 0; tries++) await delay(50);
  assert.deepEqual(processesOf(world), []);
}

const nameOf = (pid: number) => {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
};
