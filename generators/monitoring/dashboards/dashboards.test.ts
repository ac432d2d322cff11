import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { environments } from '../../../clusters/environments.ts';
import { scopeOf } from '../../model/environment.ts';
import { type Dashboard as AlertsDashboard, alert } from '../alert.ts';
import { expressionsOf } from './expression.ts';
import type { Dashboard, Panel, Placed, Unit } from './grafana.ts';
import { dashboards } from './index.ts';
import { layout, sized } from './layout.ts';
import { uids } from './link.ts';
import { balancer } from './load-balancer.ts';
import { figure } from './panel.ts';
import { sources } from './source.ts';

const all = dashboards(true);
const panelsOf = ({ panels }: Dashboard) => panels.filter((one): one is Placed => one.type !== 'row');
const expressions = all.flatMap(expressionsOf);
const names = ({ templating }: Dashboard) => templating.list.map(({ name }) => name);

test('each dashboard has the uid that alerts and bookmarks name', () => {
  assert.deepEqual(
    all.map(({ uid }) => uid),
    ['slipway-service', 'slipway-versions', 'slipway-objectives', 'slipway-platform'],
  );
  assert.deepEqual(new Set(all.map(({ uid }) => uid)), new Set(Object.values(uids)));
  assert.equal(new Set(all.map(({ title }) => title)).size, all.length);
});

test('a dashboard is plain data, the same every time, and small enough for a ConfigMap', () => {
  for (const dashboard of all) {
    const text = JSON.stringify(dashboard, null, 1);
    assert.deepEqual(JSON.parse(text), dashboard, dashboard.uid);
    assert.ok(Buffer.byteLength(text) < 256 * 1024, `${dashboard.uid} has ${text.length} characters`);
  }
  assert.deepEqual(dashboards(true), all);
});

for (const dashboard of all)
  describe(dashboard.uid, () => {
    test('every panel says what it shows, in which unit, and what is wrong when it looks wrong', () => {
      const titles = panelsOf(dashboard).map(({ title, description, fieldConfig }) => {
        assert.match(title, /^[A-Z0-9]/);
        assert.match(description, /^[A-Z0-9].{20,}[.?]$/, title);
        assert.ok(fieldConfig.defaults.unit, title);
        return title;
      });
      assert.equal(new Set(titles).size, titles.length);
      assert.ok(titles.length > 5);
    });

    test('a column that holds a number has a unit, and each that is named has a query', () => {
      for (const panel of panelsOf(dashboard).filter(({ type }) => type === 'table'))
        for (const [field, shown] of Object.entries(columnsOf(panel))) {
          const units = panel.fieldConfig.overrides
            .filter(({ matcher }) => matcher.options === shown)
            .flatMap(({ properties }) => properties.filter(({ id }) => id === 'unit'));
          if (!field.startsWith('Value')) continue;
          assert.equal(units.length, 1, `${panel.title}: ${shown}`);
          const letter = field.slice('Value #'.length) || 'A';
          assert.ok(
            panel.targets.some(({ refId }) => refId === letter),
            `${panel.title}: ${field}`,
          );
        }
    });

    test('no panel covers another, and all are on the page', () => {
      const taken = new Map<string, string>();
      for (const { title, gridPos } of dashboard.panels) {
        const { x, y, w, h } = gridPos;
        assert.ok(x >= 0 && y >= 0 && w > 0 && h > 0 && x + w <= 24, title);
        for (let row = y; row < y + h; row++)
          for (let column = x; column < x + w; column++) {
            const at = `${row},${column}`;
            assert.equal(taken.get(at), undefined, `${title} covers it`);
            taken.set(at, title);
          }
      }
      const ids = dashboard.panels.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
    });

    test('what it asks goes to a data source that it has, and that Grafana is given', () => {
      const own = dashboard.templating.list.filter(({ type }) => type === 'datasource');
      for (const { name, query, current } of own) {
        assert.equal(query, sources[name as keyof typeof sources].type);
        assert.equal(current?.value, name);
      }
      const known = new Set(own.map(({ name }) => `\${${name}}`));
      const asked = [
        ...panelsOf(dashboard).flatMap(({ datasource, targets }) => [
          datasource,
          ...targets.map((query) => query.datasource),
        ]),
        ...dashboard.annotations.list.map(({ datasource }) => datasource),
        ...dashboard.templating.list.flatMap(({ datasource }) => datasource ?? []),
      ];
      // The query of a trace names none: it goes where its panel goes.
      for (const one of asked) if (one) assert.ok(known.has(one.uid ?? ''), JSON.stringify(one));
    });

    test('its links lead to dashboards that there are, with variables that these have', () => {
      const urls = [...JSON.stringify(dashboard).matchAll(/"url":"([^"]+)"/g)].map(([, url]) => url as string);
      assert.ok(urls.length >= all.length - 1);
      for (const url of urls) {
        if (url.startsWith('/alerting/list?search=rule:${__data.fields.')) continue;
        const [, uid, query = ''] = /^\/d\/([\w-]+)(?:\?(.*))?$/.exec(url) ?? [];
        const target = all.find((one) => one.uid === uid);
        assert.ok(target && target !== dashboard, url);
        for (const [, name] of query.matchAll(/var-(\w+)=/g)) assert.ok(names(target).includes(name as string), url);
      }
    });

    test('a link of a row takes what the row shows', () => {
      for (const panel of panelsOf(dashboard).filter(({ type }) => type === 'table')) {
        const shown = Object.values(columnsOf(panel));
        const taken = [...JSON.stringify(panel).matchAll(/__data\.fields\.(\w+)/g)].map(([, name]) => name);
        for (const name of taken) assert.ok(shown.includes(name as string), `${panel.title}: ${name}`);
      }
    });

    test('where its apps are about, roll-outs and rollbacks are drawn', () => {
      const marks = dashboard.annotations.list.map(({ name }) => name);
      assert.deepEqual(marks, names(dashboard).includes('app') ? ['Roll-outs', 'Rollbacks', 'Alerts'] : []);
      for (const { expr, target } of dashboard.annotations.list) assert.equal(target.expr, expr);
    });
  });

