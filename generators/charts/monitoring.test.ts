import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { load } from 'js-yaml';
import { clusters, environments } from '../../clusters/environments.ts';
import { withExample } from '../example.fixture.ts';
import { hydrate } from '../hydrate.ts';
import type { Monitoring } from '../model/environment.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Part } from '../model/part.ts';
import { readYaml } from '../model/plain-yaml.ts';
import { objectsOf, partsOfAll, type Rendered } from '../parts.fixture.ts';
import { strictly } from '../schemas/strictly.ts';

// What is watched of an app, by who watches.

type Config = Manifest & { readonly data: Readonly<Record<string, string>> };
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
const under = (monitoring: Monitoring): Promise<Part[]> =>
  partsOfAll({ clusters: clusters.map((one) => ({ ...one, monitoring })), environments });

let parts: Readonly<Record<Monitoring, readonly Part[]>>;
// Rendering holds every object to its type and to every policy.
before(async () => {
  parts = { slipway: await under('slipway'), operator: await under('operator'), none: await under('none') };
});

const labelled = (all: readonly Part[], label: string): Rendered[] =>
  all.flatMap(objectsOf).filter(({ manifest }) => {
    const { labels } = manifest.metadata as { labels?: Readonly<Record<string, string>> };
    return manifest.kind === 'ConfigMap' && labels?.[label] === '1';
  });
const kindsOf = (all: readonly Part[], group: string) =>
  all.flatMap(objectsOf).filter(({ manifest }) => manifest.apiVersion.startsWith(`${group}/`));
const clusterOf = ({ at }: Rendered) => environments.find(({ name }) => at.startsWith(`${name}/`))?.cluster;
const dataOf = ({ manifest }: Rendered) => Object.entries((manifest as Config).data);

