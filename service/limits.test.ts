import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import request from 'supertest';
import { appWith } from './app.fixture.ts';
import type { Hits } from './hits.ts';
import { guard, LIMITS } from './limits.ts';

let answer: ((total: number) => void) | undefined;
const slow: Hits = {
  increment: () =>
    new Promise((resolve) => {
      answer = resolve;
    }),
  incrementOnce: async () => ({ total: 1, again: false }),
  read: async () => 1,
  reached: true,
  available: true,
  close: () => {},
};

let server: Server;
before(async () => {
  const limits = { ...LIMITS, headersTimeout: 200, requestTimeout: 300, connectionsCheckingInterval: 50 };
  server = createServer(limits, appWith(slow, { maxConcurrent: 1 })).listen(0, '127.0.0.1');
  guard(server);
  await once(server, 'listening');
});
after(() => void server.close().closeAllConnections());

/** Sends bytes as they are, and gives all that comes back until the connection ends. */
async function send(bytes: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let received = '';
  socket.on('data', (data) => {
    received += data;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return received;
}

const head = (line: string, ...more: string[]) => [line, 'Host: x', ...more, '', ''].join('\r\n');

describe('what is no proper request is answered with a problem document, and the connection ends', () => {
  const refused: [what: string, bytes: string, status: number][] = [
    ['something else than HTTP', 'hello\r\n\r\n', 400],
    ['a method that nobody has', head('FETCH / HTTP/1.1'), 400],
    ['a length that is none', head('POST /api/hits HTTP/1.1', 'Content-Length: many'), 400],
    [
      'two ways to say how long it is',
      head('POST /api/hits HTTP/1.1', 'Content-Length: 5', 'Transfer-Encoding: chunked'),
      400,
    ],
    ['huge headers', head('GET / HTTP/1.1', `X-Long: ${'x'.repeat(20_000)}`), 431],
    ['headers that do not end', 'GET / HTTP/1.1\r\nHost: x\r\n', 408],
    [
      'a body that does not come',
      head('POST /api/hits HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 5'),
      408,
    ],
  ];
  for (const [what, bytes, status] of refused) {
    test(`${what}: ${status}`, async () => {
      const [headers, body = ''] = (await send(bytes)).split('\r\n\r\n');
      assert.match(headers ?? '', new RegExp(`^HTTP/1\\.1 ${status} `));
      assert.match(headers ?? '', /^Connection: close$/m);
      assert.match(headers ?? '', /^Content-Type: application\/problem\+json/m);
      assert.equal(JSON.parse(body).status, status);
    });
  }
});

test('a request beyond the limit is refused at once, and its turn comes back', async () => {
  const first = request(server).get('/').then();
  while (!answer) await new Promise(setImmediate);
  const second = await request(server).get('/').expect(503).expect('Retry-After', '1');
  assert.equal(second.body.detail, 'There are 1 requests at once already.');
  // Whoever watches over the service is always let in.
  for (const path of ['/healthz', '/readyz', '/metrics', '/version']) {
    assert.notEqual((await request(server).get(path)).status, 503);
  }
  answer(7);
  assert.match((await first).text, /we have hit 7 times/);
  await request(server).get('/api/facts/1').expect(200);
});

test('a visitor who leaves gives the turn back too', async () => {
  answer = undefined;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write(head('GET / HTTP/1.1'));
  while (!answer) await new Promise(setImmediate);
  await request(server).get('/api/facts/1').expect(503);
  socket.destroy();
  await once(socket, 'close');
  for (;;) {
    if ((await request(server).get('/api/facts/1')).status === 200) break;
  }
});
