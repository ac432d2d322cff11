import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Listens on a free port of loopback and says which as the service does, in a line of JSON. */
export function listening(server: Server): void {
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`${JSON.stringify({ message: 'Listening.', port })}\n`);
  });
}

/** What every rung answers. */
export const greeting = (hits: number): string => `Hello! we have hit ${hits} times\n`;
