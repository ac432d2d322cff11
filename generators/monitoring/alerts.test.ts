import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exampleMissing, fromExample } from '../example.fixture.ts';
import type { App } from '../model/app.ts';
import { type Cluster, seconds } from '../model/environment.ts';
import { kindCases } from './kind-cases.fixture.ts';
import { hourCases, pageCases } from './objective-cases.fixture.ts';
import { platformCases } from './platform-cases.fixture.ts';
import { platformRules } from './platform-rules.ts';
import { alertsIn, type Cases, checkRules, ruleOf, skip, type Tried, tryRules } from './promtool.fixture.ts';
import type { AlertRule } from './rule.ts';
import { runbookPage, runbookUrl } from './runbook.ts';
import { shopCases } from './shop-cases.fixture.ts';
import { others, shop, type Watched, watched, watchedClusters, watchedEverywhere } from './watched.fixture.ts';

const own = await watchedEverywhere();
/** An app of a team may be called as one of ours here. */
const isFree = ({ app }: Watched) => !own.some((one) => one.app === app);
const everything = [...own, ...[shop, ...others].flatMap((app) => watched(app)).filter(isFree)];

const examples = await Promise.all(
  ['counter', 'redis', 'redis-backup'].map((name) => fromExample<{ readonly app?: App }>(`apps/${name}/app.ts`)),
);

/** What is watched in production, by app; of the cluster itself by its name. */
const production = new Map<string, Watched>(
  [
    ...[shop, ...others, ...examples.flatMap(({ app }) => app ?? [])].flatMap((app) =>
      watched(app, ({ name }) => name === 'production' || name === 'platform-production'),
    ),
    ...watchedClusters().filter(({ name }) => name === 'platform-production'),
  ].map((one) => [one.app || one.name, one]),
);

const triedOf = (app: string, cases: Cases): Tried[] => {
  const of = production.get(app);
  assert.ok(of, app);
  return Object.entries(cases).map(([alert, list]) => ({ of, alert, cases: list }));
};

const tried = [
  ...Object.entries(kindCases)
    .filter(([app]) => !exampleMissing || production.has(app))
    .flatMap(([app, cases]) => triedOf(app, cases)),
  ...triedOf('shop', { ...shopCases, ...pageCases }),
  ...triedOf('platform-production', platformCases),
];
const triedForHours = triedOf('shop', hourCases);

/** What a rule is but for names and numbers: for that somebody must have tried it. */
const shapeOf = ({ alert, expr, labels }: AlertRule) =>
  `${alert} ${JSON.stringify([labels.severity, labels.window, labels.target])}: ${expr.replaceAll(/"[^"]*"|[\d.]+/g, '·')}`;

