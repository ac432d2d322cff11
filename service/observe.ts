import { randomUUID } from 'node:crypto';
import {
  type Context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { Request, RequestHandler, Response } from 'express';
import type { Facts, Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export type ObserverProps = {
  /** @default nothing is measured */
  metrics?: Metrics | undefined;
  /** @default no spans */
  tracer?: Tracer | undefined;
  /** The share of the requests without a caller's trace that begin one, from 0 to 1. */
  traceShare: number;
  /** From so many milliseconds on a request is slow. Without a caller's trace, one that is or fails is traced, too. */
  slowMs: number;
  /** From 0 up to 1, as Math.random gives it. */
  random: () => number;
  /** Told of requests that are traced. */
  log: Log;
};

/** Sees every request: gives it an id, measures it, and follows it to Redis where its trace is sampled. */
export type Observer = {
  /** Goes first. */
  handler: RequestHandler;
  /** How many requests are being answered. */
  active(): number;
  /** Does `work`, which asks Redis for `operation`, in a span of its own when the request is traced. */
  toRedis<T>(response: Response, operation: string, work: () => Promise<T>): Promise<T>;
  /** What ties a line of the log to a request: its id, and its trace, which begins at the latest now. */
  factsOf(response: Response): Pick<Facts, 'requestId' | 'traceId' | 'spanId'>;
};

// Labels must not be the visitor's to invent: whatever is not one of these is `_OTHER`.
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

// A caller's id reaches logs and answers; anything else could bring line breaks or a novel.
const WELL_FORMED_ID = /^[\w.-]{8,128}$/;

// nginx's number for a visitor who left before the answer.
const CLIENT_CLOSED = 499;

// Where everything fails, failures are alike, and their spans would take the time that is left.
const LATE_PER_SECOND = 20;

/** A round trip to Redis, of which a span may be made afterwards. Times are those of performance.now(). */
type Trip = { operation: string; start: number; end: number; error: Error | undefined };

type Seen = {
  requestId: string;
  /** When it came, by performance.now(). */
  start: number;
  /** Its trace; absent where none has begun. */
  context: Context | undefined;
  /** Of a request that may yet be traced: nobody is to pay for a span before it is known to matter. */
  trips: Trip[] | undefined;
};

const seenBy = (response: Response) => response.locals as Seen;

const attributesOf = (operation: string) => ({
  'db.system.name': 'redis',
  'db.namespace': '0',
  'db.operation.name': operation,
});

function endTrip(span: Span, error: Error | undefined, end?: number) {
  if (error) {
    span.recordException(error, end);
    span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', error.name);
  }
  span.end(end);
}

/** The span of a round trip that is over. */
function tripIn(tracer: Tracer, parent: Context, { operation, start, end, error }: Trip) {
  const options = { kind: SpanKind.CLIENT, attributes: attributesOf(operation), startTime: start };
  endTrip(tracer.startSpan(operation, options, parent), error, end);
}

async function inSpan<T>(tracer: Tracer, parent: Context, operation: string, work: () => Promise<T>): Promise<T> {
  const span = tracer.startSpan(operation, { kind: SpanKind.CLIENT, attributes: attributesOf(operation) }, parent);
  return told(work, (error) => endTrip(span, error));
}

/** Does `work` and tells how it ended, before whoever waits for it hears of it. */
async function told<T>(work: () => Promise<T>, ended: (error: Error | undefined) => void): Promise<T> {
  try {
    const result = await work();
    ended(undefined);
    return result;
  } catch (error) {
    ended(error as Error);
    throw error;
  }
}

/** @see https://opentelemetry.io/docs/specs/semconv/http/ */
export function createObserver({ metrics, tracer, traceShare, slowMs, random, log }: ObserverProps): Observer {
  let active = 0;
  let late = { second: 0, begun: 0 };

  const begin = (request: Request, isCalled: boolean): Context | undefined => {
    if (!tracer) return undefined;
    // Decided before there is a span: making those that nobody will see costs as much as measuring does.
    if (!isCalled && random() >= traceShare) return undefined;
    const parent = isCalled ? propagation.extract(ROOT_CONTEXT, request.headers) : ROOT_CONTEXT;
    const span = tracer.startSpan(request.method, { kind: SpanKind.SERVER }, parent);
    return span.isRecording() ? trace.setSpan(parent, span) : undefined;
  };

  /** Begins the trace of a request that turned out to matter, as if it had been traced from the start. */
  const beginLate = (seen: Seen, method: string): void => {
    if (!tracer || !seen.trips) return;
    const second = Math.floor(performance.now() / 1_000);
    late = second === late.second ? { second, begun: late.begun + 1 } : { second, begun: 1 };
    if (late.begun > LATE_PER_SECOND) return;
    const span = tracer.startSpan(method, { kind: SpanKind.SERVER, startTime: seen.start }, ROOT_CONTEXT);
    seen.context = trace.setSpan(ROOT_CONTEXT, span);
    for (const trip of seen.trips) tripIn(tracer, seen.context, trip);
    seen.trips = undefined;
  };

  const spanOf = ({ context }: Seen) => context && trace.getSpan(context);

  const idsOf = (seen: Seen) => {
    const span = spanOf(seen)?.spanContext();
    return { requestId: seen.requestId, ...(span ? { traceId: span.traceId, spanId: span.spanId } : {}) };
  };

  const end = (request: Request, response: Response) => {
    active--;
    const seen = seenBy(response);
    const method = METHODS.has(request.method) ? request.method : '_OTHER';
    const route: string = request.route?.path ?? 'unmatched';
    const status = response.writableFinished ? response.statusCode : CLIENT_CLOSED;
    const seconds = (performance.now() - seen.start) / 1_000;
    const scheme = request.secure ? 'https' : 'http';
    const attributes = () => ({
      'http.request.method': method,
      'http.route': route,
      'http.response.status_code': status,
      'url.scheme': scheme,
    });
    const failed = status >= 500;
    // A stream lasts as long as its listener likes: among durations it would pass for a very slow answer.
    const slow = !response.locals.isStream && seconds * 1_000 >= slowMs;
    if (failed || slow) beginLate(seen, method);
    const span = spanOf(seen);
    const isExemplar =
      !response.locals.isStream &&
      metrics?.request(seconds, `${method} ${route} ${status} ${scheme}`, attributes, span?.spanContext());
    if (!span) return;
    span.updateName(`${method} ${route}`).setAttributes(attributes());
    // Whoever chooses among traces afterwards keeps those that a bucket of a histogram points to.
    if (isExemplar) span.setAttribute('exemplar', true);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR }).setAttribute('error.type', `${status}`);
    span.end();
    const what = failed ? 'A request that failed was traced.' : 'A slow request was traced.';
    // The route and not the path, and no address: what a visitor asked for is nobody's business.
    log(failed || slow ? 'warn' : 'info', failed || slow ? what : 'A sampled request was answered.', {
      ...{ ...idsOf(seen), method, route, status, seconds },
    });
  };

  return {
    handler: (request, response, next) => {
      const start = performance.now();
      active++;
      const asked = request.headers['x-request-id'];
      const requestId = typeof asked === 'string' && WELL_FORMED_ID.test(asked) ? asked : randomUUID();
      // A caller that traces nothing wants nothing traced.
      const isCalled = request.headers.traceparent !== undefined;
      const context = begin(request, isCalled);
      const trips = tracer && !isCalled && !context ? [] : undefined;
      Object.assign(response.locals, { requestId, start, context, trips } satisfies Seen);
      response.setHeader('X-Request-Id', requestId);
      response.once('close', () => end(request, response));
      next();
    },
    active: () => active,
    toRedis: (response, operation, work) => {
      const seen = seenBy(response);
      if (seen.context && tracer) return inSpan(tracer, seen.context, operation, work);
      if (!seen.trips) return work();
      const start = performance.now();
      return told(work, (error) => {
        const trip = { operation, start, end: performance.now(), error };
        // Its trace may have begun meanwhile, and even be over: its visitor did not wait.
        if (seen.context && tracer) tripIn(tracer, seen.context, trip);
        else seen.trips?.push(trip);
      });
    },
    factsOf: (response) => {
      const seen = seenBy(response);
      beginLate(seen, response.req.method);
      return idsOf(seen);
    },
  };
}
