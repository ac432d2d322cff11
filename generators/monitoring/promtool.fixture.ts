import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AlertRule, isAlert, type RecordingRule, type Rule, type RuleGroup } from './rule.ts';
import type { Watched } from './watched.fixture.ts';

export const skip =
  spawnSync('promtool', ['--version']).error !== undefined &&
  'This test has promtool try the rules, and it is not installed here (Debian and Homebrew: prometheus).';

/** What Prometheus has seen, and which alerts of one name it then tells of. */
export interface Case {
  /** How long after the beginning: `'10m'`. */
  readonly at: string;
  /** By series: values a minute apart, as promtool writes them. */
  readonly seen: Readonly<Record<string, string>>;
  /** @default none */
  readonly fires?: readonly Fired[];
  /** How many fire, where what they say depends on how Prometheus counts at the ends of a window. @default as many as `fires` says */
  readonly firing?: number;
  /** What an expression then gives, without labels. @default nothing is asked */
  readonly gives?: Readonly<Record<string, number>>;
}

/** An alert that is told of. */
export interface Fired {
  /** Those by which the rule differs from others of its name, and those that its series has. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Where the rule has a template there. */
  readonly summary?: string;
}

/** What an alert is expected to say. */
export const say = (summary: string, labels: Fired['labels'] = {}): readonly Fired[] => [{ summary, labels }];

/** An alert whose rule says all that there is to say. */
export const once: readonly Fired[] = [{}];

/** By alert, what is tried of it: it fires, at the time that is promised and not before, and it does not. */
export type Cases = Readonly<Record<string, readonly Case[]>>;

/** Some cases of one alert of what is watched. */
export interface Tried {
  readonly of: Watched;
  readonly alert: string;
  readonly cases: readonly Case[];
}

export const alertsIn = (groups: readonly RuleGroup[]): AlertRule[] =>
  groups.flatMap(({ rules }) => rules).filter(isAlert);

/** The rule that an alert which fires is of. */
export function ruleOf({ of, alert }: Tried, { labels = {} }: Fired): AlertRule {
  const suits = (label = '', value: string) => label === '' || label === value || label.includes('{{');
  const [rule, ...more] = alertsIn(of.groups).filter(
    (one) => one.alert === alert && Object.entries(labels).every(([name, value]) => suits(one.labels[name], value)),
  );
  assert.ok(rule, `${of.name}: no rule is ${alert} ${JSON.stringify(labels)}`);
  assert.equal(more.length, 0, `${of.name}: more than one rule is ${alert} ${JSON.stringify(labels)}`);
  return rule;
}

function expected(tried: Tried, { labels = {}, summary }: Fired) {
  const rule = ruleOf(tried, { labels });
  const filled = (texts: Readonly<Record<string, string>>) =>
    Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [
        name,
        text.replaceAll(/{{ \$labels\.(\w+) }}/g, (_, label: string) => labels[label] ?? ''),
      ]),
    );
  return {
    exp_labels: { ...filled(rule.labels), ...labels },
    exp_annotations: { ...filled(rule.annotations), ...(summary === undefined ? {} : { summary }) },
  };
}

const promtool = (...args: string[]) => promisify(execFile)('promtool', args, { maxBuffer: 1e8 });

/** Gives a folder to some work, and takes it away. */
async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-rules-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const fileOf = ({ name }: Watched) => `${name.replaceAll('/', '-')}.yaml`;

// JSON is YAML, too.
const write = (folder: string, file: string, value: object) => writeFile(join(folder, file), JSON.stringify(value));

/** Has Prometheus read the rules. @throws with what it says of them */
export const checkRules = (all: readonly Watched[]): Promise<string> =>
  inFolder(async (folder) => {
    for (const one of all) await write(folder, fileOf(one), { groups: one.groups });
    return (await promtool('check', 'rules', ...all.map((one) => join(folder, fileOf(one))))).stdout;
  });

/** The rules of an alert, and those that record what it asks, so that no other is evaluated a thousand times. */
function needed({ of, alert, cases }: Tried): RuleGroup[] {
  const rules = new Set(alertsIn(of.groups).filter((one) => one.alert === alert));
  const asked = [...cases.flatMap(({ gives = {} }) => Object.keys(gives)), ...[...rules].map(({ expr }) => expr)];
  const records = of.groups.flatMap((group) => group.rules).filter((rule): rule is RecordingRule => !isAlert(rule));
  const found = new Set<Rule>();
  for (const expr of asked)
    for (const rule of records)
      if (
        !found.has(rule) &&
        new RegExp(`\\b${rule.record}\\b`).test(expr) &&
        expr.includes(`slo="${rule.labels?.slo}"`)
      ) {
        found.add(rule);
        asked.push(rule.expr);
      }
  return of.groups.flatMap((group) => {
    const kept = group.rules.filter((rule) => found.has(rule) || (isAlert(rule) && rules.has(rule)));
    return kept.length > 0 ? [{ ...group, rules: kept }] : [];
  });
}

function testsOf(one: Tried, interval: string) {
  return one.cases.map(({ at, seen, fires = [], firing, gives = {} }, index) => ({
    ...{ name: `${one.of.name} ${one.alert} ${index + 1}`, interval },
    input_series: Object.entries(seen).map(([series, values]) => ({ series, values })),
    alert_rule_test:
      firing === undefined
        ? [{ eval_time: at, alertname: one.alert, exp_alerts: fires.map((fired) => expected(one, fired)) }]
        : [],
    promql_expr_test: Object.entries({
      ...(firing === undefined ? {} : { [`count(ALERTS{alertname="${one.alert}",alertstate="firing"})`]: firing }),
      ...gives,
    }).map(([expr, value]) => ({ expr, eval_time: at, exp_samples: [{ labels: '{}', value }] })),
  }));
}

/** Has Prometheus try all cases. @throws with what it says of those that do not come out */
export const tryRules = (all: readonly Tried[], interval = '1m'): Promise<void> =>
  inFolder(async (folder) => {
    const files = all.map((one, index) => ({ one, rules: `rules-${index}.yaml`, tests: `tests-${index}.yaml` }));
    for (const { one, rules, tests } of files) {
      await write(folder, rules, { groups: needed(one) });
      await write(folder, tests, { rule_files: [rules], evaluation_interval: interval, tests: testsOf(one, interval) });
    }
    await promtool('test', 'rules', ...files.map(({ tests }) => join(folder, tests))).catch((error) => {
      throw new Error(`${error.stderr}\n${error.stdout}`);
    });
  });
