import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { teams } from '../../apps/alertmanager/receivers.ts';
import { join as joinScript } from '../../apps/blackbox/join.ts';
import { apps } from '../../apps/index.ts';
import { install } from '../../apps/prometheus/install.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { checkApp } from '../model/app-check.ts';
import { runsOn } from '../model/app-schema.ts';
import { scopeOf } from '../model/environment.ts';
import { alertmanagerOn, watchersOn } from '../model/monitoring.ts';
import { objectsOf, partsOfAll } from '../parts.fixture.ts';
import { Api, type ConfigMap, look } from './gather.fixture.ts';
import { gathered } from './gather.ts';

const room = mkdtempSync(join(tmpdir(), 'slipway-stack-'));
after(() => rmSync(room, { recursive: true, force: true }));
const missing = (...programs: string[]) => {
  const none = programs.find((program) => spawnSync(program, ['--version']).error);
  return none ? `${none} is not installed (Debian: ${none === 'promtool' ? 'prometheus' : none})` : false;
};

const objects = (await partsOfAll()).flatMap(objectsOf);
/** What a file of a part says. */
function textIn(at: string, key: string): string {
  const found = objects.find((one) => one.at === at)?.manifest as ConfigMap | undefined;
  return found?.data?.[key] ?? assert.fail(`${at} has no ${key}`);
}

/** The environment of a cluster that its own apps stand on. */
const platformOf = (cluster: string) =>
  environments.find((one) => one.cluster === cluster && scopeOf(one) === 'cluster')?.name ?? assert.fail(cluster);

/** What the gatherer of an app, as it is rendered, makes of all that is rendered for a cluster. */
async function gather(what: keyof typeof gathered, app: string, cluster: string) {
  const folder = mkdtempSync(join(room, 'gathered-'));
  const here = environments.filter((one) => one.cluster === cluster).map(({ name }) => name);
  api.asked.length = 0;
  api.maps = objects
    .filter(({ at, manifest }) => manifest.kind === 'ConfigMap' && here.includes(at.split('/', 1)[0] ?? ''))
    .map(({ manifest }) => manifest as ConfigMap);
  const program = textIn(`${platformOf(cluster)}/${app}/configmap-${app}.yaml`, 'etc.slipway.gather.mjs');
  const said = await look(program, what, folder, api.access);
  assert.doesNotMatch(said, /"error"/);
  return { folder, files: readdirSync(folder).filter((name) => name !== 'gathered') };
}

const api = await Api.open();
after(() => api.close());

test('what gathers looks into every namespace of its cluster that has apps, and into no other, and takes all', async () => {
  for (const { name, namespaces } of clusters) {
    const here = environments.filter((one) => one.cluster === name && scopeOf(one) === 'environment');
    const all = [...here.map((one) => one.name), ...Object.keys(namespaces)].sort();
    for (const [what, app, from] of [
      ['rules', 'prometheus', all],
      ['probes', 'blackbox', all],
      ['dashboards', 'grafana', ['monitoring']],
    ] as const) {
      const { files } = await gather(what, app, name);
      const asked = api.asked.map((url) => url.split('/')[4] ?? '');
      assert.deepEqual(asked.sort(), from, `${app} of ${name}`);
      const labelled = api.maps.filter(({ metadata }) => metadata.labels?.[gathered[what]] === '1');
      const keys = labelled.flatMap(({ data = {} }) => Object.keys(data));
      assert.deepEqual(files.sort(), keys.sort());
      assert.ok(keys.length > 0);
    }
  }
});

test('one image of Node is the one that is used', async () => {
  const node = /docker\.io\/library\/node:[^']+/g;
  const images = ['versions', 'prometheus', 'blackbox', 'grafana'].flatMap(
    (app) => readFileSync(join(import.meta.dirname, '..', '..', 'apps', app, 'app.ts'), 'utf8').match(node) ?? [],
  );
  assert.equal(images.length, 4);
  assert.equal(new Set(images).size, 1);
});

test('every owner of an app is somebody whom Alertmanager can tell', async () => {
  for (const [name, load] of Object.entries(apps)) {
    const { app } = await load();
    assert.ok(teams[app.owner], `apps/${name}: ${app.owner} is not in apps/alertmanager/receivers.ts`);
  }
});

test('where an operator watches, only what asks from outside is ours; where nobody does, nothing is', async () => {
  const path = { repository, environments, clusters: new Map(clusters.map((one) => [one.name, one])) };
  const there: string[] = [];
  for (const name of ['alertmanager', 'blackbox', 'prometheus'] as const) {
    const { app } = await (apps[name] as (typeof apps)[string])();
    for (const monitoring of ['slipway', 'operator', 'none'] as const)
      if (runsOn(checkApp(name, app, path).app, { profile: 'eks', monitoring })) there.push(`${monitoring}: ${name}`);
  }
  assert.deepEqual(there.sort(), [
    'operator: blackbox',
    'slipway: alertmanager',
    'slipway: blackbox',
    'slipway: prometheus',
  ]);
});

test('what rules say of a cluster is of apps that run there', async () => {
  const path = { repository, environments, clusters: new Map(clusters.map((one) => [one.name, one])) };
  const watchers = ['alertmanager', 'collector', 'loki', 'prometheus', 'tempo', 'traces', 'versions'] as const;
  for (const profile of ['eks', 'local'] as const)
    for (const monitoring of ['slipway', 'operator', 'none'] as const) {
      const running = [];
      for (const name of watchers) {
        const { app } = await (apps[name] as (typeof apps)[string])();
        if (runsOn(checkApp(name, app, path).app, { profile, monitoring })) running.push(name);
      }
      assert.deepEqual([...watchersOn({ profile, monitoring })].sort(), running, `${profile}, ${monitoring}`);
      assert.equal(
        alertmanagerOn({ profile, monitoring }) !== undefined,
        running.some((one) => one === 'alertmanager'),
      );
    }
});

test('all rules that parts carry arrive where Prometheus reads them', { skip: missing('promtool') }, async () => {
  for (const { name } of clusters) {
    const { folder, files } = await gather('rules', 'prometheus', name);
    const installed = mkdtempSync(join(room, 'rules-'));
    const args = ['-uc', install, 'install', folder, installed, join(installed, 'own'), 'http://127.0.0.1:1', '0'];
    const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    assert.doesNotMatch(stdout, /refused/, stderr);
    assert.ok(files.length >= 5, `${files.length} on ${name}`);
    assert.deepEqual(
      readdirSync(installed).filter((file) => file.endsWith('.yaml') && file !== 'slipway-refused.yaml'),
      files,
    );
  }
});

test('all probes that parts carry become one file that the exporter reads', {
  skip: missing('prometheus-blackbox-exporter'),
}, async () => {
  for (const { name } of clusters) {
    const { folder, files } = await gather('probes', 'blackbox', name);
    const own = join(room, `own-${name}`);
    mkdirSync(own);
    const [file, exporter] = [join(room, `${name}.yml`), 'prometheus-blackbox-exporter'];
    const args = ['-uc', joinScript, 'join', folder, file, own, exporter, 'http://127.0.0.1:1', '0'];
    const { stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    assert.doesNotMatch(stderr, /refused/);
    assert.ok(existsSync(file));
    const modules = readFileSync(file, 'utf8').match(/^ {2}\S+:$/gm) ?? [];
    assert.ok(modules.length >= files.length && modules.length > 0, `${modules.length} on ${name}`);
  }
});
