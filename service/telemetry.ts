import { metrics, type Tracer, trace } from '@opentelemetry/api';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { OTLPTraceExporter as JsonTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { RuntimeNodeInstrumentation } from '@opentelemetry/instrumentation-runtime-node';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { NodeSDK } from '@opentelemetry/sdk-node';
import { AlwaysOnSampler, BatchSpanProcessor, ParentBasedSampler } from '@opentelemetry/sdk-trace';
import type { Config, Identity } from './config.ts';
import { producerOf } from './durations.ts';
import { createHistograms, createMetrics, type Metrics } from './metrics.ts';

export type Telemetry = {
  /** Absent when telemetry is switched off. */
  metrics: Metrics | undefined;
  /** Absent when spans would go nowhere. */
  tracer: Tracer | undefined;
  /** Sends what is still held back, for two seconds at the most. */
  shutdown(): Promise<void>;
};

export type TelemetryProps = Pick<Config, 'telemetryOff' | 'collector' | 'protocol' | 'metricsTo'> & {
  /** `service.name` of everything that is reported. */
  service: string;
  identity: Identity;
};

const SHUTDOWN_MS = 2_000;

// Written all at once, the 512 spans that are usual hold up every request of that moment for ten milliseconds.
// At the end the whole queue is sent at once, and an exporter makes thirty requests at a time.
const BATCH = { maxExportBatchSize: 64, maxQueueSize: 28 * 64, scheduledDelayMillis: 1_000 };

/**
 * Registers the process-wide OpenTelemetry SDK: call it once. Opens no port and, without a collector, no connection.
 * What it sends waits in queues of bounded length, so that a collector which is slow or gone costs data, never time.
 */
export function startTelemetry(props: TelemetryProps): Telemetry {
  const { service, identity, telemetryOff, collector, protocol, metricsTo } = props;
  if (telemetryOff === 'true') return { metrics: undefined, tracer: undefined, shutdown: async () => {} };

  const histograms = createHistograms();
  const producing = (suffix: string) => ({
    metricProducers: [producerOf(Object.values(histograms), suffix, Date.now)],
  });
  // Prometheus' names end in their unit; its exporter, unlike others, does not add it.
  const exporter = new PrometheusExporter({
    preventServerStart: true,
    withoutScopeInfo: true,
    ...producing('.seconds'),
  });
  const sent = () => new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter(), ...producing('') });
  const spans = () => {
    const exporter = protocol === 'http/json' ? new JsonTraceExporter() : new OTLPTraceExporter();
    return new BatchSpanProcessor({ exporter, ...BATCH });
  };
  const sdk = new NodeSDK({
    // https://opentelemetry.io/docs/specs/semconv/resource/
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': service,
        'service.version': identity.version,
        'deployment.environment.name': identity.environment,
        'vcs.ref.head.revision': identity.commit,
      }),
    ),
    // The detectors would publish the command line and the host's name on /metrics.
    autoDetectResources: false,
    instrumentations: [new RuntimeNodeInstrumentation()],
    metricReaders: metricsTo === 'prometheus' ? [exporter] : [exporter, sent()],
    // Which requests begin a trace was decided by then.
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    // Left out, it would export to a collector on localhost and fail once a second.
    logRecordProcessors: [],
    spanProcessors: collector === '' ? [] : [spans()],
  });
  sdk.start();

  return {
    metrics: createMetrics({
      meter: metrics.getMeter(service, identity.version),
      ...{ exporter, histograms, identity, now: Date.now },
    }),
    tracer: collector === '' ? undefined : trace.getTracer(service, identity.version),
    shutdown: () => {
      const limit = new Promise<void>((resolve) => setTimeout(resolve, SHUTDOWN_MS).unref());
      // What a collector refuses is lost, as it was before; the process ended well all the same.
      return Promise.race([sdk.shutdown().catch(() => {}), limit]);
    },
  };
}
