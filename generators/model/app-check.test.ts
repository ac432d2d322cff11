import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkApp } from './app-check.ts';
import { checkPath } from './environment-schema.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const base = { cluster: 'c', replicas: 2, resources: { cpu: '50m', memory: '64Mi' }, soak: '1m' };
const path = checkPath({
  repository: 'https://git.example.org/r.git',
  clusters: [
    { name: 'c', profile: 'eks', registries: ['r'], storage: 'gp3', namespaces: { monitoring: 'restricted' } },
  ],
  environments: [
    { ...base, name: 'dev', domain: 'dev.example.org' },
    { ...base, name: 'production', after: 'dev', domain: 'example.org' },
    { ...base, name: 'platform-c', scope: 'cluster', domain: 'c.example.org' },
  ],
});

const common = { name: 'shop', owner: 'team-shop', image: `r/shop:1@${digest}` };
const web = { kind: 'web', ...common, port: 80 };
const worker = { kind: 'worker', ...common };
const store = { kind: 'store', ...common, port: 1, volume: { path: '/data', size: '1Gi' } };
const job = { kind: 'job', ...common, schedule: '15 2 * * *', deadline: '10m' };
const agent = { kind: 'agent', ...common };

const told = {
  ...{ name: 'ShopIsEmpty', expr: 'up == 0', for: '1m', severity: 'page' },
  ...{ summary: 'Nobody can buy', look: 'Look at the queue.' },
};

const mistakesOf = (value: unknown, source?: string): string => {
  try {
    checkApp('shop', value, path, () => [], source);
  } catch (error) {
    return (error as Error).message;
  }
  return 'none';
};

test('defaults are filled in', () => {
  assert.partialDeepStrictEqual(checkApp('shop', web, path).app, {
    ...{
      scope: 'environment',
      profiles: ['eks', 'local'],
      ready: '/readyz',
      live: '/healthz',
      path: '/',
      env: {},
      calls: [],
      grace: 30,
    },
    ...{ user: { uid: 65532, gid: 65532 }, processors: ['arm64', 'amd64'] },
  });
  assert.partialDeepStrictEqual(checkApp('shop', job, path).app, { timeZone: 'Etc/UTC', retries: 2 });
});

test('an app is there in every environment of its scope, and in no other', () => {
  const there = (value: unknown) => [...checkApp('shop', value, path).in.keys()].map(({ name }) => name);
  assert.deepEqual(there(web), ['dev', 'production']);
  assert.deepEqual(there({ ...agent, scope: 'cluster', namespace: 'monitoring' }), ['platform-c']);
});

test('what differs in an environment replaces what the app says; what is held by name is added to', () => {
  const value = {
    ...web,
    env: { MODE: 'slow', LEVEL: 'info' },
    args: ['a', 'b'],
    in: { production: { env: { MODE: 'fast' }, args: ['c'], replicas: 5 } },
  };
  const apps = [...checkApp('shop', value, path).in].map(([{ name }, app]) => [name, app] as const);
  const { dev, production } = Object.fromEntries(apps);
  assert.partialDeepStrictEqual(dev, { env: { MODE: 'slow', LEVEL: 'info' }, args: ['a', 'b'] });
  assert.partialDeepStrictEqual(production, { env: { MODE: 'fast', LEVEL: 'info' }, args: ['c'], replicas: 5 });
});

