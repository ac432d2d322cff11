import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { isWhole } from './answer.ts';
import { quantile } from './figures.ts';
import type { Pace } from './paced.ts';

// Asks a URL at a constant rate, whether it keeps up or not: paced-side.ts URL RATE SECONDS.
// A request that waits for a free connection has been waiting since it was due, so that a stall is not left out:
// https://www.scylladb.com/2021/04/22/on-coordinated-omission/
// Bare sockets, since node:http as a client costs more than the servers do, and they share the cores with it.

const CONNECTIONS = 64;
/** Not counted: this program is slow until it is compiled. */
const WARM_UP_MS = 1_000;
const TICK_MS = 1;
const PATIENCE_MS = 5_000;

const [address = '', rateText = '', secondsText = ''] = process.argv.slice(2);
const url = new URL(address);
const rate = Number(rateText);
const total = Math.floor((rate * (WARM_UP_MS + Number(secondsText) * 1_000)) / 1_000);
const request = `GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`;

function finish(found: Pace | { failed: string }): void {
  process.stdout.write(`${JSON.stringify(found)}\n`, () => process.exit(0));
}

type Connection = { socket: Socket; received: string; due: number };

const latencies = new Float64Array(total);
const idle: Connection[] = [];
let start = 0;
let sent = 0;
let answered = 0;

const dueAt = (index: number) => start + (index * 1_000) / rate;

function sendDue(): void {
  const now = performance.now();
  while (sent < total && dueAt(sent) <= now) {
    const connection = idle.pop();
    if (!connection) return;
    connection.due = dueAt(sent);
    connection.received = '';
    connection.socket.write(request);
    sent++;
  }
}

function report(): void {
  const counted = latencies.subarray(Math.floor((rate * WARM_UP_MS) / 1_000));
  finish({
    rate,
    requests: counted.length,
    asked: total,
    p50Ms: quantile(counted, 0.5),
    p99Ms: quantile(counted, 0.99),
    maxMs: quantile(counted, 1),
  });
}

function receive(connection: Connection, chunk: string): void {
  connection.received += chunk;
  try {
    if (!isWhole(connection.received)) return;
  } catch (error) {
    finish({ failed: (error as Error).message });
    return;
  }
  // By the order of the requests, so that those of the warm-up stand first.
  latencies[Math.round(((connection.due - start) * rate) / 1_000)] = performance.now() - connection.due;
  idle.push(connection);
  if (++answered === total) report();
  else sendDue();
}

for (let made = 0; made < CONNECTIONS; made++) {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true }).setEncoding('latin1');
  const connection: Connection = { socket, received: '', due: 0 };
  socket.on('error', (error) => finish({ failed: error.message }));
  socket.on('close', () => finish({ failed: 'it closed a connection.' }));
  socket.on('data', (chunk) => receive(connection, `${chunk}`));
  await once(socket, 'connect');
  idle.push(connection);
}

start = performance.now();
const ticking = setInterval(() => {
  sendDue();
  if (sent < total && performance.now() < dueAt(total) + PATIENCE_MS) return;
  clearInterval(ticking);
  setTimeout(() => finish({ failed: `${total - answered} of ${total} were never answered.` }), PATIENCE_MS);
}, TICK_MS);