describe('every own app', () => {
  test('carries its rules and probes where our Prometheus gathers them, in files that no other app has', () => {
    for (const label of ['slipway.dev/rules', 'slipway.dev/probes']) {
      const found = labelled(parts.slipway, label);
      assert.ok(found.length > 0, label);
      const files = found.flatMap((one) => dataOf(one).map(([file]) => `${clusterOf(one)}: ${file}`));
      assert.equal(new Set(files).size, files.length);
      for (const one of found) {
        const [, app = ''] = one.at.split('/');
        const { namespace } = one.manifest.metadata;
        assert.deepEqual(
          dataOf(one).map(([file]) => file),
          [`${namespace}-${app}.yaml`],
        );
      }
    }
    assert.deepEqual(kindsOf(parts.slipway, 'monitoring.coreos.com'), []);
  });

  test('says the same to an operator, in objects of its own', withExample, () => {
    assert.deepEqual(labelled(parts.operator, 'slipway.dev/rules'), []);
    const groups = new Map(
      kindsOf(parts.operator, 'monitoring.coreos.com')
        .filter(({ manifest }) => manifest.kind === 'PrometheusRule')
        .map(({ at, manifest }) => [at.replace(/[^/]+$/, ''), manifest.spec]),
    );
    const gathered = labelled(parts.slipway, 'slipway.dev/rules');
    const there = new Set(parts.operator.filter(({ files }) => Object.keys(files).length > 1).map(partOf));
    const both = gathered.filter(({ at }) => there.has(at.replace(/\/[^/]+$/, '')));
    assert.ok(both.length > 10);
    for (const one of both) {
      const [[, text = ''] = []] = dataOf(one);
      assert.deepEqual(groups.get(one.at.replace(/[^/]+$/, '')), load(text), one.at);
    }
    assert.deepEqual(
      labelled(parts.operator, 'slipway.dev/probes').map(({ text }) => text),
      labelled(parts.slipway, 'slipway.dev/probes')
        .filter(({ at }) => there.has(at.replace(/\/[^/]+$/, '')))
        .map(({ text }) => text),
    );
  });

  test(
    'has a monitor for the very port that says its metrics, and a probe for each path of its hosts',
    withExample,
    () => {
      const objects = parts.operator.flatMap(objectsOf);
      const monitors = objects.filter(({ manifest }) => manifest.kind === 'PodMonitor');
      const byPart = Map.groupBy(objects, ({ at }) => at.replace(/[^/]+$/, ''));
      assert.ok(monitors.length > 4);
      for (const { at, manifest } of monitors) {
        const { selector, podMetricsEndpoints } = manifest.spec as Monitor;
        if (!selector.matchLabels) continue;
        const ports = (byPart.get(at.replace(/[^/]+$/, '')) ?? []).flatMap((one) => portsOf(one.manifest));
        assert.ok(ports.includes(podMetricsEndpoints[0]?.port ?? ''), at);
      }
      const urls = objects
        .filter(({ manifest }) => manifest.kind === 'Probe')
        .flatMap(({ manifest }) => (manifest.spec as ProbeSpec).targets.staticConfig.static);
      assert.ok(
        urls.includes('https://counter.production.example.com/version') ||
          urls.includes('https://counter.example.com/version'),
      );
    },
  );

  test('carries nothing where somebody else watches, and is otherwise the same', withExample, () => {
    assert.deepEqual(labelled(parts.none, 'slipway.dev/rules'), []);
    assert.deepEqual(labelled(parts.none, 'slipway.dev/probes'), []);
    assert.deepEqual(kindsOf(parts.none, 'monitoring.coreos.com'), []);
    const without = new Map(parts.none.map((part) => [partOf(part), part.files]));
    const changed = new Set<string>();
    for (const part of parts.slipway) {
      if (part.environment.startsWith('platform-')) continue;
      const other = without.get(partOf(part)) ?? {};
      for (const [file, text] of Object.entries(part.files))
        if (other[file] !== text) changed.add(`${part.app}/${file}`);
      for (const file of Object.keys(other)) assert.ok(file in part.files, `${partOf(part)}/${file}`);
    }
    const needed = [...changed].filter((one) => !/\/configmap-.+-(rules|probes)\.yaml$/.test(one));
    // Its traces and the way there, what is asked of its hosts, and who reads metrics.
    assert.deepEqual(needed.sort(), [
      'counter/deployment-counter.yaml',
      'counter/ingress-counter.yaml',
      'counter/networkpolicy-counter.yaml',
      'redis-exporter/networkpolicy-redis-exporter.yaml',
    ]);
  });

  test('is reached where others say that it is, by an address or by a call', () => {
    for (const { name: cluster } of clusters) {
      const objects = parts.slipway.filter((part) => clusterNamed(part.environment) === cluster).flatMap(objectsOf);
      const services = objects.flatMap(({ manifest }) =>
        manifest.kind === 'Service'
          ? (manifest.spec as { ports: { port: number }[] }).ports.map(
              ({ port }) => `${manifest.metadata.name}.${manifest.metadata.namespace}:${port}`,
            )
          : [],
      );
      const named = objects.flatMap(({ text }) => [...text.matchAll(/(?<![\w.-])[a-z0-9-]+\.monitoring:\d+/g)].flat());
      assert.ok(named.length > 3);
      for (const address of new Set(named)) assert.ok(services.includes(address), `${cluster}: ${address}`);
      const running = new Set(
        objects
          .filter(({ manifest }) => ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob'].includes(manifest.kind))
          .map(({ manifest }) => `${manifest.metadata.namespace}/${manifest.metadata.name}`),
      );
      const calls = objects.filter(({ at }) => /\/networkpolicy-.+-calls-/.test(at));
      assert.ok(calls.length > 5);
      for (const { at, manifest } of calls) {
        const { matchLabels } = (manifest.spec as { podSelector: { matchLabels: Record<string, string> } }).podSelector;
        assert.ok(running.has(`${manifest.metadata.namespace}/${matchLabels['app.kubernetes.io/name']}`), at);
      }
    }
  });

  test('is looked for by Prometheus and the exporter where they may look, and nowhere else', () => {
    for (const { environment } of parts.slipway.filter(({ app }) => app === 'prometheus')) {
      const objects = parts.slipway
        .filter((part) => clusterNamed(part.environment) === clusterNamed(environment))
        .flatMap(objectsOf);
      /** `prometheus pods in dev`. */
      const may = new Set(objects.flatMap(mayRead));
      const asks = new Set(objects.flatMap((one) => asked(one, environment)));
      assert.ok(asks.size > 10);
      assert.deepEqual(
        [...asks].filter((one) => !may.has(one)),
        [],
      );
      const idle = [...may].filter((one) => !asks.has(one) && /^(prometheus|blackbox) /.test(one));
      assert.deepEqual(idle, []);
    }
  });

  test('is read by whoever applies it by hand as Argo CD reads it', () => {
    for (const { at, text } of [...parts.slipway, ...parts.operator].flatMap(objectsOf))
      assert.deepEqual(readYaml(text, at), load(text), at);
  });
});

const clusterNamed = (environment: string) => environments.find(({ name }) => name === environment)?.cluster;

/** What the roles of a namespace let the programs of `monitoring` read. */
function mayRead({ at, manifest }: Rendered, _: number, all: readonly Rendered[]): string[] {
  if (manifest.kind !== 'RoleBinding') return [];
  const { roleRef, subjects } = manifest as unknown as {
    roleRef: { name: string };
    subjects: { name: string; namespace: string }[];
  };
  const { namespace } = manifest.metadata;
  const role = all.find(
    (one) =>
      one.manifest.kind === 'Role' &&
      one.manifest.metadata.name === roleRef.name &&
      one.manifest.metadata.namespace === namespace,
  )?.manifest as unknown as { rules: { resources: string[] }[] };
  assert.ok(role, at);
  return subjects
    .filter((one) => one.namespace === 'monitoring')
    .flatMap(({ name }) =>
      role.rules.flatMap(({ resources }) => resources.map((one) => `${name} ${one} in ${namespace}`)),
    );
}

/** What Prometheus is told to discover, and what is gathered for it and for the exporter. */
function asked({ at, manifest }: Rendered, environment: string): string[] {
  const app = /^[^/]+\/(prometheus|blackbox)\/configmap-\1\.yaml$/.exec(at)?.[1];
  if (!app || !at.startsWith(`${environment}/`)) return [];
  const texts = (manifest as Config).data;
  const [, from = ''] = /^const from = (.+);$/m.exec(texts['etc.slipway.gather.mjs'] ?? '') ?? [];
  const { rules, probes } = JSON.parse(from) as Record<'rules' | 'probes', object>;
  const gathered = Object.keys(app === 'prometheus' ? rules : probes).map((one) => `${app} configmaps in ${one}`);
  if (app !== 'prometheus') return gathered;
  const config = load(texts['etc.prometheus.prometheus.yml'] ?? '') as {
    scrape_configs: { kubernetes_sd_configs: { role: string; namespaces?: { names: string[] } }[] }[];
  };
  const discovered = config.scrape_configs.flatMap(({ kubernetes_sd_configs: [discovery] }) =>
    (discovery?.namespaces?.names ?? []).map(
      (one) => `prometheus ${discovery?.role === 'ingress' ? 'ingresses' : 'pods'} in ${one}`,
    ),
  );
  return [...gathered, ...discovered];
}

const partOf = ({ environment, app }: Part) => `${environment}/${app}`;
interface Monitor {
  readonly selector: { readonly matchLabels?: object };
  readonly podMetricsEndpoints: readonly { readonly port?: string }[];
}
interface ProbeSpec {
  readonly targets: { readonly staticConfig: { readonly static: readonly string[] } };
}
interface Workload {
  readonly template?: { readonly spec: { readonly containers: readonly { ports?: readonly { name: string }[] }[] } };
}
const portsOf = ({ spec }: Manifest): string[] =>
  ((spec as Workload | undefined)?.template?.spec.containers ?? []).flatMap(({ ports = [] }) =>
    ports.map(({ name }) => name),
  );

const hostile = [
  `it's "so": {{ $value }} # no comment`,
  '---\ngroups: []\n- alert: Injected\n  expr: vector(1)',
  '  begins with spaces, and ends with them  \n\n',
  '*anchor &x !!js/function | > % @ `',
  'two\r\nlines\u2028and\u0085others \ud83d\udeeb',
];
const shop = {
  ...{ kind: 'web', name: 'shop', owner: 'team-shop', image: `r/shop:4.2@${digest}`, port: 8000 },
  probe: { text: '<b>.*</b> [x] \\d {{ x }} $(PORT)', version: '/v', path: '/a' },
};

/** The objects of an app in an environment, by file; each is one that a cluster takes. */
function objectsIn(app: { readonly name: string }, monitoring?: Monitoring): Record<string, Manifest> {
  const lines = [
    ...hydrate(
      {
        apps: new Map([[app.name, () => app]]),
        repository: 'https://git.example.org/r.git',
        clusters: [
          {
            ...{ name: 'c', profile: 'eks', registries: ['r'], storage: 'gp3', network: '10.1.0.0/16' },
            ...{ namespaces: { monitoring: 'restricted', agents: 'privileged' }, monitoring },
          },
        ],
        environments: [
          { ...{ name: 'dev', domain: 'dev.example.org' }, ...place },
          { ...{ name: 'platform-c', domain: 'c.example.org', scope: 'cluster' }, ...place },
        ],
        read: () => '',
      },
      { builds: {}, images: {}, known: {}, taken: [] },
      'v24.0.0',
    ),
  ];
  const failed = lines.flatMap((line) => ('failed' in line ? [line.failed.message] : []));
  assert.deepEqual(failed, []);
  const files = lines.flatMap((line) => ('part' in line ? Object.entries(line.part.files) : []));
  const objects = files.map(([file, text]) => [file, load(text) as Manifest] as const);
  for (const [file, object] of objects) assert.deepEqual(strictly(object), [], file);
  return Object.fromEntries(objects);
}
const place = { cluster: 'c', replicas: 1, resources: { cpu: '50m', memory: '64Mi' }, soak: '1m' };

test('whatever an alert says comes through as data', () => {
  const alerts = hostile.map((text, index) => ({
    ...{ name: `Hostile${'abcde'[index]?.toUpperCase()}x`, for: '1m', severity: 'page' },
    ...{
      expr: `up{app="$app"} == ${index} # ${text.split('\n')[0]}\n`,
      summary: `${text} (of $app)`,
      look: `${text}${text}`,
    },
  }));
  const app = { ...shop, alerts };
  const text = Object.values((objectsIn(app)['configmap-shop-rules.yaml'] as Config).data)[0] ?? '';
  const rules = (load(text) as { groups: { rules: Record<string, string>[] }[] }).groups.flatMap((one) => one.rules);
  const own = rules.filter(({ alert = '' }) => alert.startsWith('Hostile'));
  assert.equal(rules.filter(({ alert }) => alert === 'Injected').length, 0);
  assert.deepEqual(
    own.map(({ annotations }) => (annotations as unknown as { summary: string }).summary),
    hostile.map((one) => `${one} (of shop)`),
  );
  assert.ok(own.every(({ expr = '' }) => expr.includes('app="shop"')));
  const [spec] = Object.entries(objectsIn(app, 'operator')).flatMap(([file, one]) =>
    file.startsWith('prometheusrule') ? [one.spec] : [],
  );
  assert.deepEqual(spec, load(text));
});

test('what a page must say is matched as it stands, and a version as a word', () => {
  const text = Object.values((objectsIn(shop)['configmap-shop-probes.yaml'] as Config).data)[0] ?? '';
  const { modules } = load(text) as {
    modules: Record<string, { http: { fail_if_body_not_matches_regexp: string[] } }>;
  };
  assert.deepEqual(Object.keys(modules), ['dev-shop-page', 'dev-shop-version']);
  const expression = (name: string) => new RegExp(modules[name]?.http.fail_if_body_not_matches_regexp[0] ?? '^$');
  assert.match(`<p>${shop.probe.text}</p>`, expression('dev-shop-page'));
  assert.doesNotMatch('<b>anything</b> x 7 {{ x }} $(PORT)', expression('dev-shop-page'));
  for (const says of ['4.2', '{"version":"4.2"}', 'shop 4.2\n']) assert.match(says, expression('dev-shop-version'));
  for (const says of ['14.2', '4.20', '4.2.1', '4-2', 'v4.2', '4.2-rc1'])
    assert.doesNotMatch(says, expression('dev-shop-version'));
});

test('an app without a name outside is asked nothing', () => {
  const objects = objectsIn({ ...shop, hosts: [] } as typeof shop);
  assert.ok(!('configmap-shop-probes.yaml' in objects));
});

interface Rules {
  readonly podSelector: object;
  readonly ingress?: readonly { from: object[]; ports?: { port: number | string }[] }[];
  readonly egress?: readonly { to?: object[]; ports?: { port: number | string }[] }[];
}
const rulesIn = (objects: Record<string, Manifest>, file: string) => objects[file]?.spec as Rules;
const pods = (name: string) => ({ podSelector: { matchLabels: { 'app.kubernetes.io/name': name } } });
const namespace = (name: string) => ({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } });
const stack = { ...{ owner: 'team-a', image: `r/a:1@${digest}`, scope: 'cluster', namespace: 'monitoring' } };

