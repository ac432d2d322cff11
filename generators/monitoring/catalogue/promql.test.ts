import assert from 'node:assert/strict';
import { test } from 'node:test';
import { known } from './known.ts';
import { shapeOf } from './promql.ts';
import { readSource } from './source.ts';

const source = readSource(`# a program
hits_total counter code=200|404|503
up_now gauge
took_seconds_bucket bucket code=200|404|503 le=+Inf|0.1|1
took_seconds_count counter code=200|404|503
free_bytes gauge device
owner_info gauge team
`);
const added = new Map([
  ['job', ['pods']],
  ['instance', undefined],
  ['namespace', undefined],
  ['app', ['counter', 'shop']],
]);
const jobs = [{ job: 'pods', added, sources: [source] }];
const series = known(jobs, [
  {
    record: 'slo:errors:ratio',
    expr: 'sum by (app) (rate(hits_total{code="503"}[5m])) / sum by (app) (rate(hits_total[5m]))',
  },
]);
const wrong = (expression: string) => shapeOf(expression, series).wrong;

test('what is right is silent', () => {
  for (const expression of [
    'sum by (namespace, app) (rate(hits_total{code=~"5.."}[5m]))',
    'histogram_quantile(0.95, sum by (le, app) (rate(took_seconds_bucket[5m])))',
    'sum without (instance) (up_now) < 1',
    'up_now * on (app) group_left (team) owner_info',
    'absent(up_now{app="counter"})',
    'slo:errors:ratio > 0.01 and slo:errors:ratio offset 1h > 0.01',
    'predict_linear(free_bytes[6h], 3600) < 0',
    'max_over_time(sum by (app) (rate(hits_total[5m]))[1h:1m])',
    'took_seconds_bucket{le="0.1"} / ignoring (le) took_seconds_count',
    'up{job="pods"} == 0',
    'label_replace(up_now, "where", "$1", "instance", "(.*):.*")',
    'topk(3, count by (app) ({__name__=~".+"}))',
    'time() - up_now > 60',
    'ALERTS{alertstate="firing",app="counter"}',
    'vector(1)',
    'sum(up_now) or vector(0)',
  ])
    assert.deepEqual(wrong(expression), [], expression);
});

test('a name, a label, a value or a type that is not there is told', () => {
  const table: [string, RegExp][] = [
    ['rate(hit_total[5m])', /there is no series hit_total/],
    ['sum by (environment) (rate(hits_total[5m]))', /has the label environment/],
    ['hits_total{status="200"}', /hits_total has no label status/],
    ['hits_total{code="500"}', /code is never "500"/],
    ['hits_total{code=~"6.."}', /code is never "6\.\."/],
    ['hits_total{code!~"200|301"}', /code is never "301"/],
    ['took_seconds_bucket{le="0.25"}', /le is never "0.25"/],
    ['took_seconds_bucket{le="1"}', /Prometheus 3 writes it 1\.0/],
    ['rate(up_now[5m])', /rate wants a counter/],
    ['deriv(hits_total[5m])', /deriv wants a gauge/],
    ['rate(slo:errors:ratio[5m])', /rate wants a counter/],
    ['histogram_quantile(0.9, sum by (app) (rate(took_seconds_bucket[5m])))', /wants buckets with le/],
    ['histogram_quantile(0.9, rate(took_seconds_count[5m]))', /wants buckets with le/],
    ['sum by (app) (up_now) / sum by (namespace) (up_now)', /never meet/],
    ['up_now * on (app) group_left (owner) owner_info', /has the label owner/],
    ['up_now / ignoring (le) owner_info', /has the label le/],
    ['up_now * on (team) owner_info', /has the label team/],
    ['up_now{job="pod"}', /there is no job "pod"/],
    ['up_now{app="countre"}', /app is never "countre"/],
    ['sum(', /it is no PromQL near/],
    ['', /it is empty/],
    ['slo:error:ratio', /there is no series slo:error:ratio/],
    ['sum by (namespace) (slo:errors:ratio)', /has the label namespace/],
    ['label_replace(up_now, "a", "$1", "pod", "(.*)")', /has the label pod/],
  ];
  for (const [expression, why] of table) assert.match(wrong(expression).join('; '), why, expression);
});
