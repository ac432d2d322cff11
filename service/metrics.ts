import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes, Counter, Histogram, Meter, SpanContext } from '@opentelemetry/api';
import { type PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { ViewOptions } from '@opentelemetry/sdk-metrics';
import type { Identity } from './config.ts';
import { createExemplars, toOpenMetrics } from './openmetrics.ts';
import type { RoundTrip } from './redis.ts';

/** What is true of the process at the moment it is asked. */
export type Gauges = {
  /** Whether Redis takes writes now. */
  redisUp: () => boolean;
  /** Requests that are being answered. */
  activeRequests: () => number;
  /** Live streams that are open. */
  streams: () => number;
};

/** What is measured, and where it can be read. */
export type Metrics = {
  /** Counts a hit that was acknowledged. */
  hit(): void;
  /** Measures a request that has ended. @param sampled its span, when somebody can look it up */
  request(seconds: number, attributes: Attributes, sampled: SpanContext | undefined): void;
  /** Measures one round trip to Redis. */
  roundTrip(trip: RoundTrip): void;
  /** Watches what can be asked at any time. */
  watch(gauges: Gauges): void;
  /** Answers with all metrics, in Prometheus' text format or in OpenMetrics, which has exemplars too. */
  expose(request: IncomingMessage, response: ServerResponse): Promise<void>;
};

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const REQUEST = 'http.server.request.duration';

/** https://opentelemetry.io/docs/specs/semconv/db/database-metrics/#metric-dbclientoperationduration */
const OPERATION = 'db.client.operation.duration';

const REQUEST_BOUNDARIES_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const OPERATION_BOUNDARIES_S = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** Prometheus names end in their unit; its exporter, unlike others, does not add it. */
export const VIEWS: ViewOptions[] = [REQUEST, OPERATION].map((name) => ({
  instrumentName: name,
  name: `${name}.seconds`,
}));

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

/** The instruments, on `meter`, and what `exporter` shows of them. */
export function createMetrics(meter: Meter, exporter: PrometheusExporter, identity: Identity): Metrics {
  const durations: Histogram = meter.createHistogram(REQUEST, {
    description: 'Duration of HTTP server requests.',
    unit: 's',
    advice: { explicitBucketBoundaries: REQUEST_BOUNDARIES_S },
  });
  const operations: Histogram = meter.createHistogram(OPERATION, {
    description: 'Duration of round trips to Redis.',
    unit: 's',
    advice: { explicitBucketBoundaries: OPERATION_BOUNDARIES_S },
  });
  const hits: Counter = meter.createCounter('hits', { description: 'Hits counted by this process.' });
  meter
    .createObservableGauge('counter.info', { description: 'What this process says it is.' })
    .addCallback((result) => result.observe(1, { ...identity }));
  const exemplars = createExemplars(`${REQUEST}.seconds`, REQUEST_BOUNDARIES_S);
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);

  return {
    hit: () => hits.add(1),
    request: (seconds, attributes, sampled) => {
      durations.record(seconds, attributes);
      if (sampled) exemplars.keep(seconds, attributes, sampled, Date.now());
    },
    roundTrip: ({ operation, seconds, failed }) =>
      operations.record(seconds, {
        'db.system.name': 'redis',
        'db.operation.name': operation,
        ...(failed ? { 'error.type': 'unavailable' } : {}),
      }),
    watch: ({ redisUp, activeRequests, streams }) => {
      const gauge = (name: string, description: string, value: () => number) =>
        meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(value()));
      gauge('counter.redis.up', 'Whether Redis takes writes: 1, or 0.', () => Number(redisUp()));
      gauge('http.server.active_requests', 'Requests that are being answered.', activeRequests);
      gauge('counter.streams', 'Live streams that are open.', streams);
    },
    expose: async (request, response) => {
      const { resourceMetrics } = await exporter.collect();
      const text = serializer.serialize(resourceMetrics);
      // Only OpenMetrics can carry exemplars; Prometheus asks for it when it shall keep them.
      const openMetrics = /\bapplication\/openmetrics-text\b/.test(request.headers.accept ?? '');
      response.setHeader('Content-Type', openMetrics ? OPENMETRICS : PROMETHEUS);
      response.end(openMetrics ? toOpenMetrics(text, exemplars) : text);
    },
  };
}
