import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { expressionsOf } from './expression.ts';
import { dashboards } from './index.ts';

// What a dashboard shows of series that are given, by Prometheus itself. Variables that stand for a value are `some`.

const expressions = dashboards(true).flatMap(expressionsOf);

interface Case {
  readonly says: string;
  /** The series, from 00:00 on, a sample a minute. */
  readonly given: Readonly<Record<string, string>>;
  /** What the n-th query of a panel or mark answers after ten minutes. */
  readonly shown: readonly (readonly [where: string, query: number, Readonly<Record<string, number>>])[];
}

const app = 'namespace="some",app="some"';
const told = (pod: string) => ({
  [`slipway_app_since_timestamp_seconds{${app},environment="some",pod="${pod}"}`]: '1700000000x20',
  [`slipway_app_held_since_timestamp_seconds{${app},environment="some",pod="${pod}"}`]: '1600000000x20',
});
const runs = (pod: string, version: string) => ({
  [`slipway_app_info{${app},environment="some",pod="${pod}",version="${version}",commit="c0ffee",request="7"}`]: '1x20',
});
const held = (pod: string, value: 0 | 1) => ({
  [`slipway_app_held{${app},environment="some",pod="${pod}"}`]: `${value}x20`,
});
const mark = `{${app},version="1.0.3",commit="c0ffee",request="7"}`;
const rollOuts = (about: string) => `slipway-${about}: Roll-outs`;
const rollbacks = (about: string) => `slipway-${about}: Rollbacks`;
const requests = (pod: string, version: string, status: string, rate: number) => ({
  [`http_server_request_duration_seconds_count{job="pods",${app},pod="${pod}",version="${version}",http_route="/",http_request_method="GET",http_response_status_code="${status}"}`]: `0+${rate * 15}x80`,
});

