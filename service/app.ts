import { propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import type { Identity } from './config.ts';
import { type Hits, HitsUnavailable } from './hits.ts';
import type { Log } from './log.ts';
import { sendProblem } from './problem.ts';
import type { Metrics } from './telemetry.ts';

export type AppProps = {
  hits: Hits;
  identity: Identity;
  metrics: Metrics;
  /** A span per request. @default none */
  tracer?: Tracer | undefined;
  /** Whether the process is on its way out. */
  draining: () => boolean;
  /** Told of faults nobody foresaw. */
  log: Log;
};

const GREETING = 'Holla!';

const UNAVAILABLE = 'The hits cannot be counted now: Redis does not answer.';

const ALLOWED = 'GET, HEAD';

// Labels must not be the visitor's to invent: whatever is not one of these is `_OTHER`.
const METHOD_LABELS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/**
 * The counter as an Express app; it opens nothing and keeps nothing.
 *
 * `GET /` counts · `/healthz`, `/health` say the process lives · `/readyz` says whether to send visitors ·
 * `/version` · `/metrics`. Refusals are problem documents.
 */
export function createApp({ hits, identity, metrics, tracer, draining, log }: AppProps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');

  const leaveWhenDraining = (response: Response) => {
    if (draining()) response.set('Connection', 'close');
  };

  const unavailable = (response: Response) => {
    response.set('Retry-After', '1');
    sendProblem(response, 503, UNAVAILABLE);
  };

  const measured: RequestHandler = (request, response, next) => {
    const start = performance.now();
    const span = tracer?.startSpan(
      request.method,
      { kind: SpanKind.SERVER },
      propagation.extract(ROOT_CONTEXT, request.headers),
    );
    response.once('close', () => {
      const route: string = request.route?.path ?? 'unmatched';
      const attributes = {
        'http.request.method': METHOD_LABELS.has(request.method) ? request.method : '_OTHER',
        'http.route': route,
        // nginx's number for a visitor who left before the answer.
        'http.response.status_code': response.writableFinished ? response.statusCode : 499,
      };
      metrics.duration.record((performance.now() - start) / 1_000, attributes);
      if (!span) return;
      span.updateName(`${attributes['http.request.method']} ${route}`).setAttributes(attributes);
      if (response.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    next();
  };

  const described: RequestHandler = (_request, response, next) => {
    response.set({ 'X-Version': identity.version, 'Cache-Control': 'no-store' });
    leaveWhenDraining(response);
    next();
  };

  const count: RequestHandler = async (request, response) => {
    // Express answers HEAD with the handler of GET; a look is not a hit.
    if (request.method === 'HEAD') {
      if (hits.connected) response.type('text/plain').end();
      else unavailable(response);
      return;
    }
    const total = await hits.increment();
    metrics.hits.add(1);
    // The signal may have come while Redis was being asked.
    leaveWhenDraining(response);
    response.type('text/plain').send(`${GREETING} we have hit ${total} times\n`);
  };

  const health: RequestHandler = (_request, response) => {
    response.json({ status: 'UP' });
  };

  const readiness: RequestHandler = (_request, response) => {
    if (draining()) response.status(503).json({ status: 'draining' });
    else if (!hits.reached) response.status(503).json({ status: 'starting' });
    else if (hits.connected) response.json({ status: 'ready' });
    // Without Redis every instance is equally degraded: unready, they would leave visitors with no answer at all.
    else response.json({ status: 'degraded', degraded: 'redis' });
  };

  const version: RequestHandler = (_request, response) => {
    response.json(identity);
  };

  const known: Record<string, RequestHandler> = {
    '/': count,
    '/healthz': health,
    '/health': health,
    '/readyz': readiness,
    '/version': version,
    '/metrics': metrics.expose,
  };

  const wrongMethod: RequestHandler = (request, response) => {
    response.set('Allow', ALLOWED);
    sendProblem(response, 405, `${request.path} answers ${ALLOWED} only.`);
  };

  const notFound: RequestHandler = (request, response) => {
    sendProblem(response, 404, `There is nothing at ${request.path}.`);
  };

  // Express tells an error handler from the others by its four parameters.
  const failed: ErrorRequestHandler = (error, request, response, _next) => {
    leaveWhenDraining(response);
    if (error instanceof HitsUnavailable) {
      unavailable(response);
      return;
    }
    log('error', 'A request failed.', { method: request.method, path: request.path, reason: String(error) });
    if (response.headersSent) response.destroy();
    else sendProblem(response, 500, 'The request failed; the log says why.');
  };

  app.use(measured, described);
  for (const [path, handler] of Object.entries(known)) app.route(path).get(handler).all(wrongMethod);
  app.use(notFound, failed);
  return app;
}
