import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

const room = mkdtempSync(join(tmpdir(), 'slipway-stack-'));
after(() => rmSync(room, { recursive: true, force: true }));
const missing = (...programs: string[]) => {
  const none = programs.find((program) => spawnSync(program, ['--version']).error);
  return none ? `${none} is not installed (Debian: ${none === 'promtool' ? 'prometheus' : none})` : false;
};

const objects = (await partsOfAll()).flatMap(objectsOf);
interface ConfigMap {
  readonly metadata: { name: string; namespace?: string; labels?: Record<string, string> };
  readonly data: Record<string, string>;
}
interface Container {
  readonly name: string;
  readonly env?: { name: string; value: string }[];
}

/** What the gatherer writes for ConfigMaps with a label, of the namespaces that it lists. */
function gather(label: string, namespaces: readonly string[]): string {
  const folder = mkdtempSync(join(room, 'gathered-'));
  for (const { manifest } of objects) {
    const { metadata, data = {} } = manifest as unknown as ConfigMap;
    const { name, namespace = '', labels = {} } = metadata;
    if (manifest.kind !== 'ConfigMap' || labels[label] !== '1' || !namespaces.includes(namespace)) continue;
    for (const [key, text] of Object.entries(data))
      writeFileSync(join(folder, `namespace_${namespace}.configmap_${name}.${key}`), text);
  }
  return folder;
}

/** The namespaces that an app's gatherer lists on a cluster. */
function listed(app: string, cluster: string): string[] {
  const environment = environments.find((one) => one.cluster === cluster && scopeOf(one) === 'cluster')?.name;
  const workload = objects.find(({ at }) => new RegExp(`^${environment}/${app}/(statefulset|deployment)-`).test(at));
  const spec = workload?.manifest.spec as { template: { spec: { initContainers: Container[] } } };
  const env = spec.template.spec.initContainers.find(({ name }) => name === 'gather')?.env ?? [];
  return (env.find(({ name }) => name === 'NAMESPACE')?.value ?? '').split(',').sort();
}

test('what gathers rules and probes looks into every namespace of its cluster that has apps, and into no other', () => {
  for (const { name, namespaces } of clusters) {
    const here = environments.filter((one) => one.cluster === name && scopeOf(one) === 'environment');
    const all = [...here.map((one) => one.name), ...Object.keys(namespaces)].sort();
    for (const app of ['prometheus', 'blackbox']) assert.deepEqual(listed(app, name), all, `${app} of ${name}`);
  }
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

test('all rules that parts carry arrive where Prometheus reads them', { skip: missing('promtool') }, () => {
  for (const { name } of clusters) {
    const gathered = gather('slipway.dev/rules', listed('prometheus', name));
    const installed = mkdtempSync(join(room, 'rules-'));
    const args = ['-uc', install, 'install', gathered, installed, join(installed, 'own'), 'http://127.0.0.1:1', '0'];
    const { stdout, stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    assert.doesNotMatch(stdout, /refused/, stderr);
    const files = readdirSync(gathered);
    assert.ok(files.length >= 5, `${files.length} on ${name}`);
    assert.deepEqual(
      readdirSync(installed).filter((file) => file.startsWith('namespace_')),
      files,
    );
  }
});

test('all probes that parts carry become one file that the exporter reads', {
  skip: missing('prometheus-blackbox-exporter'),
}, () => {
  for (const { name } of clusters) {
    const gathered = gather('slipway.dev/probes', listed('blackbox', name));
    const own = join(room, `own-${name}`);
    mkdirSync(own);
    const [file, exporter] = [join(room, `${name}.yml`), 'prometheus-blackbox-exporter'];
    const args = ['-uc', joinScript, 'join', gathered, file, own, exporter, 'http://127.0.0.1:1', '0'];
    const { stderr } = spawnSync('sh', args, { encoding: 'utf8' });
    assert.doesNotMatch(stderr, /refused/);
    assert.ok(existsSync(file));
    const modules = readFileSync(file, 'utf8').match(/^ {2}\S+:$/gm) ?? [];
    assert.ok(modules.length >= readdirSync(gathered).length && modules.length > 0, `${modules.length} on ${name}`);
  }
});