test('an app that sends traces is told where, and reaches that alone', () => {
  const objects = objectsIn({ ...shop, traces: true } as typeof shop);
  const deployment = JSON.stringify(objects['deployment-shop.yaml']);
  assert.match(deployment, /"name":"OTEL_EXPORTER_OTLP_ENDPOINT","value":"http:\/\/traces\.monitoring:4318"/);
  const { egress = [] } = rulesIn(objects, 'networkpolicy-shop.yaml');
  assert.deepEqual(egress[1], {
    to: [{ ...namespace('monitoring'), ...pods('traces') }],
    ports: [{ port: 4318, protocol: 'TCP' }],
  });
  for (const who of ['operator', 'none'] as const)
    assert.doesNotMatch(JSON.stringify(objectsIn({ ...shop, traces: true } as typeof shop, who)), /OTEL_|traces/);
  const own = { ...shop, traces: true, env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://mine:1' } };
  const said = JSON.stringify(objectsIn(own)['deployment-shop.yaml']).match(/OTEL_[^}]*/g);
  assert.deepEqual(said, ['OTEL_EXPORTER_OTLP_ENDPOINT","value":"http://mine:1"']);
});

test('metrics are read by Prometheus alone where it is ours, and by the namespace of an operator elsewhere', () => {
  const loki = { ...stack, kind: 'worker', name: 'loki', port: 3100, metrics: {} };
  for (const app of [{ ...shop, metrics: {} }, loki] as const) {
    const readersUnder = (who: Monitoring) => {
      const { ingress = [] } = rulesIn(objectsIn(app, who), `networkpolicy-${app.name}.yaml`);
      return ingress.flatMap(({ from }) => from).filter((peer) => JSON.stringify(peer).includes('"monitoring"'));
    };
    assert.deepEqual(readersUnder('slipway'), [{ ...namespace('monitoring'), ...pods('prometheus') }]);
    assert.deepEqual(readersUnder('operator'), [namespace('monitoring')]);
  }
});

