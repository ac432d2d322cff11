import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Counter, type Histogram, metrics, type Tracer, trace } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { NodeSDK } from '@opentelemetry/sdk-node';
import type { Identity } from './config.ts';

/** What is measured, and where it can be read. */
export type Metrics = {
  /** Seconds per request, named and labelled as OpenTelemetry's HTTP conventions say. */
  duration: Histogram;
  /** Hits counted by this process since it started. */
  hits: Counter;
  /** Answers with all metrics in Prometheus' text format. */
  expose(request: IncomingMessage, response: ServerResponse): void;
};

export type Telemetry = {
  metrics: Metrics;
  /** Absent when spans would go nowhere. */
  tracer: Tracer | undefined;
  /** Sends what is still held back, for two seconds at the most. */
  shutdown(): Promise<void>;
};

export type TelemetryProps = {
  /** `service.name` of everything that is reported. */
  service: string;
  identity: Identity;
  /** Whether spans are exported over OTLP; the SDK reads the endpoint from OTEL_EXPORTER_OTLP_ENDPOINT. */
  tracing: boolean;
};

/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const DURATION = 'http.server.request.duration';

const DURATION_BOUNDARIES_S = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

const SHUTDOWN_MS = 2_000;

/** Registers the process-wide OpenTelemetry SDK: call it once. Opens no port and, without tracing, no connection. */
export function startTelemetry({ service, identity, tracing }: TelemetryProps): Telemetry {
  const exporter = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true });
  const sdk = new NodeSDK({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': service,
        'service.version': identity.version,
        'deployment.environment.name': identity.environment,
      }),
    ),
    // The detectors would publish the command line and the host's name on /metrics.
    autoDetectResources: false,
    metricReaders: [exporter],
    // Prometheus names end in their unit; this exporter, unlike others, does not add it.
    views: [{ instrumentName: DURATION, name: `${DURATION}.seconds` }],
    // Left out, both would export to a collector on localhost and fail once a second.
    logRecordProcessors: [],
    ...(tracing ? {} : { spanProcessors: [] }),
  });
  sdk.start();

  const meter = metrics.getMeter(service, identity.version);
  return {
    metrics: {
      duration: meter.createHistogram(DURATION, {
        description: 'Duration of HTTP server requests.',
        unit: 's',
        advice: { explicitBucketBoundaries: DURATION_BOUNDARIES_S },
      }),
      hits: meter.createCounter('hits', { description: 'Hits counted by this process.' }),
      expose: (request, response) => {
        exporter.getMetricsRequestHandler(request, response);
        // The exporter names neither version nor charset, which Prometheus' format asks for.
        response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
      },
    },
    tracer: tracing ? trace.getTracer(service, identity.version) : undefined,
    shutdown: () => {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_MS).unref());
      return Promise.race([sdk.shutdown(), limit]);
    },
  };
}
