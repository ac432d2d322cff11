import express, { type ErrorRequestHandler, type Express, type RequestHandler, type Response } from 'express';
import { createApi } from './api.ts';
import type { Config, Identity } from './config.ts';
import type { Docs } from './docs/docs.ts';
import { openApi } from './docs/openapi.ts';
import type { Facts } from './facts/facts.ts';
import type { Hits } from './hits.ts';
import type { Live } from './live.ts';
import type { Log } from './log.ts';
import { createObserver } from './observe.ts';
import { exposition, health, readiness, version } from './operations.ts';
import type { Assets } from './page/assets.ts';
import { createPages, UNAVAILABLE } from './pages.ts';
import { sendProblem, sendUnavailable } from './problem.ts';
import { RedisUnavailable } from './redis.ts';
import type { Telemetry } from './telemetry.ts';

export type AppProps = Pick<Config, 'maxConcurrent' | 'trustedProxies' | 'traceShare' | 'slowMs'> &
  Pick<Telemetry, 'metrics' | 'tracer'> & {
    hits: Hits;
    facts: Facts;
    live: Live;
    assets: Assets;
    docs: Docs;
    identity: Identity;
    /** Whether the process is on its way out. */
    draining: () => boolean;
    /** Seconds since the process started. */
    uptimeS: () => number;
    /** From 0 up to 1, as Math.random gives it. */
    random: () => number;
    /** Told of requests that are traced, and of faults nobody foresaw. */
    log: Log;
  };

/**
 * The counter as an Express app; it opens nothing and keeps nothing. Refusals are problem documents.
 * What each route answers stands in `docs/openapi.ts`.
 */
export function createApp(props: AppProps): Express {
  const { hits, live, assets, docs, identity, metrics, draining, log, maxConcurrent, trustedProxies } = props;
  const observer = createObserver(props);
  const count = async (response: Response) => {
    const total = await observer.toRedis(response, 'INCRBY', () => hits.increment());
    metrics?.hit();
    return total;
  };
  const pages = createPages({ ...props, observer, count, assetUrl: assets.url });
  const api = createApi({ ...props, observer, count });
  const document = openApi(identity);
  metrics?.watch({ redisUp: () => hits.available, activeRequests: observer.active, streams: () => live.streams });

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', trustedProxies);

  // The signal may have come while Redis was being asked, so only the moment of answering knows.
  const writeHead = app.response.writeHead as (...args: never[]) => Response;
  app.response.writeHead = function (this: Response, ...args: never[]) {
    if (draining()) this.setHeader('Connection', 'close');
    return writeHead.apply(this, args);
  };

  const described: RequestHandler = (request, response, next) => {
    response.setHeader('X-Version', identity.version);
    response.setHeader('Cache-Control', 'no-store');
    // Whatever is no page is not to be shown as one; pages have more to say, and say it themselves.
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
    // By plain HTTP nobody may say so: https://www.rfc-editor.org/rfc/rfc6797#section-7.2
    if (request.secure) response.setHeader('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
    next();
  };

  // Refused early, a request costs little; let in, it would make all the others late.
  const admitted: RequestHandler = (_request, response, next) => {
    if (observer.active() - live.streams <= maxConcurrent) next();
    else sendUnavailable(response, `There are ${maxConcurrent} requests at once already.`);
  };

  const routes: Record<string, { get?: RequestHandler[]; post?: RequestHandler[] }> = {
    '/': { get: [admitted, pages.greet] },
    '/facts/next': { get: [admitted, pages.nextFact] },
    '/facts/:id': { get: [admitted, pages.factPage] },
    '/assets/:file': { get: [assets.serve, docs.serve] },
    '/favicon.ico': { get: [(_request, response) => response.redirect(307, assets.url('icon.svg'))] },
    '/api/hits': { get: [admitted, api.readHits], post: [admitted, ...api.countHit] },
    '/api/hits/live': { get: [live.handler] },
    '/api/facts': { get: [admitted, api.listFacts] },
    '/api/facts/random': { get: [admitted, api.randomFact] },
    '/api/facts/:id': { get: [admitted, api.oneFact] },
    '/healthz': { get: [health] },
    '/health': { get: [health] },
    '/readyz': { get: [readiness(hits, draining)] },
    '/version': { get: [version(identity)] },
    '/metrics': { get: [exposition(metrics)] },
    '/openapi.json': { get: [(_request, response) => void response.json(document)] },
    '/docs': { get: [docs.page] },
  };

  // https://www.rfc-editor.org/rfc/rfc9110#section-15.5.6
  const otherMethods = (methods: readonly string[]): RequestHandler => {
    const allowed = [...methods, ...(methods.includes('GET') ? ['HEAD'] : []), 'OPTIONS'];
    return (request, response, next) => {
      // Passed on by its own handler: there is nothing of that name.
      if (allowed.includes(request.method) && request.method !== 'OPTIONS') {
        next();
        return;
      }
      response.set('Allow', allowed.join(', '));
      if (request.method === 'OPTIONS') response.status(204).end();
      else sendProblem(response, 405, `${request.path} answers ${allowed.join(', ')} only.`);
    };
  };

  const notFound: RequestHandler = (request, response) => {
    sendProblem(response, 404, `There is nothing at ${request.path}.`);
  };

  // Express tells an error handler from the others by its four parameters.
  const failed: ErrorRequestHandler = (error, request, response, _next) => {
    if (error instanceof RedisUnavailable) {
      sendUnavailable(response, UNAVAILABLE);
      return;
    }
    // Express and its parsers say so where the caller is to blame: a path that is no UTF-8, a body that is no JSON.
    if (error.status >= 400 && error.status < 500 && !response.headersSent) {
      sendProblem(response, error.status, error.expose === false ? 'The request cannot be read.' : `${error.message}.`);
      return;
    }
    const asked = { method: request.method, route: request.route?.path };
    log('error', 'A request failed.', { ...observer.factsOf(response), ...asked, reason: String(error) });
    if (response.headersSent) response.destroy();
    else sendProblem(response, 500, 'The request failed; the log says why.');
  };

  app.use(observer.handler, described);
  for (const [path, { get, post }] of Object.entries(routes)) {
    const route = app.route(path);
    if (get) route.get(...get);
    if (post) route.post(...post);
    route.all(otherMethods([...(get ? ['GET'] : []), ...(post ? ['POST'] : [])]));
  }
  app.use(notFound, failed);
  return app;
}
