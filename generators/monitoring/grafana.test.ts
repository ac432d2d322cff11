import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { app as grafana } from '../../apps/grafana/app.ts';
import { sources as provisioned } from '../../apps/grafana/sources.ts';
import { apps } from '../../apps/index.ts';
import { clusters, environments, repository } from '../../clusters/environments.ts';
import { cloudWatch } from './cloud-watch.ts';
import { sources } from './dashboards/source.ts';
import { grafanaIni, grafanaSettings } from './grafana.ts';

const people = {
  client: 'x',
  admins: ['acme/platform'],
  operators: ['acme/on-call'],
  readers: ['acme', 'acme/guests'],
};
const place = {
  cluster: { people },
  host: 'grafana.example.com',
  repository: 'https://gitlab.example.com/acme/slipway.git',
};

/** An INI file as its sections, read as Grafana reads it: a name, an equals sign, a value. */
function sectionsOf(ini: string): Record<string, Record<string, string>> {
  const sections: Record<string, Record<string, string>> = {};
  let own: Record<string, string> = {};
  for (const line of ini.split('\n')) {
    const [, section] = /^\[(.+)\]$/.exec(line) ?? [];
    const [, name, value] = /^(\w+) = (.*)$/.exec(line) ?? [];
    if (section) sections[section] = own = {};
    else if (name) own[name] = value ?? '';
    else assert.equal(line, '');
  }
  return sections;
}

describe('who signs in to Grafana', () => {
  const { 'auth.gitlab': gitLab = {}, ...settings } = grafanaSettings(place);

  /** What a JMESPath of comparisons says of a person: in JavaScript it means the same. */
  const roleOf = (...groups: string[]) =>
    Function(
      'groups',
      'contains',
      `return ${gitLab.role_attribute_path?.replaceAll('groups[*]', 'groups')}`,
    )(groups, (all: string[], one: string) => all.includes(one));

  test('the groups that do everything in Argo CD administer, operators ask freely, readers look', () => {
    assert.equal(roleOf('acme', 'acme/platform', 'acme/on-call'), 'Admin');
    assert.equal(roleOf('acme', 'acme/on-call'), 'Editor');
    assert.equal(roleOf('acme'), 'Viewer');
    assert.equal(roleOf('acme/guests'), 'Viewer');
  });

  test('nobody else comes in, whatever the groups are called', () => {
    for (const group of ['acme2', 'acm', 'acme/platform2', 'other/acme']) assert.equal(roleOf(group), false, group);
    assert.equal(roleOf(), false);
    assert.equal(gitLab.role_attribute_strict, 'true');
    assert.equal(gitLab.allowed_groups, 'acme/platform, acme/on-call, acme, acme/guests');
  });

  test('it is by the GitLab of the repository, with PKCE, and by no password', () => {
    for (const name of ['auth_url', 'token_url', 'api_url'] as const)
      assert.match(gitLab[name] ?? '', /^https:\/\/gitlab\.example\.com\//);
    assert.equal(gitLab.use_pkce, 'true');
    assert.equal(settings.auth?.disable_login_form, 'true');
    for (const section of ['auth.anonymous', 'auth.basic']) assert.deepEqual(settings[section], { enabled: 'false' });
    assert.equal(settings.security?.disable_initial_admin_creation, 'true');
    assert.doesNotMatch(grafanaIni(place), /password/);
  });

  test('what is secret is read from files of the pod', () => {
    const { secrets = {} } = grafana.kind === 'web' ? (grafana.in?.['platform-nonprod'] ?? {}) : {};
    const read = [...grafanaIni(place).matchAll(/= \$__file\{\/secrets\/([\w-]+)\}$/gm)].map(([, name]) => name);
    assert.deepEqual(read.sort(), Object.keys(secrets).sort());
    assert.doesNotMatch(grafanaIni(place), /(secret|key) = (?!\$__file)/);
  });

  test('a cluster that lets nobody in has no way in', () => {
    assert.deepEqual(grafanaSettings({ ...place, cluster: {} })['auth.gitlab'], { enabled: 'false' });
  });
});

test('nothing calls home', () => {
  const { analytics, news, plugins } = grafanaSettings(place);
  for (const value of Object.values({ ...analytics, ...news })) assert.equal(value, 'false');
  assert.equal(plugins?.preinstall_disabled, 'true');
});

test('Grafana reads the settings that were written, and a value that would end early is refused', () => {
  for (const cluster of clusters)
    for (const { domain } of environments.filter((one) => one.cluster === cluster.name)) {
      const of = { cluster, host: `grafana.${domain}`, repository };
      assert.deepEqual(sectionsOf(grafanaIni(of)), grafanaSettings(of));
    }
  for (const bad of ['a;b', 'a # b', 'a\nadmin_password = x', 'a"', 'a`'])
    assert.throws(() => grafanaIni({ ...place, host: bad }), /no value of an INI file/);
});

describe('data sources', () => {
  const { datasources } = provisioned;
  const uids = datasources.map(({ uid }) => uid as string);

  test('each that dashboards ask is there, under the uid and of the type that they name', () => {
    const all = [...datasources, ...clusters.slice(0, 1).flatMap((cluster) => cloudWatch(cluster).datasources)];
    for (const [uid, { type }] of Object.entries(sources)) assert.equal(all.find((one) => one.uid === uid)?.type, type);
    assert.equal(new Set(uids).size, uids.length);
  });

  test('AWS is asked in the region of the cluster, with the rights of the pod and no key', () => {
    for (const cluster of clusters) {
      const [source] = cloudWatch(cluster).datasources;
      assert.deepEqual(source?.jsonData, { authType: 'default', defaultRegion: cluster.aws?.region });
      assert.deepEqual(cloudWatch({ ...cluster, profile: 'local' }).datasources, []);
    }
    assert.equal(grafana.kind === 'web' && grafana.identity, 'grafana');
  });

  test('exemplars lead to traces, traces to logs and metrics, logs to traces, alerts to Alertmanager', () => {
    const links = datasources.flatMap(({ uid, jsonData }) =>
      [...JSON.stringify(jsonData).matchAll(/"(?:datasourceUid|alertmanagerUid)":"(\w+)"/g)].map(([, to]) => [uid, to]),
    );
    assert.deepEqual(links, [
      ['prometheus', 'alertmanager'],
      ['prometheus', 'tempo'],
      ['loki', 'tempo'],
      ['tempo', 'loki'],
      ['tempo', 'prometheus'],
    ]);
    for (const [, to] of links) assert.ok(uids.includes(to as string));
  });

  test('what is meant for Grafana is not taken for a variable of the pod', () => {
    const { files = {} } = grafana.kind === 'web' ? grafana : {};
    const text = files['/etc/grafana/provisioning/datasources/slipway.yaml'];
    assert.deepEqual(JSON.parse(text as string), provisioned);
    assert.match(text as string, /\$\$\{__value\.raw\}/);
    assert.doesNotMatch(text as string, /(?<!\$)\$(?!\$)/);
  });

  test('each is an app beside it that Grafana may call, at its port', async () => {
    const { calls = [] } = grafana.kind === 'web' ? grafana : {};
    for (const { url } of datasources) {
      const { hostname, port } = new URL(url);
      const { app } = (await apps[hostname]?.()) ?? {};
      assert.ok(app && 'port' in app, url);
      assert.equal(app.namespace, grafana.namespace);
      assert.equal(String(app.port), port, url);
      assert.ok(calls.includes(hostname), url);
    }
    assert.equal(calls.length, datasources.length);
  });
});