test('a wrong definition is refused with file, field, value, what was expected and the nearest legal word', () => {
  const table: [value: unknown, message: string][] = [
    [{ ...web, prot: 1 }, 'field prot is not known; did you mean port?'],
    [{ ...web, port: undefined }, 'field port is missing'],
    [{ ...web, port: 70000 }, 'field port is 70000: must be a whole number from 1 to 65535'],
    [{ ...web, owner: undefined }, 'field owner is missing'],
    [{ ...web, owner: '' }, 'field owner is "": must be a team, as in team-platform'],
    [{ ...web, name: 'Shop' }, 'field name is "Shop": must be a DNS label of at most 40 characters'],
    [
      { ...web, name: 'shop-migrate' },
      'field name is "shop-migrate": must not end in -migrate, which names migrations',
    ],
    [{ ...web, name: 'bank' }, 'field name is "bank"; it must be that of its folder, shop'],
    [{ ...web, kind: 'wrker' }, 'field kind is "wrker": Invalid'],
    [{ ...web, kind: 'wrker' }, '; did you mean worker?'],
    [{ ...web, files: { '/a/../b': '' } }, 'field files./a/../b is not a legal name: must be an absolute path'],
    [{ ...web, files: { '/a': { computed: 'promeheus' } } }, 'field files./a.computed is "promeheus"'],
    [{ ...web, files: { '/a': { computed: 'promeheus' } } }, '; did you mean prometheus?'],
    [{ ...web, files: { '/a': {} } }, 'field files./a.computed is missing'],
    [
      { ...web, scratch: { '/a_b': '1Mi', '/A.b': '1Mi' } },
      'field scratch./A.b reads like /a_b; rename one of the two',
    ],
    [{ ...agent, node: { '/1': '/a/b', '/2': '/a.b' } }, 'field node./2 reads like /a/b; rename one of the two'],
    [{ ...job, schedule: '0 24 * * *' }, 'field schedule is "0 24 * * *": must be five fields of cron'],
    [{ ...web, image: 'r/shop' }, 'field image is "r/shop": must be pinned as registry/name:tag@sha256:'],
    [{ ...web, image: 'r/shop:latest' }, 'field image is "r/shop:latest": must be pinned'],
    [{ ...web, image: { repository: 'r/x', buld: 's' } }, 'field image.buld is not known; did you mean build?'],
    [
      { ...web, resources: { cpu: '1 core', memory: '1Gi' } },
      `field resources.cpu is "1 core": must be a quantity such as '100m'`,
    ],
    [
      { ...web, resources: { cpu: '1', memory: '1GB' } },
      `field resources.memory is "1GB": must be a quantity such as '128Mi'`,
    ],
    [{ ...web, source: { repository: 'https://git.example.org/shop' } }, 'field source.commit is missing'],
    [
      { ...web, source: { repository: 'https://me:key@git.example.org/shop', commit: 'a'.repeat(40) } },
      'field source.repository is "https://me:key@git.example.org/shop": must be where people find it',
    ],
    [
      { ...web, source: { repository: 'https://git.example.org/shop', commit: 'main' } },
      'field source.commit is "main": must be the whole id of a commit',
    ],
    [
      {
        ...web,
        image: { repository: 'r/x', build: 'service' },
        source: { repository: 'https://git.example.org/shop', commit: 'a'.repeat(40) },
      },
      'field source is of no use: its image is built from service, in this repository',
    ],
    [{ ...web, in: { dev: { source: {} } } }, 'field in.dev.source is the same in every environment'],
    [{ ...web, resources: { cpu: '1', memroy: '1Gi' } }, 'field resources.memroy is not known; did you mean memory?'],
    [{ ...web, ready: 'readyz' }, 'field ready is "readyz": must be a path that starts with /'],
    [{ ...web, env: { 'a-b': 'x' } }, 'field env.a-b is not a legal name: must be an upper-case variable name'],
    [{ ...web, env: { A: 1 } }, 'field env.A is 1'],
    [{ ...web, hosts: ['shop'] }, 'field hosts.0 is "shop": must be a DNS name'],
    [{ ...web, hosts: '' }, 'field hosts is ""'],
    [{ ...web, objective: 100 }, 'field objective is 100'],
    [{ ...web, objective: 99.9 }, 'field objective is 99.9: nobody measures whether it is kept; give metrics'],
    [{ ...web, in: { dev: { objective: 99.9 } } }, 'field in.dev.objective is 99.9: nobody measures'],
    [{ ...web, objective: { availability: 100 } }, 'field objective.availability is 100'],
    [{ ...web, objective: { latency: { share: 99, within: 1 } } }, 'field objective.availability is missing'],
    [
      { ...web, objective: { availability: 99, latency: { share: 99, within: 0.3 } } },
      'field objective.latency.within is 0.3: must be one of 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5,',
    ],
    [{ ...web, probe: { text: 'two\nlines' } }, 'field probe.text is "two\\nlines": must be a line of at most 200'],
    [{ ...web, probe: { txt: 'a' } }, 'field probe.txt is not known; did you mean text?'],
    [
      { ...web, alerts: [{ ...told, name: 'shopIsEmpty' }] },
      'field alerts.0.name is "shopIsEmpty": must be words such',
    ],
    [{ ...web, alerts: [{ ...told, severity: 'pgae' }] }, '; did you mean page?'],
    [
      { ...web, alerts: [{ ...told, runbook: 'a.md' }] },
      'field alerts.0.runbook is "a.md": must be an address such as',
    ],
    [{ ...web, alerts: [told, told] }, 'field alerts.1.name is "ShopIsEmpty" a second time'],
    [{ ...web, scrapes: true }, 'field scrapes is true: only an app of scope cluster may'],
    [{ ...web, calls: ['loki.monitoring'] }, 'an app of an environment calls none of another namespace'],
    [
      { ...common, kind: 'worker', scope: 'cluster', namespace: 'monitoring', serves: 'environments' },
      'field serves is "environments": without a port nobody calls it',
    ],
    [
      { ...common, kind: 'worker', scope: 'cluster', namespace: 'monitoring', traces: true },
      'field traces is true: the collector takes spans from environments alone',
    ],
    [{ ...web, monitoring: ['prometheus'] }, 'field monitoring.0 is "prometheus": Invalid option'],
    [{ ...web, processors: ['arm'] }, 'field processors.0 is "arm"'],
    [{ ...web, profiles: ['esk'] }, 'field profiles.0 is "esk": Invalid option'],
    [{ ...web, profiles: ['esk'] }, '; did you mean eks?'],
    [{ ...web, profiles: [] }, 'field profiles is []: must name one'],
    [{ ...web, profiles: 'eks' }, 'field profiles is "eks"'],
    [{ ...web, in: { dev: { profiles: ['eks'] } } }, 'field in.dev.profiles is the same in every environment'],
    [{ ...web, calls: ['shop'] }, 'field calls.0 is "shop": the app itself needs no call'],
    [{ ...web, calls: ['a', 'a'] }, 'field calls.1 is "a" a second time'],
    [{ ...web, scale: { max: 2 } }, 'field scale.max is 2: dev begins with 2 pods'],
    [{ ...web, files: { 'a.txt': '' } }, 'field files.a.txt is not a legal name: must be an absolute path'],
    [{ ...web, files: { '/a/b': '', '/a.b': '' } }, 'field files./a.b reads like /a/b; rename one of the two'],
    [
      { ...web, files: { '/a': '' }, scratch: { '/a': '1Mi' } },
      'field scratch./a stands at the same place as one of files',
    ],
    [
      { ...web, secrets: { key: { name: 'shop/key', version: 'a'.repeat(32) } } },
      'field identity is missing: its secrets',
    ],
    [{ ...web, secrets: { key: 'hunter2' }, identity: 'shop' }, 'field secrets.key is "hunter2"'],
    [{ ...web, before: [{ name: 'shop' }] }, 'field before.0.name is "shop", which another container has'],
    [
      { ...web, before: [{ name: 'a' }], beside: [{ name: 'a' }] },
      'field beside.0.name is "a", which another container has',
    ],
    [
      { ...web, migration: { deadline: 'soon', reversible: true } },
      `field migration.deadline is "soon": must be a time such as '10m'`,
    ],
    [{ ...web, migration: { deadline: '5m' } }, 'field migration.reversible is missing'],
    [{ ...web, patch: 'yes' }, 'field patch is "yes": must be a function'],
    [
      { ...web, excuses: [{ policy: 'x', reason: 'no', owner: 'team-a', until: '2027-01-31' }] },
      'field excuses.0.reason is "no": must say why',
    ],
    [
      { ...web, excuses: [{ policy: 'x', reason: 'it must be so', owner: 'team-a', until: 'later' }] },
      'field excuses.0.until is "later"',
    ],
    [{ ...web, namespace: 'monitoring' }, 'field namespace is "monitoring": an app of an environment lives in'],
    [{ ...worker, ready: '/ok' }, 'field ready is "/ok": a path needs a port; name a command, or give the port'],
    [{ ...worker, metrics: {} }, 'field metrics.port is missing: the app has no port of its own'],
    [{ ...worker, hosts: ['a.b'] }, 'field hosts is not known'],
    [{ ...job, schedule: 'nightly' }, 'field schedule is "nightly": must be five fields of cron'],
    [{ ...job, replicas: 2 }, 'field replicas is not known'],
    [{ ...store, volume: { path: '/d' } }, 'field volume.size is missing'],
    [{ ...store, volume: { path: '/d', size: '10G' } }, `field volume.size is "10G": must be a quantity such as '1Gi'`],
    [{ ...agent, scope: 'cluster' }, 'field namespace is missing: an app of scope cluster says where it lives'],
    [
      { ...agent, scope: 'cluster', namespace: 'monitorin' },
      'which cluster c does not list in clusters/environments.ts; did you mean monitoring?',
    ],
    [{ ...agent, scope: 'galaxy' }, 'field scope is "galaxy"'],
    [
      { ...web, in: { prodution: {} } },
      'field in.prodution is not an environment of this app; did you mean production?',
    ],
    [
      { ...web, in: { 'platform-c': {} } },
      'field in.platform-c is not an environment of this app; known are dev, production',
    ],
    [{ ...web, in: { dev: { name: 'bank' } } }, 'field in.dev.name is the same in every environment'],
    [{ ...web, in: { dev: { replcas: 3 } } }, 'field in.dev.replcas is not known; did you mean replicas?'],
    [{ ...web, in: { dev: { replicas: '3' } } }, 'field in.dev.replicas is "3": must be a whole number from 1 to 100'],
    [{ ...web, in: { dev: { scale: { max: 1 } } } }, 'field in.dev.scale.max is 1: dev begins with 2 pods'],
    [{ ...web, in: { dev: { resources: { cpu: '1' } } } }, 'field in.dev.resources.memory is missing'],
    [{ kind: 'manifests', name: 'shop', owner: 'team-a', files: [], version: '1' }, 'field files is []'],
    [
      { kind: 'manifests', name: 'shop', owner: 'team-a', files: ['a.txt'], version: '1' },
      'field files.0 is "a.txt": must be a file',
    ],
    [{ kind: 'platform', name: 'shop', owner: 'team-a' }, 'field scope is missing'],
    [null, 'field value is null'],
    [undefined, 'it exports no `app`; write export const app: App = { … }.'],
  ];
  for (const [value, message] of table) {
    const said = mistakesOf(value);
    assert.ok(said.startsWith('apps/shop/app.ts: '), said);
    assert.ok(said.includes(message), `${said}\n  should say\n${message}`);
  }
});

