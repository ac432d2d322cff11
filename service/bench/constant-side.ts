import { createServer } from 'node:http';
import { greeting, listening } from './listening.ts';

// The least that a web server of Node does: a constant.

const body = greeting(12_345);
listening(
  createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Content-Length': body.length });
    response.end(body);
  }),
);
