import type { RequestHandler } from 'express';
import type { Identity } from './config.ts';
import type { Hits } from './hits.ts';
import type { Metrics } from './metrics.ts';
import { sendProblem } from './problem.ts';

/** The process lives and its event loop turns. It never asks Redis: restarting this would not mend that. */
export const health: RequestHandler = (_request, response) => {
  response.json({ status: 'UP' });
};

/** Whether to send visitors here. */
export const readiness =
  (hits: Pick<Hits, 'reached' | 'available'>, draining: () => boolean): RequestHandler =>
  (_request, response) => {
    if (draining()) response.status(503).json({ status: 'draining' });
    // A roll-out of a version that cannot count stops here.
    else if (!hits.reached) response.status(503).json({ status: 'starting' });
    else if (hits.available) response.json({ status: 'ready' });
    // Without Redis every instance is equally degraded: unready, they would leave visitors with no answer at all.
    else response.json({ status: 'degraded', degraded: 'redis' });
  };

export const version =
  (identity: Identity): RequestHandler =>
  (_request, response) => {
    response.json(identity);
  };

export const exposition =
  (metrics: Metrics | undefined): RequestHandler =>
  (request, response) => {
    if (metrics) return metrics.expose(request, response);
    sendProblem(response, 404, 'Telemetry is switched off.');
  };
