import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { deliveryPage } from '../board/delivery-page.ts';
import { html } from '../board/html.ts';
import { rendered } from '../board/markdown.ts';
import { layout, type Page, type Said } from '../board/page.ts';
import { pathPage } from '../board/path-page.ts';
import { requestPage } from '../board/request-page.ts';
import { expositionType } from '../model/exposition.ts';
import { head, main as mainBranch } from '../model/names.ts';
import { Refusal } from '../model/refusal.ts';
import { deeds } from './board-deeds.ts';
import { BoardDelivery } from './board-delivery.ts';
import { Glance, type Nearby } from './board-glance.ts';
import { requestFacts } from './board-request.ts';
import type { Context } from './context.ts';
import { program } from './hydrate-commit.ts';
import { VersionMetrics } from './version-metrics.ts';
import { Watch } from './watch.ts';

/** Files of the pages themselves. */
const assets: Readonly<Record<string, string>> = {
  'board.css': 'text/css; charset=utf-8',
  'board.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

/** What a browser may do with a page: load what lies beside it, and nothing that stands in it. */
const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
};

/** So much text a form may send, and so many outcomes are kept for the page that comes after. */
const [longest, kept] = [16_384, 50];

/**
 * The board: what runs where, the requests, and the buttons that do what the commands do; at `/metrics` what runs where
 * for Prometheus. It answers to its own address alone, so that no other web site can read or write through a browser on this machine.
 * @param nearby what this machine knows of pods and addresses
 */