test('all mistakes are told at once', () => {
  const said = mistakesOf({ ...web, prot: 1, port: 0, owner: 'X', in: { nowhere: {} } });
  for (const field of ['prot', 'port', 'owner']) assert.match(said, new RegExp(`field ${field} is`));
});

test('one mistake hides no other: wrong together with others, by environment, or beside a wrong one', () => {
  const excuse = { reason: 'it must be so', owner: 'team-a', until: '2027-01-31' };
  const value = {
    ...{ ...web, prot: 1, calls: ['shop'], replicas: 0, resources: { cpu: '1 core', memory: '1Gi' } },
    scratch: { '/a.b': '1Mi', '/A-b': '1Mi' },
    excuses: [{ ...excuse }, { ...excuse, policy: 'host-pth' }],
    in: { dev: { replicas: 0, resources: { cpu: '1 core', memory: '1Gi' }, grace: 0 }, prod: {}, production: 5 },
  };
  const unknown = (list: readonly { policy?: string }[]) =>
    list.flatMap(({ policy }, at) => (policy ? [{ path: ['excuses', at], says: 'is for nothing' }] : []));
  assert.throws(
    () => checkApp('shop', value, path, unknown),
    ({ message }: Error) => {
      assert.deepEqual(
        message
          .replaceAll(/apps\/shop\/app\.ts: field (\S+) .*/g, '$1')
          .split('\n')
          .sort(),
        [
          ...['calls.0', 'excuses.0.policy', 'excuses.1', 'in.dev.grace', 'in.dev.replicas', 'in.dev.resources.cpu'],
          ...['in.prod', 'in.production', 'prot', 'replicas', 'resources.cpu', 'scratch./A-b'],
        ],
      );
      return true;
    },
  );
  const misspelt = mistakesOf({ ...web, kind: 'wbe', port: 0 });
  assert.match(misspelt, /field kind is "wbe": .*did you mean web\?\n.*field port is 0: /);
});

