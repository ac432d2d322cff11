import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expressionsOf } from '../dashboards/expression.ts';
import { isAlert, type Rule } from '../rule.ts';
import { known, type Recorded } from './known.ts';
import { shapeOf } from './promql.ts';
import { dashboards, groups, jobs, rules, type Versions } from './rendered.fixture.ts';

const recorded: Recorded[] = [
  ...rules.flatMap(({ rule }) => (isAlert(rule) ? [] : [rule as Recorded])),
  // What keeps a broken file from Prometheus writes this rule beside the others: apps/prometheus/install.ts.
  { record: 'slipway:rules_refused:files', expr: 'vector(0)' },
];

/** What stands for a value that the reader of a dashboard chooses. */
const chosen = 'some';

const all = (versions: Versions) => known(jobs(versions), recorded, chosen);

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
  test(`every rule asks for series, labels and values that there are, in the ${versions} versions`, () => {
    const series = all(versions);
    const found = rules.flatMap(({ at, rule }) =>
      mistakesOf(rule, series).map((why) => `${isAlert(rule) ? rule.alert : rule.record}: ${why} (${at})`),
    );
    assert.ok(groups.length > 20);
    assert.deepEqual(found, []);
  });

  test(`every panel asks for series, labels and values that there are, in the ${versions} versions`, () => {
    const series = all(versions);
    const asked = dashboards.flatMap(({ what }) => expressionsOf(what)).filter(({ language }) => language === 'PromQL');
    assert.ok(asked.length > 40);
    const found = asked.flatMap(({ where, expr }) => shapeOf(expr, series).wrong.map((why) => `${where}: ${why}`));
    assert.deepEqual([...new Set(found)], []);
  });
}
