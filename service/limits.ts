import { type Server, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { problem } from './problem.ts';

// Longer than the minute for which load balancers keep a connection, or they meet one that was just closed.
const KEEP_ALIVE_MS = 65_000;

// The live stream says something every fifteen seconds; nothing else is silent for long.
const SILENCE_MS = 60_000;

/** How long a visitor may take, and how much may come before a request is understood. */
export const LIMITS = {
  keepAliveTimeout: KEEP_ALIVE_MS,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  maxHeaderSize: 16_384,
  connectionsCheckingInterval: 1_000,
};

const ANSWERS: Record<string, [status: number, detail: string]> = {
  HPE_HEADER_OVERFLOW: [431, 'The headers are longer than 16 KiB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come in time.'],
};

const UNREADABLE = [400, 'This is no HTTP request.'] as const;

/** Answers what is no request with a problem document, and ends connections on which nothing moves. */
export function guard(server: Server): void {
  server.setTimeout(SILENCE_MS);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, detail] = ANSWERS[error.code ?? ''] ?? UNREADABLE;
    const body = problem(status, detail);
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/problem+json`;
    // What is still to come is not read: without the end of it a peer would see its connection reset, and no answer.
    socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  });
}
