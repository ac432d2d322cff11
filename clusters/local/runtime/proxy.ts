import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Pod } from './pod.ts';
import type { EnvironmentRuntime } from './runtime.ts';
import { opened } from './services.ts';

/** What went through a proxy since it began: of each host from its first answer on, since before it nothing is broken. */
export class Tally {
  requests = 0;
  /** Without an answer, or with one that says that the server is at fault. */
  failed = 0;
  readonly #answered = new Set<string>();

  add(host: string, isAnswered: boolean): void {
    if (isAnswered) this.#answered.add(host);
    if (!this.#answered.has(host)) return;
    this.requests++;
    if (!isAnswered) this.failed++;
  }
}

/**
 * Routes requests by host to a ready pod, as an ingress does. A connection that is refused costs nothing: nothing was
 * sent, so the next pod is asked.
 * @param tally counts what goes through
 */
export function createProxy(
  environments: readonly EnvironmentRuntime[],
  tally = new Tally(),
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const host = hostOf(request);
    const isKnown = backendsOf(host, environments) !== undefined;
    response.once('finish', () => isKnown && tally.add(host, response.statusCode < 500));
    pass(request, response, environments).catch((error: Error) => {
      // Half an answer must not look like a whole one.
      if (response.headersSent) {
        tally.add(host, false);
        return void response.destroy();
      }
      response.writeHead(502, { 'content-type': 'text/plain' });
      response.end(`${error.message}\n`);
    });
  };
}

/** Passes on what leaves HTTP behind, such as a WebSocket: for the event `upgrade` of the proxy's server. */
export function createTunnel(
  environments: readonly EnvironmentRuntime[],
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  return (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    tunnel(request, socket, head, environments).catch(() => socket.destroy());
  };
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  environments: readonly EnvironmentRuntime[],
): Promise<void> {
  const host = hostOf(request);
  if (!backendsOf(host, environments)) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(
      `Nothing is served at ${host || 'no host'}. Known are:\n${environments.flatMap(({ hosts }) => hosts).join('\n')}\n`,
    );
    return;
  }
  const found = await withBackend(host, environments, (socket) => exchange(request, response, socket));
  if (found) return;
  response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' });
  response.end(`No pod of ${host} is ready.\n`);
}

async function tunnel(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  environments: readonly EnvironmentRuntime[],
): Promise<void> {
  const found = await withBackend(hostOf(request), environments, async (upstream) => {
    const { method, url, httpVersion, rawHeaders } = request;
    const lines = Array.from({ length: rawHeaders.length / 2 }, (_, at) =>
      rawHeaders.slice(at * 2, at * 2 + 2).join(': '),
    );
    upstream.write(`${[`${method} ${url} HTTP/${httpVersion}`, ...lines].join('\r\n')}\r\n\r\n`, 'latin1');
    upstream.write(head);
    socket.on('close', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
    upstream.pipe(socket).pipe(upstream);
    await new Promise((resolve) => upstream.once('close', resolve));
    socket.destroy();
  });
  if (!found) socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n');
}

const hostOf = ({ headers }: IncomingMessage) => (headers.host ?? '').replace(/:\d+$/, '').toLowerCase();

const backendsOf = (host: string, environments: readonly EnvironmentRuntime[]) =>
  environments.map((environment) => environment.backends(host)).find((backends) => backends !== undefined);

let turn = 0;

/**
 * Does something with a connection to a ready pod of a host, one after the other until one accepts. The pod counts it
 * from before it is connected until the work is done, so that it does not end in between.
 * @returns false when none accepts
 */
async function withBackend(
  host: string,
  environments: readonly EnvironmentRuntime[],
  work: (socket: Socket) => Promise<void>,
): Promise<boolean> {
  const tried = new Set<Pod>();
  for (;;) {
    // Asked anew each time: what was ready a moment ago may be ending by now.
    const left = (backendsOf(host, environments) ?? []).filter(({ pod }) => !tried.has(pod));
    const backend = left[turn++ % left.length];
    if (!backend) return false;
    tried.add(backend.pod);
    backend.pod.inFlight++;
    try {
      const socket = await opened(backend.port);
      if (!socket) continue;
      await work(socket);
      return true;
    } finally {
      backend.pod.inFlight--;
    }
  }
}

function exchange(request: IncomingMessage, response: ServerResponse, socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const { method, url, headers } = request;
    const forwarded = {
      ...headers,
      connection: 'close',
      'x-forwarded-for': request.socket.remoteAddress,
      'x-forwarded-proto': 'http',
    };
    const upstream = send({ method, path: url, headers: forwarded, createConnection: () => socket }, (answer) => {
      const { connection: _connection, 'keep-alive': _keepAlive, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, rest);
      answer.pipe(response);
      answer.once('error', reject);
    });
    upstream.once('error', reject);
    response.once('finish', resolve);
    response.once('close', () => {
      socket.destroy();
      resolve();
    });
    request.pipe(upstream);
  });
}
