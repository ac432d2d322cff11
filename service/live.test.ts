import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import express, { type RequestHandler } from 'express';
import { eventually } from './eventually.fixture.ts';
import { createLive, type Live, type LiveProps } from './live.ts';

const cleanup: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of cleanup.splice(0).reverse()) await step();
});

type Served = Live & { port: number; url: string };

/** Streams the number that `read` gives, every few milliseconds, over HTTP. */
async function serve(
  props: Partial<LiveProps> & Pick<LiveProps, 'read'>,
  before: RequestHandler[] = [],
): Promise<Served> {
  const live = createLive({ everyMs: 5, maxStreams: 10, ...props });
  const server = createServer(express().get('/live', ...before, live.handler)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanup.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return Object.defineProperties(
    { port, url: `http://127.0.0.1:${port}/live` },
    Object.getOwnPropertyDescriptors(live),
  ) as Served;
}

type Listener = { answer: IncomingMessage; text: () => string; ended: () => boolean; leave(): void };

async function listen({ url }: Served): Promise<Listener> {
  const request = get(url, { agent: false });
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  cleanup.push(() => request.destroy());
  let text = '';
  answer.setEncoding('utf8').on('data', (data) => {
    text += data;
  });
  answer.on('error', () => {});
  return { answer, text: () => text, ended: () => answer.closed, leave: () => request.destroy() };
}

/** What was told so far, without comments and the time to come back after. */
const events = (listener: Listener) =>
  listener
    .text()
    .split('\n\n')
    .filter((block) => block.startsWith('event: '))
    .map((block) => block.replace(/^event: (\w+)\ndata: (.*)$/, '$1 $2'));

const told = (listener: Listener, ...expected: string[]) =>
  eventually(() => assert.deepEqual(events(listener), expected));

const detailOf = async (refused: globalThis.Response) => ((await refused.json()) as { detail?: string }).detail;

test('who comes is told the number at once, and then only when it changes', async () => {
  let hits = 7;
  const live = await serve({ read: async () => hits });
  const first = await listen(live);
  await told(first, 'hits {"hits":7}');
  const second = await listen(live);
  await told(second, 'hits {"hits":7}');
  assert.equal(live.streams, 2);
  await delay(30);
  hits = 8;
  await told(first, 'hits {"hits":7}', 'hits {"hits":8}');
  await told(second, 'hits {"hits":7}', 'hits {"hits":8}');
});

test('the answer is an event stream that nobody keeps or holds back, and says when to come back', async () => {
  const live = await serve({ read: async () => 1, random: () => 0.25 });
  const { answer, text } = await listen(live);
  assert.equal(answer.statusCode, 200);
  assert.equal(answer.headers['content-type'], 'text/event-stream; charset=utf-8');
  assert.equal(answer.headers['cache-control'], 'no-store');
  assert.equal(answer.headers['x-accel-buffering'], 'no');
  await eventually(() => assert.equal(text(), 'retry: 1250\n\nevent: hits\ndata: {"hits":1}\n\n'));
});

test('while the number cannot be read this is told once, and the number when it is back', async () => {
  let fault: Error | undefined = new Error('lost');
  const live = await serve({ read: () => (fault ? Promise.reject(fault) : Promise.resolve(3)) });
  const listener = await listen(live);
  await told(listener, 'unavailable {}');
  await delay(30);
  fault = undefined;
  await told(listener, 'unavailable {}', 'hits {"hits":3}');
  fault = new Error('lost again');
  await told(listener, 'unavailable {}', 'hits {"hits":3}', 'unavailable {}');
  const late = await listen(live);
  await told(late, 'unavailable {}');
});

test('it reads only while somebody listens, and who comes later is told no old number', async () => {
  let reads = 0;
  const live = await serve({ read: async () => ++reads });
  await delay(30);
  assert.equal(reads, 0);
  (await listen(live)).leave();
  await eventually(() => assert.equal(live.streams, 0));
  await delay(20);
  const before = reads;
  await delay(50);
  assert.equal(reads, before);
  const later = await listen(live);
  await eventually(() => assert.equal(events(later)[0], `hits {"hits":${before + 1}}`));
});

test('a slow read is waited for, and read once for all who listen', async () => {
  let underWay = 0;
  let most = 0;
  let reads = 0;
  const read = async () => {
    most = Math.max(most, ++underWay);
    await delay(40);
    underWay -= 1;
    return ++reads;
  };
  const live = await serve({ read, everyMs: 1 });
  const listeners = await Promise.all([listen(live), listen(live), listen(live)]);
  await eventually(() => assert(listeners.every((listener) => events(listener).length >= 3)));
  assert.equal(most, 1);
});

test('more listeners than it takes are refused, until one leaves', async () => {
  const live = await serve({ read: async () => 1, maxStreams: 2 });
  const first = await listen(live);
  await listen(live);
  const refused = await fetch(live.url);
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '5');
  assert.match(refused.headers.get('content-type') ?? '', /^application\/problem\+json/);
  assert.equal(await detailOf(refused), 'Too many are listening at the moment.');
  first.leave();
  await eventually(() => assert.equal(live.streams, 1));
  await told(await listen(live), 'hits {"hits":1}');
});

