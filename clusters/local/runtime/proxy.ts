import { type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import { connect, type Socket } from 'node:net';
import type { EnvironmentRuntime } from './runtime.ts';

/**
 * Routes requests by host to a ready pod, as an ingress does. A connection that is refused costs nothing: nothing was
 * sent, so the next pod is asked.
 */
export function createProxy(
  environments: readonly EnvironmentRuntime[],
): (request: IncomingMessage, response: ServerResponse) => void {
  let turn = 0;
  return (request, response) => {
    pass(request, response, environments, turn++).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(502, { 'content-type': 'text/plain' });
      response.end(`${error.message}\n`);
    });
  };
}

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  environments: readonly EnvironmentRuntime[],
  turn: number,
): Promise<void> {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '').toLowerCase();
  const found = environments
    .map((environment) => environment.backends(host))
    .find((candidate) => candidate !== undefined);
  if (!found) {
    response.writeHead(404, { 'content-type': 'text/plain' });
    response.end(
      `Nothing is served at ${host || 'no host'}. Known are:\n${environments.flatMap(({ hosts }) => hosts).join('\n')}\n`,
    );
    return;
  }
  for (let index = 0; index < found.length; index++) {
    const backend = found[(turn + index) % found.length];
    if (!backend) continue;
    backend.pod.inFlight++;
    try {
      const socket = await open(backend.port);
      if (!socket) continue;
      await exchange(request, response, socket);
      return;
    } finally {
      backend.pod.inFlight--;
    }
  }
  response.writeHead(503, { 'content-type': 'text/plain', 'retry-after': '1' });
  response.end(`No pod of ${host} is ready.\n`);
}

function open(port: number): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(undefined));
  });
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
