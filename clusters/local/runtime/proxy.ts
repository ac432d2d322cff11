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
  /** The last of them: where, when and why. */
  lastFailure: string | undefined;
  readonly #answered = new Set<string>();

  /** @param fault why nobody was served; undefined when somebody was */
  add(host: string, fault: string | undefined): void {
    if (fault === undefined) this.#answered.add(host);
    if (!this.#answered.has(host)) return;
    this.requests++;
    if (fault === undefined) return;
    this.failed++;
    this.lastFailure = `${host} at ${new Date().toISOString()}: ${fault}`;
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
    // What the proxy has to say itself, or else what a pod answered.
    let fault: string | undefined;
    const refuse = (status: number, why: string, headers = {}) => {
      fault = `${status}: ${why}`;
      response.writeHead(status, { 'content-type': 'text/plain', ...headers }).end(`${why}\n`);
    };
    response.once('finish', () => {
      const { statusCode } = response;
      if (isKnown) tally.add(host, statusCode < 500 ? undefined : (fault ?? `${statusCode} of a pod`));
    });
    pass(request, response, environments)
      .then((isServed) => isServed || refuse(503, `No pod of ${host} is ready.`, { 'retry-after': '1' }))
      .catch((error: Error) => {
        // Half an answer must not look like a whole one.
        if (response.headersSent) {
          tally.add(host, `broken off: ${error.message}`);
          return void response.destroy();
        }
        refuse(502, error.message);
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

/** @returns false when no pod is ready, and nothing was answered */
async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  environments: readonly EnvironmentRuntime[],
): Promise<boolean> {
  const host = hostOf(request);
  if (!backendsOf(host, environments)) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(
      `Nothing is served at ${host || 'no host'}. Known are:\n${environments.flatMap(({ hosts }) => hosts).join('\n')}\n`,
    );
    return true;
  }
  return withBackend(host, environments, (socket) => exchange(request, response, socket));
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
