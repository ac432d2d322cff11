import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { listening } from './listening.ts';
import { countSpans } from './spans.ts';

// Stands where a collector of traces would: it takes what OTLP over HTTP sends, and says at GET / how many spans came.

let spans = 0;
listening(
  createServer(async (request, response) => {
    const body = await buffer(request);
    if (request.method === 'GET') {
      response.end(JSON.stringify({ spans }));
      return;
    }
    const type = request.headers['content-type'] ?? '';
    if (request.url === '/v1/traces')
      spans += countSpans(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body, type);
    response.writeHead(200, { 'Content-Type': type }).end(type.includes('json') ? '{}' : undefined);
  }),
);