test('what is concluded from a wrong field is not said', () => {
  assert.equal(
    mistakesOf({ ...worker, port: 0, ready: '/ok', metrics: {} }),
    'apps/shop/app.ts: field port is 0: must be a whole number from 1 to 65535',
  );
  assert.doesNotMatch(mistakesOf({ ...web, replicas: 0, scale: { max: 2 } }), /begins with/);
});

test('a value that is no JSON is told, too', () => {
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  const values: [unknown, RegExp][] = [
    [1n, /field port is 1n: /],
    [Number.NaN, /field port is NaN: /],
    [() => 1, /field port is \[Function/],
    [circle, /field port is <ref/],
    [new Uint8Array(1), /field port is /],
  ];
  for (const [port, says] of values) assert.match(mistakesOf({ ...web, port }), says);
  assert.match(mistakesOf({ ...web, hosts: new Uint8Array(1) }), /field hosts is /);
});

test('a time zone is one of the database, also one that has no place', () => {
  for (const timeZone of ['Etc/UTC', 'UTC', 'America/Port-au-Prince', 'Etc/GMT+5', 'EST5EDT', 'NZ-CHAT'])
    assert.equal(mistakesOf({ ...job, timeZone }), 'none', timeZone);
});

test('a mistake is told with its line', () => {
  const source = `import type { App } from '../../generators/model/app.ts';

export const app: App = {
  kind: 'web', // not port: 1
  name: 'shop',
  resources: {
    cpu: '1 core',
  },
  args: ['port:', '{'],
  port: 0,
  in: { production: {
    replicas: 0,
  } },
};
`;
  const value = {
    ...web,
    resources: { cpu: '1 core' },
    port: 0,
  };
  assert.equal(
    mistakesOf(value, source).replaceAll(/(field \S+).*/g, '$1'),
    [
      'apps/shop/app.ts:7: field resources.cpu',
      'apps/shop/app.ts:6: field resources.memory',
      'apps/shop/app.ts:10: field port',
    ].join('\n'),
  );
  assert.match(
    mistakesOf({ ...web, in: { production: { replicas: 0 } } }, source),
    /^apps\/shop\/app\.ts:12: field in\.production\.replicas is 0/,
  );
});

test('one app alone provides argocd, and it is known by its name', () => {
  const argocd = { kind: 'platform', name: 'argocd', owner: 'team-platform', scope: 'cluster', provides: 'argocd' };
  const said = (folder: string, value: unknown) => {
    try {
      checkApp(folder, value, path);
    } catch (error) {
      return (error as Error).message;
    }
    return 'none';
  };
  assert.equal(said('argocd', argocd), 'none');
  assert.match(said('shop', { ...argocd, name: 'shop' }), /field provides is "argocd": only the app argocd does that/);
  assert.match(said('shop', argocd), /field name is "argocd"; it must be that of its folder, shop/);
  assert.match(said('argocd', { ...argocd, provides: 'policies' }), /field name is "argocd": an app of scope cluster/);
  const vendored = { ...agent, name: 'argocd', scope: 'cluster', namespace: 'monitoring' };
  assert.match(said('argocd', vendored), /field name is "argocd": an app of scope cluster/);
  // What Argo CD takes orders from is no environment's.
  assert.equal(said('argocd', { ...web, name: 'argocd' }), 'none');
});
