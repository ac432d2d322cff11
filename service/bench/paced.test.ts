import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { isWhole } from './answer.ts';
import { runPaced } from './paced.ts';
import { Scratch } from './scratch.ts';

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const scratch = new Scratch();

test('a stall counts for everybody who was due in it, not only for who was already being served', async (t) => {
  let stallAt = Number.POSITIVE_INFINITY;
  const url = await serve(t, (_request, response) => {
    stallAt = Math.min(stallAt, performance.now() + 1_100);
    if (performance.now() > stallAt) {
      stallAt = Number.MAX_VALUE;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 700);
    }
    response.end('ok');
  });
  const { requests, p50Ms, maxMs } = await runPaced(scratch, url, 1_000, 1);
  assert.equal(requests, 1_000);
  assert.ok(maxMs >= 600, `max ${maxMs}`);
  // Who waits for answers before asking again would have sent 64 in that time, and had 93 % answered at once.
  assert.ok(p50Ms > 50, `p50 ${p50Ms}`);
});

test('an answer that is none ends the measurement', async (t) => {
  const url = await serve(t, (_request, response) => response.writeHead(503).end());
  await assert.rejects(runPaced(scratch, url, 100, 1), /It answered HTTP\/1\.1 503/);
});

test('an answer is whole when its head and as many bytes as it says have come', () => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n';
  for (let cut = 0; cut < head.length + 5; cut++) assert.equal(isWhole(`${head}holla`.slice(0, cut)), false, `${cut}`);
  assert.equal(isWhole(`${head}holla`), true);
  assert.throws(
    () => isWhole('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nholla\r\n0\r\n\r\n'),
    /how long/,
  );
});