export function board(context: Context, nearby: Nearby): RequestListener {
  const glance = new Glance(context, nearby);
  const delivery = new BoardDelivery(context);
  const watch = new Watch(context);
  const versions = new VersionMetrics({ look: () => watch.look(), now: context.now, say: context.say });
  const token = randomBytes(24).toString('base64url');
  const said = new Map<string, Said>();

  async function show(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    // Where evidence links to: here no Argo CD shows an application, and its environment's card does.
    const argocd = /^\/applications\/argocd-([a-z0-9-]+)\//.exec(url.pathname)?.[1];
    if (argocd) return void response.writeHead(302, { ...headers, location: `/#env-${argocd}` }).end();
    const outcome = said.get(url.searchParams.get('said') ?? '');
    const page = await pageAt(url.pathname);
    if (!page) return plain(response, 404, 'There is no such page.');
    // Times count on in the page: what makes it another one is what it tells.
    const traffic = nearby.traffic();
    const tag = `"${createHash('sha256')
      .update(JSON.stringify([page.facts, outcome ?? null, token]))
      .digest('base64url')}"`;
    if (request.headers['if-none-match'] === tag)
      return void response.writeHead(304, { ...headers, etag: tag, 'slipway-traffic': traffic }).end();
    const about = { 'content-type': 'text/html; charset=utf-8', etag: tag, 'slipway-traffic': traffic };
    response.writeHead(200, { ...headers, ...about });
    response.end(layout({ ...page, said: outcome, traffic }).text);
  }

  async function pageAt(path: string): Promise<(Page & { readonly facts: unknown }) | undefined> {
    const viewing = { now: context.now(), token };
    if (path === '/delivery') {
      const facts = await delivery.facts();
      return { title: 'How we deliver', main: deliveryPage(facts), facts };
    }
    const facts = await glance.facts();
    if (path === '/') return { title: 'What runs where', main: pathPage(facts, viewing), facts };
    const runbook = /^\/runbooks\/([a-z0-9-]{1,100})$/.exec(path)?.[1];
    if (runbook !== undefined) return runbookPage(runbook);
    const iid = Number(/\/merge_requests\/(\d+)$/.exec(path)?.[1]);
    const request = iid > 0 ? await context.forge?.request(iid) : undefined;
    if (!request) return undefined;
    const own = await requestFacts(context.checkout, request, facts);
    return { title: `!${iid} ${own.title}`, main: requestPage(own, viewing), facts: own };
  }

  /** A runbook as it stands on main: what an alert leads to. */
  async function runbookPage(name: string): Promise<(Page & { readonly facts: unknown }) | undefined> {
    const { checkout } = context;
    const id = await checkout.named(`${head(mainBranch)}:clusters/runbooks/${name}.md`);
    if (id === undefined) return undefined;
    const body = await checkout.text(['cat-file', 'blob', id]);
    const main = html`<p class="back"><a href="/">← What runs where</a></p><article class="body">${rendered(body)}</article>`;
    return { title: name, main, facts: id };
  }

  async function act(request: IncomingMessage, response: ServerResponse, verb: string): Promise<void> {
    const fields = new URLSearchParams(await bodyOf(request));
    if (!isSame(fields.get('token') ?? '', token)) {
      return plain(response, 403, 'This page is older than the board: go back, load it again, and press once more.');
    }
    const deed = deeds[verb];
    if (!deed) return plain(response, 404, 'There is no such deed.');
    const { outcome, to } = await deed(context, fields).then(
      (done) => ({ outcome: { is: 'done', text: done.text } as const, to: done.to }),
      (error: Error) => {
        if (!(error instanceof Refusal)) throw error;
        return { outcome: { is: 'refused', text: error.message } as const, to: undefined };
      },
    );
    const id = randomBytes(9).toString('base64url');
    said.set(id, outcome);
    for (const old of [...said.keys()].slice(0, -kept)) said.delete(old);
    response.writeHead(303, { ...headers, location: `${to ?? cameFrom(request)}?said=${id}` }).end();
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!isOwnHost(request)) return plain(response, 403, 'The board answers to 127.0.0.1 and localhost alone.');
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, room, name = ''] = url.pathname.split('/');
    if (request.method === 'POST' && room === 'board') {
      if (!isOwnOrigin(request)) return plain(response, 403, 'Another web site may not press a button here.');
      return act(request, response, name);
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(response, 405, 'Not allowed.');
    if (url.pathname === '/metrics') {
      await versions.read();
      return void response.writeHead(200, { ...headers, 'content-type': expositionType }).end(versions.text());
    }
    const type = room === 'board' ? assets[name] : undefined;
    if (type === undefined) return show(request, response, url);
    response.writeHead(200, { ...headers, 'content-type': type });
    response.end(readFileSync(join(program, 'generators', 'board', name)));
  }

  return (request, response) => {
    answer(request, response).catch((error: Error) => {
      if (!(error instanceof Refusal)) console.error(error.stack);
      if (response.headersSent) return void response.destroy();
      const page = { title: 'Something failed', main: html`<h1>Something failed</h1><p>${error.message}</p>` };
      const status = error instanceof TooLong ? 413 : 500;
      response.writeHead(status, { ...headers, 'content-type': 'text/html; charset=utf-8' });
      response.end(layout(page).text);
    });
  };
}

class TooLong extends Refusal {}

async function bodyOf(request: IncomingMessage): Promise<string> {
  if (Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY) > longest)
    throw new TooLong('That is too long, or does not say how long it is.');
  return text(request);
}

/** A name that another site made point to this machine is none of ours: https://owasp.org/www-community/attacks/DNS_Rebinding */
const isOwnHost = ({ headers: { host = '' } }: IncomingMessage) => /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(host);

/** A browser names the site whose page sends a form; what is no browser has the token or nothing. */
const isOwnOrigin = ({ headers: { origin, host } }: IncomingMessage) =>
  origin === undefined || origin === `http://${host}`;

const isSame = (given: string, token: string) =>
  given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token));

/** The page on which a button was pressed, as far as it is one of ours. */
function cameFrom({ headers: { referer, host } }: IncomingMessage): string {
  const from = URL.canParse(referer ?? '') ? new URL(referer ?? '') : undefined;
  return from?.host === host ? (from?.pathname ?? '/') : '/';
}

function plain(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...headers, 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${body}\n`);
}
