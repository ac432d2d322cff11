import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Attributes, Meter, SpanContext } from '@opentelemetry/api';
import { type PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import type { Identity } from './config.ts';
import { createDurations, type Described } from './durations.ts';
import { toOpenMetrics } from './openmetrics.ts';
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
  /**
   * Measures a request that has ended.
   * @param kind a text that is the same for the same attributes
   * @param sampled its span, when somebody can look it up
   * @returns whether a bucket points to that span now
   */
  request(seconds: number, kind: string, attributes: () => Attributes, sampled: SpanContext | undefined): boolean;
  /** Measures one round trip to Redis. */
  roundTrip(trip: RoundTrip): void;
  /** Watches what can be asked at any time. */
  watch(gauges: Gauges): void;
  /** Answers with all metrics, in Prometheus' text format or in OpenMetrics, which has exemplars too. */
  expose(request: IncomingMessage, response: ServerResponse): Promise<void>;
};

/** What is measured in seconds: requests, and round trips to Redis. */
export type Histograms = { requests: Described; operations: Described };

/** Both are empty, with the names and buckets of OpenTelemetry's conventions. */
export const createHistograms = (): Histograms => ({
  // https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration
  requests: {
    name: 'http.server.request.duration',
    description: 'Duration of HTTP server requests.',
    durations: createDurations([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]),
  },
  // https://opentelemetry.io/docs/specs/semconv/db/database-metrics/#metric-dbclientoperationduration
  operations: {
    name: 'db.client.operation.duration',
    description: 'Duration of round trips to Redis.',
    durations: createDurations([0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10]),
  },
});

const PROMETHEUS = 'text/plain; version=0.0.4; charset=utf-8';
const OPENMETRICS = 'application/openmetrics-text; version=1.0.0; charset=utf-8';

export type MetricsProps = {
  meter: Meter;
  /** Reads the meter and the histograms. */
  exporter: PrometheusExporter;
  histograms: Histograms;
  identity: Identity;
  /** Milliseconds since the epoch. */
  now: () => number;
};

/** The instruments, and what `exporter` shows of them. */
export function createMetrics({ meter, exporter, histograms, identity, now }: MetricsProps): Metrics {
  const hits = meter.createCounter('hits', { description: 'Hits counted by this process.' });
  meter
    .createObservableGauge('counter.info', { description: 'What this process says it is.' })
    .addCallback((result) => result.observe(1, { ...identity }));
  const serializer = new PrometheusSerializer(undefined, false, undefined, false, true);
  const { requests, operations } = histograms;

  return {
    hit: () => hits.add(1),
    request: (seconds, kind, attributes, sampled) =>
      requests.durations.record(seconds, kind, attributes, sampled && { span: sampled, time: now() }),
    roundTrip: ({ operation, seconds, failed }) =>
      void operations.durations.record(seconds, `${operation} ${failed}`, () => ({
        'db.system.name': 'redis',
        'db.operation.name': operation,
        ...(failed ? { 'error.type': 'unavailable' } : {}),
      })),
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
      response.end(openMetrics ? toOpenMetrics(text, [requests]) : text);
    },
  };
}
