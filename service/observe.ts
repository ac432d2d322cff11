import { randomUUID } from 'node:crypto';
import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Request, RequestHandler, Response } from 'express';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export type ObserverProps = {
  /** @default nothing is measured */
  metrics?: Metrics | undefined;
  /** @default no spans */
  tracer?: Tracer | undefined;
  /** The share of the requests without a caller's trace that begin one, from 0 to 1. */
  traceShare: number;
  /** From 0 up to 1, as Math.random gives it. */
  random: () => number;
  /** Told of requests that are sampled. */
  log: Log;
};

/** Sees every request: gives it an id, measures it, and follows it to Redis where its trace is sampled. */
export type Observer = {
  /** Goes first. */
  handler: RequestHandler;
  /** How many requests are being answered. */
  active(): number;
  /** Does `work`, which asks Redis for `operation`, in a span of its own when the request's trace is sampled. */
  toRedis<T>(response: Response, operation: string, work: () => Promise<T>): Promise<T>;
  /** What ties a line of the log to a request: its id, and its trace. */
  factsOf(response: Response): Record<string, string>;
};

// Labels must not be the visitor's to invent: whatever is not one of these is `_OTHER`.
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

// A caller's id reaches logs and answers; anything else could bring line breaks or a novel.
const WELL_FORMED_ID = /^[\w.-]{8,128}$/;

// nginx's number for a visitor who left before the answer.
const CLIENT_CLOSED = 499;

const DB = { 'db.system.name': 'redis', 'db.namespace': '0' };

type Seen = { requestId: string; context: Context | undefined };

const seenBy = (response: Response) => response.locals as Seen;

async function inSpan<T>(tracer: Tracer, parent: Context, operation: string, work: () => Promise<T>): Promise<T> {
  const attributes = { ...DB, 'db.operation.name': operation };
  const span = tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes }, parent);
  try {
    return await work();
  } catch (error) {
    span.recordException(error as Error);
    span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', (error as Error).name);
    throw error;
  } finally {
    span.end();
  }
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/ */
export function createObserver({ metrics, tracer, traceShare, random, log }: ObserverProps): Observer {
  let active = 0;

  const spanOf = (context: Context | undefined) => context && trace.getSpan(context);

  const begin = (request: Request): Context | undefined => {
    if (!tracer) return undefined;
    const isCalled = request.headers.traceparent !== undefined;
    // Decided before there is a span: making those that nobody will see costs as much as measuring does.
    if (!isCalled && random() >= traceShare) return undefined;
    const parent = isCalled ? propagation.extract(ROOT_CONTEXT, request.headers) : ROOT_CONTEXT;
    const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER }, parent);
    return span.isRecording() ? trace.setSpan(parent, span) : undefined;
  };

  const factsOf = (response: Response) => {
    const { requestId, context } = seenBy(response);
    const span = spanOf(context)?.spanContext();
    return { requestId, ...(span ? { traceId: span.traceId, spanId: span.spanId } : {}) };
  };

  const end = (request: Request, response: Response, start: number) => {
    active--;
    const method = METHODS.has(request.method) ? request.method : '_OTHER';
    const route: string = request.route?.path ?? 'unmatched';
    const status = response.writableFinished ? response.statusCode : CLIENT_CLOSED;
    const seconds = (performance.now() - start) / 1_000;
    const scheme = request.secure ? 'https' : 'http';
    const attributes = () => ({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'url.scheme': scheme,
    });
    const span = spanOf(seenBy(response).context);
    // A stream lasts as long as its listener likes: among durations it would pass for a very slow answer.
    if (!response.locals.isStream)
      metrics?.request(seconds, `${method} ${route} ${status} ${scheme}`, attributes, span?.spanContext());
    if (!span) return;
    span.updateName(`${method} ${route}`).setAttributes(attributes());
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', `${status}`);
    span.end();
    // The route and not the path, and no address: what a visitor asked for is nobody's business.
    log('info', 'A sampled request was answered.', { ...factsOf(response), method, route, status, seconds });
  };

  return {
    handler: (request, response, next) => {
      const start = performance.now();
      active++;
      const asked = request.headers['x-request-id'];
      const requestId = typeof asked === 'string' && WELL_FORMED_ID.test(asked) ? asked : randomUUID();
      Object.assign(response.locals, { requestId, context: begin(request) } satisfies Seen);
      response.setHeader('X-Request-Id', requestId);
      response.once('close', () => end(request, response, start));
      next();
    },
    active: () => active,
    toRedis: (response, operation, work) => {
      const { context } = seenBy(response);
      return context && tracer ? inSpan(tracer, context, operation, work) : work();
    },
    factsOf,
  };
}