test('a quiet stream has a comment from time to time', async () => {
  const live = await serve({ read: async () => 1, commentEveryMs: 20 });
  const { text } = await listen(live);
  await eventually(() => assert.match(text(), /data: \{"hits":1\}\n\n:\n\n:\n\n$/));
});

test('who does not read is sent away before it costs memory, and the others stay', async () => {
  let hits = 1;
  // More than the kernel takes for a socket that nobody reads from.
  const flooding: RequestHandler = (request, response, next) => {
    next();
    if (request.headers['x-flood']) response.write(`:${'.'.repeat(32 * 1024 * 1024)}\n\n`);
  };
  const live = await serve({ read: async () => hits }, [flooding]);
  const reader = await listen(live);
  const deaf = connect(live.port, '127.0.0.1').pause();
  cleanup.push(() => deaf.destroy());
  deaf.on('error', () => {});
  deaf.write('GET /live HTTP/1.1\r\nHost: x\r\nX-Flood: 1\r\n\r\n');
  await eventually(() => assert.equal(live.streams, 2));
  hits = 2;
  await eventually(() => assert.equal(live.streams, 1));
  await told(reader, 'hits {"hits":1}', 'hits {"hits":2}');
});

test('who left before the answer began is not counted as listening', async () => {
  const leaving: RequestHandler = (request, response, next) => {
    response.once('close', () => setImmediate(next));
    request.socket.destroy();
  };
  const live = await serve({ read: async () => 1 }, [leaving]);
  await assert.rejects(fetch(live.url));
  await delay(20);
  assert.equal(live.streams, 0);
});

test('HEAD opens no stream', async () => {
  const live = await serve({ read: async () => 1 });
  const answer = await fetch(live.url, { method: 'HEAD' });
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  assert.equal(await answer.text(), '');
  assert.equal(live.streams, 0);
});

test('closed, it ends every stream with its connection, and sends who comes to another instance', async () => {
  const live = await serve({ read: async () => 1 });
  const listeners = await Promise.all([listen(live), listen(live)]);
  live.close();
  await eventually(() => assert(listeners.every((listener) => listener.ended() && listener.answer.complete)));
  assert(listeners.every(({ answer }) => answer.headers.connection === 'close'));
  await eventually(() => assert.equal(live.streams, 0));
  const late = await listen(live);
  await eventually(() => assert(late.ended()));
  assert.deepEqual([late.answer.statusCode, late.answer.headers.connection], [200, 'close']);
  assert.match(late.text(), /^retry: \d{4}\n\n$/);
  assert.equal(live.streams, 0);
});

test('closed during a read, it tells those who were sent away nothing more', async () => {
  let answer = (_hits: number) => {};
  const live = await serve({ read: () => new Promise((resolve) => (answer = resolve)) });
  const listener = await listen(live);
  live.close();
  answer(1);
  await eventually(() => assert(listener.ended()));
  assert.deepEqual(events(listener), []);
});

test('its timers do not keep a process from ending', async () => {
  const program = `
    import { createServer, get } from 'node:http';
    import express from 'express';
    import { createLive } from './live.ts';
    const { handler } = createLive({ read: async () => 1, everyMs: 5, maxStreams: 1 });
    const server = createServer(express().get('/live', handler)).on('connection', (socket) => socket.unref());
    server.listen(0, '127.0.0.1', () => {
      const request = get({ port: server.address().port, host: '127.0.0.1', path: '/live' }, (answer) => {
        answer.once('data', () => {
          request.socket.unref();
          server.unref();
          console.log('listening');
        });
      });
    });`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    cwd: import.meta.dirname,
    timeout: 8_000,
  });
  assert.equal(stdout, 'listening\n');
});