/** What the columns of a table are called, by field. */
function columnsOf({ transformations = [] }: Panel): Record<string, string> {
  return transformations.find(({ id }) => id === 'organize')?.options.renameByName ?? {};
}

test('an alert leads to a dashboard that there is, with variables that it has', () => {
  const about = {
    environment: 'dev',
    namespace: 'dev',
    app: 'shop',
    owner: 'team-shop',
    repository: 'https://a.b/c.git',
  };
  const said = { name: 'ShopCannotSell', expr: 'up', severity: 'page', summary: 'It cannot.', look: 'Look.' } as const;
  const named: Record<AlertsDashboard, true> = {
    'slipway-service': true,
    'slipway-versions': true,
    'slipway-objectives': true,
    'slipway-platform': true,
  };
  for (const dashboard of Object.keys(named) as AlertsDashboard[]) {
    const { annotations } = alert(about, { ...said, dashboard });
    const [, uid, query = ''] = /^\/d\/([\w-]+)(?:\?(.*))?$/.exec(annotations.dashboard ?? '') ?? [];
    const target = all.find((one) => one.uid === uid);
    assert.ok(target, dashboard);
    for (const name of new URLSearchParams(query).keys()) assert.ok(names(target).includes(name.replace('var-', '')));
  }
});

test('any graph of the service can be cut by version', () => {
  const [service] = all;
  assert.ok(service);
  const cut = service.templating.list.find(({ name }) => name === 'cut');
  assert.equal(cut?.query, 'version,pod,app');
  const graphs = panelsOf(service).filter(({ type }) => type === 'timeseries');
  const by = graphs.filter(({ targets }) => JSON.stringify(targets).includes('by ($cut)'));
  assert.ok(by.length >= 9, `${by.length} of ${graphs.length}`);
  for (const { title, targets } of by) assert.ok(JSON.stringify(targets).includes('{{$cut}}'), title);
});