test('what serves the environments lets in their pods at its port, and nobody else', () => {
  const traces = { ...stack, kind: 'worker', name: 'traces', port: 4318, serves: 'environments' };
  const { ingress = [] } = rulesIn(objectsIn(traces), 'networkpolicy-traces.yaml');
  const environment = { matchExpressions: [{ key: 'slipway.dev/environment', operator: 'Exists' }] };
  assert.deepEqual(ingress, [
    { from: [{ namespaceSelector: environment }], ports: [{ port: 'main', protocol: 'TCP' }] },
  ]);
});

test('what scrapes reaches every pod and the programs of nodes, and the API server where it has rights', () => {
  const rights = [{ resources: ['pods'], verbs: ['list'] }];
  const prometheus = { ...stack, kind: 'worker', name: 'prometheus', scrapes: true, rights };
  const objects = objectsIn(prometheus);
  const { egress = [], ingress } = rulesIn(objects, 'networkpolicy-prometheus.yaml');
  assert.equal(ingress, undefined);
  assert.deepEqual(egress[1], { to: [{ namespaceSelector: {} }] });
  assert.deepEqual(egress[2], {
    to: [{ ipBlock: { cidr: '10.1.0.0/16' } }],
    ports: [10_250, 9100].map((port) => ({ port, protocol: 'TCP' })),
  });
  assert.equal(egress.length, 4);
  const alone = rulesIn(objectsIn({ ...prometheus, rights: [] } as typeof prometheus), 'networkpolicy-prometheus.yaml');
  assert.equal(alone.egress?.length, 3);
});

test('a call of another namespace has both of its sides in the part of the caller', () => {
  const collector = { ...stack, kind: 'worker', name: 'collector', namespace: 'agents', calls: ['loki.monitoring'] };
  const objects = objectsIn(collector);
  const { egress = [] } = rulesIn(objects, 'networkpolicy-collector.yaml');
  assert.deepEqual(egress[1], { to: [{ ...namespace('monitoring'), ...pods('loki') }] });
  const other = objects['networkpolicy-collector-calls-loki.yaml'];
  assert.equal(other?.metadata.namespace, 'monitoring');
  assert.deepEqual(other?.spec, {
    ...pods('loki'),
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ ...namespace('agents'), ...pods('collector') }] }],
  });
});
