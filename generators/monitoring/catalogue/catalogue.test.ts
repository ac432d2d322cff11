import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parser } from '@prometheus-io/lezer-promql';
import { argoCdRelease } from '../../bootstrap/argo-cd.ts';
import { linesOf, readPages } from '../../commands/apply-runbooks.fixture.ts';
import { withExample } from '../../example.fixture.ts';
import { expressionsOf } from '../dashboards/expression.ts';
import { kept } from '../kept.ts';
import { kindCases } from '../kind-cases.fixture.ts';
import { hourCases, longCases, pageCases } from '../objective-cases.fixture.ts';
import { platformCases } from '../platform-cases.fixture.ts';
import { isAlert, type Rule } from '../rule.ts';
import { shopCases } from '../shop-cases.fixture.ts';
import { known, type Recorded } from './known.ts';
import { shapeOf } from './promql.ts';
import {
  dashboards,
  groups,
  images,
  installed,
  jobs,
  ofBoard,
  probed,
  rules,
  scrapes,
  sourceOf,
  type Versions,
} from './rendered.fixture.ts';

const recorded: Recorded[] = [...rules.flatMap(({ rule }) => (isAlert(rule) ? [] : [rule as Recorded])), ...installed];

/** What stands for a value that the reader of a dashboard chooses. */
const chosen = 'some';

const all = (versions: Versions) => known(jobs(versions), recorded, chosen);

/** What the cases of rules say that Prometheus has seen, but for what only the shop of these tests measures. */
const cases = [...Object.values(kindCases), shopCases, pageCases, hourCases, longCases, platformCases].flatMap((one) =>
  Object.values(one).flatMap((list) => list.flatMap(({ seen }) => Object.keys(seen))),
);