test('of several hosts each has a line of its own name', () => {
  const lines = all.flatMap(panelsOf).flatMap(({ targets }) => targets.filter((query) => 'legendFormat' in query));
  const probed = lines.filter((query) => /^probe_\w+\{/.test((query as { readonly expr: string }).expr));
  assert.ok(probed.length >= 2);
  for (const { legendFormat } of probed as { readonly legendFormat?: string }[])
    assert.match(legendFormat ?? '', /\{\{instance\}\}/);
});

test('the load balancer of each environment is found by its name, and that of no other', () => {
  const [, pattern = ''] = /^\/(.+)\/$/.exec(balancer().regex ?? '') ?? [];
  // As the controller names them.
  const called = (group: string) =>
    `app/k8s-${group.replace(/[^a-zA-Z0-9]/g, '').slice(0, 17)}-0123456789/0123456789abcdef`;
  const balancers = environments.map(({ name }) => called(name));
  for (const { name } of environments.filter((one) => scopeOf(one) === 'environment'))
    assert.deepEqual(
      balancers.filter((one) => new RegExp(pattern.replace('$namespace', name)).test(one)),
      [called(name)],
    );
});

test('what AWS is asked has one metric each, of one load balancer, and a name for its line', () => {
  const asked = all
    .flatMap(panelsOf)
    .flatMap(({ title, targets }) => targets.flatMap((query) => ('metricName' in query ? [{ title, query }] : [])));
  assert.deepEqual(new Set(asked.map(({ query }) => query.metricName)).size, 6);
  for (const { title, query } of asked) {
    assert.equal(query.dimensions?.LoadBalancer, '$balancer', title);
    assert.ok(query.label && query.statistic && query.namespace === 'AWS/ApplicationELB', title);
    const panel = asked.filter((one) => one.title === title);
    for (const what of ['refId', 'label'] as const)
      assert.equal(new Set(panel.map((one) => one.query[what])).size, panel.length, title);
  }
});

test('every query of metrics is one that Prometheus reads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-dashboards-'));
  try {
    const asked = expressions.filter(({ language }) => language === 'PromQL');
    assert.ok(asked.length > 100);
    const rules = asked.map(({ where, expr }, index) => ({ record: `asked:${index}`, expr, labels: { where } }));
    const file = join(folder, 'rules.yml');
    writeFileSync(file, JSON.stringify({ groups: [{ name: 'dashboards', rules }] }));
    const said = execFileSync('promtool', ['check', 'rules', '--lint=none', file], { encoding: 'utf8' });
    assert.match(said, new RegExp(`SUCCESS: ${asked.length} rules found`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('queries of logs and traces close what they open, and leave no variable', () => {
  const asked = expressions.filter(({ language }) => language !== 'PromQL');
  assert.deepEqual(
    asked.map(({ language }) => language),
    ['LogQL', 'TraceQL'],
  );
  for (const { where, expr } of asked) {
    const outside = expr.replace(/"(?:[^"\\]|\\.)*"/g, '""');
    const open: string[] = [];
    for (const sign of outside) {
      if ('{(['.includes(sign)) open.push(sign);
      if ('})]'.includes(sign)) assert.equal(open.pop(), '{(['['})]'.indexOf(sign)], where);
    }
    assert.deepEqual(open, [], where);
    assert.match(outside, /^\{.+\}$/, where);
    assert.ok(!expr.includes('$'), where);
  }
});

test('a variable that a dashboard does not have is found', () => {
  const [service] = all;
  assert.ok(service);
  const without = { ...service, templating: { list: service.templating.list.filter(({ name }) => name !== 'cut') } };
  assert.throws(() => expressionsOf(without), /slipway-service: .+ asks for \$cut, which the dashboard does not have/);
});

test('a panel that is too wide is refused, and lines of panels stand below each other', () => {
  const panel = figure({ title: 'One', description: 'One number.', asked: [{ expr: 'up', legend: '' }], unit: 'none' });
  assert.throws(() => layout([{ title: 'All', panels: [sized(25, 4, panel)] }]), /"One" is 25 of 24 columns wide/);
  const placed = layout([
    { title: 'First', panels: [sized(16, 4, panel), sized(8, 6, panel), sized(12, 3, panel)] },
    { title: 'Second', panels: [sized(24, 2, panel)] },
  ]);
  assert.deepEqual(
    placed.map(({ gridPos: { x, y } }) => [x, y]),
    [
      [0, 0],
      [0, 1],
      [16, 1],
      [0, 7],
      [0, 10],
      [0, 11],
    ],
  );
});

test("Grafana's own types refuse what its schema does not have", () => {
  // The types are all that is taken from it: these lines are held by the compiler.
  // @ts-expect-error it is called `s`
  const unit: Unit = 'seconds';
  // @ts-expect-error there is no such kind of panel
  const type: Panel['type'] = 'graph';
  // @ts-expect-error it is a number
  const schemaVersion: Dashboard['schemaVersion'] = '42';
  assert.deepEqual([unit, type, schemaVersion], ['seconds', 'graph', '42']);
});
