import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDurations, producerOf } from './durations.ts';
import { toOpenMetrics } from './openmetrics.ts';

const span = (traceId: string) => ({ traceId, spanId: '1', traceFlags: 1 });

const recorded = () => {
  const durations = createDurations([0.1, 1]);
  const kind = (route: string) => [route, () => ({ 'http.route': route })] as const;
  durations.record(0.05, ...kind('/'));
  // A bound belongs to the bucket that it ends.
  durations.record(0.1, ...kind('/'), { span: span('first'), time: 1_000 });
  durations.record(0.09, ...kind('/'), { span: span('soon after'), time: 10_900 });
  durations.record(0.08, ...kind('/'), { span: span('later'), time: 11_000 });
  durations.record(7, ...kind('/'), { span: span('slow'), time: 3_000 });
  durations.record(0.5, ...kind('/api'));
  return { name: 'request.duration', description: 'How long.', durations };
};

test('a duration falls into the bucket that it ends or into the last, by kind', async () => {
  const { resourceMetrics } = await producerOf([recorded()], '.seconds', () => 4_250).collect();
  const [metric] = resourceMetrics.scopeMetrics[0]?.metrics ?? [];
  assert.equal(metric?.descriptor.name, 'request.duration.seconds');
  assert.deepEqual(
    metric.dataPoints.map(({ attributes, value }) => [attributes['http.route'], value]),
    [
      ['/', { buckets: { boundaries: [0.1, 1], counts: [4, 0, 1] }, sum: 0.05 + 0.1 + 0.09 + 0.08 + 7, count: 5 }],
      ['/api', { buckets: { boundaries: [0.1, 1], counts: [0, 1, 0] }, sum: 0.5, count: 1 }],
    ],
  );
  assert.deepEqual(metric.dataPoints[0]?.endTime, [4, 250_000_000]);
});

test('OpenMetrics names counters, infos and exemplars in its own way, and ends', () => {
  const prometheus = `# HELP target_info Target metadata
# TYPE target_info gauge
target_info{service_name="counter"} 1
# HELP hits_total Hits.
# TYPE hits_total counter
hits_total 3
# HELP a_total What is called so and is none.
# TYPE a_total gauge
a_total 1
# HELP request_duration_seconds How long.
# UNIT request_duration_seconds s
# TYPE request_duration_seconds histogram
request_duration_seconds_count{http_route="/"} 5
request_duration_seconds_bucket{http_route="/",le="0.1"} 4
request_duration_seconds_bucket{http_route="/",le="1"} 4
request_duration_seconds_bucket{http_route="/",le="+Inf"} 5
`;
  assert.equal(
    toOpenMetrics(prometheus, [recorded()]),
    `# HELP target Target metadata
# TYPE target info
target_info{service_name="counter"} 1
# HELP hits Hits.
# TYPE hits counter
hits_total 3
# HELP a_total What is called so and is none.
# TYPE a_total gauge
a_total 1
# HELP request_duration_seconds How long.
# TYPE request_duration_seconds histogram
request_duration_seconds_count{http_route="/"} 5
request_duration_seconds_bucket{http_route="/",le="0.1"} 4 # {trace_id="later",span_id="1"} 0.08 11
request_duration_seconds_bucket{http_route="/",le="1"} 4
request_duration_seconds_bucket{http_route="/",le="+Inf"} 5 # {trace_id="slow",span_id="1"} 7 3
# EOF
`,
  );
});
