import { createServer } from 'node:http';
import { createClient } from 'redis';
import { greeting, listening } from './listening.ts';

// The least that counts hits: one INCR a request, and nothing around it.

const client = createClient({ url: process.env.REDIS_URL ?? '' }).on('error', () => process.exit(1));
await client.connect();
listening(
  createServer(async (_request, response) => {
    const body = greeting(await client.incr('hits'));
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length });
    response.end(body);
  }),
);