test('what the cases of rules have seen are series that there are', withExample, () => {
  const names = new Set(cases.map((one) => one.replace(/\{.*/s, '')).filter((name) => name !== 'shop_sales_total'));
  assert.ok(names.size > 30);
  const series = all('pinned');
  assert.deepEqual(
    [...names].flatMap((name) => shapeOf(name, series).wrong),
    [],
  );
});

/** The labels that a text of an alert takes from what its expression gives. */
const labelsIn = (texts: Readonly<Record<string, string>> | undefined) =>
  Object.values(texts ?? {}).flatMap((text) =>
    Array.from(text.matchAll(/\$labels\.(\w+)/g), ([, label = '']) => label),
  );

function mistakesOf(rule: Rule, series: ReturnType<typeof known>): string[] {
  const { shape, wrong } = shapeOf(rule.expr, series);
  if (!isAlert(rule)) return wrong;
  const missing = [...labelsIn(rule.annotations), ...labelsIn(rule.labels)].filter((label) => !shape.labels.has(label));
  return [...wrong, ...missing.map((label) => `its text asks for the label ${label}, which it does not give`)];
}

for (const versions of ['pinned', 'debian'] as const) {
  test(`every rule asks for series, labels and values that there are, in the ${versions} versions`, withExample, () => {
    const series = all(versions);
    const found = rules.flatMap(({ at, rule }) =>
      mistakesOf(rule, series).map((why) => `${isAlert(rule) ? rule.alert : rule.record}: ${why} (${at})`),
    );
    assert.ok(groups.length > 20);
    assert.deepEqual(found, []);
  });

  test(
    `every panel, and the board, asks for series, labels and values that there are, in the ${versions} versions`,
    withExample,
    () => {
      const series = all(versions);
      const asked = dashboards
        .flatMap(({ what }) => expressionsOf(what))
        .filter(({ language }) => language === 'PromQL');
      assert.ok(asked.length > 40 && ofBoard.length > 3);
      const found = [...asked, ...ofBoard].flatMap(({ where, expr }) =>
        shapeOf(expr, series).wrong.map((why) => `${where}: ${why}`),
      );
      assert.deepEqual([...new Set(found)], []);
    },
  );
}

/** The PromQL of one panel or mark alone, with what its texts take from it. */
const shown = dashboards.flatMap(({ what }) => {
  const { list } = what.templating;
  const asked = (dashboard: object) =>
    expressionsOf({ ...what, ...dashboard } as typeof what).filter(
      ({ where }) => !list.some(({ name }) => where.endsWith(`: ${name}`)),
    );
  return [
    ...what.panels.flatMap((panel) =>
      panel.type === 'row'
        ? []
        : panel.targets.flatMap((target) =>
            asked({ panels: [{ ...panel, targets: [target] }], annotations: { list: [] } }).map((one) => ({
              ...one,
              text: 'legendFormat' in target ? String(target.legendFormat ?? '') : '',
            })),
          ),
    ),
    ...what.annotations.list.flatMap((mark) =>
      asked({ panels: [], annotations: { list: [mark] } }).map((one) => ({
        ...one,
        text: `${mark.titleFormat ?? ''} ${mark.textFormat ?? ''} ${(mark.tagKeys ?? '').replace(/\w+/g, '{{$&}}')}`,
      })),
    ),
  ];
});

test('what a legend, a mark or a variable shows is a label of what was asked', withExample, () => {
  const series = all('pinned');
  const wrong = shown
    .filter(({ language }) => language === 'PromQL')
    .flatMap(({ where, expr, text }) => {
      const { labels } = shapeOf(expr, series).shape;
      return Array.from(text.matchAll(/\{\{\s*(\w+)\s*\}\}/g), ([, label = '']) => label)
        .filter((label) => !labels.has(label))
        .map((label) => `${where} shows ${label}, and ${expr} has none`);
    });
  for (const { what } of dashboards)
    for (const { name, definition = '' } of what.templating.list) {
      const [, expr, label = ''] = /^label_values\((.+), (\w+)\)$/.exec(definition) ?? [];
      if (expr === undefined) continue;
      const { shape } = shapeOf(expr.replace(/\$\w+/g, chosen), series);
      if (!shape.labels.has(label)) wrong.push(`${what.uid}: $${name} lists ${label} of ${expr}`);
    }
  assert.deepEqual(wrong, []);
});

/** Every expression once, however many environments have it. */
const expressions = [
  ...new Map(rules.map(({ rule }) => [rule.expr.replace(/"[^"]*"/g, ''), rule.expr])).values(),
  ...shown.filter(({ language }) => language === 'PromQL').map(({ expr }) => expr),
  ...ofBoard.map(({ expr }) => expr),
];

/** A text with one name or label of it misspelt, for each of them. */
function misspelt(expression: string): string[] {
  const found: string[] = [];
  parser.parse(expression).iterate({
    enter: ({ name, to, node }) => {
      const isName = name === 'Identifier' && node.parent?.name === 'VectorSelector';
      if (isName || name === 'LabelName') found.push(`${expression.slice(0, to)}_${expression.slice(to)}`);
    },
  });
  return found;
}

test('a name or a label that is misspelt in a rule, a panel or the board is told, whichever it is', () => {
  const series = all('pinned');
  const mutants = expressions.flatMap(misspelt);
  assert.ok(mutants.length > 1000);
  assert.deepEqual(
    mutants.filter((mutant) => shapeOf(mutant, series).wrong.length === 0),
    [],
  );
});

test('wherever public addresses are looked for, there is one that is asked', withExample, () => {
  const asked = new Set([...probed.values()].flat());
  const looked = scrapes.flatMap(({ at, what }) =>
    what.scrape_configs
      .filter(({ job_name }) => job_name === 'probe')
      .flatMap(({ kubernetes_sd_configs }) => kubernetes_sd_configs as { namespaces: { names: string[] } }[])
      .flatMap(({ namespaces }) => namespaces.names.map((name) => `${name} (${at})`)),
  );
  assert.ok(looked.length > 3);
  assert.deepEqual(
    looked.filter((one) => !asked.has(one.replace(/ .*/, ''))),
    [],
  );
});

test('what the scrape keeps of exporters is what somebody asks for', withExample, async () => {
  const lines = (await readPages()).flatMap((page) => linesOf(page, 'promql'));
  const asked = new Set([...expressions, ...lines].flatMap((text) => text.match(/[a-zA-Z_:][\w:]*/g) ?? []));
  assert.deepEqual(
    Object.values(kept)
      .flat()
      .filter((name) => !asked.has(name)),
    [],
  );
});

const addOns = readFileSync(new URL('../../../clusters/production/eksctl.yaml', import.meta.url), 'utf8');

test('what is known of a program is of the version that runs, but for a last digit', withExample, () => {
  const ofImage = (end: string) => images.find((image) => image.replace(/:.*/, '').endsWith(end)) ?? `no image ${end}`;
  const ofAddOn = (name: string) =>
    new RegExp(`name: ${name}\\n\\s+version: (\\S+)`).exec(addOns)?.[1] ?? `no add-on ${name}`;
  const table: [source: string, runs: string][] = [
    ['redis-exporter-1.86.0', ofImage('/redis_exporter')],
    ['blackbox-0.28.0', ofImage('/blackbox-exporter')],
    ['blackbox-own-0.28.0', ofImage('/blackbox-exporter')],
    ['prometheus-3.13.0', ofImage('/prom/prometheus')],
    ['alertmanager-0.34.0', ofImage('/alertmanager')],
    ['otelcol-0.157.0', ofImage('/opentelemetry-collector-contrib')],
    ['otelcol-listed-0.157.0', ofImage('/opentelemetry-collector-contrib')],
    ['loki', ofImage('/loki')],
    ['tempo', ofImage('/tempo')],
    ['grafana', ofImage('/grafana')],
    ['runner', ofImage('/gitlab-runner')],
    ['kube-state-metrics', ofAddOn('kube-state-metrics')],
    ['node-exporter-1.11.1', ofAddOn('prometheus-node-exporter')],
    ['argocd', argoCdRelease.version],
  ];
  const minor = (text: string) => /\d+\.\d+/.exec(text)?.[0];
  for (const [source, runs] of table)
    assert.equal(
      minor(sourceOf(source).told.join(' ')),
      minor(runs),
      `${source} is older than ${runs}: update.ts writes it anew`,
    );
});
