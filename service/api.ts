import express, { type RequestHandler, type Response } from 'express';
import type { Facts } from './facts/facts.ts';
import type { Hits } from './hits.ts';
import type { Metrics } from './metrics.ts';
import type { Observer } from './observe.ts';
import { sendProblem } from './problem.ts';

export type ApiProps = {
  hits: Hits;
  /** Counts a hit for the request that is answered, and gives its number. */
  count: (response: Response) => Promise<number>;
  facts: Facts;
  metrics: Metrics | undefined;
  observer: Observer;
  /** From 0 up to 1, as Math.random gives it. */
  random: () => number;
};

const BODY_LIMIT = '1kb';

const LARGEST_PAGE = 100;

// https://www.ietf.org/archive/id/draft-ietf-httpapi-idempotency-key-header-07.html leaves the length to the server.
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

const wholeNumber = (text: unknown, least: number, most: number): number | undefined => {
  if (typeof text !== 'string' || !/^\d{1,9}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= least && value <= most ? value : undefined;
};

/** What machines ask. */
export function createApi({ hits, count, facts, metrics, observer, random }: ApiProps) {
  const readHits: RequestHandler = async (_request, response) => {
    response.json({ hits: await observer.toRedis(response, 'GET', () => hits.read()) });
  };

  // Whatever is sent must be JSON, though nothing needs to be.
  const typed: RequestHandler = (request, response, next) => {
    const { 'content-length': length, 'transfer-encoding': chunked } = request.headers;
    const isThere = chunked !== undefined || Number(length ?? 0) > 0;
    if (isThere && !request.is('application/json')) {
      response.set('Accept', 'application/json');
      sendProblem(response, 415, 'A body, where there is one, is application/json.');
    } else next();
  };

  const empty: RequestHandler = (request, response, next) => {
    const body: unknown = request.body ?? {};
    if (typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).length === 0) next();
    else sendProblem(response, 422, 'A body, where there is one, is an object without members: a hit has none.');
  };

  const countHit: RequestHandler = async (request, response) => {
    const key = request.get('Idempotency-Key');
    if (key === undefined) {
      response.json({ hits: await count(response) });
      return;
    }
    if (!IDEMPOTENCY_KEY.test(key)) {
      sendProblem(response, 400, 'An Idempotency-Key has 1 to 255 visible ASCII characters.');
      return;
    }
    const { total, again } = await observer.toRedis(response, 'EVALSHA', () => hits.incrementOnce(key));
    if (again) response.set('Idempotency-Replayed', 'true');
    else metrics?.hit();
    response.json({ hits: total });
  };

  const listFacts: RequestHandler = (request, response) => {
    const limit = wholeNumber(request.query.limit ?? '20', 1, LARGEST_PAGE);
    const after = wholeNumber(request.query.after ?? '0', 0, Number.MAX_SAFE_INTEGER);
    if (limit === undefined || after === undefined) {
      const wanted = `limit is a whole number from 1 to ${LARGEST_PAGE}, and after one from 0`;
      sendProblem(response, 400, `In the query, ${wanted}.`);
      return;
    }
    const page = facts.page({ after, limit });
    const next = page.next === undefined ? undefined : `/api/facts?limit=${limit}&after=${page.next}`;
    if (next) response.links({ next });
    response.json({ facts: page.facts, total: facts.size, next: next ?? null });
  };

  const randomFact: RequestHandler = (request, response) => {
    const except = request.query.except === undefined ? 0 : wholeNumber(request.query.except, 0, 999_999_999);
    if (except === undefined) sendProblem(response, 400, 'In the query, except is the number of a fact.');
    else response.json(facts.random({ except, random }));
  };

  const oneFact: RequestHandler = (request, response) => {
    const id = wholeNumber(request.params.id, 1, 999_999_999);
    const fact = id === undefined ? undefined : facts.byId(id);
    if (fact) response.json(fact);
    else sendProblem(response, 404, 'There is no such fact; /api/facts lists them.');
  };

  return {
    readHits,
    countHit: [typed, express.json({ limit: BODY_LIMIT, strict: false }), empty, countHit],
    listFacts,
    randomFact,
    oneFact,
  };
}