const cases: readonly Case[] = [
  {
    says: 'a roll-out is marked when it came, with its version, commit and request, and is no rollback',
    given: { ...told('a'), ...runs('a', '1.0.3'), ...held('a', 0) },
    shown: (['service', 'versions', 'objectives'] as const).flatMap((about) => [
      [rollOuts(about), 0, { [mark]: 1_700_000_000_000 }] as const,
      [rollbacks(about), 0, {}] as const,
    ]),
  },
  {
    says: 'that another app there, or the same elsewhere, is held makes no rollback of a roll-out',
    given: {
      ...{ ...told('a'), ...runs('a', '1.0.3'), ...held('a', 0) },
      'slipway_app_held{namespace="some",app="other"}': '1x20',
      'slipway_app_held{namespace="other",app="some"}': '1x20',
    },
    shown: [
      [rollOuts('service'), 0, { [mark]: 1_700_000_000_000 }],
      [rollbacks('service'), 0, {}],
    ],
  },
  {
    says: 'a rollback is marked when it was held, and is no roll-out',
    given: { ...told('a'), ...runs('a', '1.0.3'), ...held('a', 1) },
    shown: [
      [rollOuts('service'), 0, {}],
      [rollbacks('service'), 0, { [mark]: 1_600_000_000_000 }],
    ],
  },
  {
    says: 'what belongs to a cluster is told under its environment, wherever its pods are',
    given: {
      'slipway_app_since_timestamp_seconds{namespace="platform-nonprod",app="some"}': '1700000000x20',
      'slipway_app_held{namespace="platform-nonprod",app="some"}': '0x20',
      'slipway_app_info{namespace="platform-nonprod",app="some",version="2",commit="c0ffee",request=""}': '1x20',
    },
    shown: [
      ['slipway-service: Runs since', 0, { '{namespace="platform-nonprod"}': 1_700_000_000_000 }],
      [
        rollOuts('service'),
        0,
        { '{namespace="platform-nonprod",app="some",version="2",commit="c0ffee"}': 1_700_000_000_000 },
      ],
    ],
  },
  {
    says: 'while two pods tell the same, it is marked once',
    given: {
      ...{ ...told('a'), ...runs('a', '1.0.3'), ...held('a', 0) },
      ...{ ...told('b'), ...runs('b', '1.0.3'), ...held('b', 0) },
    },
    shown: [
      [rollOuts('service'), 0, { [mark]: 1_700_000_000_000 }],
      [rollbacks('service'), 0, {}],
    ],
  },
  {
    says: 'failures are cut by version, and none are 0 and not nothing',
    given: { ...requests('a', '1', '200', 10), ...requests('b', '2', '200', 9), ...requests('b', '2', '500', 1) },
    shown: [
      ['slipway-service: Failures', 0, { '{version="1"}': 0, '{version="2"}': 0.1 }],
      ['slipway-service: Failed', 0, { '{}': 0.05 }],
      [
        'slipway-versions: Failures by version',
        0,
        { '{namespace="some",app="some",version="1"}': 0, '{namespace="some",app="some",version="2"}': 0.1 },
      ],
      ['slipway-service: Rate', 0, { '{version="1"}': 10, '{version="2"}': 10 }],
    ],
  },
  {
    says: 'what a node measures of a container has the version that its pod says',
    given: {
      'up{job="pods",namespace="some",app="some",pod="a",version="1"}': '1x80',
      'up{job="pods",namespace="some",app="some",pod="b",version="2"}': '1x80',
      'container_cpu_usage_seconds_total{job="kubelet",namespace="some",container="some",pod="a",id="/x"}': '0+3x80',
      'container_cpu_usage_seconds_total{job="kubelet",namespace="some",container="some",pod="b",id="/y"}': '0+1.5x80',
      'container_memory_working_set_bytes{job="kubelet",namespace="some",container="some",pod="a"}': '100x80',
      'container_memory_working_set_bytes{job="kubelet",namespace="some",container="other",pod="a"}': '900x80',
    },
    shown: [
      ['slipway-service: CPU', 0, { '{version="1"}': 0.2, '{version="2"}': 0.1 }],
      ['slipway-service: Memory', 0, { '{version="1"}': 100 }],
      ['slipway-service: Pods that answer', 0, { '{version="1"}': 1, '{version="2"}': 1 }],
    ],
  },
  {
    says: 'of several hosts each answers for itself, and the slowest says where the time goes',
    given: Object.fromEntries(
      [
        ['a', 1, 0.25],
        ['b', 0, 0.5],
      ].flatMap(([host, success, seconds]) => {
        const probe = `job="probe",${app},probe="page",instance="https://${host}.example.com/"`;
        return [
          [`probe_success{${probe}}`, `${success}x80`],
          [`probe_http_duration_seconds{${probe},phase="connect"}`, `${seconds}x80`],
        ];
      }),
    ),
    shown: [
      [
        'slipway-service: Answers as it should',
        0,
        {
          [`{job="probe",${app},probe="page",instance="https://a.example.com/"}`]: 1,
          [`{job="probe",${app},probe="page",instance="https://b.example.com/"}`]: 0,
        },
      ],
      ['slipway-service: Where the time goes', 0, { '{phase="connect"}': 0.5 }],
    ],
  },
  {
    says: 'a burn rate is how many times more fails than may',
    given: {
      'slo:errors:ratio_rate1h{namespace="some",app="some",slo="some"}': '0.0144x80',
      'slo:errors:ratio_rate5m{namespace="some",app="some",slo="some"}': '0.002x80',
      'slo:objective:ratio{namespace="some",app="some",slo="some"}': '0.999x80',
    },
    shown: [
      ['slipway-objectives: 1h and 5m', 0, { '{namespace="some",app="some",slo="some"}': 14.4 }],
      ['slipway-objectives: 1h and 5m', 1, { '{namespace="some",app="some",slo="some"}': 2 }],
    ],
  },
  {
    says: 'an alert stands in the table with the moment since when it is so, and one that waits does not',
    given: {
      'ALERTS_FOR_STATE{alertname="A",severity="page",namespace="some",app="some"}': '1000x80',
      'ALERTS{alertname="A",severity="page",namespace="some",app="some",alertstate="firing"}': '1x80',
      'ALERTS_FOR_STATE{alertname="B",severity="page",namespace="some",app="some"}': '1000x80',
      'ALERTS{alertname="B",severity="page",namespace="some",app="some",alertstate="pending"}': '1x80',
    },
    shown: [
      ['slipway-service: Alerts that fire', 0, { '{alertname="A",severity="page"}': 1_000_000 }],
      [
        'slipway-objectives: Alerts that fire',
        0,
        { '{alertname="A",severity="page",namespace="some",app="some"}': 1_000_000 },
      ],
    ],
  },
  {
    says: 'nothing out of sync is 0 and not nothing, and so are targets',
    given: {
      'argocd_app_info{sync_status="Synced",health_status="Healthy",name="some"}': '1x80',
      'up{job="x"}': '1x80',
    },
    shown: [
      ['slipway-platform: Not synced', 0, { '{}': 0 }],
      ['slipway-platform: Not healthy', 0, { '{}': 0 }],
      ['slipway-platform: Targets that do not answer', 0, { '{}': 0 }],
    ],
  },
];

/** What Prometheus counts in powers of two, rounded as people read it: its own test wants every digit. */
const rounded = (expr: string) => `round(${expr}, 0.000001)`;

function asked(where: string, query: number): string {
  const found = expressions.filter((one) => one.where === where)[query];
  assert.ok(found, `${where} has no query ${query}`);
  return found.expr;
}

test('dashboards show what the series say', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-answers-'));
  try {
    const file = join(folder, 'answers.yml');
    const tests = cases.map(({ says, given, shown }) => ({
      name: says,
      interval: '15s',
      input_series: Object.entries(given).map(([series, values]) => ({
        series,
        values: values.replace(/x\d+$/, 'x80'),
      })),
      promql_expr_test: shown.map(([where, query, samples]) => ({
        expr: rounded(asked(where, query)),
        eval_time: '10m',
        exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
      })),
    }));
    writeFileSync(file, JSON.stringify({ rule_files: [], evaluation_interval: '15s', tests }));
    const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    assert.equal(status, 0, `${stdout}${stderr}`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
