import { createServer } from 'node:http';
import express from 'express';
import { createClient } from 'redis';
import { greeting, listening } from './listening.ts';

// Express as it comes, with one route: one INCR a request, or a constant where there is no Redis.

const url = process.env.REDIS_URL;
const client = url ? createClient({ url }).on('error', () => process.exit(1)) : undefined;
await client?.connect();
const app = express();
app.get('/', async (_request, response) => {
  const hits = client ? await client.incr('hits') : 12_345;
  response.type('text/plain').send(greeting(hits));
});
listening(createServer(app));
