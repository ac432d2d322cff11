import type { Request, RequestHandler, Response } from 'express';
import type { Identity } from './config.ts';
import type { Fact, Facts } from './facts/facts.ts';
import type { Hits } from './hits.ts';
import type { Observer } from './observe.ts';
import { pageOf } from './page/page.ts';
import { sendPage } from './page/send.ts';
import { sendProblem, sendUnavailable } from './problem.ts';
import { RedisUnavailable } from './redis.ts';

export type PagesProps = {
  hits: Hits;
  facts: Facts;
  /** Counts a hit for the request that is answered, and gives its number. */
  count: (response: Response) => Promise<number>;
  identity: Identity;
  observer: Observer;
  /** Where an asset of the page is: `/assets/style.0123456789abcdef.css`. */
  assetUrl: (name: string) => string;
  /** Seconds since the process started. */
  uptimeS: () => number;
  /** From 0 up to 1, as Math.random gives it. */
  random: () => number;
};

const GREETING = 'Holla!';

/** Why nothing was counted, for whoever asked. */
export const UNAVAILABLE = 'The hits cannot be counted now: Redis does not answer.';

type Form = 'text' | 'json' | 'html';

const FORMS: Record<string, Form> = { 'text/plain': 'text', 'application/json': 'json', 'text/html': 'html' };
const TYPES = Object.keys(FORMS);

/** What the caller prefers; undefined when it takes nothing that there is. */
function formFor(request: Request): Form | undefined {
  const { accept } = request.headers;
  // Negotiation costs, and most machines do not care.
  if (accept === undefined || accept === '*/*') return 'text';
  return FORMS[String(request.accepts(TYPES))];
}

/** A browser asks ahead of its visitor, who may never come. https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Purpose */
const isPrefetch = ({ headers }: Request) => /\bprefetch\b/.test(`${headers['sec-purpose'] ?? headers.purpose ?? ''}`);

const orUnavailable = (error: unknown): undefined => {
  if (!(error instanceof RedisUnavailable)) throw error;
};

/** What people see. */
export function createPages(props: PagesProps) {
  const { hits, count, facts, identity, observer, assetUrl, uptimeS, random } = props;

  const show = (request: Request, response: Response, fact: Fact, total: number | undefined, counted: boolean) => {
    const page = pageOf({ greeting: GREETING, hits: total, counted, fact, identity, uptimeS: uptimeS(), assetUrl });
    sendPage(request, response, page);
  };

  const greet: RequestHandler = async (request, response) => {
    response.setHeader('Vary', 'Accept');
    const form = formFor(request);
    if (form === undefined) {
      sendProblem(response, 406, `This answers ${TYPES.join(', ')}.`);
      return;
    }
    if (isPrefetch(request)) {
      // Refused, it is asked for again when the visitor comes, and that is a hit.
      sendProblem(response, 403, 'A prefetch is no visit.');
      return;
    }
    // Express answers HEAD with the handler of GET; a look is not a hit.
    if (request.method === 'HEAD') {
      if (form === 'html' || hits.available) response.type(form).end();
      else sendUnavailable(response, UNAVAILABLE);
      return;
    }
    if (form === 'html') {
      const total = await count(response).catch(orUnavailable);
      show(request, response, facts.random({ random }), total, total !== undefined);
      return;
    }
    const total = await count(response);
    const message = `${GREETING} we have hit ${total} times`;
    if (form === 'json') {
      response.json({ hits: total, message });
      return;
    }
    // Most visitors are counted here: Express' send() would look for an ETag and a cache that are not there.
    response.setHeader('Content-Type', 'text/plain; charset=utf-8');
    response.end(`${message}\n`);
  };

  const factPage: RequestHandler = async (request, response) => {
    const fact = facts.byId(Number(request.params.id));
    if (!fact) {
      sendProblem(response, 404, 'There is no such fact; / shows one.');
      return;
    }
    const total = await observer.toRedis(response, 'GET', () => hits.read()).catch(orUnavailable);
    show(request, response, fact, total, false);
  };

  const nextFact: RequestHandler = (request, response) => {
    const { id } = facts.random({ except: Number(request.query.after), random });
    response.redirect(303, `/facts/${id}`);
  };

  return { greet, factPage, nextFact };
}