test('every rule of every app, environment and cluster is one that Prometheus reads', { skip }, async () => {
  const rules = everything.flatMap(({ groups }) => groups.flatMap((group) => group.rules));
  const said = await checkRules(everything);
  const read = [...said.matchAll(/SUCCESS: (\d+) rules/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  assert.equal(read, rules.length);
});

test('each alert fires when it should, at the time that it promises, and not otherwise', {
  skip: skip || exampleMissing,
}, async () => {
  await tryRules(tried);
});

test('what burns for hours is told of by how fast it does', { skip: skip || exampleMissing }, async () => {
  await tryRules(triedForHours, '150s');
});

test('there is no alert that nobody has seen fire, and none that nobody has seen silent', () => {
  const fired = new Set(
    [...tried, ...triedForHours].flatMap((one) =>
      one.cases.flatMap(({ fires = [] }) => fires.map((expected) => shapeOf(ruleOf(one, expected)))),
    ),
  );
  const silent = new Set(
    [...tried, ...triedForHours].flatMap((one) =>
      one.cases.flatMap(({ fires = [] }) => {
        const firing = new Set(fires.map((expected) => ruleOf(one, expected)));
        return alertsIn(one.of.groups)
          .filter((rule) => rule.alert === one.alert && !firing.has(rule))
          .map(shapeOf);
      }),
    ),
  );
  const shapes = new Set(everything.flatMap(({ groups }) => alertsIn(groups).map(shapeOf)));
  assert.deepEqual(
    [...shapes].filter((shape) => !fired.has(shape)),
    [],
  );
  assert.deepEqual(
    [...shapes].filter((shape) => !silent.has(shape) && !shape.startsWith('DeadMansSwitch ')),
    [],
  );
});

test('every alert says who answers for it, what is wrong, what to look at, and where to read on', () => {
  for (const { name, environment, groups } of everything)
    for (const { alert, labels, annotations } of alertsIn(groups)) {
      const where = `${name} ${alert}`;
      assert.match(alert, /^([A-Z][a-z]+)+$/, where);
      assert.match(labels.severity ?? '', alert === 'DeadMansSwitch' ? /^heartbeat$/ : /^(page|ticket)$/, where);
      assert.match(labels.owner ?? '', /^team-/, where);
      // The platform speaks for an environment that is down as a whole.
      if (labels.covers === undefined) assert.equal(labels.namespace, environment, where);
      assert.ok(labels.app, where);
      assert.match(annotations.summary ?? '', /\S.*[.:]$/s, where);
      assert.ok((annotations.description ?? '').length > 5, where);
      assert.match(annotations.runbook ?? '', /^https:\/\/.*\/main\/clusters\/runbooks\/[a-z-]+\.md$/, where);
      assert.match(
        annotations.dashboard ?? '',
        /^\/d\/slipway-[a-z]+(\?var-namespace=[a-z-]+&var-app=([a-z-]+|{{ \$labels\.app }}))?$/,
        where,
      );
    }
});

test('what says that an environment is down comes no later than any page that it silences', () => {
  const pages = everything
    .flatMap(({ groups }) => alertsIn(groups))
    .filter((rule) => rule.labels.severity === 'page' && rule.for !== undefined);
  const [down, ...others] = ['environment', undefined].map((covers) =>
    pages.filter(({ labels }) => labels.covers === covers).map((rule) => seconds(rule.for ?? '')),
  );
  assert.ok(down && others[0] && down.length > 2 && others[0].length > 20);
  assert.ok(Math.max(...down) <= Math.min(...others[0]), `${Math.max(...down)} s and ${Math.min(...others[0])} s`);
});

test('names of rules and of groups are nobody else\u2019s in their file', () => {
  for (const { name, groups } of everything) {
    const names = groups.map((group) => group.name);
    assert.deepEqual(names, [...new Set(names)], name);
    const rules = groups.flatMap((group) =>
      group.rules.map((rule) =>
        JSON.stringify([rule.labels, 'record' in rule ? rule.record : [rule.alert, rule.expr]]),
      ),
    );
    assert.equal(new Set(rules).size, rules.length, name);
  }
});

test('an alert leads to its page on main, where the repository is', () => {
  const table = [
    ['ErrorBudgetBurnsFast', 'error-budget-burns-fast.md'],
    ['NothingMeasured', 'nothing-measured.md'],
    ['SLOBurns', 'slo-burns.md'],
    ['ApplicationOutOfSync', 'application-out-of-sync.md'],
  ] as const;
  for (const [alert, page] of table) assert.equal(runbookPage(alert), page);
  const page = 'main/clusters/runbooks/redis-down.md';
  assert.equal(
    runbookUrl('https://gitlab.com/example/slipway.git', 'RedisDown'),
    `https://gitlab.com/example/slipway/-/blob/${page}`,
  );
  assert.equal(
    runbookUrl(
      'git@gitlab.example.org:a/b/slipway.git'.replace('git@gitlab.example.org:', 'ssh://git@gitlab.example.org/'),
      'RedisDown',
    ),
    `https://gitlab.example.org/a/b/slipway/-/blob/${page}`,
  );
  assert.equal(
    runbookUrl('https://github.com/example/slipway', 'RedisDown'),
    `https://github.com/example/slipway/blob/${page}`,
  );
});

test('nobody waits for what does not run there', () => {
  const alertsOn = (cluster: Pick<Cluster, 'profile' | 'monitoring'>, elsewhere = false) => {
    const path = { repository: 'https://git.example.org/r.git', environments: [] };
    const groups = platformRules({ cluster: { name: 'here', ...cluster }, path, owner: 'team-platform', elsewhere });
    return alertsIn(groups).map(
      ({ alert, labels }) => labels.target ?? (alert === 'CollectorDrops' ? labels.app : alert),
    );
  };
  const addOns = ['kube-state-metrics', 'kubelet', 'node-exporter'];
  const stack = ['collector', 'traces', 'LokiRefuses', 'TempoRefuses'];
  const rules = ['RulesBroken', 'RulesMissing', 'RulesNotGathered'];
  const own = ['argocd', 'TargetFails', ...rules, ...stack];
  assert.deepEqual(alertsOn({ profile: 'local' }), own);
  // To a Prometheus that is given files nothing is gathered.
  assert.deepEqual(alertsOn({ profile: 'local' }, true), ['argocd', 'TargetFails', 'RulesBroken', ...stack]);
  assert.deepEqual(alertsOn({ profile: 'local', monitoring: 'none' }), ['argocd', 'TargetFails']);
  assert.deepEqual(alertsOn({ profile: 'eks', monitoring: 'none' }), ['argocd', ...addOns, 'TargetFails']);
  assert.deepEqual(alertsOn({ profile: 'eks', monitoring: 'operator' }), [
    ...['argocd', ...addOns, 'versions', 'TargetFails', 'VersionsUnknown'],
  ]);
  assert.deepEqual(alertsOn({ profile: 'eks' }), [
    ...['DeadMansSwitch', 'argocd', ...addOns, 'versions', 'TargetFails', ...rules],
    ...['NotificationsFail', 'AlertmanagerUnreachable', 'VersionsUnknown', ...stack],
  ]);
});

test('whoever has no public address is not missed outside, and wakes somebody when no pod is ready', () => {
  const office = alertsIn(production.get('office')?.groups ?? []).map(
    ({ alert, labels }) => `${alert} ${labels.severity}`,
  );
  assert.ok(office.includes('NoPodReady page'));
  assert.deepEqual(
    office.filter((one) => /^(PublicAddressFails|NothingProbed|WrongVersionOutside|CertificateEnds) /.test(one)),
    [],
  );
});

test('what an app says itself comes through as it is, with its own name and environment', { skip }, async () => {
  const of = production.get('shop') as Watched;
  const [rule] = alertsIn(of.groups).filter(({ alert }) => alert === 'ShopSellsNothing');
  assert.equal(rule?.expr, 'sum(rate(shop_sales_total{namespace="production",app="shop"}[5m])) == 0');
  assert.equal(rule?.annotations.summary, 'shop in production sells nothing: "why", \'so\'.');
  assert.equal(rule?.annotations.description, 'The till\nof shop.');
});
